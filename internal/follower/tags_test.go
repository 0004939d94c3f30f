package follower_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"souk/internal/coherence"
)

// id is a UUID that the statements of this test have as $1 to $9.
func id(n byte) string { return "00000000-0000-0000-0000-00000000000" + string('0'+n) }

// tagsOf returns the tags of names such as product:1 and slug:a, where a number is an ID.
func tagsOf(names string) (tags []coherence.Tag) {
	for _, name := range strings.Fields(names) {
		what, key, _ := strings.Cut(name, ":")
		if len(key) == 1 && key[0] >= '0' && key[0] <= '9' {
			raw := uuid.MustParse(id(key[0] - '0'))
			key = string(raw[:])
		}
		tags = append(tags, coherence.TagOf(what, key))
	}
	return tags
}

type tagStep struct{ name, sql, tags string }

// on returns the statement for a database.
func (s tagStep) on(database string) string {
	sql := strings.ReplaceAll(s.sql, ":db", database)
	for n := byte(0); n <= 9; n++ {
		sql = strings.ReplaceAll(sql, ":"+string('0'+n), "'"+id(n)+"'::uuid")
	}
	return sql
}

// tagSteps are statements, each a transaction, and the tags that it moves. They build on each
// other. :1 is the ID that ends in 1.
var tagSteps = []tagStep{
	{"insert a vendor", `INSERT INTO vendors (id, slug, name) VALUES (:1, 'v', 'V')`, "vendor:1 vendor-slug:v vendors"},
	{"rename a vendor", `UPDATE vendors SET slug = 'w', name = 'W' WHERE id = :1`, "vendor:1 vendor-slug:v vendor-slug:w vendors"},

	{"insert a root category", `INSERT INTO categories (id, slug, name) VALUES (:1, 'root', 'Root')`, "category:1 category-slug:root categories children-of:"},
	{"insert another", `INSERT INTO categories (id, slug, name) VALUES (:2, 'child', 'Child')`, "category:2 category-slug:child categories children-of:"},
	{
		"move a category", `UPDATE categories SET parent_id = :1, ancestor_ids = ARRAY[:1]::uuid[] WHERE id = :2`,
		"category:2 category-slug:child categories children-of: children-of:1",
	},

	{"insert a product", `INSERT INTO products (id, slug, title) VALUES (:1, 'a', 'A')`, "product:1 slug:a products"},
	{"insert two products", `INSERT INTO products (id, slug, title, status) VALUES (:2, 'b', 'B', 'DRAFT'), (:3, 'c', 'C', 'ACTIVE')`, "product:2 slug:b product:3 slug:c products"},
	{"update what is not published of a product", `UPDATE products SET description = repeat('long', 5000) WHERE id = :1`, "product:1 slug:a products"},
	{"give a product another slug", `UPDATE products SET slug = 'a2' WHERE id = :1`, "product:1 slug:a2 products"},
	{"publish a draft", `UPDATE products SET status = 'ACTIVE' WHERE id = :2`, "product:2 slug:b products"},
	{"keep an old slug", `INSERT INTO product_slugs (slug, product_id) VALUES ('old', :1)`, "slug:old product:1"},
	{"give it to another product", `UPDATE product_slugs SET product_id = :2 WHERE slug = 'old'`, "slug:old product:1 product:2"},
	{"remove it", `DELETE FROM product_slugs WHERE slug = 'old'`, "slug:old product:2"},

	{
		"insert a listing", `INSERT INTO product_listings (scope_id, product_id, created_at, title_key, availability) VALUES (:0, :1, now(), 'a', 'IN_STOCK')`,
		"listing:0 listing-set:0 listings",
	},
	{"update a listing", `UPDATE product_listings SET price_minor = 1`, "listing:0 listings"},
	{"update its product", `UPDATE product_listings SET product_id = :2`, "listing:0 listings"},
	{"update its scope", `UPDATE product_listings SET scope_id = :9`, "listing:0 listing-set:0 listing:9 listing-set:9 listings"},
	{"delete a listing", `DELETE FROM product_listings`, "listing:9 listing-set:9 listings"},

	{"file a product", `INSERT INTO product_categories (product_id, category_id) VALUES (:1, :1)`, "filed:1 filed-under:1"},
	{"file it elsewhere", `UPDATE product_categories SET category_id = :2`, "filed:1 filed-under:1 filed-under:2"},
	{"file another", `UPDATE product_categories SET product_id = :2`, "filed:1 filed:2 filed-under:2"},
	{"file none", `DELETE FROM product_categories`, "filed:2 filed-under:2"},

	{"insert an option", `INSERT INTO product_options (product_id, position, name, option_values) VALUES (:1, 1, 'Size', '{S}')`, "options-of:1 options"},
	{"update an option", `UPDATE product_options SET option_values = '{S,M}'`, "options-of:1 options"},
	{"move an option", `UPDATE product_options SET product_id = :2`, "options-of:1 options-of:2 options"},
	{"delete an option", `DELETE FROM product_options`, "options-of:2 options"},
	{"insert a label", `INSERT INTO option_labels (key, name, value) VALUES ('k', 'n', 'v')`, "options"},

	{
		"insert a variant", `INSERT INTO variants (id, product_id, position, sku, currency) VALUES (:1, :1, 1, 'sku-1', 'EUR')`,
		"variant:1 variants-of:1 sku:sku-1",
	},
	{"insert one without a SKU", `INSERT INTO variants (id, product_id, position, currency) VALUES (:2, :1, 2, 'EUR')`, "variant:2 variants-of:1"},
	{"update a variant", `UPDATE variants SET price_minor = 100 WHERE id = :1`, "variant:1 variants-of:1 sku:sku-1"},
	{"give it another SKU", `UPDATE variants SET sku = 'sku-2' WHERE id = :1`, "variant:1 variants-of:1 sku:sku-1 sku:sku-2"},
	{"move a variant", `UPDATE variants SET product_id = :2 WHERE id = :1`, "variant:1 variants-of:1 variants-of:2 sku:sku-2"},
	{"give it another ID", `UPDATE variants SET id = :8 WHERE id = :2`, "variant:2 variant:8 variants-of:1"},
	{"delete a variant", `DELETE FROM variants WHERE id = :1`, "variant:1 variants-of:2 sku:sku-2"},

	{"insert an image", `INSERT INTO images (id, product_id, position, url) VALUES (:1, :1, 1, 'u')`, "image:1 images-of:1"},
	{"move an image", `UPDATE images SET product_id = :2`, "image:1 images-of:1 images-of:2"},
	{"delete an image", `DELETE FROM images`, "image:1 images-of:2"},

	{"insert a customer", `INSERT INTO customers (id, display_name) VALUES (:1, 'C'), (:2, 'D')`, "customer:1 customer:2"},
	{"update what is not published of a customer", `UPDATE customers SET email = 'c@example.com' WHERE id = :1`, "customer:1"},
	{"insert a review", `INSERT INTO reviews (id, product_id, customer_id, rating) VALUES (:1, :1, :1, 5)`, "review:1 reviews-of:1 reviews-by:1"},
	{"insert one of nobody", `INSERT INTO reviews (id, product_id, rating) VALUES (:2, :1, 5)`, "review:2 reviews-of:1"},
	{"move a review", `UPDATE reviews SET product_id = :2, customer_id = :2 WHERE id = :1`, "review:1 reviews-of:1 reviews-of:2 reviews-by:1 reviews-by:2"},
	{"delete its customer", `DELETE FROM customers WHERE id = :2`, "customer:2 review:1 reviews-of:2 reviews-by:2"},

	{"insert a collection", `INSERT INTO collections (id, slug, title) VALUES (:1, 'c', 'C')`, "collection:1 collection-slug:c collections"},
	{"give it another slug", `UPDATE collections SET slug = 'd'`, "collection:1 collection-slug:c collection-slug:d collections"},
	{"collect a product", `INSERT INTO collection_products (collection_id, product_id, position) VALUES (:1, :1, 1)`, "collected:1"},
	{"move it within the collection", `UPDATE collection_products SET position = 2`, "collected:1"},
	{"delete the collection", `DELETE FROM collections`, "collection:1 collection-slug:d collections collected:1"},

	{"change the shop", `UPDATE shop SET name = 'Shop'`, "shop"},

	{"what is not cached has no tags", `INSERT INTO locations (id, name) VALUES (:1, 'L')`, ""},
	{"a savepoint", `BEGIN; UPDATE products SET title = 'x' WHERE id = :1; SAVEPOINT s; UPDATE products SET title = 'x' WHERE id = :2;
		ROLLBACK TO s; UPDATE products SET title = 'x' WHERE id = :3; COMMIT`, "product:1 slug:a2 product:3 slug:c products"},
	{"a rollback", `BEGIN; UPDATE products SET title = 'y' WHERE id = :1; ROLLBACK`, ""},
	{"a prepared transaction", `BEGIN; UPDATE products SET title = 'z' WHERE id = :1; PREPARE TRANSACTION ':db'`, ""},
	{"its commit", `COMMIT PREPARED ':db'`, "product:1 slug:a2 products"},
	{
		"delete a product", `DELETE FROM products WHERE id = :1`,
		"product:1 products variant:8 variants-of:1 review:2 reviews-of:1",
	},

	{"too much at once", `INSERT INTO images (id, product_id, position, url) SELECT gen_random_uuid(), :2, i, i::text FROM generate_series(1, 600) i`, "table:images"},
	{"too much and another", `BEGIN; DELETE FROM images; UPDATE products SET title = 't' WHERE id = :2; COMMIT`, "table:images table:products"},
	{"a truncation", `TRUNCATE images CASCADE`, "table:images table:variants"},
}

func TestEachChangeMovesItsTags(t *testing.T) {
	s := follow(t)
	from := s.settle(t)
	for _, step := range tagSteps {
		t.Run(step.name, func(t *testing.T) {
			execute(t, s.conn, step.on(s.Name))
			var moved []coherence.Tag
			next := s.settle(t)
			for _, c := range s.heard.commits(from) {
				moved = append(moved, c.Tags...)
			}
			from = next
			require.ElementsMatch(t, tagsOf(step.tags), moved)
		})
	}
}
