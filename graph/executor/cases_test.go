package executor_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"souk/graph/executor"
	"souk/graph/executor/internal/zoo"
	"souk/graph/executor/internal/zoo/model"
	"souk/graph/executor/randquery"
)

// quiet is a world in which nothing fails.
var quiet = model.NewWorld(1, model.Odds{})

func keeper(n uint64, change ...func(*model.Keeper)) *model.Keeper {
	k := &model.Keeper{Core: model.Core{N: n, World: quiet}, ID: int(n)}
	for _, c := range change {
		c(k)
	}
	return k
}

// answer is the data of an answer, and its errors.
type answer struct {
	data   string
	errors []string
}

type equalCase struct {
	name  string
	give  map[string]any
	query string
	want  answer
	// gqlgen is its answer, where it is another.
	gqlgen *answer
}

// TestDifferences has each difference between the two executors that was ever found: those
// that were faults, and at the end those that doc.go tells of.
func TestDifferences(t *testing.T) {
	t.Parallel()
	z := zoo.New(executor.Options{})
	for _, tc := range append(faults(), documented()...) {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			visit := zoo.Visit{World: quiet, Give: tc.give}
			ours, err := zoo.Answer(t.Context(), z.BreadthFirst, visit, randquery.Query{Text: tc.query})
			require.NoError(t, err)
			require.Equal(t, tc.want, answer{string(ours.Data), zoo.Errors(ours)}, "ours")
			theirs, err := zoo.Answer(t.Context(), z.Gqlgen, visit, randquery.Query{Text: tc.query})
			require.NoError(t, err)
			want := tc.want
			if tc.gqlgen != nil {
				want = *tc.gqlgen
			}
			require.Equal(t, want, answer{string(theirs.Data), zoo.Errors(theirs)}, "gqlgen's")
		})
	}
}

func ptr[T any](v T) *T { return &v }

