package importer

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// nameLast names kept variants or images, at the last place that there is.
const nameLast = `INSERT INTO t_named (id, place) SELECT id, 9223372036854775807 FROM kept`

// editRule is about protected rows that are not columns with a bit in a mask. kept is a
// query for them with product_id, subject_id, slug, label, shop and file; names are the
// fields in t_edit; hide is a statement that takes kept from the staged rows.
type editRule struct{ field, kept, names, hide string }

// levelOfFile is the quantity on hand of s, a row of s_level, beside e, the level that
// the shop has.
var levelOfFile = withFields(`(CASE WHEN HAS(s.level.onHand) THEN s.on_hand ELSE s.on_hand
  + CASE WHEN HAS(s.level.committed) THEN s.committed ELSE e.committed END
  + CASE WHEN HAS(s.level.unavailable) THEN s.unavailable ELSE e.unavailable END END)`)

var (
	keptAltTexts = editRule{
		field: "altText", names: `ARRAY['altText']`,
		kept: `
SELECT s.ctid AS row, p.id AS product_id, e.id AS subject_id, p.slug, 'image ' || e.url AS label, e.alt_text AS shop, s.alt_text AS file
FROM t_image i
JOIN t_target t USING (n)
JOIN products p ON p.id = t.product_id
JOIN s_image s ON s.seq = i.seq
JOIN images e ON e.product_id = p.id AND e.url = s.url
WHERE t.n BETWEEN @first AND @last AND s.alt_text NOT IN ('', e.alt_text)
  AND EXISTS (SELECT FROM t_edit d WHERE d.subject_id = e.id AND d.field = 'altText')`,
		hide: `UPDATE s_image s SET alt_text = '' FROM kept k WHERE s.ctid = k.row`,
	}
	// Without the bit, images keep their places, and none is pruned.
	keptOrder = editRule{
		field: "images", names: `ARRAY['position']`,
		kept: withFields(`
SELECT t.ctid AS row, p.id AS product_id, d.subject_id, p.slug, 'images' AS label, 'their order' AS shop, NULL AS file
FROM t_target t
JOIN products p ON p.id = t.product_id
JOIN t_edit d ON d.product_id = p.id AND d.field = 'position'
JOIN images own ON own.id = d.subject_id
WHERE t.n BETWEEN @first AND @last AND HAS(t.images)
  AND EXISTS (
    SELECT
    FROM (
      SELECT e.position, row_number() OVER (ORDER BY CASE WHEN s.position = 0 THEN 2147483646 ELSE s.position END, s.seq) AS rank,
             row_number() OVER (ORDER BY e.position) AS place
      FROM t_image i
      JOIN s_image s ON s.seq = i.seq
      JOIN images e ON e.product_id = p.id AND e.url = s.url
      WHERE i.n = t.n
    ) AS o
    WHERE o.rank <> o.place)`),
		hide: withFields(`UPDATE t_target t SET has = t.has & ~(BIT(images)) FROM kept k WHERE t.ctid = k.row`),
	}
	keptCategories = editRule{
		field: "categories", names: `ARRAY['categories']`,
		kept: `
SELECT f.ctid AS row, p.id AS product_id, p.id AS subject_id, p.slug, '' AS label, '' AS shop, c.name AS file
FROM t_filed f
JOIN t_target t USING (n)
JOIN products p ON p.id = t.product_id
JOIN categories c ON c.id = f.category_id
WHERE t.n BETWEEN @first AND @last
  AND NOT EXISTS (SELECT FROM product_categories o WHERE o.product_id = p.id AND o.category_id = f.category_id)
  AND EXISTS (SELECT FROM t_edit d WHERE d.subject_id = p.id AND d.field = 'categories')`,
		hide: `DELETE FROM t_filed f USING kept k WHERE f.ctid = k.row`,
	}
	keptLevels = editRule{
		field: "stock", names: `ARRAY['` + stockOf + `' || k.place]`,
		kept: `
SELECT t.ctid AS row, p.id AS product_id, v.id AS subject_id, p.slug,
       'variant ' || coalesce(nullif(v.title, ''), v.sku, '') || ' at ' || l.name AS label, e.on_hand::text AS shop, ` + levelOfFile + `::text AS file,
       l.name AS place, s.seq
FROM t_level t
JOIN products p ON p.id = t.product_id
JOIN variants v ON v.id = t.variant_id
JOIN locations l ON l.id = t.location_id
JOIN s_level s USING (seq)
JOIN inventory_levels e ON e.variant_id = v.id AND e.location_id = l.id
WHERE t.n BETWEEN @first AND @last AND e.on_hand <> ` + levelOfFile + `
  AND EXISTS (SELECT FROM t_edit d WHERE d.subject_id = v.id AND d.field = '` + stockOf + `' || l.name)`,
		hide: withFields(`UPDATE s_level s SET has = s.has & ~(BIT(level.quantity)) FROM kept k WHERE s.seq = k.seq`),
	}
	// What staff have added is not what the file no longer has.
	keptImages = editRule{
		field: "images",
		kept: `
SELECT e.id, p.id AS product_id, NULL::uuid AS subject_id, p.slug, 'image ' || e.url AS label, 'added by staff' AS shop, NULL AS file
FROM t_pruned t
JOIN products p ON p.id = t.product_id
JOIN images e ON e.product_id = p.id
WHERE t.n BETWEEN @first AND @last AND t.images
  AND NOT EXISTS (SELECT FROM t_named m WHERE m.id = e.id)
  AND EXISTS (
    SELECT
    FROM audit_events a
    WHERE a.subject_id = e.id AND a.subject_kind = 'IMAGE' AND a.changes @> '[{"field": "url", "before": null}]')`,
		hide: nameLast,
	}
	keptVariants = editRule{
		field: "variants",
		kept: `
SELECT v.id, p.id AS product_id, NULL::uuid AS subject_id, p.slug, 'variant ' || coalesce(nullif(v.title, ''), v.sku, '') AS label,
       'added by staff' AS shop, NULL AS file
FROM t_pruned t
JOIN products p ON p.id = t.product_id
JOIN variants v ON v.product_id = p.id AND v.source_key = ''
WHERE t.n BETWEEN @first AND @last AND t.variants
  AND NOT EXISTS (SELECT FROM t_named m WHERE m.id = v.id)`,
		hide: nameLast,
	}
)

