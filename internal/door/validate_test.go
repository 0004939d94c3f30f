package door_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"souk/internal/door"
)

// rounds is how many random documents a property is tried on.
func rounds() uint64 {
	if os.Getenv("SOUK_TEST_FULL") != "" {
		return 15_000
	}
	return 3000
}

// petDoor has no limits that a random document could reach.
func petDoor(t testing.TB, change ...func(*door.Limits)) (*ast.Schema, *door.Door) {
	t.Helper()
	s := petSchema(t)
	limits := door.DefaultLimits()
	limits.Depth, limits.Tokens, limits.Fields, limits.Cost = 1000, 1e6, 1e6, 1e12
	for _, c := range change {
		c(&limits)
	}
	d, err := door.New(s, limits, door.Options{})
	require.NoError(t, err)
	return s, d
}

// TestValidationIsGqlparsers compares verdicts and broken rules on random documents.
func TestValidationIsGqlparsers(t *testing.T) {
	s, d := petDoor(t)
	seen := map[string]int{}
	for seed := range rounds() {
		names := compareValidation(t, s, d, newWriter(s, seed).document())
		if len(names) == 0 {
			seen["valid"]++
		}
		for _, rule := range names {
			seen[rule]++
		}
	}
	t.Log(seen)
	for _, rule := range []string{"valid", "OverlappingFieldsCanBeMerged", "KnownFragmentNames", "NoFragmentCycles", "NoUnusedFragments"} {
		require.Greater(t, seen[rule], int(rounds()/1000), rule)
	}
}

// compareValidation returns the rules that gqlparser finds broken.
func compareValidation(t testing.TB, s *ast.Schema, d *door.Door, text string) []string {
	t.Helper()
	tree, err := parser.ParseQuery(&ast.Source{Input: text})
	require.NoError(t, err, text)
	theirs := validator.ValidateWithRules(s, tree, rules.NewDefaultRules())
	_, err = d.Document(text)
	ours, _ := errors.AsType[gqlerror.List](err)
	require.True(t, err == nil || ours != nil, "refused: %v\n%s", err, text)
	found := broken(theirs)
	if len(ours) >= door.DefaultLimits().Errors {
		require.NotEmpty(t, found, text)
		return found
	}
	want, got := found, broken(ours)
	if slices.Contains(got, "NoFragmentCycles") {
		require.Contains(t, want, "NoFragmentCycles", text)
		return found // ours looks for nothing else then
	}
	for _, rule := range []string{"NoUnusedFragments", "FieldsOnCorrectType"} {
		if slices.Contains(want, rule) {
			// Ours does not look for overlaps in what nobody uses and below fields that
			// do not exist. The document is wrong in any case.
			want, got = without(want), without(got)
			break
		}
	}
	require.Equal(t, want, got, "%s\ngqlparser: %v\nours: %v", text, theirs, ours)
	return found
}

// broken returns the names of the rules that errors are about.
func broken(list gqlerror.List) []string {
	names := []string{}
	for _, err := range list {
		names = append(names, strings.TrimSuffix(err.Rule, "WithoutSuggestions"))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func without(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(rule string) bool {
		return rule == "OverlappingFieldsCanBeMerged"
	})
}

// TestOverlapsOnManyTypesAreBounded nests selections on an interface beside those on
// its types, so that the first must be compared with each of the others on every
// level.
func TestOverlapsOnManyTypesAreBounded(t *testing.T) {
	_, d := petDoor(t, func(l *door.Limits) { l.Tokens = door.DefaultLimits().Tokens })
	nested := "name"
	for range 20 {
		nested = "mate { " + nested + " } ... on Dog { mate { name } } ... on Cat { mate { name } }"
	}
	text := "{ pet { " + nested + " } }"
	_, err := d.Document(text)
	require.Equal(t, string(door.TooManyFields), codeOf(err))
	cpu, bytes := cost(func() { _, _ = d.Document(text) })
	requireCheap(t, cpu, bytes)
}

// TestErrorsHaveAnOrder reads a document with errors of several rules again and again.
func TestErrorsHaveAnOrder(t *testing.T) {
	d := newDoor(t)
	const text = "query($a: Int, $a: Nothing) { products(first: $b, wrong: 1, first: \"x\") { nodes { id { x } vendor nothing @nothing } } }"
	_, first := d.Document(text)
	require.Error(t, first)
	for range 20 {
		_, err := d.Document(text)
		require.Equal(t, first.Error(), err.Error())
	}
}

func TestErrorsAreFew(t *testing.T) {
	d := newDoor(t)
	_, err := d.Document("{ " + strings.Repeat("wrong ", 500) + "}")
	list, ok := errors.AsType[gqlerror.List](err)
	require.True(t, ok)
	require.Len(t, list, door.DefaultLimits().Errors)
	for _, err := range list {
		require.Equal(t, "GRAPHQL_VALIDATION_FAILED", err.Extensions["code"])
	}
}

func TestNamesAreSuggestedOnlyWhereIntrospectionIsOn(t *testing.T) {
	_, err := newDoor(t).Document("{ prodcts { nodes { id } } }")
	require.ErrorContains(t, err, `Did you mean "products" or "product"?`)
	quiet, newErr := door.New(schema(t), door.DefaultLimits(), door.Options{})
	require.NoError(t, newErr)
	_, err = quiet.Document("{ prodcts { nodes { id } } }")
	require.ErrorContains(t, err, `Cannot query field "prodcts"`)
	require.NotContains(t, err.Error(), "Did you mean")
}

// FuzzText takes any text through the door. What gqlparser accepts the door accepts
// or refuses with a limit; nothing takes longer than the largest body may.
func FuzzText(f *testing.F) {
	for _, text := range []string{
		"{ dog { name } }", "query($n: Int) { search(first: $n) { name } }", "{ pet { ...A } } fragment A on Dog { barks }",
		"{ a: dog { id } a: pet { name } }", `{ search(text: """ " \""" """) { name } }`, "#\n{ dog{name,...on Dog{id}}}", "{ dog { name @include(if: true) } }",
	} {
		f.Add(text)
	}
	s, d := petDoor(f)
	f.Fuzz(func(t *testing.T, text string) {
		tree, parseErr := parser.ParseQuery(&ast.Source{Input: text})
		cpu := cpuOf(func() {
			doc, err := d.Document(text)
			if parseErr != nil {
				require.Error(t, err)
				return
			}
			if theirs := validator.ValidateWithRules(s, tree, rules.NewDefaultRules()); len(theirs) > 0 {
				require.Error(t, err, theirs)
			} else if _, refused := errors.AsType[*door.Refusal](err); !refused {
				require.NoError(t, err)
				for _, operation := range doc.Tree.Operations {
					_, _ = d.Price(doc, operation, nil)
				}
			}
		})
		requireCheap(t, cpu, 0)
	})
}
