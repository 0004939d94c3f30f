package paging

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
	"souk/test/catalogue"
	"souk/test/harness"
)

// churn inserts and deletes rows of one kind. Inserted rows copy the sort values
// of rows that are there, so that they fall before, between and after them, and
// among their ties; a delete takes rows that were inserted before. $1 is a random
// number. What is deleted may be the row that the next page's cursor was taken
// from.
type churn struct{ add, remove string }

// Each of the statements returns nothing that the test needs.
var churns = map[string]churn{
	"product": {
		add: `
WITH seed AS (
  SELECT * FROM products WHERE status = 'ACTIVE' AND slug LIKE 'product-%' ORDER BY md5(id::text || $1) LIMIT 3
), made AS (
  INSERT INTO products (id, slug, title, status, vendor_id, imported_rating_average, imported_rating_count, created_at)
  SELECT gen_random_uuid(), 'noise-' || gen_random_uuid(), title, status, vendor_id, rating_average, rating_count, created_at FROM seed
  RETURNING id, title
), priced AS (
  INSERT INTO variants (id, product_id, position, currency, price_minor)
  SELECT gen_random_uuid(), m.id, 1, coalesce(s.currency, 'EUR'), s.price_min_minor
  FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM made) m
  JOIN (SELECT *, row_number() OVER (ORDER BY slug) AS n FROM seed) s USING (n)
), collected AS (
  INSERT INTO collection_products (collection_id, product_id, position)
  SELECT c.id, m.id, hashtext(m.id::text || $1) % 499 FROM made m CROSS JOIN collections c WHERE c.slug = 'collection-1'
)
INSERT INTO product_categories (product_id, category_id)
SELECT m.id, c.id FROM made m CROSS JOIN (SELECT category_id AS id FROM product_categories GROUP BY 1 ORDER BY md5(category_id::text || $1) LIMIT 4) c`,
		remove: `DELETE FROM products WHERE id IN (SELECT id FROM products WHERE slug LIKE 'noise-%' ORDER BY md5(id::text || $1) LIMIT 2)`,
	},
	"review": {
		add: `
INSERT INTO reviews (id, product_id, rating, title, created_at)
SELECT gen_random_uuid(), product_id, rating, 'noise', created_at FROM reviews
WHERE status = 'PUBLISHED' AND product_id = (SELECT id FROM products WHERE slug = 'product-1') ORDER BY md5(id::text || $1) LIMIT 5`,
		remove: `DELETE FROM reviews WHERE id IN (SELECT id FROM reviews WHERE title = 'noise' ORDER BY md5(id::text || $1) LIMIT 4)`,
	},
	"variant": {
		add: `
INSERT INTO variants (id, product_id, position, currency, title)
SELECT gen_random_uuid(), product_id, position, currency, 'noise' FROM variants
WHERE product_id = (SELECT id FROM products WHERE slug = 'product-1') ORDER BY md5(id::text || $1) LIMIT 5`,
		remove: `DELETE FROM variants WHERE id IN (SELECT id FROM variants WHERE title = 'noise' ORDER BY md5(id::text || $1) LIMIT 4)`,
	},
	"image": {
		add: `
INSERT INTO images (id, product_id, position, url, alt_text)
SELECT gen_random_uuid(), product_id, position, gen_random_uuid()::text, 'noise' FROM images
WHERE product_id = (SELECT id FROM products WHERE slug = 'product-1') ORDER BY md5(id::text || $1) LIMIT 5`,
		remove: `DELETE FROM images WHERE id IN (SELECT id FROM images WHERE alt_text = 'noise' ORDER BY md5(id::text || $1) LIMIT 4)`,
	},
	"category": {
		add: `
WITH made AS (
  INSERT INTO categories (id, slug, name, parent_id, ancestor_ids)
  SELECT gen_random_uuid(), 'noise-' || gen_random_uuid(), name || ' ' || substr(md5(id::text || $1), 1, 12), parent_id, ancestor_ids
  FROM categories
  WHERE slug LIKE 'category-%' AND (parent_id IS NULL OR parent_id = (SELECT id FROM categories WHERE slug = 'category-1'))
  ORDER BY md5(id::text || $1) LIMIT 5
  RETURNING id
)
INSERT INTO product_categories (product_id, category_id) SELECT p.id, made.id FROM made, products p WHERE p.slug = 'product-1'`,
		remove: `
WITH chosen AS MATERIALIZED (
  SELECT id FROM categories WHERE slug LIKE 'noise-%' ORDER BY md5(id::text || $1) LIMIT 4
), unfiled AS (
  DELETE FROM product_categories WHERE category_id IN (SELECT id FROM chosen) RETURNING category_id
)
DELETE FROM categories WHERE id IN (SELECT id FROM chosen) AND (SELECT count(*) FROM unfiled) >= 0`,
	},
	"collection": {
		add: `
INSERT INTO collections (id, slug, title)
SELECT gen_random_uuid(), 'noise-' || gen_random_uuid(), title FROM collections WHERE slug LIKE 'collection-%' ORDER BY md5(id::text || $1) LIMIT 5`,
		remove: `DELETE FROM collections WHERE id IN (SELECT id FROM collections WHERE slug LIKE 'noise-%' ORDER BY md5(id::text || $1) LIMIT 4)`,
	},
	"vendor": {
		add: `
INSERT INTO vendors (id, slug, name)
SELECT gen_random_uuid(), 'noise-' || gen_random_uuid(), name || ' ' || substr(md5(id::text || $1), 1, 12)
FROM vendors WHERE slug LIKE 'vendor-%' ORDER BY md5(id::text || $1) LIMIT 5`,
		remove: `DELETE FROM vendors WHERE id IN (SELECT id FROM vendors WHERE slug LIKE 'noise-%' ORDER BY md5(id::text || $1) LIMIT 4)`,
	},
}

