package coherence

import (
	"fmt"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
	"souk/test/harness"
)

// redisFailedOver leads all instances to a replica of Redis that lacks the last second, and back
// to the old one, which lacks more.
func redisFailedOver(t *testing.T, s *system) {
	other := s.addRedis(t)
	s.during(t, terms{LateWrites: true}, func(l *load) {
		for _, to := range []string{other, s.Redis} {
			client := redis.NewClient(&redis.Options{Addr: addressOf(other)})
			require.NoError(t, client.Do(t.Context(), "REPLICAOF", "NO", "ONE").Err())
			require.NoError(t, client.Close())
			hold(t, time.Second, time.Second, 5*time.Second)
			for _, i := range s.instances {
				i.redis.Lead(t, to)
			}
			s.trusted(t)
			l.more(3_000)
		}
	})
	s.trusted(t)
}

// addRedis starts a replica of Redis, which ends with the test, and waits until it has everything.
func (s *system) addRedis(t *testing.T) (url string) {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	require.NoError(t, err)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := free.Addr().String()
	require.NoError(t, free.Close())
	_, port, _ := strings.Cut(address, ":")
	host, from, _ := strings.Cut(addressOf(s.Redis), ":")
	server := exec.Command(program, "--port", port, "--bind", "127.0.0.1", "--dir", t.TempDir(), "--save", "", "--replicaof", host+" "+from)
	require.NoError(t, server.Start())
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	url = strings.Replace(s.Redis, addressOf(s.Redis), address, 1)
	client := redis.NewClient(&redis.Options{Addr: addressOf(url)})
	defer func() { require.NoError(t, client.Close()) }()
	require.Eventually(t, func() bool {
		said, err := client.Info(t.Context(), "replication").Result()
		return err == nil && strings.Contains(said, "master_link_status:up")
	}, harness.Patience, harness.Tick)
	return url
}

// addressOf is the host and port in a URL.
func addressOf(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	rest, _, _ = strings.Cut(rest, "/")
	return rest[strings.LastIndex(rest, "@")+1:]
}

// slotLost has the log grow past what the server keeps for a slot that nobody reads.
func slotLost(t *testing.T, s *system) {
	needsFollower(t)
	s.during(t, terms{LateWrites: true, FailedPrimary: true}, func(l *load) {
		s.StopPrimary(t, "fast")
		s.Configure("max_slot_wal_keep_size", "1MB")
		s.StartPrimary(t, s.cleanup.Cleanup)
		s.recovered(t)
		s.trusted(t)
		for _, i := range s.instances {
			i.log.Freeze()
		}
		require.Eventually(t, func() bool {
			harness.Execute(t, s.Primary, `SELECT pg_switch_wal()`)
			harness.Execute(t, s.Primary, `CHECKPOINT`)
			return harness.Text(t, s.Primary, `SELECT count(*)::text FROM pg_replication_slots WHERE slot_type = 'logical' AND wal_status = 'lost'`) == "1"
		}, harness.Patience, 50*time.Millisecond)
		for _, i := range s.instances {
			i.log.Thaw()
		}
		s.trusted(t)
		l.more(1_000)
	})
	s.StopPrimary(t, "fast")
	s.Configure("max_slot_wal_keep_size", "4GB")
	s.StartPrimary(t, s.cleanup.Cleanup)
	s.recovered(t)
	s.trusted(t)
}

// replicaPromoted lets a replica take the primary's place that lacks what the primary had last, while
// the old one still answers. It must be the last row: the system has no replica after it.
func replicaPromoted(t *testing.T, s *system) {
	needsFollower(t)
	promoted := s.replicas[1]
	const query = `{ product(slug: "enamel-mug") { title } }`
	shows := func(i *instance) string { return fmt.Sprint(i.Query(t, query, nil).Data) }
	s.during(t, terms{LateWrites: true, FailedPrimary: true, FailedPlain: true}, func(l *load) {
		write := l.hush()
		for _, pid := range harness.Family(harness.Postmaster(t, s.replicas[0])) {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it would go on to follow the old one
		}
		harness.Execute(t, s.Primary, `UPDATE products SET title = 'Kept' WHERE slug = 'enamel-mug'`)
		harness.WaitReplayed(t, promoted, harness.Position(t, s.Primary))
		harness.Execute(t, promoted, `ALTER SYSTEM SET primary_conninfo = ''`)
		harness.Execute(t, promoted, `SELECT pg_reload_conf()`)
		require.Eventually(t, func() bool {
			return harness.Text(t, promoted, `SELECT count(*)::text FROM pg_stat_wal_receiver`) == "0"
		}, harness.Patience, harness.Tick)
		harness.Execute(t, s.Primary, `UPDATE products SET title = 'Lost' WHERE slug = 'enamel-mug'`)
		for _, i := range s.instances {
			require.Eventually(t, func() bool { return strings.Contains(shows(i), "Lost") }, harness.Patience, harness.Tick)
		}
		harness.Execute(t, promoted, `SELECT pg_promote()`)
		for _, i := range s.instances {
			for _, relay := range []*dbtest.Relay{i.databases[0], i.log} {
				relay.Lead(t, promoted)
			}
		}
		s.Primary = promoted
		began := time.Now()
		for _, i := range s.instances {
			require.Eventually(t, func() bool { return strings.Contains(shows(i), "Kept") }, harness.Patience, harness.Tick)
		}
		t.Log("what was lost is no longer shown after", time.Since(began).Round(time.Millisecond))
		write()
		s.trusted(t)
		for range chosen(10, 100, 1000) {
			l.more(50)
			for _, i := range s.instances {
				require.Contains(t, shows(i), "Kept")
			}
		}
	})
}
