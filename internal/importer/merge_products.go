package importer

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// products merges products with their variants, images, options, categories and
// levels, in chunks of whole products, each chunk in its own transaction.
func (m *merger) products(ctx context.Context) error {
	var targets int
	if err := m.inTx(ctx, func(tx pgx.Tx) (err error) {
		if err := m.changes.watch(ctx, tx); err != nil {
			return err
		}
		if targets, err = m.arrangeProducts(ctx, tx); err != nil {
			return err
		}
		return m.changes.note(ctx, tx)
	}); err != nil {
		return err
	}
	size := m.run.options.ChunkProducts
	for chunk, first := 1, 1; first <= targets; chunk, first = chunk+1, first+size {
		args := pgx.StrictNamedArgs{"first": first, "last": first + size - 1}
		if err := m.inTx(ctx, func(tx pgx.Tx) error { return m.productChunk(ctx, tx, args) }); err != nil {
			return err
		}
		m.run.progress.merged("products", min(first+size-1, targets), targets)
		if m.run.options.afterChunk != nil {
			m.run.options.afterChunk(chunk)
		}
	}
	return nil
}

// arrangeProducts numbers the input's products in the order of their first
// mention (t_target), chooses among records with the same key, and finds
// records without a product.
func (m *merger) arrangeProducts(ctx context.Context, tx pgx.Tx) (targets int, err error) {
	if err := m.locations(ctx, tx, `-- name: ImportDefaultLocation
SELECT @name::text
WHERE EXISTS (SELECT FROM s_variant WHERE available IS NOT NULL AND inventory_tracked)
  AND NOT EXISTS (SELECT FROM locations WHERE name = @name)`, pgx.StrictNamedArgs{"name": m.run.options.Location}); err != nil {
		return 0, err
	}
	if err := exec(ctx, tx, `-- name: ImportStageIndexProducts
CREATE INDEX ON s_product (seq)`, `-- name: ImportStageIndexVariants
CREATE INDEX ON s_variant (seq)`, `-- name: ImportStageIndexImages
CREATE INDEX ON s_image (seq)`, `-- name: ImportStageAnalyze
ANALYZE s_product (seq, key), s_variant (seq, product_key, key), s_image (seq, product_key), s_filed`); err != nil {
		return 0, err
	}
	if _, err := tx.Exec(ctx, `-- name: ImportTargets
CREATE TEMP TABLE t_target AS
WITH mentioned AS (
  SELECT key, min(seq) AS seq, min(product_seq) AS product_seq
  FROM (
    SELECT key, seq, seq AS product_seq FROM s_product
    UNION ALL
    SELECT product_key, seq, NULL FROM s_variant
    UNION ALL
    SELECT product_key, seq, NULL FROM s_image
  ) AS m
  GROUP BY key
)
SELECT row_number() OVER (ORDER BY m.seq)::int AS n, m.key, m.product_seq,
       coalesce(p.id, s.id) AS product_id, p.id IS NULL AS is_new
FROM mentioned m
LEFT JOIN products p ON p.source = @source AND p.source_key = m.key
LEFT JOIN s_product s ON s.seq = m.product_seq
WHERE p.id IS NOT NULL OR s.id IS NOT NULL`, pgx.StrictNamedArgs{"source": m.run.options.Source}); err != nil {
		return 0, fmt.Errorf("number the products: %w", err)
	}
	if err := exec(ctx, tx, `-- name: ImportTargetsIndexNumber
CREATE UNIQUE INDEX ON t_target (n)`, `-- name: ImportTargetsAnalyze
ANALYZE t_target`, `-- name: ImportChosenVariants
CREATE TEMP TABLE t_variant AS
SELECT DISTINCT ON (t.n, v.key) t.n, v.seq, v.key
FROM s_variant v
JOIN t_target t ON t.key = v.product_key
ORDER BY t.n, v.key, v.seq`, `-- name: ImportChosenVariantsIndex
CREATE INDEX ON t_variant (n)`, `-- name: ImportChosenImages
CREATE TEMP TABLE t_image AS
SELECT DISTINCT ON (t.n, i.url) t.n, i.seq
FROM s_image i
JOIN t_target t ON t.key = i.product_key
ORDER BY t.n, i.url, i.position = 2147483647, i.seq`, `-- name: ImportChosenImagesIndex
CREATE INDEX ON t_image (n)`, `-- name: ImportChosenCategories
CREATE TEMP TABLE t_filed AS
SELECT DISTINCT t.n, p.category_id
FROM s_filed f
JOIN t_target t ON t.key = f.product_key
JOIN t_path p ON p.no = f.path`, `-- name: ImportChosenCategoriesIndex
CREATE INDEX ON t_filed (n)`, `-- name: ImportChosenAnalyze
ANALYZE t_variant, t_image, t_filed`, `-- name: ImportOrphans
INSERT INTO t_fault (file, line, value, reason)
SELECT DISTINCT ON (file, line) file, line, key,
       'no product with this key is in the input or in the shop: import the row that has its title too'
FROM (
  SELECT file, line, product_key AS key FROM s_variant
  UNION ALL
  SELECT file, line, product_key FROM s_image
) AS s
WHERE NOT EXISTS (SELECT FROM t_target t WHERE t.key = s.key)`); err != nil {
		return 0, err
	}
	report := m.run.report
	if err := tx.QueryRow(ctx, `-- name: ImportTargetCounts
SELECT (SELECT count(*) FROM t_target),
       (SELECT count(*) FROM s_product) - (SELECT count(*) FROM t_target WHERE product_seq IS NOT NULL),
       (SELECT count(*) FROM s_variant v WHERE EXISTS (SELECT FROM t_target t WHERE t.key = v.product_key))
         - (SELECT count(*) FROM t_variant)`).Scan(&targets, &report.Products.Duplicates, &report.Variants.Duplicates); err != nil {
		return 0, fmt.Errorf("count the products: %w", err)
	}
	return targets, nil
}

