package importer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// undoProducts is how many products one transaction of an undo brings back.
	undoProducts = 500
	// shownLeft is how much of what an undo leaves is in its report.
	shownLeft = 1000
	// undoAttempts is how often a transaction of an undo is tried. It locks in another
	// order than a visitor's change may, and one of the two gives way.
	undoAttempts = 5
)

// UndoOptions say which run to undo.
type UndoOptions struct {
	DatabaseURL string
	Run         uuid.UUID // the zero UUID is the newest run that is not undone and changed something
	DryRun      bool      // store nothing; only report
	Actor       string    // who undoes it, for the audit log

	// afterPart lets tests stop between two transactions.
	afterPart func(part int)
}

// UndoReport is the result of an undo. Its JSON form is for programs.
type UndoReport struct {
	RunID   string    `json:"runId"`
	Started time.Time `json:"startedAt"`
	Files   []string  `json:"files"` // of the run
	DryRun  bool      `json:"dryRun"`
	UndoCount
	// Rows has the counts of each kind of row.
	Rows map[string]UndoCount `json:"rows"`
	// LeftCount is the number of rows and fields that stay, because they have been
	// changed since or are in use; Left are the first of them.
	LeftCount int64  `json:"leftCount"`
	Left      []Left `json:"left"`
}

// UndoCount is what an undo did with rows.
type UndoCount struct {
	// PutBack is the number of changed rows with their earlier values, Removed that of
	// rows that the run had added, Restored that of rows that it had removed.
	PutBack  int64 `json:"putBack"`
	Removed  int64 `json:"removed"`
	Restored int64 `json:"restored"`
}

// Left is what an undo leaves as it is.
type Left struct {
	Table   string `json:"table"`
	Subject string `json:"subject"` // in words: the product's slug, and the part
	Field   string `json:"field,omitempty"`
	Reason  string `json:"reason"`
}

// undo is one running undo.
type undo struct {
	options UndoOptions
	conn    *pgx.Conn
	outer   pgx.Tx // of a dry run
	run     uuid.UUID
	report  *UndoReport
	parts   int
}

// Undo takes a run back, product by product: what is still as the run wrote it becomes
// what it was before. What somebody has changed since stays, and is reported. An undo
// that was killed can be run again.
//
// A run that later ones have built on is refused before anything changes, with the order
// that works. To undo what is left of it and the rest another time would be the other
// way, but until then the shop would be a mixture of both.
func Undo(ctx context.Context, options UndoOptions) (*UndoReport, error) {
	conn, err := connect(ctx, options.DatabaseURL)
	if err != nil {
		return nil, err
	}
	defer closeConn(conn)
	if err := prepare(ctx, conn); err != nil {
		return nil, err
	}
	if err := closeKilled(ctx, conn); err != nil {
		return nil, err
	}
	run, err := undoableRun(ctx, conn, options.Run)
	if err != nil {
		return nil, err
	}
	if err := run.inOrder(ctx, conn); err != nil {
		return nil, err
	}
	u := &undo{
		options: options, conn: conn, run: run.id,
		report: &UndoReport{
			RunID: run.id.String(), Started: run.started.UTC(), Files: run.files, DryRun: options.DryRun,
			Rows: map[string]UndoCount{}, Left: []Left{},
		},
	}
	if options.DryRun {
		if u.outer, err = conn.Begin(ctx); err != nil {
			return nil, fmt.Errorf("begin the dry run: %w", err)
		}
		defer func() { _ = u.outer.Rollback(context.WithoutCancel(ctx)) }()
	}
	return u.report, u.all(ctx)
}

// all undoes the products in parts, from the last to the first, and then what they
// refer to.
func (u *undo) all(ctx context.Context) error {
	parts, err := u.productParts(ctx)
	if err != nil {
		return err
	}
	var late [][]string
	for _, products := range parts {
		switch err := u.part(ctx, products, false); {
		case isConflict(err):
			late = append(late, products) // such as a slug that a product of a later part has
		case err != nil:
			return fmt.Errorf("undo products: %w", err)
		}
	}
	for _, products := range append(late, nil) { // nil: what products refer to
		if err := u.part(ctx, products, true); err != nil {
			return fmt.Errorf("undo: %w", err)
		}
	}
	if err := u.inTx(ctx, func(tx pgx.Tx) error { return u.finish(ctx, tx) }); err != nil {
		return err
	}
	return u.analyze(ctx)
}

