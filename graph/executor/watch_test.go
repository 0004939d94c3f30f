package executor_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/graph/executor"
	"souk/graph/executor/internal/zoo"
	"souk/graph/executor/internal/zoo/model"
)

// watcher writes down the levels.
type watcher struct{ levels []string }

func (w *watcher) Level(fields []executor.LevelField) {
	var level []string
	for _, f := range fields {
		level = append(level, fmt.Sprintf("%s %s %d", strings.Join(f.Path, "."), f.Field, f.Parents))
	}
	w.levels = append(w.levels, strings.Join(level, ", "))
}

func watched(w *watcher) executor.Options {
	return executor.Options{Watch: func(context.Context) executor.Watcher { return w }}
}

func TestAWatcherIsToldOfEachLevel(t *testing.T) {
	t.Parallel()
	lion := func() *model.Lion { return &model.Lion{Core: model.Core{World: quiet}} }
	for name, tc := range map[string]struct {
		give  map[string]any
		query string
		want  []string
	}{
		"names are those of the answer": {
			map[string]any{"beings": []model.Being{keeper(1), keeper(2), lion()}},
			`{ all: beings { ... on Keeper { points: score } ... on Lion { pride } } count }`,
			[]string{"all Query.beings 1, count Query.count 1", "all.points Keeper.score 2, all.pride Lion.pride 1"},
		},
		"a level without resolvers is none": {
			map[string]any{"keeper": keeper(1)}, `{ __typename keeper { id label } }`, []string{"keeper Query.keeper 1"},
		},
		"root fields of a mutation are levels": {
			map[string]any{},
			`mutation { bump set(value: 1) { now } again: bump }`,
			[]string{"bump Mutation.bump 1", "set Mutation.set 1", "set.now Cage.now 1", "again Mutation.bump 1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &watcher{}
			response := run(t, t.Context(), watched(w), tc.give, tc.query)
			require.Empty(t, zoo.Errors(response))
			require.Equal(t, tc.want, w.levels)
		})
	}
}

// TestNobodyWatchesForNothing compares the allocations of a run that could be watched with
// those of one that could not.
func TestNobodyWatchesForNothing(t *testing.T) {
	if raceDetector {
		t.Skip("it lets pools lose what they have, by chance")
	}
	allocations := func(options executor.Options) float64 {
		exec := prepare(t, zoo.New(options).Ours, map[string]any{"keepers": many(10, keeper(1)), "Keeper.score": many(10, 1)}, `{ keepers { id score } }`)
		return testing.AllocsPerRun(100, func() { exec() })
	}
	nobody := executor.Options{Watch: func(context.Context) executor.Watcher { return nil }}
	require.Equal(t, allocations(executor.Options{}), allocations(nobody))
	require.Less(t, allocations(nobody), allocations(watched(&watcher{})))
}
