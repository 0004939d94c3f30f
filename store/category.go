package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Category is a node of the category tree. Products are assigned to categories.
type Category struct {
	ID          CategoryID
	Slug        string
	Name        string
	ParentID    *CategoryID
	AncestorIDs []CategoryID // root first, without the category itself
	Version     int64
}

var categoryColumns = columnsOf("Category",
	col("c.id", asUUID, func(c *Category) *CategoryID { return &c.ID }),
	col("c.slug", asText, func(c *Category) *string { return &c.Slug }),
	col("c.name", asText, func(c *Category) *string { return &c.Name }),
	maybe("c.parent_id", asUUID, func(c *Category) **CategoryID { return &c.ParentID }),
	col("c.ancestor_ids", asUUIDs, func(c *Category) *[]CategoryID { return &c.AncestorIDs }),
	col("c.version", asInt, func(c *Category) *int64 { return &c.Version }),
)

// CategoriesByName orders categories by name. Case and accents do not count.
var CategoriesByName = Order{"NAME:ASC", []sortKey{{"c.name_key", `text COLLATE "C"`}, {"c.id", "uuid"}}, false}

// CategoryFilter restricts a list of categories. nil does not restrict it.
type CategoryFilter struct{ IsRoot *bool }

func (f CategoryFilter) list() list {
	l := list{name: "ListCategories", from: "categories c", where: "true"}
	if f.IsRoot != nil {
		l.where = "(c.parent_id IS NULL) = @is_root"
		l.args = pgx.StrictNamedArgs{"is_root": *f.IsRoot}
		if *f.IsRoot {
			l.where, l.args = "c.parent_id IS NULL", nil
		}
	}
	return l
}

// ListCategories returns a page of the categories that match the filter.
func (r *Reader) ListCategories(ctx context.Context, f CategoryFilter, p PageRequest) (Page[Category], error) {
	return only(pages(ctx, r, categoryColumns, f.list(), noParent, p))
}

// CountCategories returns the number of categories that match the filter.
func (r *Reader) CountCategories(ctx context.Context, f CategoryFilter) (Count, error) {
	return only(counts(ctx, r, f.list(), noParent))
}

var childrenOfCategory = list{
	name: "ListChildCategories", from: "categories c",
	where: "c.parent_id = parent.id",
}

// ListChildCategories returns the page of each category's children, in the order
// of ids.
func (r *Reader) ListChildCategories(ctx context.Context, ids []CategoryID, p PageRequest) ([]Page[Category], error) {
	return pages(ctx, r, categoryColumns, childrenOfCategory, ids, p)
}

// CountChildCategories returns the number of each category's children, in the
// order of ids.
func (r *Reader) CountChildCategories(ctx context.Context, ids []CategoryID) ([]Count, error) {
	return counts(ctx, r, childrenOfCategory, ids)
}

var categoriesOfProduct = list{
	name: "ListProductCategories", from: "product_categories pc JOIN categories c ON c.id = pc.category_id",
	where: "pc.product_id = parent.id", countFrom: "product_categories pc",
}

// ListProductCategories returns the page of each product's categories, in the
// order of ids.
func (r *Reader) ListProductCategories(ctx context.Context, ids []ProductID, p PageRequest) ([]Page[Category], error) {
	return pages(ctx, r, categoryColumns, categoriesOfProduct, ids, p)
}

// CountProductCategories returns the number of each product's categories, in the
// order of ids.
func (r *Reader) CountProductCategories(ctx context.Context, ids []ProductID) ([]Count, error) {
	return counts(ctx, r, categoriesOfProduct, ids)
}

// CategoriesByIDs returns the categories that exist among ids, in any order.
func (r *Reader) CategoriesByIDs(ctx context.Context, ids []CategoryID) ([]*Category, error) {
	what := categoryColumns.choose(r.selects)
	statement := `-- name: CategoriesByIDs
SELECT ` + what.sql + `
FROM categories c
WHERE c.id = ANY (@ids)`
	return many(ctx, r, what, statement, pgx.StrictNamedArgs{"ids": keysOf(ids)})
}

// CategoryBySlug returns the category that has the slug, or NotFound.
func (r *Reader) CategoryBySlug(ctx context.Context, slug string) (*Category, error) {
	what := categoryColumns.choose(r.selects)
	statement := `-- name: CategoryBySlug
SELECT ` + what.sql + `
FROM categories c
WHERE c.slug = @slug`
	return one(ctx, r, what, "there is no category with this slug", statement, bySlug(slug))
}
