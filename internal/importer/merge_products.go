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
	m.run.merged("products", 0, targets)
	size := m.run.options.ChunkProducts
	for chunk, first := 1, 1; first <= targets; chunk, first = chunk+1, first+size {
		args := pgx.StrictNamedArgs{"first": first, "last": first + size - 1}
		if err := m.inTx(ctx, func(tx pgx.Tx) error { return m.productChunk(ctx, tx, args) }); err != nil {
			return err
		}
		m.run.merged("products", min(first+size-1, targets), targets)
		if m.run.options.afterChunk != nil {
			m.run.options.afterChunk(chunk)
		}
	}
	return nil
}

// knownProducts finds the shop's products, and leaves out the vendors and the
// categories of rows whose product is neither in the shop nor can be made.
func (m *merger) knownProducts(ctx context.Context) error {
	return m.inTx(ctx, func(tx pgx.Tx) error {
		if err := exec(ctx, tx, `-- name: ImportStageIndexProducts
CREATE INDEX ON s_product (seq)`, `-- name: ImportStageIndexVariants
CREATE INDEX ON s_variant (seq)`, `-- name: ImportStageIndexImages
CREATE INDEX ON s_image (seq)`, `-- name: ImportStageAnalyze
ANALYZE s_product (seq, key), s_variant (seq, product_key, key), s_image (seq, product_key), s_filed, s_vendor, s_path`); err != nil {
			return err
		}
		if err := m.findProducts(ctx, tx, keysOfProducts); err != nil {
			return err
		}
		return exec(ctx, tx, `-- name: ImportVendorsUnused
DELETE FROM s_vendor v
WHERE EXISTS (SELECT FROM t_key k WHERE k.product_id IS NULL AND NOT k.titled)
  AND NOT EXISTS (
    SELECT FROM s_product s JOIN t_key k USING (key) WHERE s.vendor = v.no AND (k.product_id IS NOT NULL OR k.titled))`, `-- name: ImportCategoriesUnused
DELETE FROM s_filed f
USING t_key k
WHERE k.key = f.product_key
  AND (k.product_id IS NULL AND NOT k.titled
       OR f.if_none AND EXISTS (SELECT FROM product_categories c WHERE c.product_id = k.product_id))`)
	})
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
	if err := exec(ctx, tx, arrangeStatements...); err != nil {
		return 0, err
	}
	return countDistinct(ctx, tx, &m.run.report.Products, withFields(`-- name: ImportTargetCounts
SELECT (SELECT count(*) FROM t_target),
       (SELECT count(*) - count(DISTINCT m.n)
        FROM s_product s
        JOIN t_member m USING (key)
        JOIN t_target t USING (n)
        WHERE m.variant_id IS NULL AND (HAS(s.title) OR NOT t.titled))`))
}

