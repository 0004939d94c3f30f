package loaders

import (
	"bytes"
	"context"
	"errors"
	"log" //nolint:depguard // what the dataloader writes to
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/store"
)

type row struct {
	Key   int
	Value string
}

func keyOf(r *row) int { return r.Key }

func TestByKeyPutsRowsInTheOrderOfTheKeys(t *testing.T) {
	ctx := operation(t)
	var asked []int
	l := byKey("rows", func(_ *store.Reader, _ context.Context, keys []int) ([]*row, error) {
		asked = keys
		return []*row{{3, "three"}, {1, "one"}}, nil
	}, keyOf)
	got, err := l.LoadMany(ctx, []int{1, 2, 3, 1})
	require.NoError(t, err)
	require.Equal(t, []*row{{1, "one"}, nil, {3, "three"}, {1, "one"}}, got)
	require.Equal(t, []int{1, 2, 3}, asked, "each key once")
}

func TestGroupByKeepsTheOrderWithinAKey(t *testing.T) {
	l := groupBy("rows", func(_ *store.Reader, _ context.Context, _ []int) ([]*row, error) {
		return []*row{{2, "x"}, {1, "a"}, {1, "b"}, {2, "y"}}, nil
	}, keyOf)
	got, err := l.LoadMany(operation(t), []int{1, 2, 3})
	require.NoError(t, err)
	require.Equal(t, [][]*row{{{1, "a"}, {1, "b"}}, {{2, "x"}, {2, "y"}}, nil}, got)
}

func TestAnErrorIsForItsBatchAlone(t *testing.T) {
	ctx := operation(t)
	broken := errors.New("connection lost")
	fail := true
	l := byKey("rows", func(_ *store.Reader, _ context.Context, keys []int) ([]*row, error) {
		if fail {
			return nil, broken
		}
		return []*row{{1, "one"}}, nil
	}, keyOf)
	_, err := l.LoadMany(ctx, []int{1, 2})
	require.ErrorIs(t, err, broken)
	fail = false
	got, err := l.LoadMany(ctx, []int{1, 2})
	require.NoError(t, err, "the failure is not kept")
	require.Equal(t, []*row{{1, "one"}, nil}, got)
}

func TestMaybeLeavesOutParentsWithoutAKey(t *testing.T) {
	ctx := operation(t)
	one, two := 1, 2
	type parent struct{ key *int }
	l := byKey("rows", func(_ *store.Reader, _ context.Context, keys []int) ([]*row, error) {
		require.Equal(t, []int{1, 2}, keys)
		return []*row{{1, "one"}}, nil
	}, keyOf)
	got, err := Maybe(ctx,
		[]*parent{{&one}, {nil}, {&two}, {&one}}, l, func(p *parent) *int { return p.key })
	require.NoError(t, err)
	require.Equal(t, []*row{{1, "one"}, nil, nil, {1, "one"}}, got)
}

// TestAKeyIsReadOnce loads the same rows from many goroutines, which no executor keeps in
// step, and again later.
func TestAKeyIsReadOnce(t *testing.T) {
	const rounds, fields, size = 20, 4, 500
	keys, rows := make([]int, size), make([]*row, size)
	for i := range keys {
		keys[i], rows[i] = i, &row{Key: i}
	}
	for range rounds {
		ctx := operation(t)
		var read atomic.Int32
		l := byKey("rows", func(_ *store.Reader, _ context.Context, asked []int) ([]*row, error) {
			read.Add(int32(len(asked)))
			return rows, nil
		}, keyOf)
		var done sync.WaitGroup
		for range fields {
			done.Go(func() {
				got, err := l.LoadMany(ctx, keys)
				require.NoError(t, err)
				require.Equal(t, rows, got)
			})
		}
		done.Wait()
		_, err := l.Load(ctx, 7)
		require.NoError(t, err)
		require.EqualValues(t, size, read.Load())

		For(ctx).Forget()
		_, err = l.Load(ctx, 7)
		require.NoError(t, err)
		require.EqualValues(t, size+1, read.Load(), "after a change it is read again")
	}
}

