package resolvers

import (
	"context"

	"souk/graph/relay"
	"souk/loaders"
)

// nodeList is what `nodes` returns: objects of any kind, nil where there is none.
type nodeList []relay.Node

// Delivers yields the objects.
func (l nodeList) Delivers(yield func(any)) {
	for _, node := range l {
		yield(node)
	}
}

// nodes returns the objects that have the global IDs, in their order, with one
// statement for each kind. An ID that is damaged, of no kind that we know, or of
// an object that is not there gives nil.
func nodes(ctx context.Context, ids []string) (nodeList, error) {
	found := make(nodeList, len(ids))
	at := map[relay.Kind][]int{}
	for i, id := range ids {
		if kind, _, ok := relay.ParseID(id); ok {
			at[kind] = append(at[kind], i)
		}
	}
	l := loaders.For(ctx)
	for kind, places := range at {
		if err := loadKind(ctx, l, kind, ids, places, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// loadNodes loads the objects of one kind, which stand at places among ids.
func loadNodes[K relay.Key, V any](ctx context.Context, l loaders.Loader[K, *V], ids []string, places []int, into nodeList) error {
	keys := make([]K, len(places))
	for i, at := range places {
		keys[i], _ = relay.ParseKey[K](ids[at])
	}
	rows, err := loaders.All(ctx, l, keys)
	if err != nil {
		return err
	}
	for i, at := range places {
		if rows[i] != nil {
			into[at] = rows[i]
		}
	}
	return nil
}
