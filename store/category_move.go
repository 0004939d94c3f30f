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

// MoveCategory moves a category with all its descendants to another parent. It
// updates the listings of the products with a few statements for every 2,000
// products.
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
	const statement = `-- name: HoldParentCategory
SELECT ` + categoryColumns + `
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
	if err := tx.relist(ctx, branch, moved.AncestorIDs, above); err != nil {
		return err
	}
	tx.changed(SubjectCategory, id, []AuditChange{
		{Field: "parentId", Before: keyText(moved.ParentID), After: keyText(parent), Kind: SubjectCategory},
	})
	return nil
}

// lockBranch returns a category and the keys of it and its descendants. It locks all
// of them against changes, and against the assignment of products.
func (tx *Tx) lockBranch(ctx context.Context, id CategoryID) (*Category, []CategoryID, error) {
	const statement = `-- name: LockBranch
SELECT ` + categoryColumns + `
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

// relistPart is how many products one statement relists. A move of 10,000 products
// took 0.3 to 2.9 s on two busy cores, so a part stays far below the statement
// time-out.
const relistPart = 2000

// relist updates the listings of a branch's products after a move. before and after
// are the ancestors of the moved category. It also updates the category in which
// related products are looked for. The move changes nothing else of the products.
func (tx *Tx) relist(ctx context.Context, branch, before, after []CategoryID) error {
	products, err := tx.lockProducts(ctx, productsInCategories, branch)
	if err != nil {
		return err
	}
	left, joined := without(before, after), without(after, before)
	for part := range slices.Chunk(products, relistPart) {
		if _, err := tx.exec(ctx, moveListings, args{"products": part, "left": left, "joined": joined}); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, moveRelated, args{"products": part}); err != nil {
			return err
		}
	}
	return nil
}

// moveListings deletes the listings of products in the categories that they left,
// unless another category of the product has the same ancestor. For active products,
// which are the ones listed in the whole shop, it inserts listings in the categories
// that they joined.
const moveListings = `-- name: MoveListings
WITH gone AS (
  DELETE FROM product_listings l
  WHERE l.product_id = ANY (@products) AND l.scope_id = ANY (@left::uuid[])
    AND NOT EXISTS (
      SELECT FROM product_categories pc
      JOIN categories c ON c.id = pc.category_id
      WHERE pc.product_id = l.product_id AND (c.id = l.scope_id OR l.scope_id = ANY (c.ancestor_ids)))
)
INSERT INTO product_listings
  (scope_id, product_id, created_at, title_key, currency, price_minor, rating_key, rating_average, availability, vendor_id)
SELECT scope.id, l.product_id, l.created_at, l.title_key, l.currency, l.price_minor, l.rating_key, l.rating_average,
       l.availability, l.vendor_id
FROM unnest(@joined::uuid[]) AS scope (id)
CROSS JOIN product_listings l
WHERE l.product_id = ANY (@products) AND l.scope_id = '00000000-0000-0000-0000-000000000000'
ORDER BY scope.id, l.product_id
ON CONFLICT DO NOTHING`

// moveRelated does the same as refresh_products: the deepest category of a product
// may have changed.
const moveRelated = `-- name: MoveRelated
UPDATE products p
SET related_scope_id = deepest.id
FROM (
  SELECT DISTINCT ON (pc.product_id) pc.product_id, c.id
  FROM product_categories pc
  JOIN categories c ON c.id = pc.category_id
  WHERE pc.product_id = ANY (@products)
  ORDER BY pc.product_id, cardinality(c.ancestor_ids) DESC, c.name_key, c.id
) AS deepest
WHERE p.id = deepest.product_id AND p.related_scope_id IS DISTINCT FROM deepest.id`

// without returns the elements of a that are not in b.
func without(a, b []CategoryID) []CategoryID {
	return slices.DeleteFunc(slices.Clone(a), func(id CategoryID) bool { return slices.Contains(b, id) })
}
