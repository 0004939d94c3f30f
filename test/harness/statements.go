package harness

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
)

// Statements counts the statements that a database's servers have run, by
// Postgres' own count.
type Statements struct {
	servers []*pgx.Conn
	name    string
	lap     map[string]int
}

// CountStatements opens a count over the database's primary and replica.
func CountStatements(t testing.TB, db *dbtest.DB) *Statements {
	t.Helper()
	ctx := context.Background()
	s := &Statements{name: db.Name}
	primary, err := pgx.Connect(ctx, db.PrimaryURL)
	require.NoError(t, err)
	_, err = primary.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
	require.NoError(t, err)
	require.NoError(t, db.WaitReplica(ctx))
	replica, err := pgx.Connect(ctx, db.ReplicaURL)
	require.NoError(t, err)
	s.servers = []*pgx.Conn{primary, replica}
	t.Cleanup(func() {
		for _, c := range s.servers {
			c.Close(ctx)
		}
	})
	return s
}

// Calls returns how often each of the store's statements has run so far, by
// name. The router's own probe of the replicas is left out, and so is what steers
// transactions: Postgres counts that once for each time that it is prepared.
func (s *Statements) Calls(t testing.TB) map[string]int {
	t.Helper()
	const statement = `
SELECT substring(query FROM '^-- name: (\w+)') AS name, sum(calls)::int AS calls
FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND toplevel AND query ~ '^-- name: ' AND query !~ '^-- name: (ReplicaProgress|ServerIdentity)'
  AND query !~ '^-- name: \w+\n(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET)'
GROUP BY 1`
	calls := map[string]int{}
	for _, server := range s.servers {
		rows, err := server.Query(context.Background(), statement, pgx.QueryExecModeSimpleProtocol)
		require.NoError(t, err)
		var name string
		var n int
		_, err = pgx.ForEachRow(rows, []any{&name, &n}, func() error {
			calls[name] += n
			return nil
		})
		require.NoError(t, err)
	}
	return calls
}

// During returns how often each statement runs while do does.
func (s *Statements) During(t testing.TB, do func()) map[string]int {
	t.Helper()
	s.Lap(t)
	do()
	return s.Lap(t)
}

// Lap returns how often each statement has run since the last Lap or During.
func (s *Statements) Lap(t testing.TB) map[string]int {
	t.Helper()
	now := s.Calls(t)
	since := map[string]int{}
	for name, n := range now {
		if ran := n - s.lap[name]; ran != 0 {
			since[name] = ran
		}
	}
	s.lap = now
	return since
}