// arrangeStatements number the products (t_target) and give each its keys
// (t_member), variants, images and categories. What has no product is a fault.
var arrangeStatements = []string{`-- name: ImportTargets
CREATE TEMP TABLE t_target AS
SELECT row_number() OVER (ORDER BY g.seq)::int AS n, g.product_id, g.product_seq, g.is_new, g.titled, coalesce(s.has, 0) AS has, false AS narrow
FROM (
  SELECT coalesce(k.product_id, s.id) AS product_id, min(k.seq) AS seq, min(k.product_seq) AS product_seq,
         bool_and(k.product_id IS NULL) AS is_new, bool_or(k.titled) AS titled
  FROM t_key k
  LEFT JOIN s_product s ON s.seq = k.product_seq
  WHERE k.product_id IS NOT NULL OR k.titled
  GROUP BY coalesce(k.product_id, s.id)
) AS g
LEFT JOIN s_product s ON s.seq = g.product_seq`, `-- name: ImportTargetsIndexNumber
CREATE UNIQUE INDEX ON t_target (n)`, `-- name: ImportTargetsIndexProduct
CREATE INDEX ON t_target (product_id)`, `-- name: ImportTargetsAnalyze
ANALYZE t_target`, `-- name: ImportMembers
CREATE TEMP TABLE t_member AS
SELECT k.key, t.n, k.variant_id
FROM t_key k
LEFT JOIN s_product s ON s.seq = k.product_seq
JOIN t_target t ON t.product_id = coalesce(k.product_id, s.id)`, `-- name: ImportMembersAnalyze
ANALYZE t_member`, `-- name: ImportChosenVariants
CREATE TEMP TABLE t_variant AS
SELECT m.n, v.seq, m.variant_id
FROM s_variant v
JOIN t_member m ON m.key = v.product_key`, `-- name: ImportChosenVariantsIndex
CREATE INDEX ON t_variant (n)`, `-- name: ImportChosenImages
CREATE TEMP TABLE t_image AS
SELECT DISTINCT ON (m.n, i.url) m.n, i.seq
FROM s_image i
JOIN t_member m ON m.key = i.product_key
ORDER BY m.n, i.url, i.position = 2147483647, i.seq`, `-- name: ImportChosenImagesIndex
CREATE INDEX ON t_image (n)`, `-- name: ImportChosenCategories
CREATE TEMP TABLE t_filed AS
SELECT DISTINCT m.n, p.category_id
FROM s_filed f
JOIN t_member m ON m.key = f.product_key
JOIN t_path p ON p.no = f.path`, `-- name: ImportChosenCategoriesIndex
CREATE INDEX ON t_filed (n)`, `-- name: ImportChosenAnalyze
ANALYZE t_variant, t_image, t_filed`, unpricedFiles, `-- name: ImportOrphans
INSERT INTO t_fault (file, line, value, reason)
SELECT DISTINCT ON (s.file, s.line) s.file, s.line, ` + keyShown + `, ` + notFound + `
FROM (
  SELECT file, line, key FROM s_product
  UNION ALL
  SELECT file, line, product_key FROM s_variant
  UNION ALL
  SELECT file, line, product_key FROM s_image
) AS s
JOIN t_key k USING (key)
WHERE NOT EXISTS (SELECT FROM t_member o WHERE o.key = s.key)`}

// productChunk merges the products of a chunk with all their parts.
func (m *merger) productChunk(ctx context.Context, tx pgx.Tx, args pgx.StrictNamedArgs) error {
	for _, step := range []func(context.Context, pgx.Tx, pgx.StrictNamedArgs) error{
		m.beginProducts, m.writeProducts, m.chooseVariants, m.writeParts, m.endProducts,
	} {
		if err := step(ctx, tx, args); err != nil {
			return err
		}
	}
	return m.finishProducts(ctx, tx)
}

// beginProducts locks the chunk's products, and hides from the merge what must
// stay of them.
func (m *merger) beginProducts(ctx context.Context, tx pgx.Tx, args pgx.StrictNamedArgs) error {
	if err := exec(ctx, tx, dropTouched); err != nil {
		return err
	}
	if err := lockProducts(ctx, tx, lockedTargets, args); err != nil {
		return err
	}
	if err := m.changes.watch(ctx, tx, scoped{"product", `SELECT t.product_id FROM t_target t WHERE t.n BETWEEN @first AND @last`, args}); err != nil {
		return err
	}
	if err := m.keepWritten(ctx, tx, writtenProducts, &m.run.report.Products, args); err != nil {
		return err
	}
	if err := m.keepProductEdits(ctx, tx, args); err != nil {
		return err
	}
	return m.keepDeleted(ctx, tx, deletedImages, args)
}

func (m *merger) writeProducts(ctx context.Context, tx pgx.Tx, args pgx.StrictNamedArgs) error {
	if err := m.attributes(ctx, tx, args); err != nil {
		return err
	}
	sourced := pgx.StrictNamedArgs{"first": args["first"], "last": args["last"], "source": m.run.options.Source}
	if err := count(ctx, tx, &m.run.report.Products, productsStatement, sourced); err != nil {
		return err
	}
	var moved int64
	if err := tx.QueryRow(ctx, slugsStatement, sourced).Scan(&moved); err != nil {
		return fmt.Errorf("merge slugs: %w", err)
	}
	m.run.report.Products.Changed += moved
	m.run.report.Products.Unchanged -= moved
	var visible int64
	if err := tx.QueryRow(ctx, visibleStatement, args).Scan(&visible); err != nil {
		return fmt.Errorf("count what is visible: %w", err)
	}
	m.run.report.VisibleByDefault += visible
	return nil
}

