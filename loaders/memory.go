package loaders

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"souk/graph/executor"
)

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
	entries := m.ask(ctx, l, keys, r.tellKnown)
	switch {
	case !r.isAsked():
	case together:
		executor.Await(ctx)
	default:
		r.Dispatch(false)
	}
	values := make([]V, len(keys))
	for i, e := range entries {
		if e.err != nil {
			return nil, e.err
		}
		values[i] = e.value
	}
	return values, nil
}

// Ask hands in keys that are about to be loaded, so that they are read in one round trip with
// what is loaded before them.
func (l Loader[K, V]) Ask(ctx context.Context, keys []K) {
	if executor.Awaits(ctx) {
		memoryOf(For(ctx), l).ask(ctx, l, keys, nil) // nobody is told what is known: it will be loaded
	}
}

// memory is what the response has loaded of one kind.
type memory[K comparable, V any] struct {
	Loader[K, V]
	response *Loaders

	mu      sync.Mutex
	entries map[K]*entry[V] // without those that failed: they may work later
}

// entry is the value of a key.
type entry[V any] struct {
	value V
	err   error // errUnread until it is read
	level int64 // in which it was asked for first
}

var errUnread = errors.New("it was never read")

// asked are the keys that a field asks for and that no other field has asked for.
type asked[K comparable, V any] struct {
	memory  *memory[K, V]
	leads   bool // see Leading
	keys    []K
	entries []*entry[V]
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
	m := &memory[K, V]{Loader: l, response: r, entries: map[K]*entry[V]{}}
	if r.memories == nil {
		r.memories = map[string][]any{}
	}
	r.memories[l.name] = append(r.memories[l.name], m)
	return m
}

// ask returns the entries of keys, and has those read that are new. tell, if it is set, is
// told how many were asked for before this level; each key counts once.
func (m *memory[K, V]) ask(ctx context.Context, by Loader[K, V], keys []K, tell func(read string, keys int)) []*entry[V] {
	m.mu.Lock()
	defer m.mu.Unlock()
	level := m.response.level.Load()
	all := make([]*entry[V], len(keys))
	var made []entry[V] // in one piece
	var known map[K]struct{}
	fresh := &asked[K, V]{memory: m, leads: by.leads}
	for i, key := range keys {
		e := m.entries[key]
		switch {
		case e == nil:
			if made == nil {
				made = make([]entry[V], 0, len(keys)-i)
			}
			made = append(made, entry[V]{err: errUnread, level: level})
			e = &made[len(made)-1]
			m.entries[key] = e
			fresh.keys, fresh.entries = append(fresh.keys, key), append(fresh.entries, e)
		case tell != nil && e.level < level:
			if known == nil {
				known = map[K]struct{}{}
			}
			known[key] = struct{}{}
		}
		all[i] = e
	}
	if len(fresh.keys) > 0 {
		m.response.collect(ctx, fresh)
	}
	if len(known) > 0 {
		tell(m.name, len(known))
	}
	return all
}

func (a *asked[K, V]) kind() kind { return a.memory }

// readFor returns the read of what was asked for.
func (m *memory[K, V]) readFor(asks []asking) Read {
	first := asks[0].(*asked[K, V])
	b := &Batch[K, V]{Loader: m.Loader, Keys: slices.Clip(first.keys)}
	b.leads = first.leads
	for _, a := range asks[1:] {
		a := a.(*asked[K, V])
		b.Keys, b.leads = append(b.Keys, a.keys...), b.leads || a.leads
	}
	return b
}

// settle takes what was read, in the order in which it was asked for.
func (m *memory[K, V]) settle(read Read, asks []asking) {
	b := read.(*Batch[K, V])
	m.mu.Lock()
	defer m.mu.Unlock()
	at := 0
	for _, a := range asks {
		a := a.(*asked[K, V])
		for i, e := range a.entries {
			if e.value, e.err = b.Value(at); e.err != nil {
				delete(m.entries, a.keys[i])
			}
			at++
		}
	}
}

// Value returns the value of the i-th key, after the batch was read.
func (b *Batch[K, V]) Value(i int) (value V, err error) {
	switch {
	case b.Err != nil:
		return value, b.Err
	case len(b.Values) != len(b.Keys):
		return value, fmt.Errorf("%s: %d values for %d keys", b.name, len(b.Values), len(b.Keys))
	case b.Errs != nil && b.Errs[i] != nil:
		return value, b.Errs[i]
	}
	return b.Values[i], nil
}
