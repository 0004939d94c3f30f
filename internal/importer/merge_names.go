package importer

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// vendors stores new vendors, by name, and resolves the staged ones.
func (m *merger) vendors(ctx context.Context) error {
	return m.inTx(ctx, func(tx pgx.Tx) error {
		if err := m.changes.watch(ctx, tx, scoped{"vendor", `SELECT id FROM s_vendor`, pgx.StrictNamedArgs{}}); err != nil {
			return err
		}
		if err := count(ctx, tx, &m.run.report.Vendors, `-- name: ImportVendors
WITH named AS (
  SELECT DISTINCT ON (key) key, no, id, name, slug
  FROM (SELECT *, sort_key(name) AS key FROM s_vendor) AS s
  ORDER BY key, no
), added AS (
  INSERT INTO vendors (id, slug, name)
  SELECT n.id,
         CASE
           WHEN row_number() OVER (PARTITION BY n.slug ORDER BY n.no) = 1
                AND NOT EXISTS (SELECT FROM vendors v WHERE v.slug = n.slug) THEN n.slug
           ELSE n.slug || '-' || left(md5(n.key), 12)
         END,
         n.name
  FROM named n
  WHERE NOT EXISTS (SELECT FROM vendors v WHERE v.name_key = n.key)
  ORDER BY n.no
  RETURNING 1
)
SELECT (SELECT count(*) FROM added), 0, (SELECT count(*) FROM named)`, pgx.StrictNamedArgs{}); err != nil {
			return err
		}
		if err := m.changes.note(ctx, tx); err != nil {
			return err
		}
		return exec(ctx, tx, `-- name: ImportVendorNumbers
CREATE TEMP TABLE t_vendor AS
SELECT s.no, v.id
FROM s_vendor s
JOIN vendors v ON v.name_key = sort_key(s.name)`, `-- name: ImportVendorNumbersIndex
CREATE INDEX ON t_vendor (no)`, `-- name: ImportVendorNumbersAnalyze
ANALYZE t_vendor`)
	})
}

// categories stores new categories, level by level from the roots, and resolves
// the staged paths.
func (m *merger) categories(ctx context.Context) error {
	return m.inTx(ctx, func(tx pgx.Tx) error {
		if err := m.arrangeCategories(ctx, tx); err != nil {
			return err
		}
		if err := m.changes.watch(ctx, tx, scoped{"category", `SELECT id FROM t_node
UNION ALL
SELECT c.id FROM categories c WHERE EXISTS (SELECT FROM t_node)`, pgx.StrictNamedArgs{}}); err != nil {
			return err
		}
		var depth int
		if err := tx.QueryRow(ctx, `-- name: ImportCategoryDepth
SELECT coalesce(max(depth), 0) FROM t_node`).Scan(&depth); err != nil {
			return fmt.Errorf("depth of categories: %w", err)
		}
		for level := 1; level <= depth; level++ {
			if err := m.categoryLevel(ctx, tx, level); err != nil {
				return err
			}
		}
		if err := m.changes.note(ctx, tx); err != nil {
			return err
		}
		return exec(ctx, tx, `-- name: ImportPathNumbers
CREATE TEMP TABLE t_path AS
SELECT k.no, n.category_id
FROM t_path_keys k
JOIN t_node n ON n.keys = k.keys`, `-- name: ImportPathNumbersIndex
CREATE INDEX ON t_path (no)`, `-- name: ImportPathNumbersAnalyze
ANALYZE t_path`)
	})
}

