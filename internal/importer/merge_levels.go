package importer

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// chunkLevels is how many inventory levels one transaction writes, ordered by
// product.
const chunkLevels = 20_000

// levels merges inventory levels at locations.
func (m *merger) levels(ctx context.Context) error {
	var all int
	if err := m.inTx(ctx, func(tx pgx.Tx) (err error) {
		if err := m.changes.watch(ctx, tx); err != nil {
			return err
		}
		if all, err = m.arrangeLevels(ctx, tx); err != nil {
			return err
		}
		return m.changes.note(ctx, tx)
	}); err != nil {
		return err
	}
	m.run.merged("inventory levels", 0, all)
	for first := 1; first <= all; first += chunkLevels {
		if err := m.inTx(ctx, func(tx pgx.Tx) error { return m.levelChunk(ctx, tx, first, first+chunkLevels-1) }); err != nil {
			return err
		}
		m.run.merged("inventory levels", min(first+chunkLevels-1, all), all)
	}
	return nil
}

// arrangeLevels finds each level's variant: by the product and the option values,
// otherwise by the SKU if only one variant of the product, or of the shop where the
// row names no product, has it; or as the only one without options.
func (m *merger) arrangeLevels(ctx context.Context, tx pgx.Tx) (all int, err error) {
	if err := m.locations(ctx, tx, `-- name: ImportStagedLocations
SELECT DISTINCT s.location FROM s_level s WHERE NOT EXISTS (SELECT FROM locations l WHERE l.name = s.location) ORDER BY 1`); err != nil {
		return 0, err
	}
	if err := exec(ctx, tx, `-- name: ImportStageIndexLevels
CREATE UNIQUE INDEX ON s_level (seq)`, `-- name: ImportStageAnalyzeLevels
ANALYZE s_level (seq, product_key)`); err != nil {
		return 0, err
	}
	if err := m.findProducts(ctx, tx, keysOfLevels); err != nil {
		return 0, err
	}
	if err := exec(ctx, tx, `-- name: ImportFoundLevels
CREATE TEMP TABLE t_found AS
SELECT s.seq, k.product_id, coalesce(by_options.id, k.variant_id, by_sku.id, only_one.id) AS variant_id, l.id AS location_id
FROM s_level s
JOIN t_key k ON k.source = s.product_source AND k.key = s.product_key
JOIN locations l ON l.name = s.location
LEFT JOIN LATERAL (
  SELECT (array_agg(v.id))[1] AS id
  FROM variants v
  WHERE k.variant_id IS NULL AND s.option_values <> '{}' AND v.product_id = k.product_id AND v.option_values = s.option_values
  HAVING count(*) = 1
) AS by_options ON true
LEFT JOIN LATERAL (
  SELECT (array_agg(v.id))[1] AS id
  FROM variants v
  WHERE by_options.id IS NULL AND v.product_id = k.product_id AND v.sku = s.sku
  HAVING count(*) = 1
) AS by_sku ON true
LEFT JOIN LATERAL (
  SELECT (array_agg(v.id))[1] AS id
  FROM variants v
  WHERE by_options.id IS NULL AND by_sku.id IS NULL AND s.option_values = '{}' AND v.product_id = k.product_id AND v.option_values = '{}'
  HAVING count(*) = 1
) AS only_one ON true`, `-- name: ImportChosenLevels
CREATE TEMP TABLE t_level AS
SELECT row_number() OVER (ORDER BY f.product_id, f.variant_id, f.seq)::int AS n, f.*
FROM (
  SELECT DISTINCT ON (variant_id, location_id) *
  FROM t_found
  WHERE variant_id IS NOT NULL
  ORDER BY variant_id, location_id, seq
) AS f`, `-- name: ImportChosenLevelsIndex
CREATE UNIQUE INDEX ON t_level (n)`, `-- name: ImportChosenLevelsAnalyze
ANALYZE t_level`, `-- name: ImportChosenLevelsIndexVariant
CREATE INDEX ON t_level (variant_id)`, `-- name: ImportOrphanLevels
INSERT INTO t_fault (file, line, value, reason)
SELECT s.file, s.line, `+keyShown+`,
       CASE
         WHEN k.product_id IS NULL THEN coalesce(k.reason, 'the shop has no product with this key, slug or SKU: import it first, or name its source')
         ELSE 'the product has no variant with these option values (nor one alone with this SKU)'
       END
FROM t_found f
JOIN s_level s USING (seq)
JOIN t_key k ON k.source = s.product_source AND k.key = s.product_key
WHERE f.variant_id IS NULL`); err != nil {
		return 0, err
	}
	return countDistinct(ctx, tx, &m.run.report.Levels, `-- name: ImportLevelCounts
SELECT (SELECT count(*) FROM t_level), (SELECT count(*) FROM t_found WHERE variant_id IS NOT NULL) - (SELECT count(*) FROM t_level)`)
}

// locations creates the locations that a statement returns.
func (m *merger) locations(ctx context.Context, tx pgx.Tx, missing string, args ...any) error {
	rows, err := tx.Query(ctx, missing, args...)
	if err != nil {
		return fmt.Errorf("list locations: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("list locations: %w", err)
	}
	m.run.report.NewLocations = append(m.run.report.NewLocations, names...)
	for _, name := range names {
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("make an id: %w", err)
		}
		if _, err := tx.Exec(ctx, `-- name: ImportLocation
INSERT INTO locations (id, name) VALUES (@id::uuid, @name)`, pgx.StrictNamedArgs{"id": id.String(), "name": name}); err != nil {
			return fmt.Errorf("store a location: %w", err)
		}
		if err := m.changes.made(ctx, tx, "locations", id); err != nil {
			return err
		}
	}
	return nil
}