// keepRows hides the rows of a rule, or releases them if the run overwrites.
func (m *merger) keepRows(ctx context.Context, tx pgx.Tx, rule editRule, chunk pgx.StrictNamedArgs) error {
	args := pgx.StrictNamedArgs{"first": chunk["first"], "last": chunk["last"]}
	kept := "-- name: ImportKeepRows\nWITH kept AS (" + rule.kept + "\n)"
	switch {
	case !m.run.options.Overwrite:
		return m.listKept(ctx, tx, edited{field: rule.field}, kept+`, hidden AS (
  `+rule.hide+`
)
SELECT DISTINCT slug, label, shop, file
FROM kept`, args)
	case rule.names != "":
		return m.release(ctx, tx, kept, rule.names, args)
	}
	return nil
}

// keepLevelEdits hides from the merge the stock that staff have counted.
func (m *merger) keepLevelEdits(ctx context.Context, tx pgx.Tx, chunk pgx.StrictNamedArgs) error {
	found, err := m.findEdits(ctx, tx, `SELECT t.product_id FROM t_level t`, chunk)
	if err != nil || !found {
		return err
	}
	return m.keepRows(ctx, tx, keptLevels, chunk)
}

// keepFromPruning keeps the variants and images that staff have added. A file that no
// longer has them has never had them.
func (m *merger) keepFromPruning(ctx context.Context, tx pgx.Tx, chunk pgx.StrictNamedArgs) error {
	if m.run.options.Format == FormatRecords {
		return nil
	}
	if err := m.keepRows(ctx, tx, keptImages, chunk); err != nil {
		return err
	}
	return m.keepRows(ctx, tx, keptVariants, chunk)
}

// deletedRule is about what was deleted by others than an import. found is a query for
// the staged rows that would bring it back, with source, source_key, part, slug (or the
// key) and label; hide removes them.
type deletedRule struct {
	kind, found string
	hide        []string
}

