package migrations

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Loss is what the reversal of a migration destroys.
type Loss struct {
	// Name is the migration's file name; "" means that none is applied.
	Name string
	// Items are the tables, columns and rows that would be gone, in words.
	Items []string
	// Untried are the statements of a reversal that cannot run in a transaction, or that
	// takes too long to be tried. Items is then empty.
	Untried string
}

// lossTimeout bounds the wait for locks while the reversal is tried: the servers that
// use the tables must not wait for it.
const lossTimeout = "5s"

// trialTimeout bounds each statement of the trial, which keeps those servers waiting
// while it runs. What takes longer is shown as it is.
const trialTimeout = "10s"

// NextLoss tries the reversal of the newest applied migration in a transaction that it
// rolls back, and compares the tables before and after.
func NextLoss(ctx context.Context, url string) (Loss, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return Loss{}, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	name, err := newestApplied(ctx, conn)
	if err != nil || name == "" {
		return Loss{}, err
	}
	loss := Loss{Name: name}
	reversal, transactional, err := reversalOf(name)
	if err != nil {
		return Loss{}, fmt.Errorf("read %s: %w", name, err)
	}
	if !transactional {
		loss.Untried = reversal
		return loss, nil
	}
	loss.Items, err = try(ctx, conn, reversal)
	if cause, ok := errors.AsType[*pgconn.PgError](err); ok && cause.Code == "57014" { // statement_timeout
		return Loss{Name: name, Untried: reversal}, nil
	}
	if err != nil {
		return Loss{}, fmt.Errorf("try the reversal of %s: %w", name, err)
	}
	return loss, nil
}

func newestApplied(ctx context.Context, conn *pgx.Conn) (string, error) {
	applied, err := appliedVersions(ctx, conn)
	if err != nil {
		return "", fmt.Errorf("read the applied migrations: %w", err)
	}
	newest := int64(0) // goose counts the empty database as version 0
	for version := range applied {
		newest = max(newest, version)
	}
	if newest == 0 {
		return "", nil
	}
	names, err := Names()
	if err != nil {
		return "", err
	}
	for _, name := range names {
		if version, err := versionOf(name); err == nil && version == newest {
			return name, nil
		}
	}
	return "", fmt.Errorf("the newest migration of the database, %d, is not one of this build: revert it with the build that applied it", newest)
}

// reversalOf returns the statements that revert a migration, and whether they run in a
// transaction.
func reversalOf(name string) (statements string, transactional bool, err error) {
	version, err := versionOf(name)
	if err != nil {
		return "", false, err
	}
	if step, ok := riverStepOf(version); ok {
		statements, err = step.reversal()
		return statements, true, err
	}
	content, err := fs.ReadFile(FS, name)
	statements, transactional = downStatements(string(content))
	return statements, transactional, err
}

// downStatements returns the part of a migration that reverts it, and whether it runs
// in a transaction.
func downStatements(migration string) (statements string, transactional bool) {
	_, down, _ := strings.Cut(migration, "-- +goose Down")
	lines := slices.DeleteFunc(strings.Split(down, "\n"), func(line string) bool { return strings.HasPrefix(line, "-- +goose") })
	return strings.TrimSpace(strings.Join(lines, "\n")), !strings.Contains(migration, "-- +goose NO TRANSACTION")
}

// tables are the columns of each table, in order.
type tables map[string][]string

// try runs the statements in a transaction that it rolls back, and then counts what they
// removed: counting takes longer than they do, and they keep everybody else out.
func try(ctx context.Context, conn *pgx.Conn, statements string) ([]string, error) {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return nil, err
	}
	before, after, rows, err := compare(ctx, tx, statements)
	if err := errors.Join(err, tx.Rollback(context.WithoutCancel(ctx))); err != nil {
		return nil, err
	}
	items := []string{}
	for _, table := range slices.Sorted(maps.Keys(before)) {
		lost, err := describe(ctx, conn, table, before[table], after[table])
		if err != nil {
			return nil, err
		}
		items = append(items, lost...)
	}
	return append(items, rows...), nil
}

func compare(ctx context.Context, tx pgx.Tx, statements string) (before, after tables, rows []string, err error) {
	if _, err = tx.Exec(ctx, "SET LOCAL lock_timeout = '"+lossTimeout+"'; SET LOCAL statement_timeout = '"+trialTimeout+"'"); err != nil {
		return nil, nil, nil, err
	}
	if before, err = readTables(ctx, tx); err != nil {
		return nil, nil, nil, err
	}
	if _, err = tx.Exec(ctx, statements, pgx.QueryExecModeSimpleProtocol); err != nil {
		return nil, nil, nil, err
	}
	if after, err = readTables(ctx, tx); err != nil {
		return nil, nil, nil, err
	}
	rows, err = changedRows(ctx, tx)
	return before, after, rows, err
}

func readTables(ctx context.Context, tx pgx.Tx) (tables, error) {
	rows, err := tx.Query(ctx, `-- name: Columns
SELECT c.relname, a.attname
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace
  AND c.relkind IN ('r', 'p', 'm')
  AND a.attnum > 0
  AND NOT a.attisdropped
ORDER BY c.relname, a.attnum`)
	if err != nil {
		return nil, err
	}
	found := tables{}
	var table, column string
	_, err = pgx.ForEachRow(rows, []any{&table, &column}, func() error {
		found[table] = append(found[table], column)
		return nil
	})
	return found, err
}

// changedRows says which rows of tables that stay were removed or changed in this
// transaction, as Postgres itself counts them.
func changedRows(ctx context.Context, tx pgx.Tx) (items []string, err error) {
	rows, err := tx.Query(ctx, `-- name: ChangedRows
SELECT relname, n_tup_del, n_tup_upd
FROM pg_stat_xact_user_tables
WHERE schemaname = current_schema()
  AND n_tup_del + n_tup_upd > 0
ORDER BY relname`)
	if err != nil {
		return nil, err
	}
	var table string
	var removed, changed int64
	_, err = pgx.ForEachRow(rows, []any{&table, &removed, &changed}, func() error {
		if removed > 0 {
			items = append(items, fmt.Sprintf("%s of the table %s", rowCount(removed), table))
		}
		if changed > 0 {
			items = append(items, fmt.Sprintf("what stands in %s of the table %s", rowCount(changed), table))
		}
		return nil
	})
	return items, err
}

// describe says what of a table would be gone.
func describe(ctx context.Context, conn *pgx.Conn, table string, before, after []string) (items []string, err error) {
	name := pgx.Identifier{table}.Sanitize()
	var all, filled int64
	if len(after) == 0 {
		if err := conn.QueryRow(ctx, "SELECT count(*) FROM "+name).Scan(&all); err != nil {
			return nil, err
		}
		return []string{fmt.Sprintf("the table %s with %s", table, rowCount(all))}, nil
	}
	for _, column := range before {
		if slices.Contains(after, column) {
			continue
		}
		if err := conn.QueryRow(ctx, "SELECT count(*), count("+pgx.Identifier{column}.Sanitize()+") FROM "+name).Scan(&all, &filled); err != nil {
			return nil, err
		}
		items = append(items, fmt.Sprintf("the column %s.%s, which has a value in %d of %s", table, column, filled, rowCount(all)))
	}
	return items, nil
}

func rowCount(n int64) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}
