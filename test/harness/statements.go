package harness

import (
	"context"
	"maps"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
)

// Statements counts the statements that a database's servers have run, by
// Postgres' own count.
type Statements struct {
	servers []countingServer
	lap     map[string]int
}

// countingServer is a server with the names of the statements that it has counted so
// far, by Postgres' own key. "": the statement is none of the store's.
type countingServer struct {
	conn  *pgx.Conn
	names map[int64]string
}

// CountStatements opens a count over the database's primary and replica.
func CountStatements(t testing.TB, db *dbtest.DB) *Statements {
	t.Helper()
	ctx := context.Background()
	s := &Statements{}
	primary, err := pgx.Connect(ctx, db.PrimaryURL)
	require.NoError(t, err)
	_, err = primary.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
	require.NoError(t, err)
	require.NoError(t, db.WaitReplica(ctx))
	replica, err := pgx.Connect(ctx, db.ReplicaURL)
	require.NoError(t, err)
	for _, conn := range []*pgx.Conn{primary, replica} {
		s.servers = append(s.servers, countingServer{conn: conn, names: map[int64]string{}})
		t.Cleanup(func() { _ = conn.Close(ctx) })
	}
	return s
}

// Calls returns how often each of the store's statements has run so far, by
// name. What a server does in the background is left out, and so is what steers
// transactions: Postgres counts that once for each time that it is prepared.
func (s *Statements) Calls(t testing.TB) map[string]int {
	t.Helper()
	calls := map[string]int{}
	for _, server := range s.servers {
		server.waitForTransactions(t)
		for key, n := range server.counts(t) {
			if name := server.names[key]; name != "" {
				calls[name] += n
			}
		}
	}
	return calls
}

// waitForTransactions returns when those of the responses have ended: a statement counts
// when it does.
func (s countingServer) waitForTransactions(t testing.TB) {
	t.Helper()
	require.Eventually(t, func() bool {
		var open int
		require.NoError(t, s.conn.QueryRow(context.Background(), `
SELECT count(*)
FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND xact_start IS NOT NULL AND pid <> pg_backend_pid()`, pgx.QueryExecModeExec).Scan(&open))
		return open == 0
	}, 10*time.Second, time.Millisecond)
}

// counts returns the calls of each statement, by key, and learns the names of new ones.
// It reads the texts for these alone: to have any text Postgres reads a file with those
// of all databases, which after some tests takes far longer than to count.
func (s countingServer) counts(t testing.TB) map[int64]int {
	t.Helper()
	const count = `
SELECT queryid, sum(calls)::int
FROM pg_stat_statements(false)
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND toplevel
GROUP BY 1`
	const name = `
SELECT queryid, coalesce(min(substring(query FROM '^-- name: (\w+)')) FILTER (
         WHERE query !~ '^-- name: (ReplicaProgress|ServerIdentity|DocumentGeneration|RecentDocuments|RecordDocumentUse|TouchDocuments|TrimDocuments|RemoveOldDocumentUses|DocumentClients)'
           AND query !~ '^-- name: \w+\n(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET)'), '')
FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND toplevel AND queryid = ANY($1)
GROUP BY 1`
	counts := byKey[int](t, s.conn, count)
	var unknown []int64
	for key := range counts {
		if _, known := s.names[key]; !known {
			unknown = append(unknown, key)
		}
	}
	if len(unknown) > 0 {
		maps.Copy(s.names, byKey[string](t, s.conn, name, unknown))
	}
	return counts
}

func byKey[V any](t testing.TB, conn *pgx.Conn, statement string, args ...any) map[int64]V {
	t.Helper()
	rows, err := conn.Query(context.Background(), statement, append([]any{pgx.QueryExecModeExec}, args...)...)
	require.NoError(t, err)
	values := map[int64]V{}
	var key int64
	var value V
	_, err = pgx.ForEachRow(rows, []any{&key, &value}, func() error {
		values[key] = value
		return nil
	})
	require.NoError(t, err)
	return values
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
