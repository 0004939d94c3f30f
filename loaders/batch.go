package loaders

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/graph-gophers/dataloader/v7"
)

// backstop is the time after which a batch is sent that was never flushed.
// Every batch is flushed; the backstop only prevents a bug here from blocking a
// request for ever. It is far longer than filling a batch can take: on busy
// cores a shorter time split batches.
const backstop = 10 * time.Second

// Loader makes the dataloaders of one kind of key. Each path of a query gets
// its own dataloader. If paths shared one, some keys would already be loaded
// and some not, depending on the data and on the order of goroutines, and the
// number of statements would no longer follow from the query.
type Loader[K comparable, V any] func() *dataloader.Loader[K, V]

// byKey makes a loader of single rows. fetch returns the rows that exist, in
// any order. A key without a row gives nil.
func byKey[K comparable, V any](fetch func(context.Context, []K) ([]*V, error), key func(*V) K) Loader[K, *V] {
	return loader(func(ctx context.Context, keys []K) (map[K]*V, error) {
		rows, err := fetch(ctx, keys)
		found := make(map[K]*V, len(rows))
		for _, row := range rows {
			found[key(row)] = row
		}
		return found, err
	})
}

// groupBy makes a loader of lists. fetch returns the rows of all keys; rows of
// one key keep their order.
func groupBy[K comparable, V any](fetch func(context.Context, []K) ([]*V, error), key func(*V) K) Loader[K, []*V] {
	return loader(func(ctx context.Context, keys []K) (map[K][]*V, error) {
		rows, err := fetch(ctx, keys)
		found := make(map[K][]*V, len(keys))
		for _, row := range rows {
			found[key(row)] = append(found[key(row)], row)
		}
		return found, err
	})
}

func loader[K comparable, V any](fetch func(context.Context, []K) (map[K]V, error)) Loader[K, V] {
	batch := func(ctx context.Context, keys []K) []*dataloader.Result[V] {
		found, err := guarded(ctx, fetch, keys)
		results := make([]*dataloader.Result[V], len(keys))
		for i, k := range keys {
			results[i] = &dataloader.Result[V]{Data: found[k], Error: err}
		}
		return results
	}
	return func() *dataloader.Loader[K, V] {
		return dataloader.NewBatchedLoader(batch, dataloader.WithWait[K, V](backstop))
	}
}

// guarded turns a panic into an error; the dataloader would write it to the
// process's standard logger.
func guarded[K comparable, V any](ctx context.Context, fetch func(context.Context, []K) (map[K]V, error), keys []K) (found map[K]V, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return fetch(ctx, keys)
}

// All loads many keys with one statement and returns their values in the same
// order.
func All[K comparable, V any](ctx context.Context, load Loader[K, V], keys []K) ([]V, error) {
	l := load()
	thunks := make([]dataloader.Thunk[V], len(keys))
	for i, k := range keys {
		thunks[i] = l.Load(ctx, k)
	}
	l.Flush()
	values := make([]V, len(keys))
	for i, thunk := range thunks {
		var err error
		if values[i], err = thunk(); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// One resolves a field whose value, one object or one list, is found by a key
// of the parent.
func One[P any, K comparable, V any](ctx context.Context, parents []*P, l Loader[K, V], key func(*P) K) ([]V, error) {
	return Field(ctx, parents, func(ctx context.Context, parents []*P) ([]V, error) {
		keys := make([]K, len(parents))
		for i, p := range parents {
			keys[i] = key(p)
		}
		return All(ctx, l, keys)
	})
}

// Maybe is One for a key that can be nil; the value is then nil.
func Maybe[P any, K comparable, V any](ctx context.Context, parents []*P, l Loader[K, *V], key func(*P) *K) ([]*V, error) {
	return Field(ctx, parents, func(ctx context.Context, parents []*P) ([]*V, error) {
		keys := make([]K, 0, len(parents))
		for _, p := range parents {
			if k := key(p); k != nil {
				keys = append(keys, *k)
			}
		}
		found, err := All(ctx, l, keys)
		if err != nil {
			return nil, err
		}
		values := make([]*V, len(parents))
		for i, p := range parents {
			if key(p) != nil {
				values[i], found = found[0], found[1:]
			}
		}
		return values, nil
	})
}