func faults() []equalCase {
	broken := errors.New("broken")
	return []equalCase{
		{
			name:  "a field that is stricter than the interface's: its null is that of its object",
			give:  map[string]any{"being": keeper(1), "Keeper.self": []*model.Keeper{nil}},
			query: `{ being { self { id } } }`,
			want:  answer{`{"being":null}`, []string{"the requested element is null which the schema does not allow at being.self"}},
		},
		{
			name:  "a null in a list of a list: the inner list is null",
			give:  map[string]any{"leaves": &model.Leaves{StringGrid: [][]*string{{ptr("a"), nil, nil}, {ptr("b")}}}},
			query: `{ leaves { stringGrid } }`,
			want:  answer{`{"leaves":{"stringGrid":[null,["b"]]}}`, []string{"the requested element is null which the schema does not allow at leaves.stringGrid"}},
		},
		{
			name:  "nulls of enums: each has its place",
			give:  map[string]any{"leaves": &model.Leaves{MoodCube: [][][]*model.Mood{{{ptr(model.MoodCalm), nil}, {nil}}, {}}}},
			query: `{ leaves { moodCube } }`,
			want: answer{`{"leaves":{"moodCube":[[null,null],[]]}}`, []string{
				"the requested element is null which the schema does not allow at leaves.moodCube[0][0][1]",
				"the requested element is null which the schema does not allow at leaves.moodCube[0][1][0]",
			}},
		},
		{
			name:  "an element whose marshaler fails: only it is null",
			give:  map[string]any{"leaves": &model.Leaves{WeightList: []*float64{ptr(1.0), ptr(-1.0), nil, ptr(-1.0)}}},
			query: `{ leaves { w: weightList } }`,
			want: answer{`{"leaves":{"w":["1 kg of w",null,null,null]}}`, []string{
				"a weight cannot be negative at leaves.w", "a weight cannot be negative at leaves.w",
			}},
		},
		{
			name:  "a nil of an interface type: as gqlgen says it of the field, and of an element",
			give:  map[string]any{"leaves": &model.Leaves{AnyEach: []any{1, nil}}},
			query: `{ leaves { anyEach anyMust } }`,
			want: answer{`{"leaves":null}`, []string{
				"must not be null at leaves.anyMust", "the requested element is null which the schema does not allow at leaves.anyEach",
			}},
		},
		{
			name:  "a batch resolver's list of errors: all of them",
			give:  map[string]any{"keepers": []*model.Keeper{keeper(1), keeper(2)}, "Keeper.scoreMaybe": zoo.Result{Value: []*int{nil, ptr(2)}, Err: graphql.BatchErrorList{gqlerror.List{{Message: "one"}, {Message: "two"}}, nil}}},
			query: `{ keepers { scoreMaybe } }`,
			want:  answer{`{"keepers":[{"scoreMaybe":null},{"scoreMaybe":2}]}`, []string{"one at keepers[0].scoreMaybe", "two at keepers[0].scoreMaybe"}},
		},
		{
			name:  "a method that panics: only its parent has the error, at its place",
			give:  map[string]any{"keepers": []*model.Keeper{{}, keeper(2)}}, // the first has no world
			query: `{ keepers { whisper motto portrait { __typename } } }`,
			want: answer{`{"keepers":[{"whisper":null,"motto":null,"portrait":null},{"whisper":"null","motto":"Löwe","portrait":{"__typename":"Leaves"}}]}`, []string{
				"panicked at keepers[0].motto", "panicked at keepers[0].portrait", "panicked at keepers[0].whisper",
			}},
		},
		{
			name:  "values whose marshalers panic: each is the error of its field, however many",
			give:  map[string]any{"leavesEach": many(20, &model.Leaves{Ghost: ptr(1)})},
			query: `{ leavesEach { ghost } }`,
			want:  answer{"{\"leavesEach\":[" + repeat(`{"ghost":null}`, 20) + "]}", each(20, "panicked at leavesEach[%d].ghost")},
		},
		{
			name:  "an object that the schema does not know: the error of its field",
			give:  map[string]any{"keepers": []*model.Keeper{keeper(1, func(k *model.Keeper) { k.Held = model.Stranger{} }), keeper(2)}},
			query: `{ keepers { held { id } } }`,
			want:  answer{`{"keepers":[{"held":null},{"held":null}]}`, []string{"panicked at keepers[0].held"}},
		},
		{
			name:  "null for an argument without a Go type",
			query: `{ echo(any: null) }`,
			want:  answer{`{"echo":"[null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,3,null,null,null,[{\"colour\":\"#f00\",\"min\":7},{\"colour\":\"#00f\",\"min\":1}]]"}`, []string{}},
		},
		{
			name:  "a wrong argument: the place of the value below the place of the field",
			give:  map[string]any{"keepers": []*model.Keeper{keeper(1), keeper(2)}},
			query: `{ keepers { lions(filter: {grid: [[2, 3]]}) { id } } }`,
			want: answer{`null`, []string{
				"3 is odd at keepers[0].lions.filter.grid[0][1]", "3 is odd at keepers[1].lions.filter.grid[0][1]",
			}},
		},
		{
			name:  "an error with its own place",
			give:  map[string]any{"keeper": keeper(1), "Keeper.scoreMaybe": &gqlerror.Error{Message: "there", Locations: []gqlerror.Location{{Line: 7, Column: 8}}}, "lion": broken},
			query: `{ keeper { scoreMaybe } lion { id } }`,
			want:  answer{`{"keeper":{"scoreMaybe":null},"lion":null}`, []string{"broken at lion (1:25)", "there at keeper.scoreMaybe (7:8)"}},
		},
	}
}

