package paging

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/graph/relay"
	"souk/internal/auth"
	"souk/internal/dbtest"
	"souk/store"
	"souk/test/harness"
)

// What each order means, as the schema describes it and in words of its own: not
// those of the store. Absent values come last either way.
var (
	productOrderBy = map[string]string{
		"NEWEST ASC":  "p.created_at, p.id",
		"NEWEST DESC": "p.created_at DESC, p.id DESC",
		"TITLE ASC":   `left(lower(unaccent(p.title)), 128) COLLATE "C", p.id`,
		"TITLE DESC":  `left(lower(unaccent(p.title)), 128) COLLATE "C" DESC, p.id DESC`,
		"PRICE ASC": `CASE WHEN p.price_min_minor IS NOT NULL THEN p.currency END COLLATE "C" NULLS LAST,
                p.price_min_minor NULLS LAST, p.id`,
		"PRICE DESC": `CASE WHEN p.price_min_minor IS NOT NULL THEN p.currency END COLLATE "C" DESC NULLS LAST,
                p.price_min_minor DESC NULLS LAST, p.id DESC`,
		"RATING ASC":      "p.rating_average NULLS LAST, p.rating_count, p.id",
		"RATING DESC":     "p.rating_average DESC NULLS LAST, p.rating_count DESC, p.id DESC",
		"BEST_MATCH DESC": `(p.search @@ $2::tsquery)::int DESC, ts_rank(p.search, $1::tsquery, 1) DESC, p.id DESC`,
	}
	reviewOrderBy = map[string]string{
		"NEWEST ASC":  "r.created_at, r.id",
		"NEWEST DESC": "r.created_at DESC, r.id DESC",
		"RATING ASC":  "r.rating, r.id",
		"RATING DESC": "r.rating DESC, r.id DESC",
	}
)

const byName = `left(lower(unaccent(c.name)), 128) COLLATE "C", c.id`

const inCategory = `EXISTS (SELECT FROM product_categories pc JOIN categories c ON c.id = pc.category_id
  WHERE pc.product_id = p.id AND $1 = ANY (c.ancestor_ids || c.id))`

// pagingShop is a database with a server over it.
type pagingShop struct {
	db     *dbtest.DB
	conn   *pgx.Conn
	server *harness.Server
	words  string // a search that finds several products
}

func (s pagingShop) one(t *testing.T, statement string, args ...any) uuid.UUID {
	t.Helper()
	var id uuid.UUID
	require.NoError(t, s.conn.QueryRow(t.Context(), statement, args...).Scan(&id), statement)
	return id
}

// expected runs the list's own SELECT.
func (s pagingShop) expected(t *testing.T, l pagedList) []string {
	t.Helper()
	rows, err := s.conn.Query(t.Context(), l.statement, l.values...)
	require.NoError(t, err, "%s", l)
	keys, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	require.NoError(t, err, "%s", l)
	ids := make([]string, len(keys))
	for i, key := range keys {
		ids[i] = globalID(l.field, key)
	}
	return ids
}

// globalID writes the ID of an item of a connection field.
func globalID(field string, key uuid.UUID) string {
	_, name := cutField(field)
	switch name {
	case "variants":
		return relay.ID(store.VariantID(key))
	case "images":
		return relay.ID(store.ImageID(key))
	case "categories", "children":
		return relay.ID(store.CategoryID(key))
	case "vendors":
		return relay.ID(store.VendorID(key))
	case "collections":
		return relay.ID(store.CollectionID(key))
	case "reviews":
		return relay.ID(store.ReviewID(key))
	case "products", "relatedProducts":
		return relay.ID(store.ProductID(key))
	}
	return guardedID(name, key)
}

// lists returns every list of the schema in every order, each of the fullest
// parent there is. Fields and orders that it does not know fail the test.
func (s pagingShop) lists(t *testing.T) []pagedList {
	t.Helper()
	var lists []pagedList
	for _, field := range connectionFields(t, s.server) {
		switch field.name {
		case "Query.products":
			lists = append(lists, s.shopLists(t, field)...)
		case "Category.products", "Vendor.products":
			lists = append(lists, s.scopeLists(t, field)...)
		case "Collection.products":
			lists = append(lists, s.collectionLists(t, field)...)
		case "Query.collections":
			lists = append(lists, pagedList{field: field.name, statement: `SELECT o.id FROM collections o ORDER BY left(lower(unaccent(o.title)), 128) COLLATE "C", o.id`})
		case "Product.reviews":
			lists = append(lists, s.reviewLists(t, field)...)
		case "Query.categories":
			for name, condition := range map[string]string{
				"": "true", "filter: {isRoot: true}": "c.parent_id IS NULL", "filter: {isRoot: false}": "c.parent_id IS NOT NULL", "filter: {isRoot: null}": "true",
			} {
				lists = append(lists, pagedList{
					field: field.name, name: name, args: name,
					statement: "SELECT c.id FROM categories c WHERE " + condition + " ORDER BY " + byName,
				})
			}
		case "Query.vendors":
			lists = append(lists, pagedList{field: field.name, statement: "SELECT c.id FROM vendors c ORDER BY " + byName})
		case "Product.variants", "Product.images", "Product.categories", "Product.relatedProducts", "Category.children":
			lists = append(lists, s.childList(t, field.name))
		default:
			lists = append(lists, s.guardedLists(t, field.name)...)
		}
	}
	slices.SortFunc(lists, func(a, b pagedList) int { return strings.Compare(a.String(), b.String()) })
	return lists
}

