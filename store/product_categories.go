package store

import (
	"context"
	"slices"

	"souk/internal/fault"
)

// maxCategories is far above the number of categories that a product needs.
const maxCategories = 100

// ProductCategoriesSet replaces the categories of a product.
type ProductCategoriesSet struct {
	ProductID       ProductID
	ExpectedVersion *int64
	CategoryIDs     []CategoryID
}

// check finds the problems that can be found without the database. SetCategories
// reports them together with those that the database knows of.
func (s *ProductCategoriesSet) check() (problems fault.Problems) {
	s.CategoryIDs = checkCategoryIDs(&problems, s.CategoryIDs)
	return problems
}

// checkCategoryIDs adds a problem if there are too many categories, or one of them
// twice, and returns those to look for.
func checkCategoryIDs(problems *fault.Problems, ids []CategoryID) []CategoryID {
	if n := len(ids); n > maxCategories {
		problems.Add(fault.ReasonTooMany, "categoryIds", "there are %d categories; give at most %d", n, maxCategories)
		return nil
	}
	seen := make(map[CategoryID]bool, len(ids))
	for i, id := range ids {
		if checkID(problems, itemField("categoryIds", i), id, "category"); seen[id] && id != (CategoryID{}) {
			problems.Add(fault.ReasonDuplicate, itemField("categoryIds", i), "the category is in the list already; leave it out")
		}
		seen[id] = true
	}
	return ids
}

// SetCategories replaces the categories of a product.
func (w *Writer) SetCategories(ctx context.Context, s ProductCategoriesSet) error {
	problems := s.check()
	return w.inTx(ctx, func(tx *Tx) error { return tx.setCategories(ctx, s, problems) })
}

func (tx *Tx) setCategories(ctx context.Context, s ProductCategoriesSet, problems fault.Problems) error {
	product := s.ProductID
	// Categories are locked before the product, in the same order as by the renaming
	// of a category.
	wanted, err := tx.checkCategories(ctx, &problems, s.CategoryIDs)
	if err != nil {
		return err
	}
	_, err = tx.lockParent(ctx, product, s.ExpectedVersion)
	if err := problems.Include(err); err != nil {
		return err
	}
	if err := problems.Err(); err != nil {
		return err
	}
	read := `-- name: CategoriesOfProduct
SELECT ` + categoryColumns.sql() + `
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
	tx.changed(SubjectProduct, product, []AuditChange{{Field: "categories", Before: before, After: after}}, changesProducts(product))
	return nil
}

// checkCategories returns the categories with the ids, and adds problems for those
// that do not exist. It locks them against moves until the transaction ends: if a
// category were moved in the meantime, the product would stay listed under its old
// ancestors.
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
		if !exists[id] && id != (CategoryID{}) {
			problems.Add(fault.ReasonNotFound, itemField("categoryIds", i), notFound, "category")
		}
	}
	return found, nil
}

// holdCategories returns categories and locks them against changes and moves until
// the transaction ends.
func (tx *Tx) holdCategories(ctx context.Context, ids []CategoryID) ([]*Category, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	statement := `-- name: HoldCategories
SELECT ` + categoryColumns.sql() + `
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
	return mapSlice(categories, func(c *Category) CategoryID { return c.ID })
}

// categoriesText returns categories for the audit log: a sorted list of their slugs.
func categoriesText(categories []*Category) *string {
	slugs := mapSlice(categories, func(c *Category) string { return c.Slug })
	slices.Sort(slugs)
	return text(slugs)
}