// TestPagesWhileOthersWrite walks every list while rows come and go between its
// pages: each row that was there before and after comes exactly once, in order. The
// cut has one list of each connection and leaves out the other orders.
func TestPagesWhileOthersWrite(t *testing.T) {
	t.Parallel()
	// A replica shows the writes a little later; without one they all lie between
	// two pages.
	shop := openPagingShop(t, catalogue.New(t, 1000), "folding", func(s *harness.Setup) { s.Config.ReplicaURLs = nil })
	noise := 0
	lists := dbtest.Sample(unfiltered(shop.lists(t)), dbtest.FirstOfEach(1, func(l pagedList) string { return l.field }))
	defer func() { t.Logf("%d lists, %d rows that came meanwhile", len(lists), noise) }()
	for i, list := range lists {
		t.Run(list.String(), func(t *testing.T) {
			random := rand.New(rand.NewPCG(pagingSeed, uint64(i)))
			for _, backward := range []bool{false, true} {
				expected := shop.expected(t, list)
				stable := map[string]bool{}
				for _, id := range expected {
					stable[id] = true
				}
				clean := shop.clean(t)
				pages := list.walkPages(t, shop.server, backward, func() int { return 10 + random.IntN(90) }, func(pageOf) {
					shop.write(t, churnOf(list), random.Uint64())
				})
				noise += checkStableRows(t, expected, stable, pages, backward)
				clean()
			}
		})
	}
	require.Greater(t, noise, 100, "rows that were inserted meanwhile should have come, too")
}

// write deletes and inserts some rows. Inserted products have not been derived
// from yet: their search is empty.
func (s pagingShop) write(t *testing.T, c churn, random uint64) {
	t.Helper()
	for _, statement := range []string{c.remove, c.add} {
		_, err := s.conn.Exec(t.Context(), statement, strconv.FormatUint(random, 36))
		require.NoError(t, err, statement)
	}
	_, err := s.conn.Exec(t.Context(), `SELECT refresh_products(array_agg(id)) FROM products WHERE slug LIKE 'noise-%' AND search = ''`)
	require.NoError(t, err)
}

// clean returns a function that deletes what was inserted.
func (s pagingShop) clean(t *testing.T) func() {
	return func() {
		for _, statement := range []string{
			`DELETE FROM product_categories WHERE category_id IN (SELECT id FROM categories WHERE slug LIKE 'noise-%')`,
			`DELETE FROM inventory_levels WHERE location_id IN (SELECT id FROM locations WHERE version = 77)`,
			`DELETE FROM locations WHERE version = 77`, `DELETE FROM addresses WHERE version = 77`,
			`DELETE FROM customers WHERE version = 77`, `DELETE FROM staff WHERE version = 77`, `DELETE FROM roles WHERE version = 77`,
			`DELETE FROM api_keys WHERE name = 'noise'`, `DELETE FROM import_runs WHERE source = 'noise'`, `DELETE FROM documents WHERE client = 'noise'`, `DELETE FROM river_job WHERE tags = '{noise}'`, `DELETE FROM audit_events WHERE action = 'noise'`,
			`DELETE FROM products WHERE slug LIKE 'noise-%'`, `DELETE FROM categories WHERE slug LIKE 'noise-%'`,
			`DELETE FROM vendors WHERE slug LIKE 'noise-%'`, `DELETE FROM collections WHERE slug LIKE 'noise-%'`, `DELETE FROM reviews WHERE title = 'noise'`,
			`DELETE FROM variants WHERE title = 'noise'`, `DELETE FROM images WHERE alt_text = 'noise'`,
		} {
			_, err := s.conn.Exec(t.Context(), statement)
			require.NoError(t, err)
		}
	}
}

// checkStableRows returns how many other rows came.
func checkStableRows(t *testing.T, expected []string, stable map[string]bool, pages []pageOf, backward bool) (others int) {
	t.Helper()
	if backward {
		slices.Reverse(pages)
	}
	var came []string
	seen := map[string]bool{}
	for _, p := range pages {
		for _, id := range p.ids {
			require.False(t, seen[id], "a row came twice")
			seen[id] = true
			if stable[id] {
				came = append(came, id)
			} else {
				others++
			}
		}
	}
	require.Equal(t, expected, append([]string{}, came...), "rows that did not change")
	return others
}
