package store

import (
	"context"
	"slices"
	"strings"

	"souk/internal/fault"
)

// maxCategories is far more than a product is ever filed in.
const maxCategories = 100

// SetCategories replaces the categories that a product is filed in.
func (w *Writer) SetCategories(ctx context.Context, product ProductID, expected *int64, ids []CategoryID) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.setCategories(ctx, product, expected, ids) })
}

func (tx *Tx) setCategories(ctx context.Context, product ProductID, expected *int64, ids []CategoryID) error {
	// The categories come first: a new name locks one and then its products.
	var problems fault.Problems
	wanted, err := tx.checkCategories(ctx, &problems, ids)
	if err != nil {
		return err
	}
	if _, err := tx.lockParent(ctx, product, expected); err != nil {
		return err
	}
	if err := problems.Err(); err != nil {
		return err
	}
	const read = `-- name: CategoriesOfProduct
SELECT ` + categoryColumns + `
FROM product_categories pc
JOIN categories c ON c.id = pc.category_id
WHERE pc.product_id = @product_id`
	before, err := rowsOf[Category](ctx, tx, read, args{"product_id": product})
	if err != nil {
		return err
	}
	was, is := categoriesText(before), categoriesText(wanted)
	if was == is {
		return nil
	}
	const clear = `-- name: DeleteProductCategories
DELETE FROM product_categories
WHERE product_id = @product_id AND category_id <> ALL (@keep)`
	if _, err := tx.exec(ctx, clear, args{"product_id": product, "keep": categoryIDs(wanted)}); err != nil {
		return err
	}
	if err := tx.insertCategories(ctx, product, wanted); err != nil {
		return err
	}
	tx.touch(derivedAll, product)
	tx.audit(SubjectProduct, product, AuditChange{Field: "categories", Before: &was, After: &is})
	return nil
}

// checkCategories returns the categories that ids name and notes those that do not
// exist or come twice. It keeps them where they are until the transaction ends:
// one that is moved meanwhile would leave the product listed where it was.
func (tx *Tx) checkCategories(ctx context.Context, problems *fault.Problems, ids []CategoryID) ([]*Category, error) {
	switch n := len(ids); {
	case n == 0:
		return nil, nil
	case n > maxCategories:
		problems.Add(fault.ReasonTooMany, "categoryIds", "there are %d categories; give at most %d", n, maxCategories)
		return nil, nil
	}
	found, err := tx.holdCategories(ctx, ids)
	if err != nil {
		return nil, err
	}
	exists := make(map[CategoryID]bool, len(found))
	for _, c := range found {
		exists[c.ID] = true
	}
	seen := make(map[CategoryID]bool, len(ids))
	for i, id := range ids {
		switch {
		case !exists[id]:
			problems.Add(fault.ReasonNotFound, entry("categoryIds", i), "there is no category with this ID")
		case seen[id]:
			problems.Add(fault.ReasonDuplicate, entry("categoryIds", i), "the category is in the list already; leave it out")
		}
		seen[id] = true
	}
	return found, nil
}

// holdCategories returns categories and keeps them as they are, and where they
// are, until the transaction ends.
func (tx *Tx) holdCategories(ctx context.Context, ids []CategoryID) ([]*Category, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	const statement = `-- name: HoldCategories
SELECT ` + categoryColumns + `
FROM categories c
WHERE c.id = ANY (@ids)
ORDER BY c.id
FOR SHARE`
	return rowsOf[Category](ctx, tx, statement, args{"ids": ids})
}

func (tx *Tx) insertCategories(ctx context.Context, product ProductID, categories []*Category) error {
	if len(categories) == 0 {
		return nil
	}
	const statement = `-- name: InsertProductCategories
INSERT INTO product_categories (product_id, category_id)
SELECT @product_id, category_id
FROM unnest(@ids::uuid[]) AS category_id
ON CONFLICT DO NOTHING`
	_, err := tx.exec(ctx, statement, args{"product_id": product, "ids": categoryIDs(categories)})
	return err
}

func categoryIDs(categories []*Category) []CategoryID {
	ids := make([]CategoryID, len(categories))
	for i, c := range categories {
		ids[i] = c.ID
	}
	return ids
}

// categoriesText writes categories for the audit log: their slugs, in order.
func categoriesText(categories []*Category) string {
	slugs := make([]string, len(categories))
	for i, c := range categories {
		slugs[i] = c.Slug
	}
	slices.Sort(slugs)
	return strings.Join(slugs, ", ")
}
