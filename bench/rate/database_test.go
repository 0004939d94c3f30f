//go:build linux

package rate

import (
	"context"
	"fmt"
	"os"
	"testing"
	"text/tabwriter"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/test/harness"
)

// database is the Postgres server that all servers read from.
type database struct {
	url        string
	postmaster int // its first process
}

// countPlanning lets the server also count how long statements are planned, until the end
// of the test. It has other databases too.
func (d *database) countPlanning(t *testing.T) {
	t.Helper()
	const reload = `SELECT pg_reload_conf()`
	harness.Execute(t, d.url, `ALTER SYSTEM SET pg_stat_statements.track_planning = on`)
	harness.Execute(t, d.url, reload)
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), d.url)
		require.NoError(t, err)
		defer func() { _ = conn.Close(context.Background()) }()
		for _, statement := range []string{`ALTER SYSTEM RESET pg_stat_statements.track_planning`, reload} {
			_, err = conn.Exec(context.Background(), statement)
			require.NoError(t, err)
		}
	})
}

// forget begins the count of statements anew. Those of other databases go with them.
func (d *database) forget(t *testing.T) {
	t.Helper()
	harness.Execute(t, d.url, `SELECT pg_stat_statements_reset()`)
}

// printStatements prints what has run since forget, for each of so many requests.
func (d *database) printStatements(t *testing.T, requests int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), d.url)
	require.NoError(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	rows, err := conn.Query(t.Context(), `
SELECT coalesce(substring(query FROM '^-- name: (\w+)'), left(query, 30)), calls, plans, rows, total_plan_time, total_exec_time
FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND toplevel AND query NOT LIKE '%pg_stat_statements%'
ORDER BY total_plan_time + total_exec_time DESC
LIMIT 15`)
	require.NoError(t, err)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "statement\tcalls\tplans\trows\tplanning ms\texecution ms\t")
	var name string
	var calls, plans, found int
	var planning, execution float64
	_, err = pgx.ForEachRow(rows, []any{&name, &calls, &plans, &found, &planning, &execution}, func() error {
		n := float64(requests)
		_, err := fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.1f\t%.4f\t%.4f\t\n", name, float64(calls)/n, float64(plans)/n, float64(found)/n, planning/n, execution/n)
		return err
	})
	require.NoError(t, err)
	require.NoError(t, w.Flush())
}
