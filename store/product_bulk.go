package store

import (
	"context"
	"slices"
)

// CreateProducts creates many products.
func (w *Writer) CreateProducts(ctx context.Context, b Bulk[NewProduct]) ([]Outcome[ProductID], error) {
	return bulkEach(ctx, w, b, func(tx *Tx) error {
		if _, err := tx.holdVendors(ctx, mapSlice(b.Items, func(n NewProduct) *VendorID { return n.VendorID })...); err != nil {
			return err
		}
		_, err := tx.holdCategories(ctx, slices.Concat(mapSlice(b.Items, func(n NewProduct) []CategoryID { return n.CategoryIDs })...))
		return err
	}, func(tx *Tx, n NewProduct) (ProductID, error) {
		checked, err := n.check()
		if err != nil {
			return ProductID{}, err
		}
		return tx.createProduct(ctx, checked)
	})
}

// UpdateProducts changes many products, each in its own way.
func (w *Writer) UpdateProducts(ctx context.Context, b Bulk[ProductPatch]) ([]Outcome[ProductID], error) {
	return bulkEach(ctx, w, b, func(tx *Tx) error {
		if _, err := tx.holdVendors(ctx, mapSlice(b.Items, func(p ProductPatch) *VendorID { return p.VendorID.Value })...); err != nil {
			return err
		}
		_, err := tx.lockProducts(ctx, theseProducts, mapSlice(b.Items, func(p ProductPatch) ProductID { return p.ID }))
		return err
	}, func(tx *Tx, p ProductPatch) (ProductID, error) {
		if err := p.check(); err != nil {
			return p.ID, err
		}
		return p.ID, tx.updateProduct(ctx, p)
	})
}

// SetProductStatuses publishes many products, makes them drafts, or archives them.
func (w *Writer) SetProductStatuses(ctx context.Context, b Bulk[Ref[ProductID]], status ProductStatus) ([]Outcome[ProductID], error) {
	return bulkEach(ctx, w, b, locking(ctx, theseProducts, b.Items, Ref[ProductID].key), func(tx *Tx, ref Ref[ProductID]) (ProductID, error) {
		return ref.ID, tx.setProductStatus(ctx, ref, status)
	})
}

// DeleteProducts deletes many products with their variants, images and reviews.
func (w *Writer) DeleteProducts(ctx context.Context, b Bulk[Ref[ProductID]]) ([]Outcome[ProductID], error) {
	return bulkEach(ctx, w, b, locking(ctx, theseProducts, b.Items, Ref[ProductID].key), func(tx *Tx, ref Ref[ProductID]) (ProductID, error) {
		return ref.ID, tx.deleteProduct(ctx, ref)
	})
}
