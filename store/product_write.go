package store

import (
	"context"

	"souk/internal/fault"
)

// ProductPatch are the fields of a product that an update changes.
type ProductPatch struct {
	// ExpectedVersion, when set, refuses the update of a product that has changed
	// since.
	ExpectedVersion *int64

	Title           Patch[string]
	Slug            Patch[string]
	DescriptionHTML Patch[string]
	ProductType     Patch[string]
	Tags            Patch[[]string]
	VendorID        Patch[*VendorID]
}

// UpdateProduct changes the fields that the patch sets.
func (w *Writer) UpdateProduct(ctx context.Context, id ProductID, p ProductPatch) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.updateProduct(ctx, id, p) })
}

func (tx *Tx) updateProduct(ctx context.Context, id ProductID, p ProductPatch) error {
	old, err := tx.lockProduct(ctx, id, p.ExpectedVersion)
	if err != nil {
		return err
	}
	var a assignments
	assign(&a, "title", p.Title, old.Title)
	if !a.any() {
		return nil
	}
	a.args["id"] = id
	if _, err := tx.exec(ctx, a.statement("UpdateProduct", "products"), a.args); err != nil {
		return err
	}
	tx.refresh(id)
	tx.audit(SubjectProduct, id, a.changes...)
	return nil
}

// lockProduct returns a product in any state and keeps others from changing it or
// anything under it until the transaction ends. Every change below a product
// starts here: all lock in one order.
func (tx *Tx) lockProduct(ctx context.Context, id ProductID, expected *int64) (*Product, error) {
	const statement = `-- name: LockProduct
SELECT ` + productColumns + `
FROM products p
WHERE p.id = @id
FOR NO KEY UPDATE`
	found, err := oneRow[Product](ctx, tx, statement, args{"id": id})
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return nil, fault.Reject(fault.ReasonNotFound, "id", "there is no product with this ID")
	}
	return found, checkVersion(found.Version, expected)
}

// checkVersion refuses to change what has changed since the caller read it.
func checkVersion(current int64, expected *int64) error {
	if expected == nil || *expected == current {
		return nil
	}
	refused := fault.Reject(fault.ReasonVersionConflict, "expectedVersion",
		"it was changed since it was read; read it again and repeat the change")
	refused.Problems[0].CurrentVersion = current
	return refused
}
