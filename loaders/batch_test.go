package loaders

import (
	"bytes"
	"context"
	"errors"
	"log" //nolint:depguard // what the dataloader writes to
	"os"
	"slices"
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
	got, err := Maybe(at(ctx, field("Query", "parents"), field("Parent", "row")),
		[]*parent{{&one}, {nil}, {&two}, {&one}}, l, func(p *parent) *int { return p.key })
	require.NoError(t, err)
	require.Equal(t, []*row{{1, "one"}, nil, nil, {1, "one"}}, got)
}

// Two fields that load the same noun at the same time must not cut each other's
// batch in two, nor take rows from it: the number of statements would depend on
// the machine's load.
func TestFieldsThatRunAtTheSameTimeLoadABatchEach(t *testing.T) {
	const rounds, fields, size = 20, 4, 500
	keys := make([]int, size)
	for i := range keys {
		keys[i] = i
	}
	for range rounds {
		ctx := operation(t)
		var batches atomic.Int32
		l := byKey("rows", func(_ *store.Reader, _ context.Context, asked []int) ([]*row, error) {
			batches.Add(1)
			require.Len(t, asked, size)
			return nil, nil
		}, keyOf)
		var done sync.WaitGroup
		for range fields {
			done.Go(func() {
				_, err := l.LoadMany(ctx, keys)
				require.NoError(t, err)
			})
		}
		done.Wait()
		require.EqualValues(t, fields, batches.Load())
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

type (
	parent  struct{ key int }
	parents []*parent
)

func (l parents) Delivers(yield func(any)) { yield([]*parent(l)) }

// BenchmarkLevel is what batching costs for one level of a query: 50 parents
// whose rows are loaded by key in one batch that itself costs nothing. A list
// brings its parents together; through edges{node} each comes alone.
func BenchmarkLevel(b *testing.B) {
	list, rows := make(parents, 50), make([]*row, 50)
	for i := range list {
		list[i], rows[i] = &parent{i}, &row{Key: i}
	}
	ctx := b.Context()
	for name, size := range map[string]int{"together": len(list), "one by one": 1} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				root := at(With(ctx, New(FromStore(nil), nil, nil)), field("Query", "list"))
				Deliver(root, list)
				l := byKey("rows", func(_ *store.Reader, _ context.Context, _ []int) ([]*row, error) { return rows, nil }, keyOf)
				below := at(root, field("Parent", "row"))
				for some := range slices.Chunk(list, size) {
					if _, err := One(below, some, l, func(p *parent) int { return p.key }); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
