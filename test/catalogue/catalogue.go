// Package catalogue fills a database with a shop of any size, for tests that
// need many rows more than rows that look real. The same size always gives the
// same shop.
//
// It is made to be hard on lists: titles, prices, dates, ratings, positions and
// names repeat; a part of the prices and ratings is absent; prices are in several
// currencies; categories are four deep and share names. The first product,
// variant, customer and category have more of everything than fits on a page.
package catalogue

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"souk/internal/dbtest"
)

// chunk is how many products one transaction refreshes, as an import does.
const chunk = 5_000

// New returns a database with a shop of so many products, a test's own.
func New(t testing.TB, products int) *dbtest.DB {
	t.Helper()
	return dbtest.Named(t, fmt.Sprintf("catalogue of %d", products), func(ctx context.Context, url string) error {
		return Fill(ctx, url, products)
	})
}

// Fill makes a shop of so many products in an empty, migrated database and leaves
// it vacuumed and analyzed. 100,000 products take about half a minute.
func Fill(ctx context.Context, url string, products int) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("fill catalogue: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for _, step := range []func(context.Context, *pgx.Conn, int) error{settings, dropIndexes, insert, refresh, restoreIndexes, vacuum} {
		if err := step(ctx, conn, products); err != nil {
			return fmt.Errorf("fill catalogue: %w", err)
		}
	}
	return nil
}

// settings trade safety for speed. The role leaves out the checks of foreign
// keys, a lookup for each of a million references that are right by construction.
func settings(ctx context.Context, conn *pgx.Conn, _ int) error {
	return execute(ctx, conn,
		`SET synchronous_commit = off`, `SET work_mem = '64MB'`, `SET maintenance_work_mem = '256MB'`,
		`SET jit = off`, `SET statement_timeout = 0`, `SET session_replication_role = replica`)
}

// dropIndexes takes the indexes off the two tables that the refresh writes, and
// notes how to make them again. Building an index over all rows takes a tenth of
// the time that it takes to keep it up row by row.
func dropIndexes(ctx context.Context, conn *pgx.Conn, _ int) error {
	return execute(ctx, conn, `
CREATE TEMP TABLE dropped AS
SELECT format('%I.%I', schemaname, indexname) AS name, indexdef AS definition
FROM pg_indexes
WHERE schemaname = 'public' AND tablename IN ('products', 'product_listings')
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = format('%I.%I', schemaname, indexname)::regclass)`,
		`DO $$ DECLARE index text; BEGIN
  FOR index IN SELECT name FROM dropped LOOP EXECUTE 'DROP INDEX ' || index; END LOOP;
END $$`)
}

func restoreIndexes(ctx context.Context, conn *pgx.Conn, _ int) error {
	return execute(ctx, conn, `DO $$ DECLARE definition text; BEGIN
  FOR definition IN SELECT d.definition FROM dropped d LOOP EXECUTE definition; END LOOP;
END $$`)
}

func insert(ctx context.Context, conn *pgx.Conn, products int) error {
	for _, t := range tables {
		args := []any{}
		if t.sized {
			args = append(args, products)
		}
		if _, err := conn.Exec(ctx, t.statement, args...); err != nil {
			return fmt.Errorf("insert %s: %w", t.name, err)
		}
	}
	return execute(ctx, conn, `ANALYZE`)
}

// refresh derives what is derived by the function that every writer of products
// calls.
func refresh(ctx context.Context, conn *pgx.Conn, _ int) error {
	rows, err := conn.Query(ctx, `
SELECT array_agg(id)
FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / $1 AS chunk FROM products) AS numbered
GROUP BY chunk
ORDER BY chunk`, chunk)
	if err != nil {
		return err
	}
	chunks, err := pgx.CollectRows(rows, pgx.RowTo[[][16]byte])
	if err != nil {
		return err
	}
	for _, ids := range chunks {
		if _, err := conn.Exec(ctx, `SELECT refresh_products($1)`, ids); err != nil {
			return fmt.Errorf("refresh products: %w", err)
		}
	}
	return nil
}

// vacuum also empties the pending lists of the GIN indexes, which every search
// would scan.
func vacuum(ctx context.Context, conn *pgx.Conn, _ int) error {
	return execute(ctx, conn, `VACUUM (ANALYZE)`)
}

func execute(ctx context.Context, conn *pgx.Conn, statements ...string) error {
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
