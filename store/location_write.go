package store

import (
	"context"

	"souk/internal/fault"
)

// NewLocation is a location to create.
type NewLocation struct {
	Name           string
	IdempotencyKey *string
}

// LocationPatch has the fields of a location that an update changes.
type LocationPatch struct {
	ID              LocationID
	ExpectedVersion *int64

	Name Patch[*string]
}

func (n *NewLocation) check() (problems fault.Problems) {
	n.Name = nonEmptyLine(maxLine)(&problems, "name", n.Name)
	return problems
}

func (p *LocationPatch) check() (problems fault.Problems) {
	checkID(&problems, "id", p.ID, "location")
	required(&problems, "name", &p.Name, nonEmptyLine(maxLine))
	return problems
}

// CreateLocation creates a location.
func (w *Writer) CreateLocation(ctx context.Context, n NewLocation) (LocationID, error) {
	if err := n.check().Err(); err != nil {
		return LocationID{}, err
	}
	return idempotent(ctx, w, n.IdempotencyKey, func(tx *Tx) (LocationID, error) { return tx.createLocation(ctx, n) })
}

// UpdateLocation changes the fields that the patch sets.
func (w *Writer) UpdateLocation(ctx context.Context, p LocationPatch) error {
	if err := p.check().Err(); err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *Tx) error { return tx.updateLocation(ctx, p) })
}

// DeleteLocation deletes a location that has no stock, with its empty levels.
func (w *Writer) DeleteLocation(ctx context.Context, ref Ref[LocationID]) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.deleteLocation(ctx, ref) })
}

func (tx *Tx) createLocation(ctx context.Context, n NewLocation) (LocationID, error) {
	id, err := newID[LocationID]()
	if err != nil {
		return id, err
	}
	const statement = `-- name: InsertLocation
INSERT INTO locations (id, name)
VALUES (@id, @name)`
	if _, err := tx.exec(ctx, statement, args{"id": id, "name": n.Name}); err != nil {
		return id, locationTaken(err)
	}
	tx.changed(SubjectLocation, id, []AuditChange{createdField("name", n.Name)})
	return id, nil
}

func (tx *Tx) updateLocation(ctx context.Context, p LocationPatch) error {
	old, err := tx.lockLocation(ctx, p.ID, p.ExpectedVersion, "FOR NO KEY UPDATE")
	if err != nil {
		return err
	}
	var a assignments
	assign(&a, "name", p.Name, old.Name)
	if !a.any() {
		return nil
	}
	if err := tx.update(ctx, "UpdateLocation", "locations", p.ID, &a); err != nil {
		return locationTaken(err)
	}
	tx.changed(SubjectLocation, p.ID, a.changes)
	return nil
}

func (tx *Tx) deleteLocation(ctx context.Context, ref Ref[LocationID]) error {
	// The lock is against new stock too.
	old, err := tx.lockLocation(ctx, ref.ID, ref.ExpectedVersion, "FOR UPDATE")
	if err != nil {
		return err
	}
	// Stock is booked under a lock of the level alone, so the levels are locked before
	// they are judged: a booking that is not committed yet is waited for, and counts.
	const stocked = `-- name: CountStockedVariants
WITH levels AS (
  SELECT il.on_hand, il.committed, il.unavailable
  FROM inventory_levels il
  WHERE il.location_id = @id
  ORDER BY il.variant_id
  FOR UPDATE
)
SELECT count(*) AS variants
FROM levels l
WHERE (l.on_hand, l.committed, l.unavailable) <> (0, 0, 0)`
	found, err := oneRow[struct{ Variants int64 }](ctx, tx, stocked, args{"id": ref.ID})
	switch {
	case err != nil:
		return err
	case found.Variants > 0:
		return fault.Reject(fault.ReasonInUse, "id",
			"%d variants have stock here, on hand, promised or unavailable; set it to 0 with inventoryBulkSet, or import an inventory file that says 0, and delete the location then", found.Variants)
	}
	const clear = `-- name: DeleteEmptyLevels
DELETE FROM inventory_levels
WHERE location_id = @id AND (on_hand, committed, unavailable) = (0, 0, 0)`
	if _, err := tx.exec(ctx, clear, args{"id": ref.ID}); err != nil {
		return err
	}
	if err := tx.delete(ctx, "DeleteLocation", "locations", ref.ID); err != nil {
		return err
	}
	tx.changed(SubjectLocation, ref.ID, []AuditChange{removedField("name", old.Name)})
	return nil
}

// lockLocation returns a location and locks it until the transaction ends. strength is
// the locking clause: only FOR UPDATE keeps new stock out.
func (tx *Tx) lockLocation(ctx context.Context, id LocationID, expected *int64, strength string) (*Location, error) {
	found, err := lockRow[Location](ctx, tx, "location", `-- name: LockLocation
SELECT `+locationColumns.sql()+`
FROM locations l
WHERE l.id = @id
`+strength, args{"id": id})
	if err != nil {
		return nil, err
	}
	return found, checkVersion(found.Version, expected)
}

// locationTaken turns the violation of a unique index into a rejection.
func locationTaken(err error) error {
	if uniqueViolation(err) == "locations_name_key" {
		return fault.Reject(fault.ReasonTaken, "name", "another location has this name; choose another name")
	}
	return err
}
