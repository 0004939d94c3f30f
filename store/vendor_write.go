package store

import (
	"context"
	"slices"

	"souk/internal/fault"
)

// NewVendor is a vendor to create.
type NewVendor struct {
	Name           string
	Slug           *string // nil: made from the name
	IdempotencyKey *string
}

// VendorPatch has the fields of a vendor that an update changes.
type VendorPatch struct {
	ID              VendorID
	ExpectedVersion *int64

	Name Patch[*string]
	Slug Patch[*string]
}

func (n *NewVendor) check() (problems fault.Problems) {
	n.Name = nonEmptyLine(maxLine)(&problems, "name", n.Name)
	checkNewSlug(&problems, &n.Slug)
	return problems
}

func (p *VendorPatch) check() (problems fault.Problems) {
	checkID(&problems, "id", p.ID, "vendor")
	required(&problems, "name", &p.Name, nonEmptyLine(maxLine))
	required(&problems, "slug", &p.Slug, slugText)
	return problems
}

// CreateVendor creates a vendor.
func (w *Writer) CreateVendor(ctx context.Context, n NewVendor) (VendorID, error) {
	if err := n.check().Err(); err != nil {
		return VendorID{}, err
	}
	return idempotent(ctx, w, n.IdempotencyKey, func(tx *Tx) (VendorID, error) { return tx.createVendor(ctx, n) })
}

// UpdateVendor changes the fields that the patch sets. A new name changes the search
// words of the vendor's products, of many products by a job.
func (w *Writer) UpdateVendor(ctx context.Context, p VendorPatch) error {
	if err := p.check().Err(); err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *Tx) error { return tx.updateVendor(ctx, p) })
}

// DeleteVendor deletes a vendor that has no products, in any status.
func (w *Writer) DeleteVendor(ctx context.Context, ref Ref[VendorID]) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.deleteVendor(ctx, ref) })
}

func (tx *Tx) createVendor(ctx context.Context, n NewVendor) (VendorID, error) {
	id, err := newID[VendorID]()
	if err != nil {
		return id, err
	}
	const statement = `-- name: InsertVendor
INSERT INTO vendors (id, slug, name)
VALUES (@id, @slug, @name)
ON CONFLICT (slug) DO NOTHING`
	slug, err := tx.insertWithSlug(ctx, statement, args{"id": id, "name": n.Name}, n.Slug, n.Name, "vendor")
	if err != nil {
		return id, vendorTaken(err)
	}
	tx.changed(SubjectVendor, id, []AuditChange{createdField("name", n.Name), createdField("slug", slug)})
	return id, nil
}

func (tx *Tx) updateVendor(ctx context.Context, p VendorPatch) error {
	old, err := tx.lockVendor(ctx, p.ID, p.ExpectedVersion)
	if err != nil {
		return err
	}
	var a assignments
	assign(&a, "name", p.Name, old.Name)
	assign(&a, "slug", p.Slug, old.Slug)
	if !a.any() {
		return nil
	}
	if err := tx.update(ctx, "UpdateVendor", "vendors", p.ID, &a); err != nil {
		return vendorTaken(err)
	}
	var effects []effect
	if a.has("name") {
		refresh, err := tx.refreshesSet(ctx, productsOfVendors, []VendorID{p.ID}, false)
		if err != nil {
			return err
		}
		effects = append(effects, refresh)
	}
	tx.changed(SubjectVendor, p.ID, a.changes, effects...)
	return nil
}

func (tx *Tx) deleteVendor(ctx context.Context, ref Ref[VendorID]) error {
	old, err := tx.lockVendor(ctx, ref.ID, ref.ExpectedVersion)
	if err != nil {
		return err
	}
	const product = `-- name: AnyProductOfVendor
SELECT p.id
FROM products p
WHERE p.vendor_id = @id
LIMIT 1`
	products, err := rowsOf[struct{ ID ProductID }](ctx, tx, product, args{"id": ref.ID})
	switch {
	case err != nil:
		return err
	case len(products) > 0:
		return fault.Reject(fault.ReasonInUse, "id", "this vendor has products, which may be drafts or archived; give them another vendor first")
	}
	if err := tx.delete(ctx, "DeleteVendor", "vendors", ref.ID); err != nil {
		return err
	}
	tx.changed(SubjectVendor, ref.ID, []AuditChange{removedField("name", old.Name), removedField("slug", old.Slug)})
	return nil
}

// lockVendor returns a vendor and locks it until the transaction ends: against
// changes, and against new products.
func (tx *Tx) lockVendor(ctx context.Context, id VendorID, expected *int64) (*Vendor, error) {
	found, err := lockRow[Vendor](ctx, tx, "vendor", `-- name: LockVendor
SELECT `+vendorColumns.sql()+`
FROM vendors v
WHERE v.id = @id
FOR UPDATE`, args{"id": id})
	if err != nil {
		return nil, err
	}
	return found, checkVersion(found.Version, expected)
}

// holdVendors locks vendors against deletion and renaming until the transaction ends,
// and returns how many of them exist. It skips nil IDs.
func (tx *Tx) holdVendors(ctx context.Context, ids ...*VendorID) (int64, error) {
	ids = slices.DeleteFunc(ids, func(id *VendorID) bool { return id == nil })
	if len(ids) == 0 {
		return 0, nil
	}
	const statement = `-- name: HoldVendors
SELECT v.id
FROM vendors v
WHERE v.id = ANY (@ids)
ORDER BY v.id
FOR SHARE`
	return tx.exec(ctx, statement, args{"ids": ids})
}

// vendorTaken turns the violation of a unique index into a rejection.
func vendorTaken(err error) error {
	switch uniqueViolation(err) {
	case "vendors_slug_key":
		return slugTaken()
	case "vendors_by_name":
		return fault.Reject(fault.ReasonTaken, "name", "another vendor has this name (case and accents do not count); choose another name")
	}
	return err
}
