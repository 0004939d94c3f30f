package loaders

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/store"
)

// TestAWatchedSourceTellsOfItsReads has a round of each form of read, one of which fails.
func TestAWatchedSourceTellsOfItsReads(t *testing.T) {
	rows := byKey("rows", func(*store.Reader, context.Context, []int) ([]*row, error) { return []*row{{Key: 2}}, nil }, keyOf)
	groups := groupBy("groups", func(*store.Reader, context.Context, []int) ([]*row, error) {
		return []*row{{Key: 1}, {Key: 2}, {Key: 2}}, nil
	}, keyOf)
	pages := Loader[int, store.Page[row]]{name: "pages", read: func(*store.Reader, context.Context, []int) ([]store.Page[row], error) {
		return []store.Page[row]{{Items: []*row{{}, {}, {}}}, {}}, nil
	}}
	counts := each("counts", nil, func(*store.Reader, context.Context, int) (store.Count, error) { return store.Count{N: 7}, nil })
	broken := errors.New("connection lost")
	fails := each("fails", nil, func(*store.Reader, context.Context, int) (int, error) { return 0, broken })

	var told []Done
	var took time.Duration
	source := watchedSource{inTurn{}, func(round time.Duration, reads []Done) { took, told = round, reads }}
	keys := []int{1, 2}
	some := &Batch[int, *row]{Loader: rows, Keys: keys}
	source.Read(t.Context(), []Read{
		some, &Batch[int, []*row]{Loader: groups, Keys: keys}, &Batch[int, store.Page[row]]{Loader: pages, Keys: keys},
		&Batch[int, store.Count]{Loader: counts, Keys: keys}, &Batch[int, int]{Loader: fails, Keys: keys},
	}, true)
	require.Equal(t, []*row{nil, {Key: 2}}, some.Values)
	var sum time.Duration // one read runs after the other here
	for i := range told {
		require.Positive(t, told[i].Took)
		sum, told[i].Took = sum+told[i].Took, 0
	}
	require.GreaterOrEqual(t, took, sum)
	require.Equal(t, []Done{
		{Name: "rows", Keys: 2, Objects: 1},
		{Name: "groups", Keys: 2, Objects: 3},
		{Name: "pages", Keys: 2, Objects: 3},
		{Name: "counts", Keys: 2, Objects: 2},
		{Name: "fails", Keys: 2, Err: broken},
	}, told)
}

// TestKnownKeysAreThoseOfEarlierLevels loads keys again, in one level and in the next.
func TestKnownKeysAreThoseOfEarlierLevels(t *testing.T) {
	var told []string
	fail := false
	l := byKey("rows", func(_ *store.Reader, _ context.Context, keys []int) ([]*row, error) {
		if fail {
			return nil, errors.New("connection lost")
		}
		return nil, nil
	}, keyOf)
	ctx := operation(t)
	r := For(ctx)
	r.OnKnown(func(read string, keys int) {
		told = append(told, fmt.Sprintf("%s %d", read, keys))
	})
	load := func(keys ...int) []string {
		told = nil
		_, _ = l.LoadMany(ctx, keys) // outside of an executor each call is a level
		return told
	}
	require.Empty(t, load(1, 2, 2))
	require.Equal(t, []string{"rows 1"}, load(2, 2, 3), "each key once")
	require.Equal(t, []string{"rows 3"}, load(1, 2, 3))
	fail = true
	require.Empty(t, load(4))
	fail = false
	require.Empty(t, load(4), "what failed is read again")
	r.Forget()
	require.Empty(t, load(1))

	m := memoryOf(r, l)
	m.ask(ctx, l, []int{8}, r.tellKnown)
	m.ask(ctx, l, []int{8}, r.tellKnown)
	require.Empty(t, told, "another field of the level asks")
	r.BeginLevel()
	m.ask(ctx, l, []int{8}, r.tellKnown)
	require.Equal(t, []string{"rows 1"}, told)
	r.Dispatch(false)
}
