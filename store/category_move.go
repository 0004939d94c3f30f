package store

import (
	"context"
	"slices"

	"souk/internal/fault"
)

// CategoryMove moves a category to another parent.
type CategoryMove struct {
	ID              CategoryID
	ExpectedVersion *int64
	// ParentID is the new parent, or null to move the category to the top level. It
	// must be set: otherwise a client that leaves out null values would move branches
	// to the top level by accident.
	ParentID Patch[*CategoryID]
}

func (m *CategoryMove) check() (problems fault.Problems) {
	checkID(&problems, "id", m.ID, "category")
	switch {
	case !m.ParentID.Set:
		problems.Add(fault.ReasonRequired, "parentId", "it is missing; give the ID of the new parent category, or null for the top level")
	case m.ParentID.Value != nil:
		checkID(&problems, "parentId", *m.ParentID.Value, "category")
	}
	return problems
}

// MoveCategory moves a category with all its descendants to another parent. The lists of
// its ancestors change with it, for many products by a job.
func (w *Writer) MoveCategory(ctx context.Context, m CategoryMove) error {
	if err := m.check().Err(); err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *Tx) error { return tx.moveCategory(ctx, m.ID, m.ParentID.Value, m.ExpectedVersion) })
}

// treeLock is the advisory lock for the shape of the category tree: the letters
// "souktree".
const treeLock int64 = 0x736f756b74726565

// Moves take the tree lock exclusively. Two concurrent moves that are each valid
// could create a cycle together, and row locks alone would let them deadlock. New
// categories take the lock shared, so that none is created below a branch that is
// being moved.
const (
	treeShared    = "-- name: ShareTree\nSELECT pg_advisory_xact_lock_shared(@lock)"
	treeExclusive = "-- name: LockTree\nSELECT pg_advisory_xact_lock(@lock)"
)

func (tx *Tx) lockTree(ctx context.Context, statement string) error {
	_, err := tx.exec(ctx, statement, args{"lock": treeLock})
	return err
}

// pathTo returns the ancestors of a new child of parent, from the root down to
// parent. It locks the parent against deletion.
func (tx *Tx) pathTo(ctx context.Context, parent *CategoryID) ([]CategoryID, error) {
	if parent == nil {
		return []CategoryID{}, nil
	}
	statement := `-- name: HoldParentCategory
SELECT ` + categoryColumns.sql() + `
FROM categories c
WHERE c.id = @id
FOR KEY SHARE`
	found, err := oneRow[Category](ctx, tx, statement, args{"id": *parent})
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return nil, noCategory("parentId")
	}
	return append(found.AncestorIDs, found.ID), nil
}

func (tx *Tx) moveCategory(ctx context.Context, id CategoryID, parent *CategoryID, expected *int64) error {
	if err := tx.lockTree(ctx, treeExclusive); err != nil {
		return err
	}
	moved, branch, err := tx.lockBranch(ctx, id)
	if err != nil {
		return err
	}
	if err := checkVersion(moved.Version, expected); err != nil {
		return err
	}
	above, err := tx.pathTo(ctx, parent)
	if err != nil {
		return err
	}
	if slices.Contains(above, id) {
		return fault.Reject(fault.ReasonCycle, "parentId", "a category cannot be its own descendant; choose a parent outside its branch")
	}
	if slices.Equal(above, moved.AncestorIDs) {
		return nil
	}
	const move = `-- name: MoveCategories
UPDATE categories
SET parent_id = CASE WHEN id = @id THEN @parent_id ELSE parent_id END,
    ancestor_ids = @above::uuid[] || ancestor_ids[@depth::int + 1:]
WHERE id = ANY (@branch)`
	_, err = tx.exec(ctx, move, args{
		"id": id, "parent_id": parent, "above": above, "depth": len(moved.AncestorIDs), "branch": branch,
	})
	if err != nil {
		return categoryTaken(err, "parentId")
	}
	refresh, err := tx.refreshesSet(ctx, productsInCategories, branch, false)
	if err != nil {
		return err
	}
	tx.changed(SubjectCategory, id, []AuditChange{
		{Field: "parentId", Before: keyText(moved.ParentID), After: keyText(parent), Kind: SubjectCategory},
	}, refresh)
	return nil
}

// lockBranch returns a category and the keys of it and its descendants. It locks all
// of them against changes, and against the assignment of products.
func (tx *Tx) lockBranch(ctx context.Context, id CategoryID) (*Category, []CategoryID, error) {
	statement := `-- name: LockBranch
SELECT ` + categoryColumns.sql() + `
FROM categories c
WHERE c.id = @id OR c.ancestor_ids @> ARRAY[@id::uuid]
ORDER BY c.id
FOR UPDATE`
	rows, err := rowsOf[Category](ctx, tx, statement, args{"id": id})
	if err != nil {
		return nil, nil, err
	}
	var found *Category
	branch := make([]CategoryID, len(rows))
	for i, c := range rows {
		branch[i] = c.ID
		if c.ID == id {
			found = c
		}
	}
	if found == nil {
		return nil, nil, noCategory("id")
	}
	return found, branch, nil
}
