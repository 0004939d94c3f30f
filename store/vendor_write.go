package store

import (
	"context"

	"souk/internal/fault"
)

// VendorInput is a new vendor.
type VendorInput struct {
	Name string
	Slug *string // nil: made from the name
}

// VendorPatch are the fields of a vendor that an update changes.
type VendorPatch struct {
	// ExpectedVersion, when set, refuses the update of a vendor that has changed
	// since.
	ExpectedVersion *int64

	Name Patch[string]
	Slug Patch[string]
}

// CreateVendor makes a vendor.
func (w *Writer) CreateVendor(ctx context.Context, in VendorInput) (VendorID, error) {
	return once(ctx, w, func(tx *Tx) (VendorID, error) { return tx.createVendor(ctx, in) })
}

// UpdateVendor changes the fields that the patch sets. A new name changes the words
// that the vendor's products are found by.
func (w *Writer) UpdateVendor(ctx context.Context, id VendorID, p VendorPatch) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.updateVendor(ctx, id, p) })
}

// DeleteVendor removes a vendor that no product names, whatever its state.
func (w *Writer) DeleteVendor(ctx context.Context, id VendorID, expected *int64) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.deleteVendor(ctx, id, expected) })
}

func (tx *Tx) createVendor(ctx context.Context, in VendorInput) (VendorID, error) {
	var problems fault.Problems
	in.Name = oneName(&problems, "name", in.Name)
	if in.Slug != nil {
		checkSlugText(&problems, "slug", *in.Slug)
	}
	if err := problems.Err(); err != nil {
		return VendorID{}, err
	}
	id, err := newID[VendorID]()
	if err != nil {
		return VendorID{}, err
	}
	const statement = `-- name: InsertVendor
INSERT INTO vendors (id, slug, name)
VALUES (@id, @slug, @name)
ON CONFLICT (slug) DO NOTHING`
	values := args{"id": id, "name": in.Name}
	if err := tx.insertNamed(ctx, statement, values, in.Slug, slugOf(in.Name, "vendor")); err != nil {
		return VendorID{}, vendorTaken(err)
	}
	tx.audit(SubjectVendor, id, AuditChange{Field: "name", After: &in.Name}, AuditChange{Field: "slug", After: text(values["slug"])})
	return id, nil
}

func (tx *Tx) updateVendor(ctx context.Context, id VendorID, p VendorPatch) error {
	var problems fault.Problems
	if p.Name.Set {
		p.Name.Value = oneName(&problems, "name", p.Name.Value)
	}
	if p.Slug.Set {
		checkSlugText(&problems, "slug", p.Slug.Value)
	}
	if err := problems.Err(); err != nil {
		return err
	}
	old, err := tx.lockVendor(ctx, id, p.ExpectedVersion)
	if err != nil {
		return err
	}
	var a assignments
	assign(&a, "name", p.Name, old.Name)
	assign(&a, "slug", p.Slug, old.Slug)
	if !a.any() {
		return nil
	}
	a.args["id"] = id
	if _, err := tx.exec(ctx, a.statement("UpdateVendor", "vendors"), a.args); err != nil {
		return vendorTaken(err)
	}
	if p.Name.Set && p.Name.Value != old.Name {
		if err := tx.refreshProductsOf(ctx, id); err != nil {
			return err
		}
	}
	tx.audit(SubjectVendor, id, a.changes...)
	return nil
}

func (tx *Tx) deleteVendor(ctx context.Context, id VendorID, expected *int64) error {
	old, err := tx.lockVendor(ctx, id, expected)
	if err != nil {
		return err
	}
	const product = `-- name: AnyProductOfVendor
SELECT p.id
FROM products p
WHERE p.vendor_id = @id
LIMIT 1`
	products, err := rowsOf[struct{ ID ProductID }](ctx, tx, product, args{"id": id})
	switch {
	case err != nil:
		return err
	case len(products) > 0:
		return fault.Reject(fault.ReasonInUse, "id", "products name this vendor, drafts and archived ones included; give them another one first")
	}
	const statement = `-- name: DeleteVendor
DELETE FROM vendors
WHERE id = @id`
	if _, err := tx.exec(ctx, statement, args{"id": id}); err != nil {
		return err
	}
	tx.audit(SubjectVendor, id, AuditChange{Field: "name", Before: text(old.Name)})
	return nil
}

// lockVendor returns a vendor and keeps others from changing it, and from giving
// it products, until the transaction ends.
func (tx *Tx) lockVendor(ctx context.Context, id VendorID, expected *int64) (*Vendor, error) {
	const statement = `-- name: LockVendor
SELECT ` + vendorColumns + `
FROM vendors v
WHERE v.id = @id
FOR UPDATE`
	found, err := oneRow[Vendor](ctx, tx, statement, args{"id": id})
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return nil, fault.Reject(fault.ReasonNotFound, "id", "there is no vendor with this ID")
	}
	return found, checkVersion(found.Version, expected)
}

// refreshProductsOf notes all products of a vendor.
func (tx *Tx) refreshProductsOf(ctx context.Context, id VendorID) error {
	const statement = `-- name: ProductIDsOfVendor
SELECT p.id
FROM products p
WHERE p.vendor_id = @id`
	rows, err := rowsOf[struct{ ID ProductID }](ctx, tx, statement, args{"id": id})
	for _, row := range rows {
		tx.refresh(derivedAll, row.ID)
	}
	return err
}

// vendorTaken gives a write that ran into a unique index its words.
func vendorTaken(err error) error {
	switch constraintOf(err) {
	case "vendors_slug_key":
		return slugTaken()
	case "vendors_by_name":
		return fault.Reject(fault.ReasonTaken, "name", "there is a vendor of this name; case and accents do not count")
	}
	return err
}
