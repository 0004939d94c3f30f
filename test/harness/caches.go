package harness

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
	"souk/internal/follower"
)

// WithCaches lets a server keep what it reads. Its replication slot is dropped when the test
// ends, after the server.
func WithCaches(t testing.TB, db *dbtest.DB) func(*Setup) {
	t.Helper()
	config, err := pgx.ParseConfig(db.PrimaryURL)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, follower.Drop(context.WithoutCancel(t.Context()), db.PrimaryURL, follower.SlotName(config.Database)))
	})
	return func(s *Setup) { s.Config.CacheBytes = 16 << 20 }
}

// AwaitCaches waits until a server's caches are in use.
func (s *Server) AwaitCaches(t testing.TB) {
	t.Helper()
	s.AwaitLog(t, `"caches in use"`)
}

// AwaitLog waits until a server's log contains a text.
func (s *Server) AwaitLog(t testing.TB, text string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(s.Log.String(), text) }, Patience, Tick, text)
}
