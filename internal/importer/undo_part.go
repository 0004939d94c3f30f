package importer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
)

// undoPart undoes the changes of some products in one transaction. It reads the rows
// that the run changed as they are now, decides what they become, and writes them.
type undoPart struct {
	undo     *undo
	products []string // nil: what belongs to no product
	last     bool     // see undo.part

	rows  map[string]*undoRow // by table and key
	order []*undoRow          // the last changed first
}

// undoRow is a row that the run changed.
type undoRow struct {
	table   *recordedTable
	key     string // as JSON
	product string
	// now is the row as it is, next as it will be; nil if there is none.
	now, next columns
	// wasAdded: the run added the row.
	wasAdded bool
	// was is what the run knew of the row, to name it when it is gone.
	was columns
	// left are the columns that stay, because they have been changed since. The empty
	// name is the whole row.
	left map[string]string
}

// columns are a row's values as JSON, in Postgres' own form.
type columns map[string]json.RawMessage

const (
	changedSince = "it has been changed since"
	deletedSince = "it has been deleted since"
)

func (p *undoPart) run(ctx context.Context, tx pgx.Tx) error {
	for _, step := range []func(context.Context, pgx.Tx) error{
		p.lock, p.load, p.keepVariants, p.keepImages, p.keepShapes, p.keepProducts, p.write, p.handOver, p.report, p.derive,
	} {
		if err := step(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// lock locks the products in the order of all writers, with those that a review came
// from.
func (p *undoPart) lock(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `-- name: UndoLockProducts
SELECT
FROM products
WHERE id = ANY (@products::uuid[])
   OR id IN (
     SELECT (c.before ->> 'product_id')::uuid
     FROM import_changes c
     WHERE c.run_id = @run::uuid AND c.product_id = ANY (@products::uuid[]) AND c.kind = 'reviews')
ORDER BY id
FOR NO KEY UPDATE`, pgx.StrictNamedArgs{"run": p.undo.run.String(), "products": p.products}); err != nil {
		return fmt.Errorf("lock products: %w", err)
	}
	return nil
}

type loggedChange struct {
	Kind          string
	Key, Product  string
	Before, After *string
}

// load reads the changes and the rows as they are, and takes the changes back in
// memory, the last one first.
func (p *undoPart) load(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `-- name: UndoListChanges
SELECT c.kind, c.row_key::text, coalesce(c.product_id::text, ''), c.before::text, c.after::text
FROM import_changes c
WHERE c.run_id = @run::uuid
  AND CASE WHEN @names THEN c.product_id IS NULL ELSE c.product_id = ANY (@products::uuid[]) END
ORDER BY c.seq DESC`, pgx.StrictNamedArgs{"run": p.undo.run.String(), "products": p.products, "names": p.products == nil})
	if err != nil {
		return fmt.Errorf("list the changes: %w", err)
	}
	changes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[loggedChange])
	if err != nil {
		return fmt.Errorf("list the changes: %w", err)
	}
	for _, c := range changes {
		table := tableNamed(c.Kind)
		if table == nil {
			return fmt.Errorf("the run changed %s, which this version cannot undo", c.Kind)
		}
		if p.rows[c.Kind+c.Key] == nil {
			row := &undoRow{table: table, key: c.Key, product: c.Product, left: map[string]string{}}
			p.rows[c.Kind+c.Key] = row
			p.order = append(p.order, row)
		}
	}
	for i := range recordedTables {
		if err := p.loadNow(ctx, tx, &recordedTables[i]); err != nil {
			return err
		}
	}
	for _, c := range changes {
		before, after, err := c.columns()
		if err != nil {
			return err
		}
		row := p.rows[c.Kind+c.Key]
		row.takeBack(before, after)
		row.wasAdded = before == nil
		if row.was = before; before == nil {
			row.was = after
		}
	}
	return nil
}

