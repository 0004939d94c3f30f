// Package resolvers answers the schema's fields: each body checks its
// arguments, calls the store or a loader, and returns. A resolver of an object's
// field gets many parents and goes through loaders.Field, so that it runs once
// for all objects at its place in the query.
package resolvers

import (
	"context"
	"errors"

	"souk/graph/relay"
	"souk/internal/fault"
	"souk/loaders"
	"souk/store"
)

// Resolver has what resolvers need.
type Resolver struct {
	Store *store.Store
}

// connect resolves a connection field: list reads the pages of all parents in
// one statement, count their lengths, if a client asks.
func connect[P, T any, K ~[16]byte](ctx context.Context, parents []*P, key func(*P) K, as relay.List,
	list func(context.Context, []K) ([]store.Slice[T], error),
	count func(context.Context, []K) ([]store.Count, error),
) ([]*relay.Connection[T], error) {
	return loaders.Field(ctx, parents, func(ctx context.Context, parents []*P) ([]*relay.Connection[T], error) {
		keys := make([]K, len(parents))
		for i, p := range parents {
			keys[i] = key(p)
		}
		slices, err := list(ctx, keys)
		if err != nil {
			return nil, err
		}
		return relay.Connect(as, slices, relay.Once(func(ctx context.Context) ([]store.Count, error) {
			return count(ctx, keys)
		})), nil
	})
}

// connectRoot resolves a root connection field.
func connectRoot[T any](ctx context.Context, as relay.List,
	list func(context.Context) ([]store.Slice[T], error), count relay.Counts,
) (*relay.Connection[T], error) {
	slices, err := list(ctx)
	if err != nil {
		return nil, err
	}
	return loaders.Deliver(ctx, relay.Connect(as, slices, relay.Once(count))[0]), nil
}

// load loads one object by its key for a root field; nil when there is none, or
// when the key is the zero one of an ID that was not valid.
func load[K ~[16]byte, V any](ctx context.Context, l loaders.Loader[K, *V], key K) (*V, error) {
	if key == (K{}) {
		return nil, nil
	}
	found, err := loaders.All(ctx, l, []K{key})
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// idOr reads the arguments of a field that finds one object by its ID or by a
// name; exactly one must be given. An ID that is damaged or another type's is the
// zero key: it finds nothing, and tells nothing.
func idOr[K ~[16]byte](kind relay.Kind, field, argument string, id, name *string) (K, string, error) {
	var key K
	switch {
	case (id == nil) == (name == nil):
		return key, "", fault.Invalid("give %s either id or %s", field, argument)
	case name != nil && *name == "":
		return key, "", fault.Invalid("%s is empty; leave it out or give a value", argument)
	case name != nil:
		return key, *name, nil
	}
	key, _ = relay.Key[K](kind, *id)
	return key, "", nil
}

// orNil turns NotFound into nil, for fields where absence is an answer.
func orNil[V any](value *V, err error) (*V, error) {
	var f *fault.Error
	if errors.As(err, &f) && f.Code == fault.CodeNotFound {
		return nil, nil
	}
	return value, err
}

func productKey(p *store.Product) store.ProductID { return p.ID }