// TestReadsOfOtherArgumentsAreOthers has two lists of one name.
func TestReadsOfOtherArgumentsAreOthers(t *testing.T) {
	ctx := operation(t)
	of := func(filter []string) Loader[int, string] {
		return Loader[int, string]{name: "list", args: filter, read: func(_ *store.Reader, _ context.Context, keys []int) ([]string, error) {
			return slices.Repeat([]string{strings.Join(filter, "+")}, len(keys)), nil
		}}
	}
	for range 2 {
		for _, filter := range [][]string{{"red"}, {"red", "small"}, nil} {
			got, err := of(filter).Load(ctx, 1)
			require.NoError(t, err)
			require.Equal(t, strings.Join(filter, "+"), got)
		}
	}
}

// TestARoundHasAllThatWasAsked dispatches when several goroutines have asked.
func TestARoundHasAllThatWasAsked(t *testing.T) {
	source := &recorder{next: inTurn{}}
	ctx := from(t, source)
	l := For(ctx)
	make := func(name string) Loader[int, int] {
		return Loader[int, int]{name: name, read: func(_ *store.Reader, _ context.Context, keys []int) ([]int, error) { return keys, nil }}
	}
	for _, name := range []string{"a", "b", "a", "c"} {
		for key := range 3 {
			memoryOf(l, make(name)).ask(ctx, make(name), []int{key}, nil)
		}
	}
	l.Dispatch(false)
	l.Dispatch(false) // nothing is left
	require.Len(t, source.calls, 1)
	require.ElementsMatch(t, []string{"a", "b", "c"}, names(source.calls[0]))
	for _, read := range source.calls[0] {
		require.Equal(t, 3, read.Len())
	}
}

func TestAPanicIsAnErrorAndKeepsOffTheStandardLogger(t *testing.T) {
	var standard bytes.Buffer
	log.SetOutput(&standard)
	defer log.SetOutput(os.Stderr)
	l := byKey("rows", func(_ *store.Reader, _ context.Context, _ []int) ([]*row, error) { panic("no such shelf") }, keyOf)
	_, err := l.LoadMany(operation(t), []int{1, 2})
	require.ErrorContains(t, err, "panic: no such shelf")
	require.Empty(t, standard.String())
}

// A batch leaves when it is complete. If one had to wait for the backstop, the
// median of many would show it.
func TestABatchDoesNotWaitForTheBackstop(t *testing.T) {
	const rounds = 101
	took := make([]time.Duration, rounds)
	for i := range took {
		ctx := operation(t)
		l := byKey("rows", func(_ *store.Reader, _ context.Context, _ []int) ([]*row, error) { return nil, nil }, keyOf)
		began := time.Now()
		_, err := l.LoadMany(ctx, []int{1, 2, 3})
		took[i] = time.Since(began)
		require.NoError(t, err)
	}
	slices.Sort(took)
	require.Less(t, took[rounds/2], time.Millisecond)
}

// BenchmarkLevel is what loading costs for one level of a query: 50 parents whose rows are
// read by key in one batch that itself costs nothing.
func BenchmarkLevel(b *testing.B) {
	type parent struct{ key int }
	parents, rows := make([]*parent, 50), make([]*row, 50)
	for i := range parents {
		parents[i], rows[i] = &parent{i}, &row{Key: i}
	}
	l := byKey("rows", func(_ *store.Reader, _ context.Context, _ []int) ([]*row, error) { return rows, nil }, keyOf)
	b.ReportAllocs()
	for b.Loop() {
		ctx := With(b.Context(), New(inTurn{}, nil))
		if _, err := One(ctx, parents, l, func(p *parent) int { return p.key }); err != nil {
			b.Fatal(err)
		}
	}
}

// TestAPanicOfAReadIsItsError has one of several reads panic, which run in goroutines of
// their own.
func TestAPanicOfAReadIsItsError(t *testing.T) {
	panics := each("panics", nil, func(_ *store.Reader, _ context.Context, key int) (int, error) {
		if key == 2 {
			panic("a read")
		}
		return key, nil
	})
	b := &Batch[int, int]{Loader: panics, Keys: []int{1, 2, 3}}
	guarded(t.Context(), FromStore(new(store.Store).Reader(store.View{}, 0)), []Read{b}, true)
	require.NoError(t, b.Err)
	require.Equal(t, []int{1, 0, 3}, b.Values)
	require.ErrorContains(t, b.Errs[1], "panic: a read")
}
