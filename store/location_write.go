package store

import (
	"context"

	"souk/internal/fault"
)

// LocationPatch are the fields of a location that an update changes.
type LocationPatch struct {
	// ExpectedVersion, when set, refuses the update of a location that has changed
	// since.
	ExpectedVersion *int64

	Name Patch[string]
}

// CreateLocation makes a location.
func (w *Writer) CreateLocation(ctx context.Context, name string) (LocationID, error) {
	return once(ctx, w, func(tx *Tx) (LocationID, error) { return tx.createLocation(ctx, name) })
}

// UpdateLocation changes the fields that the patch sets.
func (w *Writer) UpdateLocation(ctx context.Context, id LocationID, p LocationPatch) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.updateLocation(ctx, id, p) })
}

func (tx *Tx) createLocation(ctx context.Context, name string) (LocationID, error) {
	var problems fault.Problems
	name = oneName(&problems, "name", name)
	if err := problems.Err(); err != nil {
		return LocationID{}, err
	}
	id, err := newID[LocationID]()
	if err != nil {
		return LocationID{}, err
	}
	const statement = `-- name: InsertLocation
INSERT INTO locations (id, name)
VALUES (@id, @name)`
	if _, err := tx.exec(ctx, statement, args{"id": id, "name": name}); err != nil {
		return LocationID{}, locationTaken(err)
	}
	tx.audit(SubjectLocation, id, AuditChange{Field: "name", After: &name})
	return id, nil
}

func (tx *Tx) updateLocation(ctx context.Context, id LocationID, p LocationPatch) error {
	var problems fault.Problems
	if p.Name.Set {
		p.Name.Value = oneName(&problems, "name", p.Name.Value)
	}
	if err := problems.Err(); err != nil {
		return err
	}
	const lock = `-- name: LockLocation
SELECT ` + locationColumns + `
FROM locations l
WHERE l.id = @id
FOR NO KEY UPDATE`
	old, err := oneRow[Location](ctx, tx, lock, args{"id": id})
	switch {
	case err != nil:
		return err
	case old == nil:
		return fault.Reject(fault.ReasonNotFound, "id", "there is no location with this ID")
	}
	if err := checkVersion(old.Version, p.ExpectedVersion); err != nil {
		return err
	}
	var a assignments
	assign(&a, "name", p.Name, old.Name)
	if !a.any() {
		return nil
	}
	a.args["id"] = id
	if _, err := tx.exec(ctx, a.statement("UpdateLocation", "locations"), a.args); err != nil {
		return locationTaken(err)
	}
	tx.audit(SubjectLocation, id, a.changes...)
	return nil
}

// locationTaken gives a write that ran into a unique index its words.
func locationTaken(err error) error {
	if constraintOf(err) == "locations_name_key" {
		return fault.Reject(fault.ReasonTaken, "name", "there is a location of this name; choose another")
	}
	return err
}