func (m *merger) productChunk(ctx context.Context, tx pgx.Tx, args pgx.StrictNamedArgs) error {
	if err := exec(ctx, tx, dropTouched); err != nil {
		return err
	}
	if err := lockProducts(ctx, tx, `SELECT t.product_id FROM t_target t`, args); err != nil {
		return err
	}
	if err := m.changes.watch(ctx, tx, scoped{"product", `SELECT t.product_id FROM t_target t WHERE t.n BETWEEN @first AND @last`, args}); err != nil {
		return err
	}
	report, options := m.run.report, m.run.options
	with := func(name string, value any) pgx.StrictNamedArgs {
		return pgx.StrictNamedArgs{"first": args["first"], "last": args["last"], name: value}
	}
	if err := count(ctx, tx, &report.Products, productsStatement, with("source", options.Source)); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, slugsStatement, with("source", options.Source)); err != nil {
		return fmt.Errorf("merge slugs: %w", err)
	}
	if m.prunes {
		if err := m.prune(ctx, tx, args); err != nil {
			return err
		}
	}
	for _, step := range []struct {
		into      *Count
		statement string
		args      pgx.StrictNamedArgs
	}{
		{&report.Images, imagesStatement, args},
		{&report.Variants, variantsStatement, args},
		{&Count{}, optionsStatement, args},
		{&report.Filed, filedStatement, args},
		{&report.Levels, totalsStatement, with("location", options.Location)},
	} {
		if err := count(ctx, tx, step.into, step.statement, step.args); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, availableStatement); err != nil {
		return fmt.Errorf("sum up stock: %w", err)
	}
	if err := m.stamp(ctx, tx, `SELECT t.product_id FROM t_target t`, args); err != nil {
		return err
	}
	if err := m.changes.note(ctx, tx); err != nil {
		return err
	}
	return m.finishProducts(ctx, tx)
}

// slugChoice is the slug that a product gets: the preferred one if it is free,
// otherwise that with a suffix that depends only on the product's identity. The
// row has n, wished, suffixed and product_id.
const slugChoice = `
CASE
  WHEN row_number() OVER (PARTITION BY w.wished ORDER BY w.n) = 1
       AND NOT EXISTS (SELECT FROM products o WHERE o.slug = w.wished AND o.id <> w.product_id)
       AND NOT EXISTS (SELECT FROM product_slugs o WHERE o.slug = w.wished AND o.product_id <> w.product_id)
  THEN w.wished
  ELSE w.suffixed
END`

