// Package resolvers resolves the fields of the schema. A resolver checks its
// arguments, calls a loader or a writer, and returns. The resolver of an object's
// field gets all objects of its level of the query at once. Resolvers of one level run at
// the same time and must not wait for each other: only the loaders know how (see
// loaders.Loader).
package resolvers

import (
	"context"

	"souk/graph/model"
	"souk/graph/relay"
	"souk/internal/fault"
	"souk/loaders"
	"souk/store"
)

// Resolver has what the resolvers need in addition to the loaders, which are in the
// context of the response.
type Resolver struct {
	// Store removes what has expired.
	Store *store.Store
	// Accounts signs people in.
	Accounts *Accounts
	// ReadDocument says whether a document fits the schema.
	ReadDocument store.DocumentReader
}

// connect resolves a connection field, in one statement for all parents.
func connect[P, T any, K comparable](ctx context.Context, parents []*P, key func(*P) K, of relay.List, args relay.Args,
	list loaders.List[K, T],
) ([]*relay.Connection[T], error) {
	request, err := args.Request(ctx, of)
	if err != nil {
		return nil, err
	}
	keys := make([]K, len(parents))
	for i, p := range parents {
		keys[i] = key(p)
	}
	return connections(ctx, of, request, list, keys)
}

// connectRoot resolves a root connection field.
func connectRoot[T any](ctx context.Context, of relay.List, args relay.Args, list loaders.List[loaders.Root, T]) (*relay.Connection[T], error) {
	request, err := args.Request(ctx, of)
	if err != nil {
		return nil, err
	}
	only, err := connections(ctx, of, request, list, []loaders.Root{{}})
	if err != nil {
		return nil, err
	}
	return only[0], nil
}

// connections reads one page of the list of each key. It reads the lengths of all
// lists in one more statement, if a client requests one.
func connections[K comparable, T any](ctx context.Context, of relay.List, request store.PageRequest, list loaders.List[K, T], keys []K) ([]*relay.Connection[T], error) {
	pages, err := list.Pages(ctx, keys, request)
	if err != nil {
		return nil, err
	}
	return relay.Connect(of, pages, relay.ShareCounts(func(ctx context.Context) ([]store.Count, error) {
		return list.Counts(ctx, keys)
	})), nil
}

// find resolves a root field that finds one object by its ID or by a name. Exactly
// one of them must be given, in by or in arguments of their own; argument is the name's
// argument. find returns nil, and no error, if the ID is damaged or belongs to another type.
func find[K relay.Key, V any](ctx context.Context, by *model.By, id *string, byID loaders.Loader[K, *V],
	argument string, name *string, byName func(context.Context, string) (*V, error),
) (*V, error) {
	if by != nil && (id != nil || name != nil) {
		return nil, fault.Invalid("give `by` alone, without `id` and `%s`", argument)
	}
	if by != nil {
		id, name = by.ID, by.Name()
	}
	switch {
	case (id == nil) == (name == nil):
		return nil, fault.Invalid("give either `id` or `%s`", argument)
	case name != nil && *name == "":
		return nil, fault.Invalid("`%s` is empty; give a value, or use `id` instead", argument)
	case name != nil:
		found, err := byName(ctx, *name)
		if err != nil {
			return nil, err
		}
		return found, nil
	}
	key, ok := relay.ParseKey[K](*id)
	if !ok {
		return nil, nil
	}
	found, err := byID.Load(ctx, key)
	if err != nil {
		return nil, err
	}
	return found, nil
}

// findNode resolves a root field that finds one object by its global ID. It returns
// nil, and no error, if the ID is damaged or belongs to another type.
func findNode[K relay.Key, V any](ctx context.Context, id string, load loaders.Loader[K, *V]) (*V, error) {
	key, ok := relay.ParseKey[K](id)
	if !ok {
		return nil, nil
	}
	found, err := load.Load(ctx, key)
	if err != nil {
		return nil, err
	}
	return found, nil
}
