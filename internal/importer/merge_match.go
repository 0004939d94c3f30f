package importer

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// matchVariants fills t_match with the variants of a chunk: each with the shop's
// variant, or as a new one, or with the reason why it is neither.
func (m *merger) matchVariants(ctx context.Context, tx pgx.Tx, args pgx.StrictNamedArgs) error {
	if _, err := tx.Exec(ctx, narrowStatement, args); err != nil {
		return fmt.Errorf("compare the options: %w", err)
	}
	if err := exec(ctx, tx, `-- name: ImportMatchNone
TRUNCATE t_match`); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, matchStatement, args); err != nil {
		return fmt.Errorf("match variants: %w", err)
	}
	if err := exec(ctx, tx, `-- name: ImportMatchAnalyze
ANALYZE t_match`); err != nil {
		return err
	}
	_, err := countDistinct(ctx, tx, &m.run.report.Variants, matchFaultsStatement, pgx.StrictNamedArgs{"conflicts": m.run.rowsAreVariants})
	return err
}

// narrowStatement keeps the options of products that have more of them than the
// input has columns for: two variants that differ in a missing option would
// become one.
var narrowStatement = withFields(`-- name: ImportNarrow
UPDATE t_target t
SET has = t.has & ~(BIT(options)), narrow = true
FROM s_product s
WHERE t.n BETWEEN @first AND @last AND NOT t.is_new AND s.seq = t.product_seq
  AND s.max_options < (SELECT count(*) FROM product_options o WHERE o.product_id = t.product_id)`)

// matchStatement finds each variant of the input among the product's variants:
// by its key or its option values, or by its SKU if it has no option values yet.
// If the input has no values for the options, by its key, its SKU, its barcode, or
// as the only variant, if the input has only one. A row without a title gives the
// only variant no other SKU, and an SKU that is the row's key too is not written.
//
// ident is what distinguishes the rows of the input from each other; of rows
// with the same one, and of rows that mean the same variant, the first counts. alone
// says that the input has one variant of the product.
var matchStatement = withFields(`-- name: ImportMatchVariants
INSERT INTO t_match (n, product_id, seq, ident, has, variant_id, is_new, copy, fault)
WITH w AS MATERIALIZED (
  SELECT i.n, i.variant_id AS known_id, t.product_id, t.is_new, t.titled, s.seq, s.id, s.sku, s.barcode, s.option_values,
         CASE WHEN t.narrow THEN 'default' ELSE s.key END AS key,
         s.has
           & ~(CASE WHEN t.narrow THEN BIT(variant.options) | BIT(variant.title) | BIT(variant.position) ELSE 0 END)
           & ~(CASE WHEN NOT t.titled AND s.sku = s.product_key THEN BIT(variant.sku) ELSE 0 END) AS has
  FROM t_variant i
  JOIN t_target t USING (n)
  JOIN s_variant s USING (seq)
  WHERE i.n BETWEEN @first AND @last
), identified AS (
  SELECT w.*,
         CASE
           WHEN HAS(w.variant.options) THEN w.key
           ELSE coalesce(nullif(w.key, 'default'), w.sku, w.barcode, w.key)
         END AS ident
  FROM w
), counted AS (
  SELECT i.*, min(i.ident) OVER (PARTITION BY i.n) = max(i.ident) OVER (PARTITION BY i.n) AS alone
  FROM identified i
), found AS MATERIALIZED (
  SELECT w.*, coalesce(by_key.id, w.known_id, other.id) AS existing, e.variants, e.options, e.only_one
  FROM counted w
  LEFT JOIN variants by_key ON NOT w.is_new AND HAS(w.variant.options)
    AND by_key.product_id = w.product_id AND by_key.source_key = w.key AND by_key.source_key <> ''
  LEFT JOIN LATERAL (
    SELECT count(*) AS variants, (SELECT count(*) FROM product_options o WHERE o.product_id = w.product_id) AS options,
           CASE WHEN count(*) = 1 THEN (array_agg(v.id))[1] END AS only_one
    FROM variants v
    WHERE NOT w.is_new AND by_key.id IS NULL AND v.product_id = w.product_id
  ) AS e ON true
  LEFT JOIN LATERAL (
    SELECT (array_agg(v.id ORDER BY v.position, v.id))[1] AS id
    FROM (
      SELECT v.id, v.position,
             CASE
               WHEN HAS(w.variant.options) THEN
                 CASE WHEN v.option_values = w.option_values THEN 1 WHEN v.option_values = '{}' AND v.sku = w.sku THEN 2 END
               WHEN v.source_key = w.key AND w.key <> 'default' THEN 1
               WHEN v.sku = w.sku THEN 2
               WHEN v.barcode = w.barcode AND (w.sku IS NULL OR v.sku IS NULL) THEN 3
             END AS rank
      FROM variants v
      WHERE NOT w.is_new AND by_key.id IS NULL AND w.known_id IS NULL AND v.product_id = w.product_id
    ) AS v
    WHERE v.rank IS NOT NULL
    GROUP BY v.rank
    HAVING count(*) = 1 OR HAS(w.variant.options)
    ORDER BY v.rank
    LIMIT 1
  ) AS other ON true
), claimed AS (
  SELECT w.*,
         CASE
           WHEN w.existing IS NOT NULL OR HAS(w.variant.options) OR HAS(w.variant.key) THEN w.existing
           WHEN v.id IS NOT NULL AND (w.titled OR w.sku IS NULL OR v.sku IS NULL) AND w.alone THEN v.id
         END AS taken
  FROM found w
  LEFT JOIN variants v ON v.id = w.only_one
), chosen AS (
  SELECT c.*, first_value(coalesce(taken, id)) OVER alike AS variant_id, first_value(taken) OVER alike AS first_taken
  FROM claimed c
  WINDOW alike AS (PARTITION BY n, ident ORDER BY seq)
)
SELECT n, product_id, seq, ident, has, variant_id, first_taken IS NULL, row_number() OVER (PARTITION BY variant_id ORDER BY seq),
       CASE
         WHEN first_taken IS NOT NULL OR is_new THEN NULL
         WHEN NOT titled THEN 'the product has no variant with these options, this SKU or this barcode; to add one, give the row a title'
         WHEN HAS(t.variant.options) OR options = 0 AND (HAS(t.variant.key) OR variants = 0 OR sku IS NOT NULL) THEN NULL
         ELSE 'the product has variants with options, and the row has no values for all of them: add the options, or an SKU or a barcode of one of the variants'
       END
FROM chosen AS t`)

