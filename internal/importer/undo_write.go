package importer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// rowWrite is a statement that writes one row back.
type rowWrite struct {
	row       *undoRow
	statement string
	args      pgx.StrictNamedArgs
}

// sameKey is the condition by which t and another row have the same key.
func (t *recordedTable) sameKey(other string) string {
	conditions := make([]string, len(t.key))
	for i, column := range t.key {
		conditions[i] = "t." + column + " = " + other + "." + column
	}
	return strings.Join(conditions, " AND ")
}

// unused is the condition by which nothing refers to t any more, for rows that the
// shop's other objects refer to.
func (t *recordedTable) unused() string {
	const inNoFilter = " AND NOT EXISTS (SELECT FROM collections o WHERE o.filter::text LIKE '%' || t.id || '%')"
	switch t.name {
	case "vendors":
		return " AND NOT EXISTS (SELECT FROM products o WHERE o.vendor_id = t.id)" + inNoFilter
	case "categories":
		return " AND NOT EXISTS (SELECT FROM product_categories o WHERE o.category_id = t.id)" +
			" AND NOT EXISTS (SELECT FROM categories o WHERE o.parent_id = t.id)" + inNoFilter
	case "locations":
		return " AND NOT EXISTS (SELECT FROM inventory_levels o WHERE o.location_id = t.id)"
	case "customers":
		return " AND NOT EXISTS (SELECT FROM reviews o WHERE o.customer_id = t.id)" +
			" AND NOT EXISTS (SELECT FROM addresses o WHERE o.customer_id = t.id)"
	}
	return ""
}

// users says what refers to a row that is not unused.
func (t *recordedTable) users() string {
	switch t.name {
	case "vendors":
		return "a product or a collection has this vendor"
	case "categories":
		return "a product, a collection or another category is in it"
	case "locations":
		return "there is stock at this location"
	case "customers":
		return "a review or an address belongs to this customer"
	}
	return ""
}

// handOver makes what the run added and others use a part of the next later run that can
// be undone. Otherwise its undo, after which nothing may use it any more, would leave it.
func (p *undoPart) handOver(ctx context.Context, tx pgx.Tx) error {
	if p.products != nil {
		return nil
	}
	var used []*undoRow
	for _, row := range p.order {
		if row.wasAdded && row.next != nil && row.table.unused() != "" {
			used = append(used, row)
		}
	}
	var next *string
	err := tx.QueryRow(ctx, `-- name: UndoHandOver
WITH next AS (
  SELECT o.run_id AS id, max(o.seq) AS seq
  FROM import_changes o
  WHERE o.run_id > @run::uuid
  GROUP BY o.run_id
  ORDER BY o.run_id
  LIMIT 1
), moved AS (
  UPDATE import_changes c
  SET run_id = next.id, seq = next.seq + c.seq
  FROM next
  WHERE c.run_id = @run::uuid AND c.before IS NULL AND c.product_id IS NULL
    AND c.row_key IN (SELECT k.row_key FROM jsonb_array_elements(@keys::jsonb) AS k(row_key))
  RETURNING 1
)
SELECT (SELECT id::text FROM next WHERE EXISTS (SELECT FROM moved))`, pgx.StrictNamedArgs{
		"run": p.undo.run.String(), "keys": keysOf(used),
	}).Scan(&next)
	if err != nil {
		return fmt.Errorf("hand over what is in use: %w", err)
	}
	for _, row := range used {
		if _, inUse := row.left[""]; inUse && next != nil {
			row.left[""] += "; it goes with the import " + *next + " if that is undone too"
		}
	}
	return nil
}

// columnList is a list of columns, sanitized: they are from the database, but years
// may lie between.
func columnList(c columns, prefix string) string {
	names := slices.Sorted(maps.Keys(c))
	for i, name := range names {
		names[i] = prefix + pgx.Identifier{name}.Sanitize()
	}
	return strings.Join(names, ", ")
}

// changed returns the columns that the undo changes.
func (r *undoRow) changed() columns {
	patch := columns{}
	for column, value := range r.next {
		if !bytes.Equal(r.now[column], value) {
			patch[column] = value
		}
	}
	return patch
}

func (r *undoRow) unchanged() bool {
	return (r.now == nil) == (r.next == nil) && len(r.changed()) == 0
}

// writes returns the statements of the part: first the rows that go, then those that
// come back, then those that change. A slug, for example, is free again before its
// product gets it.
func (p *undoPart) writes() (all []rowWrite) {
	gone := map[string]bool{} // products, which take their parts with them
	for _, row := range p.of("products") {
		gone[row.product] = row.goes()
	}
	for _, table := range slices.Backward(recordedTables) {
		for _, row := range p.of(table.name) {
			if row.goes() && (table.name == "products" || !gone[row.product]) {
				all = append(all, row.removal())
			}
		}
	}
	for _, table := range recordedTables {
		for _, row := range p.of(table.name) {
			if row.returns() {
				all = append(all, row.insertion())
			}
		}
	}
	for _, row := range p.order {
		if row.now != nil && row.next != nil && !row.unchanged() {
			all = append(all, row.change())
		}
	}
	return all
}

