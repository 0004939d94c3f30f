package importer

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// keySource is a statement that lists the product keys of one kind of staged
// record, with the columns source, key, seq, product_seq and titled. product_seq
// is the product's own record; titled says that a product can be made of it.
type keySource string

const (
	keysOfProducts keySource = `
SELECT @source::text AS source, key, seq, seq AS product_seq, HAS(p.title) AND NOT starts_with(key, E'\x01') AS titled FROM s_product AS p
UNION ALL
SELECT @source, product_key, seq, NULL, false FROM s_variant
UNION ALL
SELECT @source, product_key, seq, NULL, false FROM s_image`
	keysOfReviews keySource = `
SELECT product_source AS source, product_key AS key, seq, NULL::bigint AS product_seq, false AS titled FROM s_review`
	keysOfLevels keySource = `
SELECT product_source AS source, product_key AS key, seq, NULL::bigint AS product_seq, false AS titled FROM s_level`
)

// findProducts creates t_key: a row for each product key of the input, with the
// shop's product, and its variant if that was found by an SKU or a barcode.
//
// A product is found by its key in its source. A key from which no product can
// be made, because it has no title, can also be what the shop itself calls the
// product: its slug, now or earlier, or the SKU or barcode of one variant. If
// several variants have it, reason says so.
func (m *merger) findProducts(ctx context.Context, tx pgx.Tx, keys keySource) error {
	if err := exec(ctx, tx, `-- name: ImportKeysNone
DROP TABLE IF EXISTS t_key`); err != nil {
		return err
	}
	args := pgx.StrictNamedArgs{"source": m.run.options.Source}
	statement := withFields(`-- name: ImportKeys
CREATE TEMP TABLE t_key AS
SELECT k.source, k.key, k.seq, k.product_seq, k.titled, p.id AS product_id, NULL::uuid AS variant_id, NULL::text AS reason
FROM (
  SELECT source, key, min(seq) AS seq, coalesce(min(product_seq) FILTER (WHERE titled), min(product_seq)) AS product_seq,
         bool_or(titled) AS titled
  FROM (` + string(keys) + `) AS mentioned
  GROUP BY source, key
) AS k
LEFT JOIN products p ON p.source = k.source AND p.source_key = k.key`)
	if keys != keysOfProducts {
		delete(args, "source")
	}
	if _, err := tx.Exec(ctx, statement, args); err != nil {
		return fmt.Errorf("list the product keys: %w", err)
	}
	if err := exec(ctx, tx, `-- name: ImportKeysIndex
CREATE INDEX ON t_key (key)`, `-- name: ImportKeysAnalyze
ANALYZE t_key`); err != nil {
		return err
	}
	steps := []string{findBySlug, findByOldSlug, findBySKU, findByBarcode}
	if keys == keysOfProducts && !m.run.foldsKeys { // a handle is no SKU
		steps = []string{findBySlug, findByOldSlug, doubtBySKU, findBySKU, findByBarcode}
	}
	if m.run.foldsKeys {
		steps = append([]string{findByCase}, steps...)
	}
	return exec(ctx, tx, steps...)
}

// findByCase finds products whose key was stored with capital letters, before
// handles were compared without case. Of two that differ in case, it takes the first.
// An index has these products alone.
const findByCase = `-- name: ImportFindByCase
UPDATE t_key k
SET product_id = p.id
FROM products p
WHERE k.product_id IS NULL AND p.source_key <> lower(p.source_key) AND p.source = k.source AND lower(p.source_key) = k.key
  AND NOT EXISTS (
    SELECT
    FROM products o
    WHERE o.source_key <> lower(o.source_key) AND o.source = p.source AND lower(o.source_key) = lower(p.source_key) AND o.id < p.id)`

// doubtBySKU rejects keys that mean two products: one that was found by its key or
// slug, and another one that has a variant with that SKU. A key is taken for an SKU
// if the row has it in a column of SKUs too, or was found only by its slug.
const doubtBySKU = `-- name: ImportDoubtBySKU
UPDATE t_key k
SET product_id = NULL, reason = 'this is the SKU of one product, and the key or slug of another: add a column with the handle, or leave out the key'
FROM products p
WHERE NOT k.titled AND p.id = k.product_id
  AND (p.source IS DISTINCT FROM k.source OR p.source_key IS DISTINCT FROM k.key
       OR k.key IN (SELECT s.product_key FROM s_variant s WHERE s.sku = s.product_key))
  AND EXISTS (SELECT FROM variants v WHERE v.sku = k.key AND v.product_id <> k.product_id)`

