// Package resolvers resolves the fields of the schema. A resolver checks its
// arguments, calls the store or a loader, and returns. The resolver of an object's
// field gets many parents and calls loaders.Field, so that it runs once for all
// objects at its path of the query.
package resolvers

import (
	"context"

	"souk/graph/relay"
	"souk/internal/fault"
	"souk/loaders"
	"souk/store"
)

// Resolver has what the resolvers need for mutations. Queries only need the loaders,
// which are in the context of the operation.
type Resolver struct {
	// Store makes the changes of mutations.
	Store *store.Store
	// Accounts signs people in.
	Accounts *Accounts
}

// connect resolves a connection field. list reads the pages of all parents in one
// statement. count reads the lengths of all lists, if a client requests one.
func connect[P, T any, K ~[16]byte](ctx context.Context, parents []*P, key func(*P) K, of relay.List, args relay.Args,
	list func(*store.Reader, context.Context, []K, store.PageRequest) ([]store.Page[T], error),
	count func(*store.Reader, context.Context, []K) ([]store.Count, error),
) ([]*relay.Connection[T], error) {
	request, err := args.Request(of)
	if err != nil {
		return nil, err
	}
	return loaders.Field(ctx, parents, func(ctx context.Context, parents []*P) ([]*relay.Connection[T], error) {
		reader := loaders.For(ctx).Reader
		keys := make([]K, len(parents))
		for i, p := range parents {
			keys[i] = key(p)
		}
		pages, err := list(reader, ctx, keys, request)
		if err != nil {
			return nil, err
		}
		return relay.Connect(of, pages, relay.ShareCounts(func(ctx context.Context) ([]store.Count, error) {
			return count(reader, ctx, keys)
		})), nil
	})
}

// connectRoot resolves a root connection field.
func connectRoot[T any](ctx context.Context, of relay.List, args relay.Args,
	list func(context.Context, store.PageRequest) (store.Page[T], error),
	count func(context.Context) (store.Count, error),
) (*relay.Connection[T], error) {
	request, err := args.Request(of)
	if err != nil {
		return nil, err
	}
	page, err := list(ctx, request)
	if err != nil {
		return nil, err
	}
	counts := func(ctx context.Context) ([]store.Count, error) {
		n, err := count(ctx)
		return []store.Count{n}, err
	}
	return loaders.Deliver(ctx, relay.Connect(of, []store.Page[T]{page}, relay.ShareCounts(counts))[0]), nil
}

// find resolves a root field that finds one object by its ID or by a name. Exactly
// one of them must be given; argument is the name's argument. find returns nil, and
// no error, if the ID is damaged or belongs to another type.
func find[K relay.Key, V any](ctx context.Context, id *string, byID loaders.Loader[K, *V],
	argument string, name *string, byName func(context.Context, string) (*V, error),
) (*V, error) {
	switch {
	case (id == nil) == (name == nil):
		return nil, fault.Invalid("give either `id` or `%s`", argument)
	case name != nil && *name == "":
		return nil, fault.Invalid("`%s` is empty; give a value, or use `id` instead", argument)
	case name != nil:
		found, err := byName(ctx, *name)
		if fault.Is(err, fault.CodeNotFound) {
			return nil, nil
		}
		return loaders.Deliver(ctx, found), err
	}
	key, ok := relay.ParseKey[K](*id)
	if !ok {
		return nil, nil
	}
	found, err := loaders.All(ctx, byID, []K{key})
	if err != nil {
		return nil, err
	}
	return loaders.Deliver(ctx, found[0]), nil
}

// findNode resolves a root field that finds one object by its global ID. It returns
// nil, and no error, if the ID is damaged or belongs to another type.
func findNode[K relay.Key, V any](ctx context.Context, id string, load loaders.Loader[K, *V]) (*V, error) {
	key, ok := relay.ParseKey[K](id)
	if !ok {
		return nil, nil
	}
	found, err := loaders.All(ctx, load, []K{key})
	if err != nil {
		return nil, err
	}
	return loaders.Deliver(ctx, found[0]), nil
}