// childList are the lists of one order.
func (s pagingShop) childList(t *testing.T, field string) pagedList {
	t.Helper()
	l := pagedList{field: field}
	fullest := func(table string) uuid.UUID {
		return s.one(t, `SELECT p.id FROM products p LEFT JOIN `+table+` ON product_id = p.id WHERE p.status = 'ACTIVE'
GROUP BY 1 ORDER BY count(product_id) DESC, 1 LIMIT 1`)
	}
	var parent uuid.UUID
	switch field {
	case "Product.variants":
		parent = fullest("variants")
		l.statement = "SELECT id FROM variants WHERE product_id = $1 ORDER BY position, id"
	case "Product.images":
		parent = fullest("images")
		l.statement = "SELECT id FROM images WHERE product_id = $1 ORDER BY position, id"
	case "Product.categories":
		parent = fullest("product_categories")
		l.statement = "SELECT c.id FROM categories c JOIN product_categories pc ON pc.category_id = c.id WHERE pc.product_id = $1 ORDER BY " + byName
	case "Product.relatedProducts":
		parent = s.one(t, `SELECT p.id FROM products p WHERE p.status = 'ACTIVE' ORDER BY (
  SELECT count(*) FROM product_listings l WHERE l.scope_id = p.related_scope_id) DESC, p.id LIMIT 1`)
		l.statement = `
SELECT p.id
FROM products p
WHERE p.status = 'ACTIVE' AND p.id <> $1
  AND EXISTS (SELECT FROM product_categories pc JOIN categories c ON c.id = pc.category_id
              WHERE pc.product_id = p.id AND (
                SELECT m.id FROM product_categories mine JOIN categories m ON m.id = mine.category_id WHERE mine.product_id = $1
                ORDER BY cardinality(m.ancestor_ids) DESC, m.name_key, m.id LIMIT 1) = ANY (c.ancestor_ids || c.id))
ORDER BY ` + productOrderBy["RATING DESC"]
	case "Category.children":
		parent = s.one(t, `SELECT c.id FROM categories c LEFT JOIN categories below ON below.parent_id = c.id GROUP BY 1 ORDER BY count(below.id) DESC, 1 LIMIT 1`)
		l.statement = "SELECT c.id FROM categories c WHERE c.parent_id = $1 ORDER BY " + byName
	}
	l.parent, l.values = parentField(field, parent), []any{parent}
	return l
}

// parentField is the root field that finds a list's parent.
func parentField(field string, key uuid.UUID) string {
	on, _ := cutField(field)
	if on == "Viewer" {
		return "viewer"
	}
	id := map[string]string{
		"Customer": relay.ID(store.CustomerID(key)), "ProductVariant": relay.ID(store.VariantID(key)),
		"Product": relay.ID(store.ProductID(key)), "Category": relay.ID(store.CategoryID(key)), "Vendor": relay.ID(store.VendorID(key)),
		"Collection": relay.ID(store.CollectionID(key)),
	}[on]
	return fmt.Sprintf(`%s(id: "%s")`, strings.ToLower(on[:1])+on[1:], id)
}

// eachOrder calls add for each order of a field, the default one with "".
func eachOrder(t *testing.T, field connectionField, by map[string]string, byDefault string, add func(name, args, orderBy string)) {
	t.Helper()
	require.NotEmpty(t, field.orders, "%s has no orderBy", field.name)
	add("", "", by[byDefault])
	for _, value := range field.orders {
		for _, direction := range []string{"ASC", "DESC"} {
			name := value + " " + direction
			if name == "BEST_MATCH ASC" || value == "BEST_MATCH" && field.name != "Query.products" {
				continue // an error; see the errors
			}
			require.Contains(t, by, name, "%s has an order that this test does not know", field.name)
			add(name, fmt.Sprintf("orderBy: {field: %s, direction: %s}", value, direction), by[name])
		}
	}
}

func (s pagingShop) reviewLists(t *testing.T, field connectionField) []pagedList {
	t.Helper()
	parent := s.one(t, `SELECT p.id FROM products p LEFT JOIN reviews r ON p.id = r.product_id AND r.status = 'PUBLISHED'
WHERE p.status = 'ACTIVE' GROUP BY 1 ORDER BY count(r.id) DESC, 1 LIMIT 1`)
	var lists []pagedList
	eachOrder(t, field, reviewOrderBy, "NEWEST DESC", func(name, args, orderBy string) {
		lists = append(lists, pagedList{
			field: field.name, name: name, parent: parentField(field.name, parent), args: args,
			statement: "SELECT r.id FROM reviews r WHERE r.product_id = $1 AND r.status = 'PUBLISHED' ORDER BY " + orderBy, values: []any{parent},
		})
	})
	return lists
}

