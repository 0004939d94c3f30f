package executor_test

import (
	"errors"
	"fmt"
	"math"
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

// TestObjectsCostTheSame compares what an object costs among many with what it costs among
// fewer. Among 10, it has its part of what the operation itself costs.
func TestObjectsCostTheSame(t *testing.T) {
	least := math.Inf(1)
	for _, n := range []int{10, 100, 1_000, 10_000} {
		exec := objects(t, n)
		each := float64(fastest(5, func() {
			for range 40_000 / n {
				exec()
			}
		})) / 40_000
		t.Logf("%.0f ns among %d", each, n)
		require.Less(t, each, 1.5*least)
		least = min(least, each)
	}
}

// BenchmarkObject measures an object with the one below it, among others.
func BenchmarkObject(b *testing.B) {
	for _, n := range []int{10, 100, 1_000, 10_000} {
		b.Run(fmt.Sprint("of ", n), func(b *testing.B) {
			exec := objects(b, n)
			b.ReportAllocs()
			for b.Loop() {
				exec()
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N*n), "ns/object")
		})
	}
}

// objects returns a function that runs an operation for n objects, each with one below it.
func objects(t testing.TB, n int) func() *graphql.Response {
	return prepare(t, zoo.New(executor.Options{}).Ours,
		map[string]any{"leavesEach": many(n, leaf), "Leaves.keeper": many(n, keeper(1))},
		`{ leavesEach { string intMust colour keeper { id leaves { string } } } }`)
}

var leaf = &model.Leaves{String: ptr("some text"), IntMust: 5, Colour: ptr(model.Red), Tag: &model.Tag{Name: "a"}, FloatEach: []float64{1, 2}}

// TestAllocations counts those of answers with more than 2,000 fields, whose resolvers
// return what they have ready. Scalars with code of their own are left out: it allocates.
func TestAllocations(t *testing.T) {
	lion, kept := &model.Lion{ID: "a"}, many(3, *leaf)
	k := keeper(1, func(k *model.Keeper) { k.Leaves, k.LeavesMaybe, k.LeavesEach, k.Held = *leaf, leaf, kept, lion })
	for name, tc := range map[string]struct {
		give   map[string]any
		query  string
		fields int
	}{
		"a list": {
			map[string]any{"leavesEach": many(400, leaf)},
			`{ leavesEach { string intMust colour size floatEach } }`, 2_001,
		},
		"objects below objects": {
			map[string]any{
				"keepers": many(100, k), "Keeper.score": many(100, 1), "Keeper.lion": many(100, lion), "Lion.pride": many(100, 2),
			}, `{ keepers {
				score scoreAgain: score
				leaves { string intMust colour size longMust boolean int floatEach }
				lion { id again: id pride }
				leavesMaybe { id: string stringMust int long }
				__typename kind: __typename
			} }`, 2_201,
		},
		"lists below lists": {
			map[string]any{
				"keepers": many(25, k), "Keeper.lions": many(25, many(4, lion)), "Lion.cubs": many(100, many(3, lion)), "Lion.leaves": many(300, leaf),
				"Keeper.beings": many(25, []model.Being{lion, k, lion}),
			}, `{ keepers {
				lions { id cubs { id leaves { string intMust colour } } }
				leavesEach { string size }
				held { __typename id }
				beings { __typename ... on Keeper { leavesEach { int } } }
			} }`, 2_176,
		},
	} {
		t.Run(name, func(t *testing.T) {
			exec := prepare(t, zoo.New(executor.Options{}).Ours, tc.give, tc.query)
			response := exec()
			require.Empty(t, response.Errors)
			require.Equal(t, tc.fields, strings.Count(string(response.Data), `":`))
			allocations := testing.AllocsPerRun(100, func() { exec() })
			t.Logf("%.0f allocations", allocations)
			require.LessOrEqual(t, allocations, 150.0)
		})
	}
}
