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
	old, err := lockRow[Location](ctx, tx, "location", `-- name: LockLocation
SELECT `+locationColumns+`
FROM locations l
WHERE l.id = @id
FOR NO KEY UPDATE`, args{"id": p.ID})
	if err != nil {
		return err
	}
	if err := checkVersion(old.Version, p.ExpectedVersion); err != nil {
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

// locationTaken turns the violation of a unique index into a rejection.
func locationTaken(err error) error {
	if uniqueViolation(err) == "locations_name_key" {
		return fault.Reject(fault.ReasonTaken, "name", "another location has this name; choose another name")
	}
	return err
}