// documented are the differences that doc.go tells of.
func documented() []equalCase {
	broken, lion := errors.New("broken"), &model.Lion{Core: model.Core{World: quiet}}
	nothing := "the requested element is null which the schema does not allow"
	return []equalCase{
		{
			name:   "a wrong number of errors: gqlgen names the parent",
			give:   map[string]any{"keeper": keeper(1), "Keeper.scoreMaybe": zoo.Result{Value: []*int{ptr(1)}, Err: graphql.BatchErrorList{nil, nil}}},
			query:  `{ keeper { scoreMaybe } }`,
			want:   answer{`{"keeper":{"scoreMaybe":null}}`, []string{"batch resolver Keeper.scoreMaybe returned 2 errors for 1 parents at keeper.scoreMaybe"}},
			gqlgen: &answer{`{"keeper":{"scoreMaybe":null}}`, []string{"batch resolver Keeper.scoreMaybe returned 2 errors for 1 parents (index 0) at keeper.scoreMaybe"}},
		},
		{
			name:   "a field of two interfaces that are not related: gqlgen resolves it twice",
			give:   map[string]any{"being": lion, "Lion.name": broken},
			query:  `{ being { ... on Being { name } ... on Named { name } } }`,
			want:   answer{`{"being":{"name":null}}`, []string{"broken at being.name"}},
			gqlgen: &answer{`{"being":{"name":null}}`, []string{"broken at being.name", "broken at being.name"}},
		},
		{
			name:   "a marshaler that fails where no null may be: gqlgen writes a null",
			give:   map[string]any{"leaves": &model.Leaves{WeightMust: -1}},
			query:  `{ leaves { weightMust } }`,
			want:   answer{`{"leaves":null}`, []string{"a weight cannot be negative at leaves.weightMust"}},
			gqlgen: &answer{`{"leaves":{"weightMust":null}}`, []string{"a weight cannot be negative at leaves.weightMust"}},
		},
		{
			name:   "a marshaler that fails below a null: gqlgen does not call it",
			give:   map[string]any{"leaves": &model.Leaves{Weight: ptr(-1.0)}},
			query:  `{ leaves { weight stringHard } }`,
			want:   answer{`{"leaves":null}`, []string{"a weight cannot be negative at leaves.weight", nothing + " at leaves.stringHard"}},
			gqlgen: &answer{`{"leaves":null}`, []string{nothing + " at leaves.stringHard"}},
		},
		{
			name:   "a nil pointer in an interface, where no null may be: gqlgen has no error",
			give:   map[string]any{"being": keeper(1, func(k *model.Keeper) { k.HeldMust = (*model.Fish)(nil) })},
			query:  `{ being { ... on Keeper { heldMust { id } } } }`,
			want:   answer{`{"being":null}`, []string{nothing + " at being.heldMust"}},
			gqlgen: &answer{`{"being":null}`, []string{}},
		},
		{
			name: "an object that the schema does not know, in a list: gqlgen has an empty list",
			give: map[string]any{"keepers": []*model.Keeper{
				keeper(1, func(k *model.Keeper) { k.HeldBeings = []model.Being{keeper(2), model.Stranger{}} }),
				keeper(3, func(k *model.Keeper) { k.HeldBeings = []model.Being{nil, keeper(4)} }),
			}},
			query:  `{ keepers { heldBeings { id } } }`,
			want:   answer{`{"keepers":[{"heldBeings":null},{"heldBeings":[null,{"id":"4"}]}]}`, []string{"panicked at keepers[0].heldBeings"}},
			gqlgen: &answer{`{"keepers":[{"heldBeings":[]},{"heldBeings":[null,{"id":"4"}]}]}`, []string{"panicked at keepers[0].heldBeings[1]"}},
		},
		{
			name:   "a batch resolver's error that is placed elsewhere: gqlgen has one more",
			give:   map[string]any{"keeper": keeper(1), "Keeper.score": &gqlerror.Error{Message: "there", Path: ast.Path{ast.PathName("elsewhere")}}},
			query:  `{ keeper { score } }`,
			want:   answer{`{"keeper":null}`, []string{"there at elsewhere"}},
			gqlgen: &answer{`{"keeper":null}`, []string{"must not be null at keeper.score", "there at elsewhere"}},
		},
		{
			name:   "@defer: answered inline",
			give:   map[string]any{"keeper": keeper(1), "Keeper.scoreMaybe": []*int{ptr(5)}},
			query:  `{ keeper { id ... @defer { scoreMaybe } } }`,
			want:   answer{`{"keeper":{"id":"1","scoreMaybe":5}}`, []string{}},
			gqlgen: &answer{`{"keeper":{"id":"1","scoreMaybe":null}}`, []string{}},
		},
	}
}

// many returns n times the same.
func many[T any](n int, v T) []T {
	list := make([]T, n)
	for i := range list {
		list[i] = v
	}
	return list
}

func repeat(text string, n int) string { return strings.Join(many(n, text), ",") }

// each returns n texts with the numbers from 0 on, sorted.
func each(n int, format string) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(format, i)
	}
	slices.Sort(list)
	return list
}
