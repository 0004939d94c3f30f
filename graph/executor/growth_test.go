package executor_test

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/require"

	"souk/graph/executor"
	"souk/graph/executor/internal/zoo"
	"souk/graph/executor/internal/zoo/model"
)

// TestNothingIsQuadratic runs operations of a size and of eight times that size. What is
// quadratic takes 64 times as long. The garbage collector, whose work grows with the heap,
// takes no part.
func TestNothingIsQuadratic(t *testing.T) {
	fields := func(format string) func(int) (map[string]any, string) {
		return func(n int) (map[string]any, string) {
			var b strings.Builder
			for i := range n {
				b.WriteString(strings.ReplaceAll(format, "#", fmt.Sprint(i)) + " ")
			}
			return map[string]any{"keeper": keeper(1)}, "{ keeper { " + b.String() + "} }"
		}
	}
	failing := make([]error, 80_000)
	for i := range failing {
		failing[i] = errors.New("failed")
	}
	for name, tc := range map[string]struct {
		n    int // the larger size
		make func(n int) (give map[string]any, query string)
	}{
		"fields of one selection": {40_000, fields("f#: __typename")},
		"fields of objects":       {4_000, fields("f#: leavesMaybe { string }")},
		"repetitions of a field":  {5_000, fields("leavesMaybe { string }")},
		"inline fragments":        {5_000, fields("... { id }")},
		"errors": {40_000, func(n int) (map[string]any, string) {
			return map[string]any{"leavesEach": many(n, &model.Leaves{})}, `{ leavesEach { anyMust } }`
		}},
		"errors of a resolver": {40_000, func(n int) (map[string]any, string) {
			return map[string]any{
				"leavesEach":    many(n, &model.Leaves{}),
				"Leaves.keeper": zoo.Result{Value: make([]*model.Keeper, n), Err: graphql.BatchErrorList(failing[:n])},
			}, `{ leavesEach { keeper { id } } }`
		}},
		"errors in a list": {40_000, func(n int) (map[string]any, string) {
			return map[string]any{"leaves": &model.Leaves{MoodHardEach: make([]*model.Mood, n)}}, `{ leaves { moodHardEach } }`
		}},
		"panics of methods": {8_000, func(n int) (map[string]any, string) {
			return map[string]any{"keepers": many(n, &model.Keeper{})}, `{ keepers { portrait { string } } }`
		}},
		"panics while writing": {8_000, func(n int) (map[string]any, string) {
			return map[string]any{"leavesEach": many(n, &model.Leaves{Ghost: ptr(1)})}, `{ leavesEach { ghost } }`
		}},
	} {
		t.Run(name, func(t *testing.T) {
			took := func(n int) float64 {
				give, query := tc.make(n)
				types := zoo.New(executor.Options{})
				exec := prepare(t, types.Ours, give, query)
				return float64(fastest(5, func() {
					types.Ours.Forget()
					exec()
				}))
			}
			defer debug.SetGCPercent(debug.SetGCPercent(-1))
			small, large := took(tc.n/8), took(tc.n)
			t.Logf("%.2f ms, and %.2f ms for eight times as much: ×%.1f", small/1e6, large/1e6, large/small)
			require.Less(t, large/small, 40.0)
		})
	}
}

// TestObjectsCostTheSame compares an object among few with one among many.
func TestObjectsCostTheSame(t *testing.T) {
	took := func(n int) float64 {
		z := zoo.New(executor.Options{})
		exec := prepare(t, z.Ours, map[string]any{"leavesEach": many(n, leaf), "Leaves.keeper": many(n, keeper(1))},
			`{ leavesEach { string intMust colour tag keeper { id label leaves { string } } } }`)
		return float64(fastest(7, func() {
			for range 10_000 / n {
				exec()
			}
		})) / 10_000
	}
	few, many := took(10), took(10_000)
	t.Logf("%.0f ns among 10, %.0f ns among 10,000", few, many)
	require.Less(t, many, 2.5*few)
}

var leaf = &model.Leaves{String: ptr("some text"), IntMust: 5, Colour: ptr(model.Red), Tag: &model.Tag{Name: "a"}, FloatEach: []float64{1, 2}}

// TestAllocations counts those of an answer with more than 2,000 fields, whose resolvers
// return what they have ready. Scalars with code of their own are left out: it allocates.
func TestAllocations(t *testing.T) {
	z := zoo.New(executor.Options{})
	k := keeper(1, func(k *model.Keeper) { k.Leaves, k.LeavesMaybe = *leaf, leaf })
	exec := prepare(t, z.Ours, map[string]any{
		"keepers": many(100, k), "Keeper.score": many(100, 1), "Keeper.lion": many(100, &model.Lion{ID: "a"}), "Lion.pride": many(100, 2),
	}, `{ keepers {
		score scoreAgain: score
		leaves { string intMust colour grade size longMust boolean floatEach }
		lion { id again: id pride }
		leavesMaybe { id: string stringMust int long }
		__typename kind: __typename
	} }`)
	require.Equal(t, 2_201, strings.Count(string(exec().Data), `":`))
	allocations := testing.AllocsPerRun(100, func() { exec() })
	t.Logf("%.0f allocations", allocations)
	require.LessOrEqual(t, allocations, 150.0)
}
