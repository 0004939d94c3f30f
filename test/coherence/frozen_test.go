package coherence

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/test/harness"
)

// startProcess starts an instance as a process of its own, which can be frozen.
func (s *system) startProcess(t *testing.T, name string) (*instance, *harness.Daemon) {
	t.Helper()
	command := exec.Command(harness.Build(t).Path, "serve")
	command.Env = harness.Environment("SOUK_OPS_LISTEN=127.0.0.1:0", "SOUK_MAX_CONCURRENCY=0", fmt.Sprint("SOUK_CACHE_MEMORY_BYTES=", cacheBytes),
		"DATABASE_URL="+s.Primary, "DATABASE_REPLICA_URLS="+strings.Join(s.replicas[:], ","), "REDIS_URL="+s.Redis,
		fmt.Sprint("SOUK_MAX_REPLICA_LAG=", replicaLag), "SOUK_KEYS="+string(s.keys))
	daemon := harness.Launch(t, harness.Folder(t), command)
	t.Cleanup(func() {
		if said, err := os.ReadFile(daemon.Log); t.Failed() && err == nil {
			t.Logf("the process said: %s", said)
		}
	})
	i := s.instances[0].at(name, "http://"+daemon.API)
	i.OpsURL = "http://" + daemon.Ops
	return i, daemon
}

// frozenLeader freezes the instance that follows the log. It must trust nothing when it wakes, and
// another must lead meanwhile.
func frozenLeader(t *testing.T, s *system) {
	needsFollower(t)
	frozen, daemon := s.startProcess(t, "frozen")
	with := *s
	with.instances = append([]*instance{}, append(s.instances, frozen)...)
	with.during(t, terms{LateWrites: true}, func(l *load) {
		for _, i := range s.instances { // so that the process leads
			i.log.Cut()
		}
		require.Eventually(t, func() bool { return s.leader(t) != "0" }, harness.Patience, harness.Tick)
		for _, i := range s.instances {
			i.log.Restore(s.cleanup)
		}
		with.trusted(t)
		before := s.leader(t)
		frozen.frozen.Store(true)
		require.NoError(t, syscall.Kill(daemon.PID, syscall.SIGSTOP))
		defer func() { // or it could not end
			require.NoError(t, syscall.Kill(daemon.PID, syscall.SIGCONT))
			frozen.frozen.Store(false)
		}()
		l.anotherLeads(t, before)
		hold(t, 3*time.Second, 5*time.Second, 10*time.Second)
	})
	s.trusted(t)
}
