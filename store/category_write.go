package store

import (
	"context"

	"souk/internal/fault"
)

// CategoryInput is a new category.
type CategoryInput struct {
	Name     string
	Slug     *string     // nil: made from the name
	ParentID *CategoryID // nil: at the top
}

// CategoryPatch are the fields of a category that an update changes.
type CategoryPatch struct {
	// ExpectedVersion, when set, refuses the update of a category that has changed
	// since.
	ExpectedVersion *int64

	Name Patch[string]
	Slug Patch[string]
}

// CreateCategory makes a category. Its parent is found as "parentId".
func (w *Writer) CreateCategory(ctx context.Context, in CategoryInput) (CategoryID, error) {
	return once(ctx, w, func(tx *Tx) (CategoryID, error) { return tx.createCategory(ctx, in) })
}

// UpdateCategory changes the fields that the patch sets. A new name changes the
// words that the products filed in the category are found by.
func (w *Writer) UpdateCategory(ctx context.Context, id CategoryID, p CategoryPatch) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.updateCategory(ctx, id, p) })
}

// DeleteCategory removes a category that has no children; its products are filed
// there no more.
func (w *Writer) DeleteCategory(ctx context.Context, id CategoryID, expected *int64) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.deleteCategory(ctx, id, expected) })
}

func (tx *Tx) createCategory(ctx context.Context, in CategoryInput) (CategoryID, error) {
	var problems fault.Problems
	in.Name = oneName(&problems, "name", in.Name)
	if in.Slug != nil {
		checkSlugText(&problems, "slug", *in.Slug)
	}
	if err := problems.Err(); err != nil {
		return CategoryID{}, err
	}
	if err := tx.lockTree(ctx, treeShared); err != nil {
		return CategoryID{}, err
	}
	above, err := tx.wayTo(ctx, in.ParentID)
	if err != nil {
		return CategoryID{}, err
	}
	id, err := newID[CategoryID]()
	if err != nil {
		return CategoryID{}, err
	}
	const statement = `-- name: InsertCategory
INSERT INTO categories (id, slug, name, parent_id, ancestor_ids)
VALUES (@id, @slug, @name, @parent_id, @ancestor_ids)
ON CONFLICT (slug) DO NOTHING`
	values := args{"id": id, "name": in.Name, "parent_id": in.ParentID, "ancestor_ids": above}
	if err := tx.insertNamed(ctx, statement, values, in.Slug, slugOf(in.Name, "category")); err != nil {
		return CategoryID{}, categoryTaken(err, "name")
	}
	changes := []AuditChange{{Field: "name", After: &in.Name}, {Field: "slug", After: text(values["slug"])}}
	if in.ParentID != nil {
		changes = append(changes, AuditChange{Field: "parent", After: idText((*[16]byte)(in.ParentID))})
	}
	tx.audit(SubjectCategory, id, changes...)
	return id, nil
}

func (tx *Tx) updateCategory(ctx context.Context, id CategoryID, p CategoryPatch) error {
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
	old, err := tx.lockCategory(ctx, id, p.ExpectedVersion)
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
	if _, err := tx.exec(ctx, a.statement("UpdateCategory", "categories"), a.args); err != nil {
		return categoryTaken(err, "name")
	}
	if p.Name.Set && p.Name.Value != old.Name {
		products, err := tx.lockProducts(ctx, productsFiledIn, []CategoryID{id})
		if err != nil {
			return err
		}
		tx.refresh(derivedAll, products...)
	}
	tx.audit(SubjectCategory, id, a.changes...)
	return nil
}

func (tx *Tx) deleteCategory(ctx context.Context, id CategoryID, expected *int64) error {
	old, err := tx.lockCategory(ctx, id, expected)
	if err != nil {
		return err
	}
	const child = `-- name: AnyChildCategory
SELECT c.id
FROM categories c
WHERE c.parent_id = @id
LIMIT 1`
	below, err := rowsOf[struct{ ID CategoryID }](ctx, tx, child, args{"id": id})
	switch {
	case err != nil:
		return err
	case len(below) > 0:
		return fault.Reject(fault.ReasonInUse, "id", "there are categories below it; move or delete them first")
	}
	products, err := tx.lockProducts(ctx, productsFiledIn, []CategoryID{id})
	if err != nil {
		return err
	}
	const unfile = `-- name: UnfileProducts
DELETE FROM product_categories
WHERE category_id = @id`
	if _, err := tx.exec(ctx, unfile, args{"id": id}); err != nil {
		return err
	}
	const remove = `-- name: DeleteCategory
DELETE FROM categories
WHERE id = @id`
	if _, err := tx.exec(ctx, remove, args{"id": id}); err != nil {
		return err
	}
	tx.touch(derivedAll, products...)
	tx.audit(SubjectCategory, id, AuditChange{Field: "name", Before: text(old.Name)})
	return nil
}

// lockCategory returns a category and keeps others from changing it, and from
// filing products in it or putting categories below it, until the transaction
// ends.
func (tx *Tx) lockCategory(ctx context.Context, id CategoryID, expected *int64) (*Category, error) {
	const statement = `-- name: LockCategory
SELECT ` + categoryColumns + `
FROM categories c
WHERE c.id = @id
FOR UPDATE`
	found, err := oneRow[Category](ctx, tx, statement, args{"id": id})
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return nil, noCategory("id")
	}
	return found, checkVersion(found.Version, expected)
}

func noCategory(field string) error {
	return fault.Reject(fault.ReasonNotFound, field, "there is no category with this ID")
}

// categoryTaken gives a write that ran into a unique index its words. field is
// what made the name meet another.
func categoryTaken(err error, field string) error {
	switch constraintOf(err) {
	case "categories_slug_key":
		return slugTaken()
	case "categories_parent_id_name_key_key":
		return fault.Reject(fault.ReasonTaken, field, "there is a category of this name right below the same parent; case and accents do not count")
	}
	return err
}
