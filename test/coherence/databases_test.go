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
	s.fit(t, 0)
}

// replicaFrozen stops all processes of a replica in the middle of what they do.
func replicaFrozen(t *testing.T, s *system) {
	var worst time.Duration
	s.during(t, terms{LateWrites: true}, func(l *load) {
		family := harness.Family(harness.Postmaster(t, s.replicas[0]))
		signal := func(what syscall.Signal) {
			for _, pid := range family {
				_ = syscall.Kill(pid, what) // a child may have ended
			}
		}
		defer signal(syscall.SIGCONT)
		l.slowest()
		signal(syscall.SIGSTOP)
		hold(t, time.Second, 5*time.Second, 36*time.Second)
		worst = l.slowest()
		signal(syscall.SIGCONT)
	})
	t.Log("the slowest read while a replica was frozen took", round(worst))
	require.Less(t, worst, frozenRead)
	s.fit(t, 0)
}

// frozenRead is how long a read may take that was on its way to a replica when that froze: it is
// noticed after twice 100 ms, or what a probe takes on this machine.
const frozenRead = time.Second

// recoveryConflicts has a replica cancel reads, as the primary removes rows that they may see.
func recoveryConflicts(t *testing.T, s *system) {
	s.during(t, terms{LateWrites: true}, func(l *load) {
		harness.Execute(t, s.replicas[0], `ALTER SYSTEM SET max_standby_streaming_delay = 0`)
		harness.Execute(t, s.replicas[0], `SELECT pg_reload_conf()`)
		for range chosen(5, 20, 200) {
			for _, table := range []string{"products", "product_listings", "reviews", "images", "variants"} {
				harness.Execute(t, s.Primary, `VACUUM (FREEZE, DISABLE_PAGE_SKIPPING) `+table)
			}
			harness.Execute(t, s.Primary, `BEGIN; LOCK TABLE products IN ACCESS EXCLUSIVE MODE; COMMIT`)
			l.more(200)
		}
		harness.Execute(t, s.replicas[0], `ALTER SYSTEM RESET max_standby_streaming_delay`)
		harness.Execute(t, s.replicas[0], `SELECT pg_reload_conf()`)
	})
	cancelled := harness.Text(t, s.replicas[0], `SELECT conflicts::text FROM pg_stat_database WHERE datname = current_database()`)
	t.Log(cancelled, "reads were cancelled")
	require.NotEqual(t, "0", cancelled)
	s.fit(t, 0)
}

// fit waits until each instance reads from a replica again.
func (s *system) fit(t *testing.T, replica int) {
	t.Helper()
	for _, i := range s.instances {
		require.Eventually(t, func() bool { return i.App.Store.Replicas()[replica].Fit }, 10*time.Second, harness.Tick)
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