func (r *undoRow) removal() rowWrite {
	t := r.table
	return rowWrite{r, `-- name: UndoAdded
DELETE FROM ` + t.name + ` t
USING jsonb_populate_record(NULL::` + t.name + `, @key::jsonb) AS k
WHERE ` + t.sameKey("k") + t.unused(), pgx.StrictNamedArgs{"key": r.key}}
}

func (r *undoRow) insertion() rowWrite {
	list := columnList(r.next, "")
	return rowWrite{r, `-- name: UndoRemoved
INSERT INTO ` + r.table.name + ` (` + list + `)
SELECT ` + list + `
FROM jsonb_populate_record(NULL::` + r.table.name + `, @row::jsonb)`, pgx.StrictNamedArgs{"row": r.next.json()}}
}

func (r *undoRow) change() rowWrite {
	t, patch := r.table, r.changed()
	return rowWrite{r, `-- name: UndoChanged
UPDATE ` + t.name + ` t
SET (` + columnList(patch, "") + `) = ROW (` + columnList(patch, "n.") + `)
FROM jsonb_populate_record(NULL::` + t.name + `, @key::jsonb) AS k, jsonb_populate_record(NULL::` + t.name + `, @row::jsonb) AS n
WHERE ` + t.sameKey("k"), pgx.StrictNamedArgs{"key": r.key, "row": patch.json()}}
}

func (c columns) json() string {
	text, _ := json.Marshal(c) // the values are JSON already
	return string(text)
}

// write writes the rows. The last time, rows that cannot be written are left.
func (p *undoPart) write(ctx context.Context, tx pgx.Tx) error {
	writes := p.writes()
	if p.products == nil { // what is in use stays
		return p.writeEach(ctx, tx, writes)
	}
	err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		for _, w := range writes {
			batch.Queue(w.statement, w.args)
		}
		return tx.SendBatch(ctx, batch).Close()
	})
	if isConflict(err) && p.last {
		return p.writeEach(ctx, tx, writes)
	}
	return err
}

// writeEach writes the rows one by one, and those that fail again as long as others do
// not: one may wait for another.
func (p *undoPart) writeEach(ctx context.Context, tx pgx.Tx, writes []rowWrite) error {
	for len(writes) > 0 {
		var failed []rowWrite
		for _, w := range writes {
			affected := int64(0)
			err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error {
				tag, err := tx.Exec(ctx, w.statement, w.args)
				affected = tag.RowsAffected()
				return err
			})
			switch {
			case isConflict(err), err == nil && affected == 0:
				failed = append(failed, w)
			case err != nil:
				return err
			}
		}
		if len(failed) == len(writes) {
			for _, w := range failed {
				reason := "another object has taken its place, or what it refers to is gone"
				if w.row.goes() {
					reason = firstOf(w.row.table.users(), "something else refers to it")
				}
				w.row.next = w.row.now
				w.row.left[""] = reason
			}
			return nil
		}
		writes = failed
	}
	return nil
}

// derive refreshes what is derived from the products, and raises their versions.
func (p *undoPart) derive(ctx context.Context, tx pgx.Tx) error {
	own, touched := map[string]bool{}, map[string]bool{}
	for _, row := range p.order {
		if row.unchanged() || row.product == "" {
			continue
		}
		touched[row.product] = true
		if from := row.next.text("product_id"); row.table.name == "reviews" && from != "" {
			touched[from] = true
		}
		own[row.product] = own[row.product] || row.table.name == "products"
	}
	ids := slices.Sorted(maps.Keys(touched))
	owns := make([]bool, len(ids))
	for i, id := range ids {
		owns[i] = own[id]
	}
	if _, err := tx.Exec(ctx, dropTouched); err != nil {
		return fmt.Errorf("note the products: %w", err)
	}
	if _, err := tx.Exec(ctx, `-- name: UndoTouched
INSERT INTO t_touched (product_id, own)
SELECT p.id, t.own
FROM unnest(@ids::uuid[], @owns::boolean[]) AS t(id, own)
JOIN products p ON p.id = t.id`, pgx.StrictNamedArgs{"ids": ids, "owns": owns}); err != nil {
		return fmt.Errorf("note the products: %w", err)
	}
	if _, err := tx.Exec(ctx, availableStatement); err != nil {
		return fmt.Errorf("sum up stock: %w", err)
	}
	return refreshTouched(ctx, tx)
}
