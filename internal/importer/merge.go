package importer

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// merger merges the staged rows into the shop. Every statement works on a set:
// the records of some thousand products at once.
//
// The input replaces the shop's values of the fields that it has columns for (the
// column has of staged rows says which), with these exceptions: SKU, barcode,
// cost, weight, image and alternative text stay if the cell is blank; variants,
// images and categories that the input does not name stay (unless Prune is set).
type merger struct {
	run  *run
	conn *pgx.Conn
	// outer is the one transaction of a dry run; nil otherwise.
	outer pgx.Tx
	// groups is how many groups of files the run has.
	groups int
	// changes writes down what the run changes; nil if it cannot be undone.
	changes *changeLog
}

// newMerger returns the merger of a run with some groups of files. close ends it.
func (r *run) newMerger(ctx context.Context, conn *pgx.Conn, groups int) (*merger, error) {
	m := &merger{run: r, conn: conn, groups: groups}
	if r.options.DryRun {
		tx, err := conn.Begin(ctx)
		if err != nil {
			return nil, fmt.Errorf("begin the dry run: %w", err)
		}
		m.outer = tx
	}
	return m, nil
}

func (m *merger) close(ctx context.Context) {
	if m.outer != nil {
		_ = m.outer.Rollback(context.WithoutCancel(ctx))
	}
}

// merge merges the staged rows of one group.
func (m *merger) merge(ctx context.Context) error {
	r := m.run
	if r.record != nil {
		m.changes = r.record.changes
	}
	steps := []func(context.Context) error{m.keepDeletedRecords, m.knownProducts, m.vendors, m.categories}
	if r.staged.products > 0 || r.staged.parts > 0 {
		steps = append(steps, m.products)
	}
	if r.staged.reviews > 0 {
		steps = append(steps, m.reviews)
	}
	if r.staged.levels > 0 {
		steps = append(steps, m.levels)
	}
	steps = append(steps, m.faults, m.analyze)
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// inTx runs statements that must be committed together.
func (m *merger) inTx(ctx context.Context, do func(tx pgx.Tx) error) error {
	if m.outer != nil {
		return do(m.outer)
	}
	before := m.run.report.Outcome
	err := pgx.BeginFunc(ctx, m.conn, do)
	if err != nil {
		m.run.report.Outcome = before
	}
	return err
}

// exec runs statements that later ones depend on, each with its name.
func exec(ctx context.Context, tx pgx.Tx, statements ...string) error {
	for _, statement := range statements {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", nameOf(statement), err)
		}
	}
	return nil
}

// count runs a statement that returns how many rows it stored, changed and saw,
// and adds them up.
func count(ctx context.Context, tx pgx.Tx, into *Count, statement string, args pgx.StrictNamedArgs) error {
	var stored, changed, seen int64
	if err := tx.QueryRow(ctx, statement, args).Scan(&stored, &changed, &seen); err != nil {
		return fmt.Errorf("%s: %w", nameOf(statement), err)
	}
	into.Stored += stored
	into.Changed += changed
	into.Unchanged += seen - stored - changed
	return nil
}

// countDistinct runs a statement that returns how many records it found, and how many
// more have the key of one of them, and adds up the latter.
func countDistinct(ctx context.Context, tx pgx.Tx, into *Count, statement string, args ...any) (found int, err error) {
	var duplicates int64
	if err := tx.QueryRow(ctx, statement, args...).Scan(&found, &duplicates); err != nil {
		return 0, fmt.Errorf("%s: %w", nameOf(statement), err)
	}
	into.Duplicates += duplicates
	return found, nil
}

// nameOf returns the name in a statement's first line.
func nameOf(statement string) string {
	const mark = "-- name: "
	if len(statement) > len(mark) && statement[:len(mark)] == mark {
		for i := len(mark); i < len(statement); i++ {
			if statement[i] == '\n' {
				return statement[len(mark):i]
			}
		}
	}
	return "statement"
}

const dropTouched = `-- name: ImportTouchedNone
TRUNCATE t_touched`

// finishProducts finishes the products in t_touched. A dry run does not: it does not
// change its report, and is most of the work.
func (m *merger) finishProducts(ctx context.Context, tx pgx.Tx) error {
	if m.outer != nil {
		return nil
	}
	return refreshTouched(ctx, tx)
}

// refreshTouched raises the versions of the products in t_touched of which only parts
// changed, and refreshes all derived data.
func refreshTouched(ctx context.Context, tx pgx.Tx) error {
	return exec(ctx, tx, `-- name: ImportRaiseVersions
UPDATE products p
SET version = p.version + 1, updated_at = now()
FROM (
  SELECT product_id
  FROM t_touched
  GROUP BY product_id
  HAVING NOT bool_or(own)
) AS t
WHERE p.id = t.product_id`, `-- name: ImportRefreshProducts
SELECT refresh_products(ARRAY(SELECT DISTINCT product_id FROM t_touched))`)
}
