package importer

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Pruning comes last, when all files are merged: what one file of the run does not
// name, another may. t_pruned has the products whose variants or images the input
// has, and t_named the variants and images that it names, with their places.

// noteNamed notes what a chunk names.
func (m *merger) noteNamed(ctx context.Context, tx pgx.Tx, chunk pgx.StrictNamedArgs) error {
	if !m.run.options.Prune {
		return nil
	}
	for _, statement := range []string{notePruned, noteNamed} {
		if _, err := tx.Exec(ctx, statement, chunk); err != nil {
			return fmt.Errorf("%s: %w", nameOf(statement), err)
		}
	}
	return nil
}

var notePruned = withFields(`-- name: ImportNotePruned
INSERT INTO t_pruned AS p (product_id, variants, images)
SELECT t.product_id, HAS(t.variants) AND NOT t.narrow, HAS(t.images)
FROM t_target t
WHERE t.n BETWEEN @first AND @last AND (HAS(t.variants) OR HAS(t.images))
ON CONFLICT (product_id) DO UPDATE SET variants = p.variants OR EXCLUDED.variants, images = p.images OR EXCLUDED.images`)

const noteNamed = `-- name: ImportNoteNamed
INSERT INTO t_named (id, place)
SELECT m.variant_id, (SELECT count(*) FROM t_named) + row_number() OVER (ORDER BY s.position, s.seq)
FROM t_match m
JOIN s_variant s USING (seq)
WHERE m.copy = 1 AND m.fault IS NULL
UNION ALL
SELECT e.id, (SELECT count(*) FROM t_named) + row_number() OVER (ORDER BY CASE WHEN s.position = 0 THEN 2147483646 ELSE s.position END, s.seq)
FROM t_image i
JOIN t_target t USING (n)
JOIN s_image s ON s.seq = i.seq
JOIN images e ON e.product_id = t.product_id AND e.url = s.url
WHERE i.n BETWEEN @first AND @last
ON CONFLICT (id) DO NOTHING`

// prune removes the variants and images that no file of the run names. If rows were
// rejected, it removes nothing: what they name would go because of a typing error.
func (m *merger) prune(ctx context.Context) error {
	if !m.run.options.Prune {
		return nil
	}
	if m.run.report.TotalRejected() > 0 {
		m.run.report.NotPruned = true
		return nil
	}
	var all int
	if err := m.inTx(ctx, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `-- name: ImportNumberPruned
WITH numbered AS (
  UPDATE t_pruned p
  SET n = s.n
  FROM (SELECT product_id, row_number() OVER (ORDER BY product_id) AS n FROM t_pruned) AS s
  WHERE s.product_id = p.product_id
  RETURNING 1
)
SELECT count(*) FROM numbered`).Scan(&all)
	}); err != nil {
		return fmt.Errorf("number the products to prune: %w", err)
	}
	size := m.run.options.ChunkProducts
	for first := 1; first <= all; first += size {
		args := pgx.StrictNamedArgs{"first": first, "last": first + size - 1}
		if err := m.inTx(ctx, func(tx pgx.Tx) error { return m.pruneChunk(ctx, tx, args) }); err != nil {
			return err
		}
	}
	return nil
}

func (m *merger) pruneChunk(ctx context.Context, tx pgx.Tx, args pgx.StrictNamedArgs) error {
	if err := exec(ctx, tx, dropTouched); err != nil {
		return err
	}
	if err := lockProducts(ctx, tx, lockable{table: "t_pruned"}, args); err != nil {
		return err
	}
	if err := m.changes.watch(ctx, tx, scoped{"product", `SELECT t.product_id FROM t_pruned t WHERE t.n BETWEEN @first AND @last`, args}); err != nil {
		return err
	}
	if err := m.keepFromPruning(ctx, tx, args); err != nil {
		return err
	}
	for _, step := range []struct {
		into      *Count
		statement string
	}{{&m.run.report.Variants, pruneVariants}, {&m.run.report.Images, pruneImages}} {
		var removed int64
		if err := tx.QueryRow(ctx, step.statement, args).Scan(&removed); err != nil {
			return fmt.Errorf("%s: %w", nameOf(step.statement), err)
		}
		step.into.Removed += removed
	}
	if err := exec(ctx, tx, prunedPlaces("variants"), prunedPlaces("images"), prunedOptions, availableStatement); err != nil {
		return err
	}
	if err := m.changes.note(ctx, tx); err != nil {
		return err
	}
	return m.finishProducts(ctx, tx)
}

// pruneVariants leaves a product alone of which the input names no variant.
const pruneVariants = `-- name: ImportPruneVariants
WITH gone AS (
  DELETE FROM variants v
  USING t_pruned t
  WHERE t.n BETWEEN @first AND @last AND t.variants AND v.product_id = t.product_id
    AND NOT EXISTS (SELECT FROM t_named m WHERE m.id = v.id)
    AND EXISTS (SELECT FROM variants o JOIN t_named m ON m.id = o.id WHERE o.product_id = t.product_id)
  RETURNING v.product_id
), noted AS (
  INSERT INTO t_touched (product_id, own)
  SELECT DISTINCT product_id, false FROM gone
)
SELECT count(*) FROM gone`

const pruneImages = `-- name: ImportPruneImages
WITH gone AS (
  DELETE FROM images e
  USING t_pruned t
  WHERE t.n BETWEEN @first AND @last AND t.images AND e.product_id = t.product_id
    AND NOT EXISTS (SELECT FROM t_named m WHERE m.id = e.id)
  RETURNING e.product_id
), noted AS (
  INSERT INTO t_touched (product_id, own)
  SELECT DISTINCT product_id, false FROM gone
)
SELECT count(*) FROM gone`

// prunedOptions writes the values of options in the order of the variants that are
// left, as optionsStatement does.
const prunedOptions = `-- name: ImportPrunedOptions
UPDATE product_options o
SET option_values = w.option_values
FROM (
  SELECT o.product_id, o.position,
         ARRAY(SELECT v.option_values[o.position]
               FROM variants v
               WHERE v.product_id = o.product_id AND v.option_values[o.position] <> ''
               GROUP BY v.option_values[o.position]
               ORDER BY min(v.position), v.option_values[o.position]) AS option_values
  FROM product_options o
  WHERE o.product_id IN (SELECT product_id FROM t_touched)
) AS w
WHERE o.product_id = w.product_id AND o.position = w.position AND o.option_values <> w.option_values`

// prunedPlaces puts the variants or images that are left in the order of the input, of
// products that have nothing else.
func prunedPlaces(table string) string {
	return strings.ReplaceAll(`-- name: ImportPrunedPlaces
UPDATE TABLE e
SET position = w.position, version = e.version + 1, updated_at = now()
FROM (
  SELECT e.id, row_number() OVER (PARTITION BY e.product_id ORDER BY m.place, e.position) AS position
  FROM TABLE e
  JOIN t_named m USING (id)
  WHERE e.product_id IN (
    SELECT o.product_id FROM TABLE o LEFT JOIN t_named m USING (id)
    WHERE o.product_id IN (SELECT product_id FROM t_touched)
    GROUP BY o.product_id
    HAVING count(*) = count(m.id))
) AS w
WHERE e.id = w.id AND e.position <> w.position`, "TABLE", table)
}
