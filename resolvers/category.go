package resolvers

import (
	"context"

	"souk/graph/model"
	"souk/internal/fault"
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

// ancestors returns each category's way down from the root, in one batch.
func ancestors(ctx context.Context, categories []*store.Category) ([][]*store.Category, error) {
	var ids []store.CategoryID
	for _, c := range categories {
		ids = append(ids, c.AncestorIDs...)
	}
	found, err := loaders.All(ctx, loaders.For(ctx).Category, ids)
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

func createCategory(ctx context.Context, r *Resolver, in model.CategoryCreateInput) (id store.CategoryID, err error) {
	parent, err := keyOrNil[store.CategoryID](in.ParentID, "parentId")
	if err != nil {
		return id, err
	}
	return createOnce(ctx, r, in.IdempotencyKey, func(w *store.Writer) (store.CategoryID, error) {
		return w.CreateCategory(ctx, store.CategoryInput{Name: in.Name, Slug: in.Slug, ParentID: parent})
	})
}

// categoryPatch reads what an input changes.
func categoryPatch(in model.CategoryUpdateInput) (id store.CategoryID, p store.CategoryPatch, err error) {
	if id, err = inputKey[store.CategoryID](in.ID, "id"); err != nil {
		return id, p, err
	}
	var problems fault.Problems
	p = store.CategoryPatch{
		ExpectedVersion: in.ExpectedVersion,
		Name:            required(&problems, "name", in.Name),
		Slug:            required(&problems, "slug", in.Slug),
	}
	return id, p, problems.Err()
}

// categoryMove reads where an input puts a category. A parent that is absent is
// not taken for the top: a client that leaves null values out would move branches
// there by accident.
func categoryMove(in model.CategoryMoveInput) (id store.CategoryID, parent *store.CategoryID, err error) {
	if id, err = inputKey[store.CategoryID](in.ID, "id"); err != nil {
		return id, nil, err
	}
	if !in.ParentID.IsSet() {
		return id, nil, fault.Reject(fault.ReasonRequired, "parentId", "say where it goes: the ID of a category, or null for the top")
	}
	parent, err = keyOrNil[store.CategoryID](in.ParentID.Value(), "parentId")
	return id, parent, err
}