// arrangeCategories creates t_node, a row for each node of the staged trees.
func (m *merger) arrangeCategories(ctx context.Context, tx pgx.Tx) error {
	if err := exec(ctx, tx, `-- name: ImportPathsUnused
DELETE FROM s_path s
WHERE NOT s.declared AND NOT EXISTS (SELECT FROM s_filed f WHERE f.path = s.no)`, `-- name: ImportPathKeys
CREATE TEMP TABLE t_path_keys AS
WITH folded AS MATERIALIZED (
  SELECT name, sort_key(name) AS key
  FROM (SELECT DISTINCT unnest(names) AS name FROM s_path) AS s
)
SELECT p.no, array_agg(f.key ORDER BY u.depth) AS keys
FROM s_path p, unnest(p.names) WITH ORDINALITY AS u(name, depth)
JOIN folded f ON f.name = u.name
GROUP BY p.no`, `-- name: ImportNodes
CREATE TEMP TABLE t_node AS
SELECT DISTINCT ON (keys) keys, keys[1:depth - 1] AS parent_keys, depth, name, slug, id, source_key, seq, NULL::uuid AS category_id
FROM (
  SELECT k.keys[1:d.depth] AS keys, d.depth, s.names[d.depth] AS name, s.slugs[d.depth] AS slug, s.ids[d.depth] AS id,
         CASE WHEN d.depth = cardinality(s.names) THEN s.key END AS source_key, s.seq
  FROM s_path s
  JOIN t_path_keys k USING (no), generate_series(1, cardinality(s.names)) AS d(depth)
) AS n
ORDER BY keys, source_key IS NULL, seq`, `-- name: ImportNodesIndex
CREATE INDEX ON t_node (keys)`, `-- name: ImportNodesAnalyze
ANALYZE t_node, t_path_keys`); err != nil {
		return err
	}
	_, err := countDistinct(ctx, tx, &m.run.report.Categories, `-- name: ImportCategoryDuplicates
SELECT count(DISTINCT k.keys), count(*) - count(DISTINCT k.keys)
FROM s_path s
JOIN t_path_keys k USING (no)
WHERE s.declared`)
	return err
}

func (m *merger) categoryLevel(ctx context.Context, tx pgx.Tx, level int) error {
	match := `-- name: ImportMatchRoots
UPDATE t_node n
SET category_id = c.id
FROM categories c
WHERE n.depth = @depth AND c.parent_id IS NULL AND c.name_key = n.keys[1]`
	if level > 1 {
		match = `-- name: ImportMatchCategories
UPDATE t_node n
SET category_id = c.id
FROM t_node parent, categories c
WHERE n.depth = @depth AND parent.keys = n.parent_keys
  AND c.parent_id = parent.category_id AND c.name_key = n.keys[n.depth]`
	}
	args := pgx.StrictNamedArgs{"depth": level}
	if _, err := tx.Exec(ctx, match, args); err != nil {
		return fmt.Errorf("match categories: %w", err)
	}
	args["source"] = m.run.options.Source
	if err := count(ctx, tx, &m.run.report.Categories, `-- name: ImportCategories
WITH wanted AS (
  SELECT n.*,
         parent.category_id AS parent_id,
         CASE
           WHEN row_number() OVER (PARTITION BY n.source_key ORDER BY n.seq) = 1
                AND NOT EXISTS (SELECT FROM categories c WHERE c.source = @source AND c.source_key = n.source_key)
           THEN n.source_key
         END AS free_key,
         row_number() OVER (PARTITION BY n.slug, n.category_id IS NULL ORDER BY n.seq) AS slug_rank
  FROM t_node n
  LEFT JOIN t_node parent ON parent.keys = n.parent_keys
  WHERE n.depth = @depth
), added AS (
  INSERT INTO categories (id, slug, name, parent_id, ancestor_ids, source, source_key)
  SELECT w.id,
         CASE
           WHEN w.slug_rank = 1 AND NOT EXISTS (SELECT FROM categories c WHERE c.slug = w.slug) THEN w.slug
           ELSE w.slug || '-' || left(md5(array_to_string(w.keys, '>')), 12)
         END,
         w.name, w.parent_id, CASE WHEN p.id IS NULL THEN '{}' ELSE p.ancestor_ids || p.id END,
         CASE WHEN w.free_key IS NOT NULL THEN @source END, w.free_key
  FROM wanted w
  LEFT JOIN categories p ON p.id = w.parent_id
  WHERE w.category_id IS NULL
  ORDER BY w.seq
  RETURNING 1
), changed AS (
  UPDATE categories c
  SET source = @source, source_key = w.free_key, version = c.version + 1, updated_at = now()
  FROM wanted w
  WHERE c.id = w.category_id AND w.free_key IS NOT NULL AND c.source_key IS NULL
  RETURNING 1
)
SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM changed), (SELECT count(*) FROM wanted)`, args); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `-- name: ImportNewNodes
UPDATE t_node SET category_id = id WHERE depth = @depth AND category_id IS NULL`,
		pgx.StrictNamedArgs{"depth": level}); err != nil {
		return fmt.Errorf("note new categories: %w", err)
	}
	return nil
}
