package loaders

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/graph-gophers/dataloader/v7"

	"souk/graph/executor"
)

// backstop is the time after which a dataloader sends a batch that was never flushed.
// Every batch is flushed; the backstop only prevents a bug here from blocking a request
// for ever. It is far longer than a level can take: on busy cores a shorter time split
// batches.
const backstop = 10 * time.Second

// LoadMany loads many keys and returns their values in the same order. What the response
// has loaded already is not read again.
//
// It waits for all other resolvers that run at the same time. What they load of the same
// kind is read together with these keys, and what they load of other kinds in the same
// round trip.
func (l Loader[K, V]) LoadMany(ctx context.Context, keys []K) ([]V, error) {
	r, together := For(ctx), executor.Awaits(ctx)
	if !together { // nobody knows who else loads, so each loads alone
		r.alone.Lock()
		defer r.alone.Unlock()
		r.BeginLevel()
	}
	m := memoryOf(r, l)
	if known := m.known(r, keys); known > 0 {
		r.tellKnown(l.name, known)
	}
	thunks := make([]dataloader.Thunk[V], len(keys))
	for i, k := range keys {
		thunks[i] = m.Load(ctx, k)
	}
	switch {
	case !r.isAsked():
	case together:
		executor.Await(ctx)
	default:
		r.Dispatch(ctx, false)
	}
	values := make([]V, len(keys))
	var failed error
	for i, thunk := range thunks { // all of them: each forgets its own failure
		var err error
		if values[i], err = thunk(); err != nil && failed == nil {
			failed = err
		}
	}
	if failed != nil {
		return nil, failed
	}
	return values, nil
}

// Ask hands in keys that are about to be loaded, so that they are read in one round trip with
// what is loaded before them.
func (l Loader[K, V]) Ask(ctx context.Context, keys []K) {
	if !executor.Awaits(ctx) {
		return
	}
	r := For(ctx)
	m := memoryOf(r, l)
	m.known(r, keys) // which nobody is told of: they will be loaded
	for _, k := range keys {
		m.Load(ctx, k)
	}
}

// memory is a dataloader of one kind, with what the response has loaded of that kind.
type memory[K comparable, V any] struct {
	*dataloader.Loader[K, V]
	args   any
	values values[K, V]
	firsts *firsts[K] // nil: nobody is told what is known
}

// values are what a memory remembers. Each key that is new is one to read.
type values[K comparable, V any] struct {
	dataloader.Cache[K, V]
	asked func()
}

// Set remembers a key that was asked for the first time.
func (v values[K, V]) Set(ctx context.Context, key K, value dataloader.Thunk[V]) {
	v.Cache.Set(ctx, key, value)
	v.asked()
}

// asked is a memory, of any types, that has keys to read.
type asked interface {
	// Flush lets the dataloader read them.
	Flush()
}

// memoryOf returns the response's memory of what a loader loads.
func memoryOf[K comparable, V any](r *Loaders, l Loader[K, V]) *memory[K, V] {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, known := range r.memories[l.name] {
		if m, ok := known.(*memory[K, V]); ok && reflect.DeepEqual(m.args, l.args) {
			return m
		}
	}
	m := &memory[K, V]{args: l.args}
	m.values = values[K, V]{dataloader.NewCache[K, V](), func() { r.ask(m) }}
	if r.tellKnown != nil {
		m.firsts = &firsts[K]{level: map[K]int64{}}
	}
	m.Loader = dataloader.NewBatchedLoader(func(ctx context.Context, keys []K) []*dataloader.Result[V] {
		batch := &Batch[K, V]{Loader: l, Keys: keys}
		r.read(ctx, m, batch)
		return batch.results()
	}, dataloader.WithCache[K, V](m.values), dataloader.WithWait[K, V](backstop))
	r.memories[l.name] = append(r.memories[l.name], m)
	return m
}

// results are those of the dataloader.
func (b *Batch[K, V]) results() []*dataloader.Result[V] {
	if b.Err == nil && len(b.Values) != len(b.Keys) {
		b.Err = fmt.Errorf("%s: %d values for %d keys", b.name, len(b.Values), len(b.Keys))
	}
	results := make([]*dataloader.Result[V], len(b.Keys))
	for i := range b.Keys {
		err := b.Err
		if err == nil && b.Errs != nil {
			err = b.Errs[i]
		}
		if err != nil {
			results[i] = &dataloader.Result[V]{Error: dataloader.NewSkipCacheError(err)} // it may work later
		} else {
			results[i] = &dataloader.Result[V]{Data: b.Values[i]}
		}
	}
	return results
}