func (u *undo) productParts(ctx context.Context) ([][]string, error) {
	rows, err := u.conn.Query(ctx, `-- name: UndoProducts
SELECT array_agg(p.product_id::text ORDER BY p.n)
FROM (
  SELECT c.product_id, row_number() OVER (ORDER BY max(c.seq) DESC) - 1 AS n
  FROM import_changes c
  WHERE c.run_id = @run::uuid AND c.product_id IS NOT NULL
  GROUP BY c.product_id
) AS p
GROUP BY p.n / @size::bigint
ORDER BY p.n / @size::bigint`, pgx.StrictNamedArgs{"run": u.run.String(), "size": undoProducts})
	if err != nil {
		return nil, fmt.Errorf("list the products of the run: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[[]string])
}

// part undoes the changes of some products; of nil, those that belong to no product.
// If a row cannot be brought back, because another one has taken its place, last says
// whether to report it and go on, or to undo nothing of the part and return the error.
func (u *undo) part(ctx context.Context, products []string, last bool) error {
	counted, left := *u.report, len(u.report.Left)
	counted.Rows = maps.Clone(counted.Rows)
	for attempt := 1; ; attempt++ {
		err := u.inTx(ctx, func(tx pgx.Tx) error {
			p := &undoPart{undo: u, products: products, last: last, rows: map[string]*undoRow{}}
			return p.run(ctx, tx)
		})
		var pg *pgconn.PgError
		if errors.As(err, &pg) && (pg.Code == "40P01" || pg.Code == "40001") && attempt < undoAttempts && u.outer == nil {
			u.reset(counted, left)
			continue
		}
		if err != nil {
			u.reset(counted, left)
			return err
		}
		break
	}
	u.parts++
	if u.options.afterPart != nil {
		u.options.afterPart(u.parts)
	}
	return ctx.Err()
}

// reset takes back what a transaction that failed has reported.
func (u *undo) reset(counted UndoReport, left int) {
	counted.Left, counted.Rows = u.report.Left[:left], maps.Clone(counted.Rows)
	*u.report = counted
}

// isConflict reports whether another row takes the place of one that would come back,
// or one that it refers to is gone.
func isConflict(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && strings.HasPrefix(pg.Code, "23")
}

func (u *undo) inTx(ctx context.Context, do func(tx pgx.Tx) error) error {
	if u.outer != nil {
		return pgx.BeginFunc(ctx, u.outer, do)
	}
	return pgx.BeginFunc(ctx, u.conn, do)
}

// finish marks the run as undone. If there are later runs, its stamps stay: where it
// had written the same fields before, theirs were left out.
func (u *undo) finish(ctx context.Context, tx pgx.Tx) error {
	for _, statement := range []string{`-- name: UndoStamps
DELETE FROM import_stamps
WHERE run_id = @run::uuid
  AND NOT EXISTS (SELECT FROM import_runs o WHERE o.id > @run::uuid AND o.status <> 'UNDONE')`, `-- name: UndoChanges
DELETE FROM import_changes
WHERE run_id = @run::uuid`, `-- name: UndoRun
UPDATE import_runs
SET status = 'UNDONE', undone_at = now()
WHERE id = @run::uuid`} {
		if _, err := tx.Exec(ctx, statement, pgx.StrictNamedArgs{"run": u.run.String()}); err != nil {
			return fmt.Errorf("%s: %w", nameOf(statement), err)
		}
	}
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	return writeAudit(ctx, tx, u.run, "souk import undo", []auditChange{
		after("status", runUndone), after("undoneBy", u.options.Actor),
		after("putBack", number(u.report.PutBack)), after("removed", number(u.report.Removed)),
		after("restored", number(u.report.Restored)), after("left", number(u.report.LeftCount)),
	})
}

func (u *undo) leave(l Left) {
	u.report.LeftCount++
	if len(u.report.Left) < shownLeft {
		u.report.Left = append(u.report.Left, l)
	}
}
