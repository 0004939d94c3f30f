package resolvers

import (
	"context"

	"souk/graph/model"
	"souk/graph/relay"
	"souk/loaders"
	"souk/store"
)

func productKey(p *store.Product) store.ProductID { return p.ID }

// newProduct reads a product to make.
func newProduct(in model.NewProduct) store.NewProduct {
	return store.NewProduct{
		Title: in.Title, Slug: in.Slug, DescriptionHTML: in.DescriptionHTML, ProductType: in.ProductType, Tags: in.Tags,
		VendorID: keyMaybe[store.VendorID](in.VendorID), Status: in.Status, Options: in.Options,
		Variants: variantInputs(in.Variants), CategoryIDs: keysOf[store.CategoryID](in.CategoryIds), Images: in.Images,
	}
}

// productPatch reads what an input changes.
func productPatch(in model.ProductUpdateInput) store.ProductPatch {
	return store.ProductPatch{
		ExpectedVersion: in.ExpectedVersion,
		Title:           patch(in.Title),
		Slug:            patch(in.Slug),
		DescriptionHTML: patch(in.DescriptionHTML),
		ProductType:     patch(in.ProductType),
		Tags:            patch(in.Tags),
		VendorID:        store.Patch[*store.VendorID]{Set: in.VendorID.IsSet(), Value: keyMaybe[store.VendorID](in.VendorID.Value())},
	}
}

// setStatus puts a product on sale or takes it off.
func (r *Resolver) setStatus(ctx context.Context, in model.ProductRef, status store.ProductStatus) (*store.Product, []model.UserError, error) {
	id := keyOf[store.ProductID](in.ID)
	err := r.writer(ctx).SetProductStatus(ctx, id, in.ExpectedVersion, status)
	return changed(ctx, loaders.For(ctx).Product, id, err)
}

// productRefs reads the products that something is done to.
func productRefs(in []*model.ProductRef) []store.ProductRef {
	refs := make([]store.ProductRef, len(in))
	for i, ref := range in {
		refs[i] = store.ProductRef{ID: keyOf[store.ProductID](ref.ID), Expected: ref.ExpectedVersion}
	}
	return refs
}

// productBulk finishes a change of many products: what became of each, with the
// products loaded by one statement.
func productBulk(ctx context.Context, outcomes []store.Outcome[store.ProductID], err error) (*model.ProductBulk, error) {
	problems, err := refused(err)
	if err != nil {
		return nil, err
	}
	products, err := outcomeValues(ctx, loaders.For(ctx).Product, outcomes)
	if err != nil {
		return nil, err
	}
	payload := &model.ProductBulk{Results: make([]*model.ProductBulkResult, len(outcomes)), UserErrors: problems}
	for i, o := range outcomes {
		own := model.UserErrors(o.Problems)
		payload.Results[i] = &model.ProductBulkResult{Index: i, Product: products[i], UserErrors: own}
		payload.UserErrors = append(payload.UserErrors, own...)
	}
	return loaders.Deliver(ctx, payload), nil
}

// outcomeValues loads what the outcomes of a list name, by one statement: nil
// where there is nothing.
func outcomeValues[K relay.Key, V any](ctx context.Context, load loaders.Loader[K, *V], outcomes []store.Outcome[K]) ([]*V, error) {
	var keys []K
	for _, o := range outcomes {
		if o.Value != nil {
			keys = append(keys, *o.Value)
		}
	}
	values := make([]*V, len(outcomes))
	if len(keys) == 0 {
		return values, nil
	}
	found, err := loaders.All(ctx, load, keys)
	if err != nil {
		return nil, saved(err)
	}
	for i, o := range outcomes {
		if o.Value != nil {
			values[i], found = found[0], found[1:]
		}
	}
	return values, nil
}
