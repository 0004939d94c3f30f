package executor_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"weak"

	"github.com/stretchr/testify/require"

	"souk/graph/executor"
	"souk/graph/executor/internal/zoo"
	"souk/graph/executor/internal/zoo/model"
	"souk/graph/executor/randquery"
)

// TestRunsOfAPlanAreApart runs an operation many times, some at once, each time with other
// objects, nulls, errors and panics. What a run leaves in the memory of its plan must not be
// in the answer of the next one.
func TestRunsOfAPlanAreApart(t *testing.T) {
	t.Parallel()
	f := newFuzz()
	q := randquery.Query{Text: `{
		beings(first: 5) { __typename id name self { id } ... on Keeper { score scoreMaybe weight lions { id label cubs { pride } } things { __typename ... on Rock { weight below { weight } } } } }
		beingGrid { id keeper { leaves { string moodCube beings { id } } beingGrid { __typename } } }
		keeper { heldBeings { id } leavesGrid { intMust } leavesMaybe { string } shouts portrait { string } lionMust { id } }
	}`}
	var runs sync.WaitGroup
	for first := range uint64(4) {
		runs.Go(func() {
			for n := range uint64(100) {
				seed := 100*first + n
				visit := zoo.Visit{World: f.worlds[seed%uint64(len(f.worlds))], Seed: seed}
				if difference, _ := f.zoo.Compare(t.Context(), visit, q); difference != "" {
					t.Errorf("seed %d: %s", seed, difference)
				}
			}
		})
	}
	runs.Wait()
	_, plans := f.zoo.Ours.Plans()
	require.Equal(t, 1, plans)
}

// TestAPlanKeepsNoObjects looks whether the objects of a run are collected while its plan
// is kept, with the memory of the run: also those that a panic took back.
func TestAPlanKeepsNoObjects(t *testing.T) {
	t.Parallel()
	var seen []weak.Pointer[model.Lion]
	lions := func(n int) []*model.Lion {
		made := make([]*model.Lion, n)
		for i := range made {
			made[i] = &model.Lion{}
			seen = append(seen, weak.Make(made[i]))
		}
		return made
	}
	give := map[string]any{
		"keepers": []*model.Keeper{keeper(1), keeper(2), keeper(3)}, "Keeper.lions": [][]*model.Lion{lions(3), lions(2), lions(4)},
		"Keeper.things": [][]model.Thing{{lions(1)[0]}, nil, {lions(1)[0], model.Stranger{}}}, "Lion.pride": many(9, 1),
	}
	exec := prepare(t, zoo.New(executor.Options{}).Ours, give, `{ keepers { lions { pride } things { __typename } } }`)
	require.NotEmpty(t, exec().Errors, "a stranger is nothing that the schema has")
	clear(give)
	runtime.GC() // the memory itself would live to the next one
	for i, lion := range seen {
		require.Nil(t, lion.Value(), "lion %d", i)
	}
	runtime.KeepAlive(exec)
}

// TestAnAnswerIsAppendedToItsOutput behind what is there, also when it is written again
// after a panic, and when it is null.
func TestAnAnswerIsAppendedToItsOutput(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ query, want string }{
		"short":                  {`{ __typename }`, `{"__typename":"Query"}`},
		"longer than the buffer": {`{ leavesEach { stringMust } }`, `{"leavesEach":[` + repeat(`{"stringMust":"0123456789"}`, 1000) + `]}`},
		"written again":          {`{ keeper { id } leaves { ghost } }`, `{"keeper":{"id":"1"},"leaves":{"ghost":null}}`},
		"null":                   {`{ keeper { id } leavesMust { string } }`, `null`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := append(make([]byte, 0, 64), "before"...)
			response := run(t, t.Context(), executor.Options{Output: func(context.Context) *[]byte { return &out }}, map[string]any{
				"keeper": keeper(1), "leaves": &model.Leaves{Ghost: ptr(1)}, "leavesMust": errors.New("failed"),
				"leavesEach": many(1000, &model.Leaves{StringMust: "0123456789"}),
			}, tc.query)
			require.Equal(t, tc.want, string(response.Data))
			require.Equal(t, "before"+tc.want, string(out))
			require.Same(t, &out[len("before")], &response.Data[0])
		})
	}
}
