package store

import (
	"context"
	"slices"

	"souk/internal/fault"
)

// maxCategories is far more than a product is ever filed in.
const maxCategories = 100

// ProductCategoriesSet replaces the categories that a product is in.
type ProductCategoriesSet struct {
	ProductID       ProductID
	ExpectedVersion *int64
	CategoryIDs     []CategoryID
}

func (s *ProductCategoriesSet) check() error {
	var problems fault.Problems
	checkID(&problems, "productId", s.ProductID, "product")
	checkCategoryIDs(&problems, s.CategoryIDs)
	return problems.Err()
}

// checkCategoryIDs notes too many categories, and those that come twice.
func checkCategoryIDs(problems *fault.Problems, ids []CategoryID) {
	if n := len(ids); n > maxCategories {
		problems.Add(fault.ReasonTooMany, "categoryIds", "there are %d categories; give at most %d", n, maxCategories)
		return
	}
	seen := make(map[CategoryID]bool, len(ids))
	for i, id := range ids {
		if checkID(problems, entry("categoryIds", i), id, "category"); seen[id] && id != (CategoryID{}) {
			problems.Add(fault.ReasonDuplicate, entry("categoryIds", i), "the category is in the list already; leave it out")
		}
		seen[id] = true
	}
}

// SetCategories replaces the categories that a product is in.
func (w *Writer) SetCategories(ctx context.Context, s ProductCategoriesSet) error {
	if err := s.check(); err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *Tx) error { return tx.setCategories(ctx, s) })
}

func (tx *Tx) setCategories(ctx context.Context, s ProductCategoriesSet) error {
	product := s.ProductID
	// The categories come first: a new name locks one and then its products.
	var problems fault.Problems
	wanted, err := tx.checkCategories(ctx, &problems, s.CategoryIDs)
	if err != nil {
		return err
	}
	if _, err := tx.lockParent(ctx, product, s.ExpectedVersion); err != nil {
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
	present, err := rowsOf[Category](ctx, tx, read, args{"product_id": product})
	if err != nil {
		return err
	}
	before, after := categoriesText(present), categoriesText(wanted)
	if *before == *after {
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
	tx.changed(SubjectProduct, product, []AuditChange{{Field: "categories", Before: before, After: after}}, relists(product))
	return nil
}

// checkCategories returns the categories with the ids and notes those that do not
// exist. It keeps them under their parents until the transaction ends: one that is
// moved meanwhile would leave the product listed where it was.
func (tx *Tx) checkCategories(ctx context.Context, problems *fault.Problems, ids []CategoryID) ([]*Category, error) {
	found, err := tx.holdCategories(ctx, ids)
	if err != nil {
		return nil, err
	}
	exists := make(map[CategoryID]bool, len(found))
	for _, c := range found {
		exists[c.ID] = true
	}
	for i, id := range ids {
		if !exists[id] {
			problems.Add(fault.ReasonNotFound, entry("categoryIds", i), notFound, "category")
		}
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

// categoriesText writes categories for the audit log: a list of their slugs, in order.
func categoriesText(categories []*Category) *string {
	slugs := make([]string, len(categories))
	for i, c := range categories {
		slugs[i] = c.Slug
	}
	slices.Sort(slugs)
	return text(slugs)
}
