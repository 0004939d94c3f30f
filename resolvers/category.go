package resolvers

import (
	"context"

	"souk/graph/model"
	"souk/loaders"
	"souk/store"
)

func categoryKey(c *store.Category) store.CategoryID { return c.ID }

func categoryFilter(in *model.CategoryFilter) store.CategoryFilter {
	if in == nil {
		return store.CategoryFilter{}
	}
	return store.CategoryFilter{IsRoot: in.IsRoot}
}

// ancestors returns the ancestors of each category, the root first, in one batch.
func ancestors(ctx context.Context, categories []*store.Category) ([][]*store.Category, error) {
	var ids []store.CategoryID
	for _, c := range categories {
		ids = append(ids, c.AncestorIDs...)
	}
	found, err := loaders.Category.LoadMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	chains := make([][]*store.Category, len(categories))
	for i, c := range categories {
		chain := make([]*store.Category, 0, len(c.AncestorIDs))
		for _, ancestor := range found[:len(c.AncestorIDs)] {
			if ancestor != nil {
				chain = append(chain, ancestor)
			}
		}
		chains[i], found = chain, found[len(c.AncestorIDs):]
	}
	return chains, nil
}
