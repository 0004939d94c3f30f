package store

import (
	"context"
	"slices"
)

// ProductChange is what to change of one product of a list.
type ProductChange struct {
	ID    ProductID
	Patch ProductPatch
}

// ProductRef names a product of a list.
type ProductRef struct {
	ID ProductID
	// Expected, when set, is the version that the product must have.
	Expected *int64
}

func keyOfRef(ref ProductRef) ProductID { return ref.ID }

// CreateProducts makes many products.
func (w *Writer) CreateProducts(ctx context.Context, items []NewProduct, policy ErrorPolicy) ([]Outcome[ProductID], error) {
	return bulk(ctx, w, items, policy, func(tx *Tx) error {
		if _, err := tx.holdVendors(ctx, each(items, func(n NewProduct) *VendorID { return n.VendorID })...); err != nil {
			return err
		}
		_, err := tx.holdCategories(ctx, slices.Concat(each(items, func(n NewProduct) []CategoryID { return n.CategoryIDs })...))
		return err
	}, func(tx *Tx, n NewProduct) (ProductID, error) { return tx.createProduct(ctx, n) })
}

// UpdateProducts changes many products, each in its own way.
func (w *Writer) UpdateProducts(ctx context.Context, items []ProductChange, policy ErrorPolicy) ([]Outcome[ProductID], error) {
	return bulk(ctx, w, items, policy, func(tx *Tx) error {
		if _, err := tx.holdVendors(ctx, each(items, func(c ProductChange) *VendorID { return c.Patch.VendorID.Value })...); err != nil {
			return err
		}
		_, err := tx.lockProducts(ctx, theseProducts, each(items, func(c ProductChange) ProductID { return c.ID }))
		return err
	}, func(tx *Tx, c ProductChange) (ProductID, error) { return c.ID, tx.updateProduct(ctx, c.ID, c.Patch) })
}

// SetProductStatuses puts many products on sale or takes them off.
func (w *Writer) SetProductStatuses(ctx context.Context, items []ProductRef, status ProductStatus, policy ErrorPolicy) ([]Outcome[ProductID], error) {
	return bulk(ctx, w, items, policy, locking(ctx, theseProducts, items, keyOfRef), func(tx *Tx, ref ProductRef) (ProductID, error) {
		return ref.ID, tx.setProductStatus(ctx, ref.ID, ref.Expected, status)
	})
}

// DeleteProducts removes many products with all that hangs on them.
func (w *Writer) DeleteProducts(ctx context.Context, items []ProductRef, policy ErrorPolicy) ([]Outcome[ProductID], error) {
	return bulk(ctx, w, items, policy, locking(ctx, theseProducts, items, keyOfRef), func(tx *Tx, ref ProductRef) (ProductID, error) {
		return ref.ID, tx.deleteProduct(ctx, ref.ID, ref.Expected)
	})
}
