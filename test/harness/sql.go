package harness

import (
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// Execute runs SQL on a connection of its own.
func Execute(t testing.TB, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	_, err = conn.Exec(t.Context(), sql)
	require.NoError(t, err)
}

// Text is the only value of a query's answer.
func Text(t testing.TB, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	var value string
	require.NoError(t, conn.QueryRow(t.Context(), sql).Scan(&value))
	return value
}

// Reads is how many of the store's statements a server has run in this database, by
// its own count. Other tests use other databases of the same server.
func Reads(t testing.TB, url string) int {
	t.Helper()
	n, err := strconv.Atoi(Text(t, url, `
SELECT coalesce(sum(calls), 0)::text
FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND query ~ '^-- name: ' AND query !~ '^-- name: (ReplicaProgress|ServerIdentity)'`))
	require.NoError(t, err)
	return n
}