// scopeLists are the products of the category and of the vendor that have most.
func (s pagingShop) scopeLists(t *testing.T, field connectionField) []pagedList {
	t.Helper()
	condition := inCategory
	parent := s.one
	var key uuid.UUID
	if field.name == "Vendor.products" {
		condition = "p.vendor_id = $1"
		key = parent(t, `SELECT vendor_id FROM products WHERE vendor_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1`)
	} else {
		key = parent(t, `SELECT a FROM product_categories pc JOIN categories c ON c.id = pc.category_id, unnest(c.ancestor_ids || c.id) AS a
GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1`)
	}
	var lists []pagedList
	eachOrder(t, field, productOrderBy, "NEWEST DESC", func(name, args, orderBy string) {
		of := pagedList{field: field.name, parent: parentField(field.name, key), values: []any{key}}
		of.name, of.args = name, args
		of.statement = "SELECT p.id FROM products p WHERE p.status = 'ACTIVE' AND " + condition + " ORDER BY " + orderBy
		lists = append(lists, of)
		of.name, of.args, of.by, of.filtered = "drafts "+name, strings.Trim("filter: {status: DRAFT}, "+args, ", "), manager, true
		of.statement = "SELECT p.id FROM products p WHERE p.status = 'DRAFT' AND " + condition + " ORDER BY " + orderBy
		lists = append(lists, of)
	})
	return lists
}

// shopLists are the products of the shop: all, filtered, and searched for.
func (s pagingShop) shopLists(t *testing.T, field connectionField) []pagedList {
	t.Helper()
	category := s.one(t, `SELECT category_id FROM product_categories GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1`)
	vendor := s.one(t, `SELECT vendor_id FROM products WHERE vendor_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1`)
	other := s.one(t, `SELECT vendor_id FROM products WHERE vendor_id <> $1 GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1`, vendor)
	var currency string
	require.NoError(t, s.conn.QueryRow(t.Context(), `SELECT currency FROM products GROUP BY 1 ORDER BY count(*) DESC LIMIT 1`).Scan(&currency))
	found, err := s.server.App.Store.Reader(store.View{}, 0).ExpandSearch(context.Background(), s.words)
	require.NoError(t, err)
	filters := []struct {
		name, args, condition string
		values                []any
	}{
		{"", "", "true", nil},
		{"in a category", fmt.Sprintf(`filter: {category: "%s"}`, relay.ID(store.CategoryID(category))), inCategory, []any{category}},
		{
			"of two vendors", fmt.Sprintf(`filter: {vendors: ["%s", "%s"]}`, relay.ID(store.VendorID(vendor)), relay.ID(store.VendorID(other))),
			"p.vendor_id IN ($1, $2)",
			[]any{vendor, other},
		},
		{
			"of a price", fmt.Sprintf(`filter: {price: {currencyCode: %q, min: "20"}}`, currency),
			"p.currency = $1 AND p.price_min_minor >= 2000",
			[]any{currency},
		},
		{
			"in stock, rated, of a size", `filter: {availability: [IN_STOCK], minRating: 2.5, options: [{name: "SIZE", values: ["s", "m"]}]}`,
			`p.availability = 'IN_STOCK' AND p.rating_average >= 2.5 AND EXISTS (SELECT FROM product_options o
  WHERE o.product_id = p.id AND lower(o.name) = 'size' AND o.option_values && '{S,s,M,m}')`, nil,
		},
		{"drafts", "filter: {status: DRAFT}", "true", nil},
		{"archived of a vendor", fmt.Sprintf(`filter: {status: ARCHIVED, vendors: [%q]}`, relay.ID(store.VendorID(vendor))), "p.vendor_id = $1", []any{vendor}},
		{"found", fmt.Sprintf("search: %q", s.words), "p.search @@ $1::tsquery AND $2::tsquery IS NOT NULL", []any{found.Query, found.Exact}},
	}
	var lists []pagedList
	for _, f := range filters {
		byDefault := "NEWEST DESC"
		if f.name == "found" {
			byDefault = "BEST_MATCH DESC"
		}
		eachOrder(t, field, productOrderBy, byDefault, func(name, args, orderBy string) {
			if strings.HasPrefix(name, "BEST_MATCH") && f.name != "found" {
				return
			}
			status, by := "ACTIVE", auth.Principal{}
			if _, after, found := strings.Cut(f.args, "status: "); found {
				status, by = after[:strings.IndexAny(after, ",}")], manager
			}
			lists = append(lists, pagedList{
				field: field.name, name: strings.TrimSpace(f.name + " " + name), by: by,
				args: strings.Trim(f.args+", "+args, ", "), filtered: strings.HasPrefix(f.args, "filter") && f.name != "drafts",
				statement: "SELECT p.id FROM products p WHERE p.status = '" + status + "' AND " + f.condition + " ORDER BY " + orderBy, values: f.values,
			})
		})
	}
	return lists
}