func (m *merger) levelChunk(ctx context.Context, tx pgx.Tx, first, last int) error {
	if err := exec(ctx, tx, dropTouched); err != nil {
		return err
	}
	args := pgx.StrictNamedArgs{"first": first, "last": last}
	if err := lockProducts(ctx, tx, lockedLevels, args); err != nil {
		return err
	}
	if err := m.changes.watch(ctx, tx, scoped{"product", `SELECT DISTINCT t.product_id FROM t_level t WHERE t.n BETWEEN @first AND @last`, args}); err != nil {
		return err
	}
	if err := m.keepWritten(ctx, tx, writtenLevels, &m.run.report.Levels, args); err != nil {
		return err
	}
	if err := m.keepLevelEdits(ctx, tx, args); err != nil {
		return err
	}
	if err := count(ctx, tx, &m.run.report.Levels, levelsStatement, args); err != nil {
		return err
	}
	if err := m.trustStatistics(ctx, tx); err != nil {
		return err
	}
	var dropped int64
	if err := tx.QueryRow(ctx, dropTotalsStatement, pgx.StrictNamedArgs{
		"first": first, "last": last, "location": m.run.options.Location,
	}).Scan(&dropped); err != nil {
		return fmt.Errorf("drop totals: %w", err)
	}
	m.run.report.Levels.Removed += dropped
	if _, err := tx.Exec(ctx, levelSumsStatement, args); err != nil {
		return fmt.Errorf("sum up stock: %w", err)
	}
	if err := m.noteWritten(ctx, tx, writtenLevels, args); err != nil {
		return err
	}
	if err := m.stamp(ctx, tx, `SELECT t.product_id FROM t_level t`, args); err != nil {
		return err
	}
	if err := m.changes.note(ctx, tx); err != nil {
		return err
	}
	return m.finishProducts(ctx, tx)
}

// levelsStatement stores levels. Quantities that the input has no column for
// stay; a quantity that can be sold is on hand together with them.
var levelsStatement = withFields(`-- name: ImportLevels
WITH s AS MATERIALIZED (
  SELECT t.product_id, t.variant_id, t.location_id, e.variant_id IS NULL AS is_new, s.has, s.on_hand, e.on_hand AS had,
         CASE WHEN HAS(s.level.committed) THEN s.committed ELSE coalesce(e.committed, 0) END AS committed,
         CASE WHEN HAS(s.level.unavailable) THEN s.unavailable ELSE coalesce(e.unavailable, 0) END AS unavailable,
         CASE WHEN HAS(s.level.incoming) THEN s.incoming ELSE coalesce(e.incoming, 0) END AS incoming
  FROM t_level t
  JOIN s_level s USING (seq)
  LEFT JOIN inventory_levels e ON e.variant_id = t.variant_id AND e.location_id = t.location_id
  WHERE t.n BETWEEN @first AND @last
), w AS MATERIALIZED (
  SELECT variant_id, location_id, is_new, committed, unavailable, incoming,
         CASE
           WHEN NOT (HAS(s.level.quantity)) THEN had
           WHEN HAS(s.level.onHand) THEN on_hand
           ELSE on_hand + committed + unavailable
         END AS on_hand
  FROM s
), added AS (
  INSERT INTO inventory_levels (variant_id, location_id, on_hand, committed, unavailable, incoming)
  SELECT variant_id, location_id, on_hand, committed, unavailable, incoming
  FROM w
  WHERE is_new
  RETURNING 1
), changed AS (
  UPDATE inventory_levels e
  SET on_hand = w.on_hand, committed = w.committed, unavailable = w.unavailable, incoming = w.incoming,
      version = e.version + 1, updated_at = now()
  FROM w
  WHERE e.variant_id = w.variant_id AND e.location_id = w.location_id
    AND (e.on_hand, e.committed, e.unavailable, e.incoming) IS DISTINCT FROM
        (w.on_hand, w.committed, w.unavailable, w.incoming)
  RETURNING 1
)
SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM changed), (SELECT count(*) FROM w)`)

// dropTotalsStatement deletes the quantity at the default location, which was a
// total without location: quantities at named locations replace it, and both
// together would double the stock. It stays if the input names that location too,
// or if staff have counted there.
const dropTotalsStatement = `-- name: ImportDropTotals
WITH gone AS (
  DELETE FROM inventory_levels l
  USING t_level t, locations place
  WHERE t.n BETWEEN @first AND @last AND place.name = @location AND t.location_id <> place.id
    AND l.variant_id = t.variant_id AND l.location_id = place.id
    AND NOT EXISTS (SELECT FROM t_level o WHERE o.variant_id = l.variant_id AND o.location_id = l.location_id)
    AND NOT EXISTS (SELECT FROM t_edit d WHERE d.subject_id = l.variant_id AND d.field = '` + stockOf + `' || place.name)
  RETURNING 1
)
SELECT count(*) FROM gone`

const levelSumsStatement = `-- name: ImportLevelSums
WITH changed AS (
  UPDATE variants v
  SET inventory_tracked = true, available_quantity = w.available, version = v.version + 1, updated_at = now()
  FROM (
    SELECT l.variant_id, sum(l.on_hand - l.committed - l.unavailable)::bigint AS available
    FROM inventory_levels l
    WHERE l.variant_id IN (SELECT t.variant_id FROM t_level t WHERE t.n BETWEEN @first AND @last)
    GROUP BY l.variant_id
  ) AS w
  WHERE v.id = w.variant_id
    AND (v.inventory_tracked, v.available_quantity) IS DISTINCT FROM (true, w.available)
  RETURNING v.product_id
)
INSERT INTO t_touched (product_id, own)
SELECT DISTINCT product_id, false FROM changed`
