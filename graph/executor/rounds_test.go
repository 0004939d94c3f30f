package executor_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/graph/executor"
	"souk/graph/executor/internal/zoo"
	"souk/graph/executor/internal/zoo/model"
)

// store is a source of data that counts what it is asked for in each round.
type store struct {
	asked  atomic.Int64
	mu     sync.Mutex
	rounds []int64
	last   []bool
}

func (s *store) dispatch(_ context.Context, last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rounds = append(s.rounds, s.asked.Swap(0))
	s.last = append(s.last, last)
}

// ask asks for something and waits for it, so many times.
func (s *store) ask(times int) func(context.Context) {
	return func(ctx context.Context) {
		for range times {
			s.asked.Add(1)
			executor.Await(ctx)
		}
	}
}

// TestRounds has resolvers that wait for their data, and wants as few rounds as there can
// be, in each of which is all that can be in it.
func TestRounds(t *testing.T) {
	t.Parallel()
	aliases := func(field string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "f%d: %s ", i, field)
		}
		return b.String()
	}
	panics := func(context.Context) { panic("a resolver") }
	for name, tc := range map[string]struct {
		give  func(*store) map[string]any
		query string
		want  []int64
	}{
		"nobody waits: no round": {
			func(s *store) map[string]any { return nil }, `{ count weight }`, nil,
		},
		"all wait: one round": {
			func(s *store) map[string]any { return map[string]any{"count": s.ask(1)} },
			"{ " + aliases("count", 40) + "}",
			[]int64{40},
		},
		"some end without waiting: one round": {
			func(s *store) map[string]any { return map[string]any{"count": s.ask(1)} },
			"{ weight " + aliases("count", 10) + "tags moods }",
			[]int64{10},
		},
		"some wait twice: a second round for them": {
			func(s *store) map[string]any { return map[string]any{"count": s.ask(2), "weight": s.ask(1)} },
			"{ " + aliases("count", 3) + "weight }",
			[]int64{4, 3},
		},
		"one panics before it waits: the others have their round": {
			func(s *store) map[string]any { return map[string]any{"count": s.ask(1), "weight": panics} },
			"{ weight " + aliases("count", 3) + "}",
			[]int64{3},
		},
		"one panics after it waited: the others have their second round": {
			func(s *store) map[string]any {
				return map[string]any{"count": s.ask(2), "weight": func(ctx context.Context) { s.ask(1)(ctx); panic("a resolver") }}
			},
			"{ weight " + aliases("count", 3) + "}",
			[]int64{4, 3},
		},
		"a level has one round, however many parents and types it has": {
			func(s *store) map[string]any {
				return map[string]any{
					"beings": []model.Being{keeper(1), keeper(2), &model.Lion{Core: model.Core{World: quiet}}}, "Keeper.score": s.ask(1), "Lion.pride": s.ask(1),
					"Keeper.lions": [][]*model.Lion{{{Core: model.Core{World: quiet}}}, {}}, "Lion.cubs": s.ask(1), "Lion.label": s.ask(1),
				}
			},
			`{ beings { ... on Keeper { score lions { cubs { id } label } } ... on Lion { pride } } }`,
			[]int64{2, 2},
		},
		"each root field of a mutation has its own": {
			func(s *store) map[string]any { return map[string]any{"bump": s.ask(1), "Cage.now": s.ask(1)} },
			`mutation { bump set(value: 1) { now again: now } other: bump }`,
			[]int64{1, 2, 1},
		},
		"a resolver waits in a goroutine of its own": {
			func(s *store) map[string]any {
				return map[string]any{"count": func(ctx context.Context) {
					done := make(chan struct{})
					go func() { defer close(done); s.ask(2)(ctx) }()
					<-done
				}, "weight": s.ask(1)}
			},
			`{ count weight }`,
			[]int64{2, 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &store{}
			run(t, t.Context(), executor.Options{Dispatch: s.dispatch}, tc.give(s), tc.query)
			require.Equal(t, tc.want, s.rounds)
		})
	}
}

// TestTheLastRound is told to be the last where no resolver is below those that wait.
func TestTheLastRound(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		query string
		want  []bool
	}{
		"a scalar":                               {`{ count }`, []bool{true}},
		"introspection beside it":                {`{ count __type(name: "Keeper") { fields { name } } }`, []bool{true}},
		"objects without resolvers":              {`{ keepers { id } }`, []bool{true}},
		"a resolver below":                       {`{ keepers { id score } }`, []bool{false, true}},
		"one that is left out":                   {`{ keepers { id score @skip(if: true) } }`, []bool{true}},
		"one below another field of the level":   {`{ count keepers { score } }`, []bool{false, true}},
		"one in a fragment on an interface":      {`{ keepers { ...Of } } fragment Of on Being { ... on Keeper { score } }`, []bool{false, true}},
		"one of another type with the interface": {`{ keepers { ... on Being { ... on Lion { pride } } } }`, []bool{false}},
		"a payload":                              {`mutation { set(value: 1) { then } more: set(value: 2) { now } }`, []bool{true, false, true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &store{}
			give := map[string]any{}
			for _, field := range []string{"count", "keepers", "Keeper.score", "set", "Cage.now"} {
				give[field] = s.ask(1)
			}
			run(t, t.Context(), executor.Options{Dispatch: s.dispatch}, give, tc.query)
			require.Equal(t, tc.want, s.last)
		})
	}
}

// TestWhereResolversWait says it of resolvers and of nothing else.
func TestWhereResolversWait(t *testing.T) {
	t.Parallel()
	require.False(t, executor.Awaits(t.Context()))
	awaits := false
	run(t, t.Context(), executor.Options{}, map[string]any{"count": func(ctx context.Context) { awaits = executor.Awaits(ctx) }}, `{ count }`)
	require.True(t, awaits)
}

// TestChangesAreToldBeforeTheNextField has what the hooks of a mutation see, in order.
func TestChangesAreToldBeforeTheNextField(t *testing.T) {
	t.Parallel()
	var events []string
	tell := func(event string) func(context.Context) {
		return func(context.Context) { events = append(events, event) }
	}
	give := map[string]any{"bump": tell("bump"), "set": tell("set"), "Cage.now": tell("now")}
	response := run(t, t.Context(), executor.Options{AfterChange: tell("changed")}, give, `mutation { bump set(value: 5) { now } again: bump __typename }`)
	require.Equal(t, `{"bump":1,"set":{"now":5},"again":6,"__typename":"Mutation"}`, string(response.Data))
	require.Empty(t, zoo.Errors(response))
	require.Equal(t, []string{"bump", "changed", "set", "changed", "now", "bump", "changed"}, events)
}
