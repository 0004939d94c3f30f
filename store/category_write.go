package store

import (
	"context"

	"souk/internal/fault"
)

// NewCategory is a category to create.
type NewCategory struct {
	Name           string
	Slug           *string     // nil: made from the name
	ParentID       *CategoryID // nil: at the top level
	IdempotencyKey *string
}

// CategoryPatch has the fields of a category that an update changes.
type CategoryPatch struct {
	ID              CategoryID
	ExpectedVersion *int64

	Name Patch[*string]
	Slug Patch[*string]
}

func (n *NewCategory) check() (problems fault.Problems) {
	n.Name = nonEmptyLine(maxLine)(&problems, "name", n.Name)
	checkNewSlug(&problems, &n.Slug)
	if n.ParentID != nil {
		checkID(&problems, "parentId", *n.ParentID, "category")
	}
	return problems
}

func (p *CategoryPatch) check() (problems fault.Problems) {
	checkID(&problems, "id", p.ID, "category")
	required(&problems, "name", &p.Name, nonEmptyLine(maxLine))
	required(&problems, "slug", &p.Slug, slugText)
	return problems
}

// CreateCategory creates a category.
func (w *Writer) CreateCategory(ctx context.Context, n NewCategory) (CategoryID, error) {
	if err := n.check().Err(); err != nil {
		return CategoryID{}, err
	}
	return idempotent(ctx, w, n.IdempotencyKey, func(tx *Tx) (CategoryID, error) { return tx.createCategory(ctx, n) })
}

// UpdateCategory changes the fields that the patch sets. A new name changes the
// search words of the products in the category, of many products by a job.
func (w *Writer) UpdateCategory(ctx context.Context, p CategoryPatch) error {
	if err := p.check().Err(); err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *Tx) error { return tx.updateCategory(ctx, p) })
}

// DeleteCategory deletes a category that has no children. Its products are removed
// from it. If they are many, a job removes them from the lists of its ancestors.
func (w *Writer) DeleteCategory(ctx context.Context, ref Ref[CategoryID]) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.deleteCategory(ctx, ref) })
}

func (tx *Tx) createCategory(ctx context.Context, n NewCategory) (CategoryID, error) {
	id, err := newID[CategoryID]()
	if err != nil {
		return id, err
	}
	if err := tx.lockTree(ctx, treeShared); err != nil {
		return id, err
	}
	above, err := tx.pathTo(ctx, n.ParentID)
	if err != nil {
		return id, err
	}
	const statement = `-- name: InsertCategory
INSERT INTO categories (id, slug, name, parent_id, ancestor_ids)
VALUES (@id, @slug, @name, @parent_id, @ancestor_ids)
ON CONFLICT (slug) DO NOTHING`
	slug, err := tx.insertWithSlug(ctx, statement, args{"id": id, "name": n.Name, "parent_id": n.ParentID, "ancestor_ids": above},
		n.Slug, n.Name, "category")
	if err != nil {
		return id, categoryTaken(err, "name")
	}
	fields := []AuditChange{createdField("name", n.Name), createdField("slug", slug)}
	if n.ParentID != nil {
		fields = append(fields, AuditChange{Field: "parentId", After: keyText(n.ParentID), Kind: SubjectCategory})
	}
	tx.changed(SubjectCategory, id, fields)
	return id, nil
}

func (tx *Tx) updateCategory(ctx context.Context, p CategoryPatch) error {
	old, err := tx.lockCategory(ctx, p.ID, p.ExpectedVersion)
	if err != nil {
		return err
	}
	var a assignments
	assign(&a, "name", p.Name, old.Name)
	assign(&a, "slug", p.Slug, old.Slug)
	if !a.any() {
		return nil
	}
	if err := tx.update(ctx, "UpdateCategory", "categories", p.ID, &a); err != nil {
		return categoryTaken(err, "name")
	}
	var effects []effect
	if a.has("name") {
		refresh, err := tx.refreshesSet(ctx, productsInCategories, []CategoryID{p.ID}, false)
		if err != nil {
			return err
		}
		effects = append(effects, refresh)
	}
	tx.changed(SubjectCategory, p.ID, a.changes, effects...)
	return nil
}

func (tx *Tx) deleteCategory(ctx context.Context, ref Ref[CategoryID]) error {
	old, err := tx.lockCategory(ctx, ref.ID, ref.ExpectedVersion)
	if err != nil {
		return err
	}
	const child = `-- name: AnyChildCategory
SELECT c.id
FROM categories c
WHERE c.parent_id = @id
LIMIT 1`
	below, err := rowsOf[struct{ ID CategoryID }](ctx, tx, child, args{"id": ref.ID})
	switch {
	case err != nil:
		return err
	case len(below) > 0:
		return fault.Reject(fault.ReasonInUse, "id", "this category has children; move or delete them first")
	}
	refresh, err := tx.refreshesSet(ctx, productsInCategories, []CategoryID{ref.ID}, true)
	if err != nil {
		return err
	}
	const unfile = `-- name: UnfileProducts
DELETE FROM product_categories
WHERE category_id = @id`
	if _, err := tx.exec(ctx, unfile, args{"id": ref.ID}); err != nil {
		return err
	}
	// Of many products, the job will not have come to all for a while, and whoever filters
	// by the category must not see it any more.
	tx.queue(`-- name: DeleteCategoryListings
DELETE FROM product_listings
WHERE scope_id = @id`, args{"id": ref.ID})
	if err := tx.delete(ctx, "DeleteCategory", "categories", ref.ID); err != nil {
		return err
	}
	tx.changed(SubjectCategory, ref.ID, []AuditChange{removedField("name", old.Name), removedField("slug", old.Slug)}, refresh)
	return nil
}

// lockCategory returns a category and locks it until the transaction ends: against
// changes, and against the assignment of products and child categories.
func (tx *Tx) lockCategory(ctx context.Context, id CategoryID, expected *int64) (*Category, error) {
	found, err := lockRow[Category](ctx, tx, "category", `-- name: LockCategory
SELECT `+categoryColumns.sql()+`
FROM categories c
WHERE c.id = @id
FOR UPDATE`, args{"id": id})
	if err != nil {
		return nil, err
	}
	return found, checkVersion(found.Version, expected)
}

func noCategory(field string) error {
	return fault.Reject(fault.ReasonNotFound, field, notFound, "category")
}

// categoryTaken turns the violation of a unique index into a rejection. field is the
// field of the input that caused a conflict of names.
func categoryTaken(err error, field string) error {
	switch uniqueViolation(err) {
	case "categories_slug_key":
		return slugTaken()
	case "categories_parent_id_name_key_key":
		return fault.Reject(fault.ReasonTaken, field, "another category with the same parent has this name (case and accents do not count); choose another name")
	}
	return err
}
