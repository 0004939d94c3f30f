package resolvers

import (
	"context"

	"souk/graph/relay"
	"souk/loaders"
)

// nodeList is what `nodes` returns: objects of any kind. An ID without an object gives
// nil.
type nodeList []relay.Node

// nodes returns the objects with the global IDs, in the order of the IDs. It reads
// each kind with one statement, and all kinds in one round trip. An ID that is damaged, of an unknown kind, or of an
// object that does not exist gives nil.
func nodes(ctx context.Context, ids []string) (nodeList, error) {
	found := make(nodeList, len(ids))
	byKind := map[relay.Kind][]int{} // indexes of ids
	for i, id := range ids {
		if kind, _, ok := relay.ParseID(id); ok {
			byKind[kind] = append(byKind[kind], i)
		}
	}
	for _, into := range []nodeList{nil, found} { // nil asks for the keys
		for kind, indexes := range byKind {
			if err := loadKind(ctx, kind, ids, indexes, into); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

// loadNodes loads the objects of the IDs at the given indexes, which are all of one
// kind, into the same indexes of a list. If the list is nil, it only asks for their keys.
func loadNodes[K relay.Key, V any](ctx context.Context, load loaders.Loader[K, *V], ids []string, indexes []int, into nodeList) error {
	keys := make([]K, len(indexes))
	for i, at := range indexes {
		keys[i], _ = relay.ParseKey[K](ids[at])
	}
	if into == nil {
		load.Ask(ctx, keys)
		return nil
	}
	rows, err := load.LoadMany(ctx, keys)
	if err != nil {
		return err
	}
	for i, at := range indexes {
		if rows[i] != nil {
			into[at] = rows[i]
		}
	}
	return nil
}