// matchFaultsStatement reports the variants that cannot be stored, and counts the
// repeated ones. What a repeated row says otherwise is not stored: where each row of
// the input is a variant that is a conflict, elsewhere a warning.
const matchFaultsStatement = `-- name: ImportMatchFaults
WITH faults AS (
  INSERT INTO t_fault (file, line, value, reason)
  SELECT s.file, s.line, coalesce(s.sku, s.barcode, nullif(s.key, 'default'), s.product_key), m.fault
  FROM t_match m
  JOIN s_variant s USING (seq)
  WHERE m.fault IS NOT NULL
), conflicts AS (
  INSERT INTO t_fault (file, line, value, reason, code, warning)
  SELECT s.file, s.line, coalesce(s.sku, nullif(s.key, 'default'), s.product_key),
         'an earlier row is about the same variant and has other values: that row was stored',
         CASE WHEN @conflicts THEN 'conflict' ELSE 'duplicate' END, NOT @conflicts
  FROM t_match m
  JOIN s_variant s USING (seq)
  JOIN t_match f ON f.n = m.n AND f.variant_id = m.variant_id AND f.copy = 1
  JOIN s_variant first ON first.seq = f.seq
  WHERE m.copy > 1 AND m.fault IS NULL AND f.fault IS NULL
    AND (s.sku, s.barcode, s.currency, s.price_minor, s.compare_at_price_minor, s.weight_grams, s.available, s.image_url)
        IS DISTINCT FROM
        (first.sku, first.barcode, first.currency, first.price_minor, first.compare_at_price_minor, first.weight_grams,
         first.available, first.image_url)
)
SELECT count(*) FILTER (WHERE copy = 1), count(*) FILTER (WHERE copy > 1) FROM t_match WHERE fault IS NULL`

// unpricedFiles are the files without a column for prices.
var unpricedFiles = withFields(`-- name: ImportUnpricedFiles
CREATE TEMP TABLE t_unpriced AS
SELECT s.file
FROM s_variant AS s
GROUP BY s.file
HAVING bool_and(NOT (HAS(s.variant.price)))`)

// unpricedStatement warns about new variants without a price.
const unpricedStatement = `-- name: ImportUnpriced
INSERT INTO t_fault (file, line, value, reason, code, warning)
SELECT s.file, s.line, coalesce(s.sku, nullif(s.key, 'default'), s.product_key),
       CASE WHEN u.file IS NULL THEN 'the new variant has no price' ELSE 'the file has no column with prices' END
         || ': it was stored without one, and is not for sale', 'price', true
FROM t_match m
JOIN s_variant s USING (seq)
LEFT JOIN t_unpriced u USING (file)
WHERE m.is_new AND m.copy = 1 AND m.fault IS NULL AND s.price_minor IS NULL`

// soldTwiceStatement warns about new products with the SKU of another source's
// product: more likely the file is about that one.
const soldTwiceStatement = `-- name: ImportSoldTwice
INSERT INTO t_fault (file, line, value, reason, code, warning)
SELECT DISTINCT ON (s.seq) s.file, s.line, s.sku,
       'a new product was made, though the product ' || p.slug || ' has this SKU: to change that one, leave out the title', 'sku', true
FROM t_match m
JOIN t_target t USING (n)
JOIN s_variant s USING (seq)
JOIN variants v ON v.sku = s.sku AND v.product_id <> m.product_id
JOIN products p ON p.id = v.product_id AND p.source IS DISTINCT FROM @source
WHERE t.is_new AND m.is_new AND m.copy = 1 AND m.fault IS NULL`
