package importer

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReviewsAreDeletedOnTheirOwnOrWithTheirProduct(t *testing.T) {
	const products = "Handle,Title,Variant Price\nmug,Mug,1\ncup,Cup,2\n"
	s := newShop(t)
	reviews := Options{
		Format: FormatTable, Mapping: s.file("mapping.yaml", "source: shopify\nreview: {key: id, product: handle, rating: stars}\n"),
		Paths: []string{s.file("reviews.csv", "id,handle,stars\n1,mug,4\n2,mug,5\n3,cup,3\n4,cup,2\n")},
	}
	s.shopify(products)
	require.EqualValues(t, 4, s.run(reviews).Reviews.Stored)
	s.exec(`DELETE FROM reviews WHERE source_key = '4'`, `DELETE FROM products WHERE slug = 'mug'`)
	overwrite := Options{Format: FormatShopifyProducts, Overwrite: true, Paths: []string{s.file("products.csv", products)}}
	require.EqualValues(t, 1, s.run(overwrite).Products.Stored)

	report := s.run(reviews)
	require.EqualValues(t, 2, report.Reviews.Stored, "those of the product come back with it")
	require.EqualValues(t, 1, report.KeptEdits)
	require.Equal(t, []string{"1", "2", "3"}, list[string](s, `SELECT source_key FROM reviews ORDER BY 1`))
}

func TestKeysWithCapitalsAreFoundByTheirIndex(t *testing.T) {
	s := newShop(t)
	s.exec(`INSERT INTO products (id, slug, title, source, source_key)
SELECT gen_random_uuid(), 'p-' || n, 'P', 'shopify', CASE WHEN n % 1000 = 0 THEN 'P-' ELSE 'p-' END || n
FROM generate_series(1, 5000) AS n`, `INSERT INTO products (id, slug, title, source, source_key)
VALUES ('ffffffff-ffff-4fff-bfff-fffffffffffe', 'p-again', 'P', 'shopify', 'P-Twice'),
       ('00000000-0000-4000-8000-000000000000', 'p-first', 'P', 'shopify', 'P-TWICE')`, `ANALYZE products`,
		`CREATE TEMP TABLE t_key AS SELECT 'shopify' AS source, k AS key, NULL::uuid AS product_id FROM unnest('{p-1000,p-1001,p-twice}'::text[]) AS k`)
	plan := strings.Join(list[string](s, `EXPLAIN `+findByCase), "\n")
	require.Contains(t, plan, "products_by_folded_key")
	require.NotContains(t, plan, "Seq Scan on products")
	s.exec(findByCase)
	require.Equal(t, []string{"p-1000 p-1000", "p-1001 ", "p-twice p-first"}, list[string](s,
		`SELECT k.key || ' ' || coalesce(p.slug, '') FROM t_key k LEFT JOIN products p ON p.id = k.product_id ORDER BY 1`))
}
