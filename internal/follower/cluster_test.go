package follower_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/changefeed"
	"souk/internal/coherence"
	"souk/internal/follower"
	"souk/test/harness"
)

// TestOnAClusterOfItsOwn is what other tests must not feel.
func TestOnAClusterOfItsOwn(t *testing.T) {
	c := harness.StartCluster(t)
	s := &clustered{Cluster: c, feed: changefeed.NewLocal(), leader: &leader{}, cleanup: t.Cleanup}
	s.heard = listen(t, s.feed)
	s.stop = run(t, follower.Options{URL: c.Primary, Feed: s.feed, Observe: s.observer()})
	s.heard.waitEpochs(t, 1)
	for _, step := range []struct {
		name string
		run  func(*testing.T, *clustered)
	}{
		{"a commit that waits for a standby is heard, and not shown", commitIsStuck},
		{"a crash begins an epoch", primaryCrashes},
		{"a restart begins an epoch", primaryRestarts},
		{"a slot that lost its log is made anew", slotIsLost},
		{"a server without logical decoding is told", noLogicalDecoding},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.run(t, s) }) {
			return // the next step needs what this one left
		}
	}
}

type clustered struct {
	*harness.Cluster
	*leader
	feed    *changefeed.Local
	heard   *heard
	nonce   uint64
	cleanup func(func()) // at the end of all steps
}

func (s *clustered) settle(t *testing.T) {
	t.Helper()
	s.nonce++
	s.heard.round(t, s.feed, coherence.Nonce{Instance: 1, Number: s.nonce})
}

// sql runs a statement over a connection of its own: the server may be another by the next.
func (s *clustered) sql(t *testing.T, statement string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), s.Primary)
	require.NoError(t, err)
	execute(t, conn, statement)
	require.NoError(t, conn.Close(context.Background()))
}

// restart starts the stopped primary with other settings.
func (s *clustered) restart(t *testing.T, settings ...string) {
	t.Helper()
	address, err := url.Parse(s.Primary)
	require.NoError(t, err)
	args := []string{
		"-D", s.Data, "-p", address.Port(), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off",
		"-c", "max_connections=200", "-c", "max_wal_senders=64", "-c", "max_replication_slots=64", "-c", "max_prepared_transactions=16",
	}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	server := s.Command(context.WithoutCancel(t.Context()), "postgres", args...)
	require.NoError(t, server.Start())
	s.cleanup(func() {
		_ = server.Process.Signal(syscall.SIGQUIT) // it may have ended
		_ = server.Wait()
	})
	harness.WaitForServer(t, s.Primary)
}

func commitIsStuck(t *testing.T, s *clustered) {
	s.sql(t, `ALTER SYSTEM SET synchronous_standby_names = 'nobody'`)
	s.sql(t, `SELECT pg_reload_conf()`)
	require.Eventually(t, func() bool { return harness.Text(t, s.Primary, `SHOW synchronous_standby_names`) == "nobody" }, patience, tick)
	var writing sync.WaitGroup
	writing.Go(func() { s.sql(t, `INSERT INTO vendors (id, slug, name) VALUES (gen_random_uuid(), 'stuck', 'Stuck')`) })
	tag := coherence.TagOf("vendor-slug", "stuck")
	var xid uint64
	at := s.heard.wait(t, "the stuck commit", func(m coherence.Message) bool {
		i := slices.IndexFunc(m.Commits, func(c coherence.Commit) bool { return slices.Contains(c.Tags, tag) })
		if i >= 0 {
			xid = m.Commits[i].XID
		}
		return i >= 0
	})
	s.settle(t) // beats are not held
	s.settle(t)
	require.Equal(t, "0", harness.Text(t, s.Primary, `SELECT count(*)::text FROM vendors WHERE slug = 'stuck'`))
	shown := false
	for _, m := range s.heard.all()[at:] {
		if m.Shown != nil {
			shown = true
			require.True(t, xid >= m.Shown.Max || slices.Contains(m.Shown.Running, xid), "the primary does not show it yet")
		}
	}
	require.True(t, shown)
	s.sql(t, `ALTER SYSTEM RESET synchronous_standby_names`)
	s.sql(t, `SELECT pg_reload_conf()`)
	writing.Wait()
	s.heard.wait(t, "a snapshot that shows it", func(m coherence.Message) bool {
		return m.Shown != nil && xid < m.Shown.Max && !slices.Contains(m.Shown.Running, xid)
	})
}

// requireAnew waits until an epoch has begun for a reason, after the server has come back.
func (s *clustered) requireAnew(t *testing.T, epochs int, reason string) {
	t.Helper()
	s.settle(t)
	require.Len(t, s.heard.epochs(), epochs+1)
	require.Equal(t, reason, s.reasons()[epochs])
	requireChain(t, s.heard.all())
}

func primaryCrashes(t *testing.T, s *clustered) {
	epochs := len(s.heard.epochs())
	s.StopPrimary(t, "immediate")
	s.StartPrimary(t, s.cleanup)
	s.requireAnew(t, epochs, "the database was restored from its log, or promoted")
}

func primaryRestarts(t *testing.T, s *clustered) {
	epochs := len(s.heard.epochs())
	s.StopPrimary(t, "fast")
	s.StartPrimary(t, s.cleanup)
	s.requireAnew(t, epochs, "the server was restarted, or published tables were changed")
}

func slotIsLost(t *testing.T, s *clustered) {
	slot := follower.SlotName(harness.Text(t, s.Primary, `SELECT current_database()`))
	s.stop()
	s.StopPrimary(t, "fast")
	s.restart(t, "wal_level=logical", "max_slot_wal_keep_size=1MB", "max_wal_size=32MB", "min_wal_size=32MB")
	s.sql(t, `CREATE TABLE filler (x text)`)
	require.Eventually(t, func() bool {
		s.sql(t, `INSERT INTO filler SELECT repeat(md5(i::text), 100) FROM generate_series(1, 10000) i`)
		s.sql(t, `SELECT pg_switch_wal()`)
		s.sql(t, `CHECKPOINT`)
		return harness.Text(t, s.Primary, fmt.Sprintf(`SELECT wal_status FROM pg_replication_slots WHERE slot_name = '%s'`, slot)) == "lost"
	}, patience, tick)
	epochs := len(s.heard.epochs())
	s.stop = run(t, follower.Options{URL: s.Primary, Feed: s.feed, Observe: s.observer()})
	s.requireAnew(t, epochs, "the replication slot is new")
}

func noLogicalDecoding(t *testing.T, s *clustered) {
	slot := follower.SlotName(harness.Text(t, s.Primary, `SELECT current_database()`))
	s.stop()
	require.NoError(t, follower.Drop(t.Context(), s.Primary, slot))
	s.StopPrimary(t, "fast")
	s.restart(t, "wal_level=replica")
	l := &leader{}
	stop := run(t, follower.Options{URL: s.Primary, Feed: s.feed, Observe: l.observer()})
	require.Eventually(t, func() bool { return len(l.troubles()) == 1 }, patience, tick)
	require.Contains(t, l.troubles()[0], "set wal_level = logical and restart the primary")
	stop()
}