// productsStatement writes the products' own columns. slugsStatement changes a
// slug that is no longer the preferred one.
var productsStatement = strings.Replace(`-- name: ImportProducts
WITH w AS MATERIALIZED (
  SELECT t.n, t.product_id, t.is_new, s.key, s.title, s.description_html, s.description, s.status, s.product_type,
         s.tags, v.id AS vendor_id, s.created_at, s.rating_average, s.rating_count, s.rating_histogram,
         s.slug AS wished, s.slug || '-' || left(md5(@source || '/' || s.key), 12) AS suffixed
  FROM t_target t
  JOIN s_product s ON s.seq = t.product_seq
  LEFT JOIN t_vendor v ON v.no = s.vendor
  WHERE t.n BETWEEN @first AND @last
), added AS (
  INSERT INTO products (id, slug, title, description_html, description, status, product_type, tags, vendor_id,
    imported_rating_average, imported_rating_count, imported_rating_histogram, source, source_key, created_at)
  SELECT w.product_id, SLUG, w.title, w.description_html, w.description, w.status, w.product_type, w.tags,
         w.vendor_id, w.rating_average, w.rating_count, w.rating_histogram, @source, w.key, coalesce(w.created_at, now())
  FROM w
  WHERE w.is_new
  ORDER BY w.n
  RETURNING id
), changed AS (
  UPDATE products p
  SET title = w.title, description_html = w.description_html, description = w.description, status = w.status,
      product_type = w.product_type, tags = w.tags, vendor_id = w.vendor_id,
      imported_rating_average = w.rating_average, imported_rating_count = w.rating_count,
      imported_rating_histogram = w.rating_histogram, created_at = coalesce(w.created_at, p.created_at),
      version = p.version + 1, updated_at = now()
  FROM w
  WHERE NOT w.is_new AND p.id = w.product_id
    AND (p.title, p.description_html, p.description, p.status, p.product_type, p.tags, p.vendor_id,
         p.imported_rating_average, p.imported_rating_count, p.imported_rating_histogram, p.created_at)
        IS DISTINCT FROM
        (w.title, w.description_html, w.description, w.status, w.product_type, w.tags, w.vendor_id,
         w.rating_average, w.rating_count, w.rating_histogram, coalesce(w.created_at, p.created_at))
  RETURNING p.id
), noted AS (
  INSERT INTO t_touched (product_id, own)
  SELECT id, true FROM added
  UNION ALL
  SELECT id, true FROM changed
)
SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM changed), (SELECT count(*) FROM w)`, "SLUG", slugChoice, 1)

// slugsStatement changes the slugs of products with another preferred slug, and
// keeps the old slug as a redirect.
var slugsStatement = strings.Replace(`-- name: ImportSlugs
WITH w AS (
  SELECT *
  FROM (
    SELECT t.n, t.product_id, p.slug AS had, s.slug AS wished,
           s.slug || '-' || left(md5(@source || '/' || s.key), 12) AS suffixed
    FROM t_target t
    JOIN s_product s ON s.seq = t.product_seq
    JOIN products p ON p.id = t.product_id
    WHERE t.n BETWEEN @first AND @last AND NOT t.is_new
  ) AS w
  WHERE w.had <> w.wished AND w.had <> w.suffixed
), chosen AS (
  SELECT w.product_id, w.had, SLUG AS slug
  FROM w
), back AS (
  DELETE FROM product_slugs o
  USING chosen c
  WHERE o.slug = c.slug AND o.product_id = c.product_id
), kept AS (
  INSERT INTO product_slugs (slug, product_id)
  SELECT c.had, c.product_id
  FROM chosen c
  ON CONFLICT (slug) DO NOTHING
), changed AS (
  UPDATE products p
  SET slug = c.slug, version = p.version + 1, updated_at = now()
  FROM chosen c
  WHERE p.id = c.product_id
  RETURNING p.id
)
INSERT INTO t_touched (product_id, own)
SELECT id, true FROM changed`, "SLUG", slugChoice, 1)

const filedStatement = `-- name: ImportProductCategories
WITH w AS (
  SELECT t.product_id, f.category_id
  FROM t_filed f
  JOIN t_target t USING (n)
  WHERE f.n BETWEEN @first AND @last
), added AS (
  INSERT INTO product_categories (product_id, category_id)
  SELECT w.product_id, w.category_id
  FROM w
  WHERE NOT EXISTS (
    SELECT FROM product_categories o WHERE o.product_id = w.product_id AND o.category_id = w.category_id)
  RETURNING product_id
), noted AS (
  INSERT INTO t_touched (product_id, own)
  SELECT DISTINCT product_id, false FROM added
)
SELECT (SELECT count(*) FROM added), 0, (SELECT count(*) FROM w)`