var (
	deletedProducts = deletedRule{
		kind: "PRODUCT",
		found: `
SELECT DISTINCT d.source, d.source_key, d.part, s.key AS slug, '' AS label
FROM s_product s
JOIN import_deletions d ON d.kind = 'PRODUCT' AND d.source = @source
  AND CASE WHEN @folds THEN lower(d.source_key) ELSE d.source_key END = s.key
WHERE NOT EXISTS (SELECT FROM products p WHERE p.source = d.source AND p.source_key = d.source_key)`,
		hide: []string{
			`DELETE FROM s_product s USING t_deleted k WHERE s.key = k.slug`,
			`DELETE FROM s_variant s USING t_deleted k WHERE s.product_key = k.slug`,
			`DELETE FROM s_image s USING t_deleted k WHERE s.product_key = k.slug`,
			`DELETE FROM s_filed s USING t_deleted k WHERE s.product_key = k.slug`,
			`DELETE FROM s_vendor v WHERE EXISTS (SELECT FROM t_deleted) AND NOT EXISTS (SELECT FROM s_product s WHERE s.vendor = v.no)`,
			`DELETE FROM s_path p WHERE EXISTS (SELECT FROM t_deleted) AND NOT p.declared AND NOT EXISTS (SELECT FROM s_filed f WHERE f.path = p.no)`,
		},
	}
	deletedReviews = deletedRule{
		kind: "REVIEW",
		found: `
SELECT DISTINCT d.source, d.source_key, d.part, s.product_key AS slug, 'review ' || s.key AS label
FROM s_review s
JOIN import_deletions d ON d.kind = 'REVIEW' AND d.source = @source AND d.source_key = '' AND d.part = s.key
WHERE NOT EXISTS (SELECT FROM reviews e WHERE e.source = d.source AND e.source_key = d.part)`,
		hide: []string{`DELETE FROM s_review s USING t_deleted k WHERE s.key = k.part`},
	}
	deletedVariants = deletedRule{
		kind: "VARIANT",
		found: `
SELECT DISTINCT d.source, d.source_key, d.part, p.slug, 'variant ' || coalesce(nullif(s.title, ''), s.sku, s.key) AS label
FROM t_match m
JOIN products p ON p.id = m.product_id
JOIN s_variant s USING (seq)
JOIN import_deletions d ON d.kind = 'VARIANT' AND d.source = p.source AND d.source_key = p.source_key AND d.part = m.ident
WHERE m.is_new`,
		hide: []string{`
DELETE FROM t_match m
USING t_deleted k, products p
WHERE m.is_new AND p.id = m.product_id AND k.source = p.source AND k.source_key = p.source_key AND k.part = m.ident`},
	}
	deletedImages = deletedRule{
		kind: "IMAGE",
		found: `
SELECT DISTINCT d.source, d.source_key, d.part, p.slug, 'image ' || s.url AS label
FROM t_image i
JOIN t_target t USING (n)
JOIN products p ON p.id = t.product_id
JOIN s_image s ON s.seq = i.seq
JOIN import_deletions d ON d.kind = 'IMAGE' AND d.source = p.source AND d.source_key = p.source_key AND d.part = s.url
WHERE t.n BETWEEN @first AND @last
  AND NOT EXISTS (SELECT FROM images e WHERE e.product_id = p.id AND e.url = s.url)`,
		hide: []string{`
DELETE FROM t_image i
USING t_target t, t_deleted k, products p, s_image s
WHERE i.n = t.n AND p.id = t.product_id AND s.seq = i.seq
  AND k.source = p.source AND k.source_key = p.source_key AND k.part = s.url`},
	}
)

// keepDeleted hides from the merge what has been deleted since it was imported, or
// forgets the deletion if the run overwrites.
func (m *merger) keepDeleted(ctx context.Context, tx pgx.Tx, rule deletedRule, args pgx.StrictNamedArgs) error {
	if m.run.options.Format == FormatRecords {
		return nil
	}
	if err := exec(ctx, tx, "-- name: ImportDeletedNone\nTRUNCATE t_deleted"); err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, "-- name: ImportDeleted\nINSERT INTO t_deleted (source, source_key, part, slug, label)"+rule.found, args)
	if err != nil {
		return fmt.Errorf("find what was deleted: %w", err)
	}
	switch {
	case tag.RowsAffected() == 0:
		return nil
	case m.run.options.Overwrite:
		return m.changes.forgetDeletions(ctx, tx, rule.kind)
	}
	for i, statement := range rule.hide {
		if err := exec(ctx, tx, "-- name: ImportHideDeleted"+strconv.Itoa(i+1)+"\n"+statement); err != nil {
			return err
		}
	}
	return m.listKept(ctx, tx, edited{field: "deleted"}, `-- name: ImportListDeleted
SELECT slug, label, 'deleted', NULL
FROM t_deleted
WHERE @kind <> ''
ORDER BY slug, label`, pgx.StrictNamedArgs{"kind": rule.kind})
}

// keepDeletedRecords hides deleted products and reviews before anything is merged, so
// that their vendors and categories are not made either.
func (m *merger) keepDeletedRecords(ctx context.Context) error {
	return m.inTx(ctx, func(tx pgx.Tx) error {
		source := m.run.options.Source
		if err := m.keepDeleted(ctx, tx, deletedProducts, pgx.StrictNamedArgs{"source": source, "folds": m.run.foldsKeys}); err != nil {
			return err
		}
		return m.keepDeleted(ctx, tx, deletedReviews, pgx.StrictNamedArgs{"source": source})
	})
}

// forgetDeletions removes the deletions in t_deleted, because the run brings back what
// they are about. An undo of the run brings them back.
func (c *changeLog) forgetDeletions(ctx context.Context, tx pgx.Tx, kind string) error {
	const gone = `-- name: ImportForgetDeletions
WITH gone AS (
  DELETE FROM import_deletions t
  USING t_deleted k
  WHERE t.kind = @kind AND (t.source, t.source_key, t.part) = (k.source, k.source_key, k.part)
  RETURNING t.*
)`
	if c == nil {
		_, err := tx.Exec(ctx, gone+"\nSELECT FROM gone", pgx.StrictNamedArgs{"kind": kind})
		return err
	}
	tag, err := tx.Exec(ctx, gone+`
INSERT INTO import_changes (run_id, seq, kind, row_key, before)
SELECT @run::uuid, @seq + row_number() OVER (), 'import_deletions', `+tableNamed("import_deletions").rowKey()+`, to_jsonb(t)
FROM gone t`, pgx.StrictNamedArgs{"kind": kind, "run": c.run.String(), "seq": c.seq})
	if err != nil {
		return fmt.Errorf("forget deletions: %w", err)
	}
	c.seq += tag.RowsAffected()
	return nil
}
