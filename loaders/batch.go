package loaders

import (
	"context"

	"souk/internal/fault"
	"souk/store"
)

// Loader says how values of type V are read by keys of type K. It holds nothing that
// belongs to a response, and loads for the response that the context belongs to.
type Loader[K comparable, V any] struct {
	name  string
	args  any
	leads bool // see Leading
	// read returns a value for each key, in the order of keys. Or readOne returns that of
	// one key: then each key is a part of its own, with its own error.
	read    func(r *store.Reader, ctx context.Context, keys []K) ([]V, error)
	readOne func(r *store.Reader, ctx context.Context, key K) (V, error)
}

// Name returns the name of the store's method that reads: "ProductsByIDs".
func (l Loader[K, V]) Name() string { return l.name }

// Args returns what all keys have in common, such as a filter. nil: nothing.
func (l Loader[K, V]) Args() any { return l.args }

// byKey makes a loader of single rows. fetch returns the rows that exist, in any
// order. A key without a row gives nil.
func byKey[K comparable, V any](name string, fetch func(*store.Reader, context.Context, []K) ([]*V, error), key func(*V) K) Loader[K, *V] {
	return Loader[K, *V]{name: name, read: func(r *store.Reader, ctx context.Context, keys []K) ([]*V, error) {
		rows, err := fetch(r, ctx, keys)
		if err != nil {
			return nil, err
		}
		found := make(map[K]*V, len(rows))
		for _, row := range rows {
			found[key(row)] = row
		}
		return inOrder(keys, found), nil
	}}
}

// groupBy makes a loader of all rows of a key. fetch returns the rows of all keys;
// rows of one key keep their order.
func groupBy[K comparable, V any](name string, fetch func(*store.Reader, context.Context, []K) ([]*V, error), key func(*V) K) Loader[K, []*V] {
	return Loader[K, []*V]{name: name, read: func(r *store.Reader, ctx context.Context, keys []K) ([][]*V, error) {
		rows, err := fetch(r, ctx, keys)
		if err != nil {
			return nil, err
		}
		found := make(map[K][]*V, len(keys))
		for _, row := range rows {
			found[key(row)] = append(found[key(row)], row)
		}
		return inOrder(keys, found), nil
	}}
}

func inOrder[K comparable, V any](keys []K, found map[K]V) []V {
	values := make([]V, len(keys))
	for i, k := range keys {
		values[i] = found[k]
	}
	return values
}

// each makes a loader of what the store reads for one key at a time. args are what
// all keys have in common; nil: nothing.
func each[K comparable, V any](name string, args any, fetch func(*store.Reader, context.Context, K) (V, error)) Loader[K, V] {
	return Loader[K, V]{name: name, args: args, readOne: fetch}
}

// lookUp makes a loader of what has a name, such as a slug. fetch returns NotFound
// if nothing has it, and the loader nil: the other keys are not to fail.
func lookUp[K comparable, V any](name string, fetch func(*store.Reader, context.Context, K) (*V, error)) Loader[K, *V] {
	return each(name, nil, func(r *store.Reader, ctx context.Context, key K) (*V, error) {
		found, err := fetch(r, ctx, key)
		if fault.Is(err, fault.CodeNotFound) {
			return nil, nil
		}
		return found, err
	})
}

// Leading says that the resolver will load more when it has what this loader gives it. The
// response is then known to read on.
func (l Loader[K, V]) Leading() Loader[K, V] {
	l.leads = true
	return l
}

// Load loads the value of one key.
func (l Loader[K, V]) Load(ctx context.Context, key K) (V, error) {
	values, err := l.LoadMany(ctx, []K{key})
	if err != nil {
		var none V
		return none, err
	}
	return values[0], nil
}

// One resolves a field whose value, one object or one list, is found by a key
// of the parent.
func One[P any, K comparable, V any](ctx context.Context, parents []*P, l Loader[K, V], key func(*P) K) ([]V, error) {
	keys := make([]K, len(parents))
	for i, p := range parents {
		keys[i] = key(p)
	}
	return l.LoadMany(ctx, keys)
}

// Maybe is One for a key that can be nil; the value is then nil.
func Maybe[P any, K comparable, V any](ctx context.Context, parents []*P, l Loader[K, *V], key func(*P) *K) ([]*V, error) {
	keys := make([]K, 0, len(parents))
	for _, p := range parents {
		if k := key(p); k != nil {
			keys = append(keys, *k)
		}
	}
	values := make([]*V, len(parents))
	if len(keys) == 0 {
		return values, nil
	}
	found, err := l.LoadMany(ctx, keys)
	if err != nil {
		return nil, err
	}
	for i, p := range parents {
		if key(p) != nil {
			values[i], found = found[0], found[1:]
		}
	}
	return values, nil
}
