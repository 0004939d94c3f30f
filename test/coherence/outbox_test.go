package coherence

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/follower"
	"souk/test/harness"
)

// followsOutbox has the caches follow an outbox while some things break that matter to it.
func followsOutbox(t *testing.T, s *system) {
	needsFollower(t)
	conn, err := pgx.Connect(t.Context(), s.Primary)
	require.NoError(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	turn := func(run func() error, slots string) {
		// A table is in use all the time, but never for long.
		require.Eventually(t, func() bool { return run() == nil }, harness.Patience, harness.Tick)
		require.Eventually(t, func() bool {
			return harness.Text(t, s.Primary, `SELECT count(*)::text `+leading) == slots
		}, harness.Patience, harness.Tick)
	}
	s.during(t, terms{LateWrites: true}, func(l *load) {
		turn(func() error { return follower.EnableOutbox(t.Context(), conn) }, "0")
		s.trusted(t)
	})
	for _, row := range []struct {
		name string
		long bool
		run  func(*testing.T, *system)
	}{
		{"nothing breaks", false, nothingWithOutbox},
		{"commits wait for synchronous replication", true, stuckCommits},
		{"commits have two phases, and savepoints", true, unusualCommits},
		{"a transaction stays open", true, openTransaction},
		{"the leader's connection ends", true, outboxDisconnected},
		{"the follower is cut off from the primary", true, outboxCutOff},
	} {
		if row.long && !full() && !*soak {
			continue
		}
		hold(t, bound, bound, bound) // the last row's changes may be as late
		if t.Run(row.name, func(t *testing.T) { row.run(t, s) }); *s.unknown {
			return
		}
	}
	if *soak { // a read can wait for the lock of a rewriting for longer than it may
		t.Run("a table is rewritten", func(t *testing.T) { tableRewritten(t, s) })
		hold(t, bound, bound, bound)
		t.Run("a table is truncated, and copied back", func(t *testing.T) { tableTruncated(t, s) })
	}
	hold(t, bound, bound, bound)
	s.during(t, terms{LateWrites: true}, func(l *load) {
		turn(func() error { return follower.DisableOutbox(t.Context(), conn) }, "1")
		s.trusted(t)
	})
}

func nothingWithOutbox(t *testing.T, s *system) {
	s.during(t, terms{Values: chosen[int64](0, 90_000, 900_000)}, func(*load) {})
}

func outboxDisconnected(t *testing.T, s *system) {
	s.during(t, terms{LateWrites: true}, func(l *load) {
		for range chosen(1, 4, 50) {
			harness.Execute(t, s.Primary, `SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
				WHERE l.locktype = 'advisory' AND l.granted AND a.application_name = 'souk follower'`)
			s.trusted(t)
			l.more(1_000)
		}
	})
}

func outboxCutOff(t *testing.T, s *system) {
	s.during(t, terms{LateWrites: true}, func(l *load) {
		for _, i := range s.instances {
			i.log.Freeze()
			hold(t, takeover, takeover, takeover)
			for _, other := range s.instances {
				require.True(t, other.App.CachesInUse(), "another leads")
			}
			i.log.Thaw()
			l.more(1_000)
		}
	})
}