// chooseVariants matches the chunk's variants, and hides from the merge what must
// stay of them.
func (m *merger) chooseVariants(ctx context.Context, tx pgx.Tx, args pgx.StrictNamedArgs) error {
	if err := m.matchVariants(ctx, tx, args); err != nil {
		return err
	}
	if err := m.keepWritten(ctx, tx, writtenVariants, &m.run.report.Variants, args); err != nil {
		return err
	}
	if err := m.keepVariantEdits(ctx, tx, args); err != nil {
		return err
	}
	return m.keepDeleted(ctx, tx, deletedVariants, nil)
}

func (m *merger) writeParts(ctx context.Context, tx pgx.Tx, args pgx.StrictNamedArgs) error {
	report := m.run.report
	for _, step := range []struct {
		into      *Count
		statement string
		args      pgx.StrictNamedArgs
	}{
		{&report.Images, imagesStatement, args},
		{&report.Variants, variantsStatement, nil},
		{&Count{}, optionsStatement, args},
		{&report.Filed, filedStatement, args},
		{&report.Levels, totalsStatement, pgx.StrictNamedArgs{"location": m.run.options.Location}},
	} {
		if err := count(ctx, tx, step.into, step.statement, step.args); err != nil {
			return err
		}
		if err := m.trustStatistics(ctx, tx); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, soldTwiceStatement, pgx.StrictNamedArgs{"source": m.run.options.Source}); err != nil {
		return fmt.Errorf("compare the SKUs: %w", err)
	}
	return exec(ctx, tx, availableStatement, unpricedStatement)
}

