package store

import (
	"context"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/devstack"
	"souk/migrations"
)

// TestATransactionNumberThatIsAssignedTwice crashes a process of the server, which then
// recovers without being started anew. It has lost a transaction's number, and assigns it to
// another one: that this one was committed says nothing of the first.
func TestATransactionNumberThatIsAssignedTwice(t *testing.T) {
	t.Parallel()
	dir, err := devstack.TemporaryDir("souk-test-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	stack, err := devstack.Start(t.Context(), devstack.Options{Dir: dir, Fast: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stack.Stop(context.Background())) })
	url := stack.Env()["DATABASE_URL"]
	require.NoError(t, migrations.Up(t.Context(), url))
	s, err := Open(t.Context(), Config{PrimaryURL: url})
	require.NoError(t, err)
	t.Cleanup(s.Close)

	number := func(conn *pgx.Conn) (xid, life string) {
		require.NoError(t, conn.QueryRow(t.Context(), transactionIDStatement).Scan(&xid, &life))
		return xid, life
	}
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	var writer int
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'`).Scan(&writer))
	_, err = conn.Exec(t.Context(), beginStatement)
	require.NoError(t, err)
	xid, life := number(conn)
	require.NoError(t, syscall.Kill(writer, syscall.SIGKILL))

	require.Eventually(t, func() bool {
		conn, err = pgx.Connect(t.Context(), url)
		if err != nil {
			return false
		}
		var now string
		err = conn.QueryRow(t.Context(), "SELECT "+serverLife).Scan(&now)
		return err == nil && now != life
	}, patience, 10*time.Millisecond)
	defer conn.Close(t.Context())
	lost, err := strconv.Atoi(xid)
	require.NoError(t, err)
	for again := 0; again < lost; {
		text, _ := number(conn)
		again, err = strconv.Atoi(text)
		require.NoError(t, err)
		require.LessOrEqual(t, again, lost, "the number is not assigned again: the test shows nothing")
	}
	_, err = s.resolve(t.Context(), &unanswered{xid: xid, serverLife: life, cause: context.Canceled})
	require.ErrorIs(t, err, errInDoubt)
}
