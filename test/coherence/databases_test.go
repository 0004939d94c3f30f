package coherence

import (
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/test/harness"
)

func replicaKilled(t *testing.T, s *system) {
	s.during(t, terms{LateWrites: true}, func(l *load) {
		for _, pid := range harness.Family(harness.Postmaster(t, s.replicas[0])) {
			_ = syscall.Kill(pid, syscall.SIGKILL) // a child may have ended
		}
		hold(t, time.Second, 3*time.Second, 20*time.Second)
		require.NoError(t, s.Stack.StartReplica(t.Context()))
		harness.WaitForServer(t, s.replicas[0])
	})
	for _, i := range s.instances {
		require.Eventually(t, func() bool { return i.App.Store.Replicas()[0].Fit }, 10*time.Second, harness.Tick)
	}
}

// primaryCrashes stops the primary as a crash does. Staff, tokens and writes need it.
func primaryCrashes(t *testing.T, s *system) {
	s.during(t, terms{LateWrites: true, FailedPrimary: true}, func(l *load) {
		for range chosen(1, 2, 20) {
			s.StopPrimary(t, "immediate")
			hold(t, time.Second, time.Second, 5*time.Second)
			s.StartPrimary(t, s.cleanup.Cleanup)
			s.recovered(t)
			l.more(1_000)
		}
	})
	s.trusted(t)
}

// backendKilled kills one process of the primary, which then starts all others anew.
func backendKilled(t *testing.T, s *system) {
	s.during(t, terms{LateWrites: true, FailedPrimary: true}, func(l *load) {
		for range chosen(1, 3, 30) {
			pid, err := strconv.Atoi(harness.Text(t, s.Primary, `SELECT max(pid)::text FROM pg_stat_activity WHERE application_name = 'souk' AND datname = current_database()`))
			require.NoError(t, err)
			open, err := pgx.Connect(t.Context(), s.Primary)
			require.NoError(t, err)
			require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
			require.Eventually(t, func() bool { return open.Ping(t.Context()) != nil }, harness.Patience, harness.Tick)
			s.recovered(t)
			l.more(1_000)
		}
	})
	s.trusted(t)
}

// recovered waits until each instance has the primary again.
func (s *system) recovered(t *testing.T) {
	t.Helper()
	harness.WaitForServer(t, s.Primary)
	for _, i := range s.instances {
		require.Eventually(t, func() bool { return i.App.Store.Ping(t.Context()) == nil }, harness.Patience, harness.Tick)
	}
}