// endProducts notes what the chunk wrote.
func (m *merger) endProducts(ctx context.Context, tx pgx.Tx, args pgx.StrictNamedArgs) error {
	if err := m.noteNamed(ctx, tx, args); err != nil {
		return err
	}
	for _, of := range []writtenRows{writtenProducts, writtenVariants} {
		if err := m.noteWritten(ctx, tx, of, args); err != nil {
			return err
		}
	}
	if err := m.stamp(ctx, tx, `SELECT t.product_id FROM t_target t`, args); err != nil {
		return err
	}
	return m.changes.note(ctx, tx)
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

// slugSuffixed is a slug with its suffix. It keeps within the 255 characters of a
// slug.
const slugSuffixed = `left(s.slug, 242) || '-' || left(md5(@source || '/' || s.key), 12)`

// productsStatement writes the products' own columns. slugsStatement changes a
// slug that is no longer the preferred one.
var productsStatement = withFields(strings.NewReplacer("SLUG", slugChoice, "SUFFIXED", slugSuffixed).Replace(`-- name: ImportProducts
WITH w AS MATERIALIZED (
  SELECT t.n, t.product_id, t.is_new, t.has, s.key, s.title, s.description_html, s.description, s.status, s.product_type,
         s.tags, a.attributes, v.id AS vendor_id, s.created_at, s.rating_average, s.rating_count, s.rating_histogram,
         s.slug AS wished, SUFFIXED AS suffixed
  FROM t_target t
  JOIN s_product s ON s.seq = t.product_seq
  LEFT JOIN t_vendor v ON v.no = s.vendor
  LEFT JOIN t_attributes a ON a.n = t.n
  WHERE t.n BETWEEN @first AND @last
), added AS (
  INSERT INTO products (id, slug, title, description_html, description, status, product_type, tags, attributes, vendor_id,
    imported_rating_average, imported_rating_count, imported_rating_histogram, source, source_key, created_at)
  SELECT w.product_id, SLUG, w.title, w.description_html, w.description, w.status, w.product_type, w.tags,
         coalesce(w.attributes, '[]'), w.vendor_id, w.rating_average, w.rating_count, w.rating_histogram, @source, w.key, coalesce(w.created_at, now())
  FROM w
  WHERE w.is_new
  ORDER BY w.n
  RETURNING id
), next AS (
  SELECT p.id,
         CASE WHEN HAS(w.title) THEN w.title ELSE p.title END AS title,
         CASE WHEN HAS(w.descriptionHtml) THEN w.description_html ELSE p.description_html END AS description_html,
         CASE WHEN HAS(w.descriptionHtml) THEN w.description ELSE p.description END AS description,
         CASE
           WHEN HAS(w.status) THEN w.status
           WHEN HAS(w.hidden) AND p.status = 'ACTIVE' THEN 'DRAFT'
           ELSE p.status
         END AS status,
         CASE WHEN HAS(w.productType) THEN w.product_type ELSE p.product_type END AS product_type,
         CASE WHEN HAS(w.tags) THEN w.tags ELSE p.tags END AS tags,
         coalesce(w.attributes, p.attributes) AS attributes,
         CASE WHEN HAS(w.vendor) THEN w.vendor_id ELSE p.vendor_id END AS vendor_id,
         CASE WHEN HAS(w.ratingAverage) THEN w.rating_average ELSE p.imported_rating_average END AS rating_average,
         CASE WHEN HAS(w.ratingCount) THEN w.rating_count ELSE p.imported_rating_count END AS rating_count,
         CASE WHEN HAS(w.ratingHistogram) THEN w.rating_histogram ELSE p.imported_rating_histogram END AS rating_histogram,
         CASE WHEN HAS(w.createdAt) THEN coalesce(w.created_at, p.created_at) ELSE p.created_at END AS created_at
  FROM w
  JOIN products p ON p.id = w.product_id
  WHERE NOT w.is_new
), changed AS (
  UPDATE products p
  SET title = x.title, description_html = x.description_html, description = x.description, status = x.status,
      product_type = x.product_type, tags = x.tags, attributes = x.attributes, vendor_id = x.vendor_id,
      imported_rating_average = x.rating_average, imported_rating_count = x.rating_count,
      imported_rating_histogram = x.rating_histogram, created_at = x.created_at,
      version = p.version + 1, updated_at = now()
  FROM next x
  WHERE p.id = x.id
    AND (p.title, p.description_html, p.description, p.status, p.product_type, p.tags, p.attributes, p.vendor_id,
         p.imported_rating_average, p.imported_rating_count, p.imported_rating_histogram, p.created_at)
        IS DISTINCT FROM
        (x.title, x.description_html, x.description, x.status, x.product_type, x.tags, x.attributes, x.vendor_id,
         x.rating_average, x.rating_count, x.rating_histogram, x.created_at)
  RETURNING p.id
), noted AS (
  INSERT INTO t_touched (product_id, own)
  SELECT id, true FROM added
  UNION ALL
  SELECT id, true FROM changed
)
SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM changed), (SELECT count(*) FROM w)`))

// visibleStatement counts the new products that are visible though their input does
// not say so.
var visibleStatement = withFields(`-- name: ImportVisibleByDefault
SELECT count(*)
FROM t_target t
JOIN s_product s ON s.seq = t.product_seq
WHERE t.n BETWEEN @first AND @last AND t.is_new AND s.status = 'ACTIVE' AND NOT (HAS(s.visible))`)

// slugsStatement changes the slugs of products with another preferred slug, and
// keeps the old slug as a redirect. It counts the products of which nothing else has
// changed.
var slugsStatement = withFields(strings.NewReplacer("SLUG", slugChoice, "SUFFIXED", slugSuffixed).Replace(`-- name: ImportSlugs
WITH w AS (
  SELECT *
  FROM (
    SELECT t.n, t.product_id, p.slug AS had, s.slug AS wished,
           SUFFIXED AS suffixed
    FROM t_target t
    JOIN s_product s ON s.seq = t.product_seq
    JOIN products p ON p.id = t.product_id
    WHERE t.n BETWEEN @first AND @last AND NOT t.is_new AND HAS(t.slug)
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
), noted AS (
  INSERT INTO t_touched (product_id, own)
  SELECT id, true FROM changed
)
SELECT count(*)
FROM changed c
WHERE NOT EXISTS (SELECT FROM t_touched t WHERE t.product_id = c.id)`))

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