func (c *loggedChange) columns() (before, after columns, err error) {
	for _, side := range []struct {
		text *string
		into *columns
	}{{c.Before, &before}, {c.After, &after}} {
		if side.text != nil && err == nil {
			err = json.Unmarshal([]byte(*side.text), side.into)
		}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read a change of %s: %w", c.Kind, err)
	}
	return before, after, nil
}

// of returns the rows of a table.
func (p *undoPart) of(table string) (rows []*undoRow) {
	for _, row := range p.order {
		if row.table.name == table {
			rows = append(rows, row)
		}
	}
	return rows
}

// keysOf returns the keys of rows as a JSON array.
func keysOf(rows []*undoRow) string {
	keys := make([]json.RawMessage, len(rows))
	for i, row := range rows {
		keys[i] = json.RawMessage(row.key)
	}
	text, _ := json.Marshal(keys) // keys are JSON already
	return string(text)
}

func (p *undoPart) loadNow(ctx context.Context, tx pgx.Tx, table *recordedTable) error {
	wanted := p.of(table.name)
	if len(wanted) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, `-- name: UndoRows
SELECT k.row_key::text, (`+table.row()+`)::text
FROM jsonb_array_elements(@keys::jsonb) AS k(row_key)
CROSS JOIN jsonb_populate_record(NULL::`+table.name+`, k.row_key) AS r
JOIN `+table.name+` t ON `+table.sameKey("r")+`
FOR UPDATE OF t`, pgx.StrictNamedArgs{"keys": keysOf(wanted)})
	if err != nil {
		return fmt.Errorf("read %s: %w", table.name, err)
	}
	var key string
	var now []byte
	_, err = pgx.ForEachRow(rows, []any{&key, &now}, func() error {
		row := p.rows[table.name+key]
		if err := json.Unmarshal(now, &row.now); err != nil {
			return err
		}
		row.next = maps.Clone(row.now)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read %s: %w", table.name, err)
	}
	return nil
}

// takeBack takes one change back: what is still as the change left it becomes what it
// was before.
func (r *undoRow) takeBack(before, after columns) {
	switch {
	case before == nil && r.next == nil: // it is gone
	case before == nil:
		for _, column := range slices.Sorted(maps.Keys(after)) {
			if !bytes.Equal(r.next[column], after[column]) {
				r.left[column] = "the import added it, and it has been changed since"
			}
		}
		if r.next = nil; len(r.left) > 0 {
			r.next = maps.Clone(r.now)
		}
	case after == nil && r.next == nil:
		r.next = raised(before)
	case after == nil:
		for column := range before {
			if !slices.Contains(volatile, column) && !bytes.Equal(r.next[column], before[column]) {
				r.left[""] = "it was removed and has been added again since"
			}
		}
	case r.next == nil:
		r.left[""] = deletedSince
	default:
		for column, value := range after {
			switch {
			case bytes.Equal(r.next[column], value):
				r.next[column] = before[column]
			case !bytes.Equal(r.next[column], before[column]):
				r.left[column] = changedSince
			}
		}
	}
}

// raised returns a removed row with the next version, so that nobody takes it for the
// one that they knew.
func raised(before columns) columns {
	row := maps.Clone(before)
	delete(row, "updated_at")
	var version int64
	if json.Unmarshal(row["version"], &version) == nil && row["version"] != nil {
		row["version"] = fmt.Appendf(nil, "%d", version+1)
	}
	return row
}

// goes reports whether the row is deleted, returns whether it comes back.
func (r *undoRow) goes() bool    { return r.now != nil && r.next == nil }
func (r *undoRow) returns() bool { return r.now == nil && r.next != nil }

// stay leaves the row as it is.
func (r *undoRow) stay(reason string) {
	r.next = maps.Clone(r.now)
	r.left[""] = reason
}

// text returns a column as text; empty if it is NULL or not there.
func (c columns) text(column string) (text string) {
	_ = json.Unmarshal(c[column], &text)
	return text
}