// slugMeant is the slug that the row of k names: in its own column, otherwise by its key.
const slugMeant = `coalesce((SELECT s.slug FROM s_product s WHERE s.seq = k.product_seq), lower(k.key))`

const findBySlug = `-- name: ImportFindBySlug
UPDATE t_key k
SET product_id = p.id
FROM products p
WHERE k.product_id IS NULL AND NOT k.titled AND NOT starts_with(k.key, E'\x01')
  AND p.slug = ` + slugMeant

const findByOldSlug = `-- name: ImportFindByOldSlug
UPDATE t_key k
SET product_id = o.product_id
FROM product_slugs o
WHERE k.product_id IS NULL AND NOT k.titled AND NOT starts_with(k.key, E'\x01')
  AND o.slug = ` + slugMeant

// findBySKU prefers variants of the same source. The SKU is the key itself, or
// the first part of bySKU.
const findBySKU = `-- name: ImportFindBySKU
UPDATE t_key k
SET product_id = f.product_id, variant_id = f.variant_id, reason = f.reason
FROM (
  SELECT source, key,
         CASE WHEN own = 1 OR own = 0 AND found = 1 THEN variant_ids[1] END AS variant_id,
         CASE WHEN own = 1 OR own = 0 AND found = 1 THEN product_ids[1] END AS product_id,
         CASE WHEN own > 1 OR own = 0 AND found > 1
           THEN found || ' variants have this SKU: add a column with the product''s handle or key'
         END AS reason
  FROM (
    SELECT n.source, n.key, count(*) AS found, count(*) FILTER (WHERE p.source = n.source) AS own,
           array_agg(v.id ORDER BY p.source IS NOT DISTINCT FROM n.source DESC, v.id) AS variant_ids,
           array_agg(v.product_id ORDER BY p.source IS NOT DISTINCT FROM n.source DESC, v.id) AS product_ids
    FROM (
      SELECT source, key, CASE WHEN starts_with(key, E'\x01') THEN split_part(key, E'\x01', 2) ELSE key END AS sku
      FROM t_key
      WHERE product_id IS NULL AND reason IS NULL AND NOT titled
    ) AS n
    JOIN variants v ON v.sku = n.sku
    JOIN products p ON p.id = v.product_id
    GROUP BY n.source, n.key
  ) AS c
) AS f
WHERE k.source = f.source AND k.key = f.key`

// findByBarcode finds no variant that has another SKU than the row.
const findByBarcode = `-- name: ImportFindByBarcode
UPDATE t_key k
SET product_id = f.product_id, variant_id = f.variant_id, reason = f.reason
FROM (
  SELECT source, key,
         CASE WHEN found = 1 THEN variant_ids[1] END AS variant_id,
         CASE WHEN found = 1 THEN product_ids[1] END AS product_id,
         CASE WHEN found > 1
           THEN found || ' variants have this barcode: add a column with the product''s handle or key'
         END AS reason
  FROM (
    SELECT n.source, n.key, count(*) AS found, array_agg(v.id) AS variant_ids, array_agg(v.product_id) AS product_ids
    FROM (
      SELECT source, key, CASE WHEN starts_with(key, E'\x01') THEN split_part(key, E'\x01', 3) ELSE key END AS barcode,
             starts_with(key, E'\x01') AND split_part(key, E'\x01', 2) <> '' AS has_sku
      FROM t_key
      WHERE product_id IS NULL AND reason IS NULL AND NOT titled
    ) AS n
    JOIN variants v ON v.barcode = n.barcode AND (NOT n.has_sku OR v.sku IS NULL)
    GROUP BY n.source, n.key
  ) AS c
) AS f
WHERE k.source = f.source AND k.key = f.key`

// notFound is the reason for a record whose product was not found. The row has
// the columns of t_key as k, or none.
const notFound = `coalesce(k.reason, 'the shop has no product with this key, slug, SKU or barcode, and the row has no title to make one')`

// keyShown is a product key for people.
const keyShown = `CASE WHEN starts_with(k.key, E'\x01') THEN replace(trim(BOTH E'\x01' FROM k.key), E'\x01', ' ') ELSE k.key END`
