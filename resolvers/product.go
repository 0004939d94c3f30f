package resolvers

import (
	"context"

	"souk/graph/model"
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
func (r *Resolver) setStatus(ctx context.Context, in model.ProductRef, status store.ProductStatus) (*model.Payload[store.Product], error) {
	id := keyOf[store.ProductID](in.ID)
	err := r.writer(ctx).SetProductStatus(ctx, id, in.ExpectedVersion, status)
	return payload(ctx, loaders.For(ctx).Product, id, err)
}

// productRefs reads the products that something is done to.
func productRefs(in []*model.ProductRef) []store.ProductRef {
	refs := make([]store.ProductRef, len(in))
	for i, ref := range in {
		refs[i] = store.ProductRef{ID: keyOf[store.ProductID](ref.ID), Expected: ref.ExpectedVersion}
	}
	return refs
}
