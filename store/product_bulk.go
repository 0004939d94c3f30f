package store

import (
	"context"
	"slices"
)

// CreateProducts creates products.
func (w *Writer) CreateProducts(ctx context.Context, b Bulk[NewProduct]) ([]Outcome[ProductID], error) {
	return bulkEach(ctx, w, b, func(tx *Tx) error {
		if _, err := tx.holdVendors(ctx, mapSlice(b.Items, func(n NewProduct) *VendorID { return n.VendorID })...); err != nil {
			return err
		}
		_, err := tx.holdCategories(ctx, slices.Concat(mapSlice(b.Items, func(n NewProduct) []CategoryID { return n.CategoryIDs })...))
		return err
	}, func(tx *Tx, n NewProduct) (ProductID, error) { return tx.createProduct(ctx, n) })
}

// UpdateProducts updates products. Each item has its own patch.
func (w *Writer) UpdateProducts(ctx context.Context, b Bulk[ProductPatch]) ([]Outcome[ProductID], error) {
	return bulkEach(ctx, w.withoutKey(), b, func(tx *Tx) error {
		if _, err := tx.holdVendors(ctx, mapSlice(b.Items, func(p ProductPatch) *VendorID { return p.VendorID.Value })...); err != nil {
			return err
		}
		_, err := tx.lockProducts(ctx, productsByID, mapSlice(b.Items, func(p ProductPatch) ProductID { return p.ID }))
		return err
	}, func(tx *Tx, p ProductPatch) (ProductID, error) {
		problems := p.check() // which changes p
		return p.ID, tx.updateProduct(ctx, p, problems)
	})
}

// SetProductStatuses sets the status of products.
func (w *Writer) SetProductStatuses(ctx context.Context, b Bulk[Ref[ProductID]], status ProductStatus) ([]Outcome[ProductID], error) {
	return bulkEach(ctx, w.withoutKey(), b, lockProductsOf(ctx, productsByID, b.Items, Ref[ProductID].key), func(tx *Tx, ref Ref[ProductID]) (ProductID, error) {
		return ref.ID, tx.setProductStatus(ctx, ref, status)
	})
}

// DeleteProducts deletes products with their variants, images and reviews.
func (w *Writer) DeleteProducts(ctx context.Context, b Bulk[Ref[ProductID]]) ([]Outcome[ProductID], error) {
	return bulkEach(ctx, w.withoutKey(), b, lockProductsOf(ctx, productsByID, b.Items, Ref[ProductID].key), func(tx *Tx, ref Ref[ProductID]) (ProductID, error) {
		return ref.ID, tx.deleteProduct(ctx, ref)
	})
}
