package faults

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/config"
	"souk/internal/dbtest"
	"souk/internal/devstack"
	"souk/migrations"
	"souk/test/harness"
	"souk/test/shop"
)

// servers are a primary, a replica and a Redis of this test's own, which it may
// stop, and an API over them.
type servers struct {
	*harness.Server
	stack *devstack.Stack
	dir   string
	db    *dbtest.DB
}

// TestServersThatComeAndGo stops and starts what the API stands on, one after
// the other, and wants an answer to every query all the while.
func TestServersThatComeAndGo(t *testing.T) {
	harness.LeaveNothing(t)
	s := startServers(t)
	for _, step := range []struct {
		name string
		run  func(*testing.T, *servers)
	}{
		{"reads use the replica and nothing else", replicaServesAll},
		{"a replica that is shut down costs no request", func(t *testing.T, s *servers) { replicaStops(t, s, syscall.SIGINT) }},
		{"a replica that breaks down costs no request", func(t *testing.T, s *servers) { replicaStops(t, s, syscall.SIGQUIT) }},
		{"a replica that lags is left aside", replicaLags},
		{"a read that replay cancels is repeated", replayCancels},
		{"a dead Redis costs nothing", redisStops},
		{"a dead primary leaves the reads", primaryStops},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.run(t, s) }) {
			t.Log(s.Log.String())
			return // the next step needs what this one left
		}
	}
}

func startServers(t *testing.T) *servers {
	t.Helper()
	s := &servers{dir: harness.Folder(t)}
	s.start(t)
	t.Cleanup(func() { require.NoError(t, s.stack.Stop(context.Background())) })
	env := s.stack.Env()
	s.db = &dbtest.DB{Name: "souk", PrimaryURL: env["DATABASE_URL"], ReplicaURL: env["DATABASE_REPLICA_URLS"], RedisURL: env["REDIS_URL"]}
	require.NoError(t, migrations.Up(t.Context(), s.db.PrimaryURL))
	shop.Fill(t, s.db.PrimaryURL)
	harness.Execute(t, s.db.PrimaryURL, `CREATE EXTENSION IF NOT EXISTS pg_stat_statements`)
	s.waitReplica(t)
	s.Server = harness.Start(t, s.db, func(setup *harness.Setup) {
		setup.Config.MaxReplicaLag = 300 * time.Millisecond
		setup.Config.Documents = config.Documents{} // what they do in the background reads the primary
	})
	return s
}

func (s *servers) start(t *testing.T) {
	t.Helper()
	var err error
	s.stack, err = devstack.Start(t.Context(), devstack.Options{Dir: s.dir, Fast: true})
	require.NoError(t, err)
}

func (s *servers) waitReplica(t *testing.T) {
	t.Helper()
	harness.WaitReplayed(t, s.db.ReplicaURL, harness.Position(t, s.db.PrimaryURL))
}

// metric sums the samples whose name and labels match.
func (s *servers) metric(t *testing.T, pattern string) float64 {
	t.Helper()
	_, text := s.Get(t, s.OpsURL+"/metrics")
	total := 0.0
	for _, sample := range regexp.MustCompile(`(?m)^`+pattern+` ([0-9.e+]+)`).FindAllStringSubmatch(text, -1) {
		value, err := strconv.ParseFloat(sample[1], 64)
		require.NoError(t, err)
		total += value
	}
	return total
}

func (s *servers) fallbacks(t *testing.T, reason string) float64 {
	t.Helper()
	return s.metric(t, `souk_replica_fallbacks_total\{reason="`+reason+`"\}`)
}

func (s *servers) waitStatus(t *testing.T, code int, status string) readiness {
	t.Helper()
	var last readiness
	require.Eventually(t, func() bool {
		last = readyz(t, s.Server)
		return last.code == code && last.Status == status
	}, harness.Patience, harness.Tick, "%d %s, last %+v", code, status, &last)
	return last
}

// underLoad runs queries from several clients while do runs, and wants an answer
// without an error to each of them. warm is how many there are before and after.
func (s *servers) underLoad(t *testing.T, do func()) {
	t.Helper()
	const clients, warm = 4, 60
	var answered atomic.Int64
	var done sync.WaitGroup
	failures := make(chan string, 1000)
	stop := make(chan struct{})
	for range clients {
		done.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				answer := s.Do(t, shop.Storefront, nil)
				if len(answer.Errors) > 0 || harness.At(answer.Data, "products", "totalCount") != 6.0 {
					select {
					case failures <- string(answer.Raw):
					default:
					}
				}
				answered.Add(1)
			}
		})
	}
	more := func() {
		before := answered.Load()
		require.Eventually(t, func() bool { return answered.Load() >= before+warm }, harness.Patience, harness.Tick)
	}
	more()
	do()
	more()
	close(stop)
	done.Wait()
	close(failures)
	require.Empty(t, failures, "first: %s", <-failures)
}

func replicaServesAll(t *testing.T, s *servers) {
	before := harness.Reads(t, s.db.ReplicaURL)
	written := harness.Reads(t, s.db.PrimaryURL)
	s.underLoad(t, func() {})
	require.Greater(t, harness.Reads(t, s.db.ReplicaURL)-before, 400)
	require.Equal(t, written, harness.Reads(t, s.db.PrimaryURL), "the primary ran none of it")
	require.Greater(t, s.metric(t, `souk_sql_duration_seconds_count\{[^}]*pool="replica-1"[^}]*\}`), 400.0)
	require.Zero(t, s.metric(t, `souk_sql_duration_seconds_count\{[^}]*pool="primary",statement="[A-Z][^}]*\}`))
	require.Zero(t, s.metric(t, `souk_replica_fallbacks_total\{[^}]*\}`))
	require.Len(t, s.waitStatus(t, 200, "ready").Checks, 3)
}

// replicaStops ends the replica under load with a signal to its first process,
// whose number it keeps itself, and starts it again.
func replicaStops(t *testing.T, s *servers, signal syscall.Signal) {
	pid, err := strconv.Atoi(harness.Text(t, s.db.ReplicaURL, `SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)`))
	require.NoError(t, err)
	before := s.fallbacks(t, `(?:unreachable|none_fit)`)
	s.underLoad(t, func() {
		require.NoError(t, syscall.Kill(pid, signal))
		s.stack.StopReplica(t.Context()) // waits for the end
		require.Eventually(t, func() bool { return !s.App.Store.Replicas()[0].Fit }, harness.Patience, harness.Tick)
	})
	require.Greater(t, s.fallbacks(t, `(?:unreachable|none_fit)`), before)
	s.waitStatus(t, 200, "degraded")
	require.Eventually(t, func() bool { return s.metric(t, `souk_replica_up\{[^}]*\}`) == 0 }, harness.Patience, harness.Tick)

	s.underLoad(t, func() {
		require.NoError(t, s.stack.StartReplica(t.Context()))
		require.Eventually(t, func() bool { return s.App.Store.Replicas()[0].Fit }, harness.Patience, harness.Tick)
	})
	s.waitStatus(t, 200, "ready")
	returned(t, s)
}

// returned wants the reads back on the replica.
func returned(t *testing.T, s *servers) {
	t.Helper()
	require.Eventually(t, func() bool { return s.App.Store.Replicas()[0].Fit }, harness.Patience, harness.Tick)
	// A connection that was on its way when the replica went may still fail once.
	require.Eventually(t, func() bool {
		before := harness.Reads(t, s.db.PrimaryURL)
		for range 5 {
			s.Query(t, shop.Storefront, nil)
		}
		return harness.Reads(t, s.db.PrimaryURL) == before
	}, harness.Patience, harness.Tick)
	left := strings.Count(s.Log.String(), "neighbour lost")
	for range 50 {
		s.Query(t, shop.Storefront, nil)
	}
	require.Equal(t, left, strings.Count(s.Log.String(), "neighbour lost"), "it stays in use")
}

func replicaLags(t *testing.T, s *servers) {
	harness.Execute(t, s.db.ReplicaURL, `SELECT pg_wal_replay_pause()`)
	title := func() any { return s.Query(t, `{ product(slug: "enamel-mug") { title } }`, nil).At("product", "title") }
	n := 0
	require.Eventually(t, func() bool { // the primary writes on
		n++
		harness.Execute(t, s.db.PrimaryURL, fmt.Sprintf(`UPDATE products SET title = 'Mug %d' WHERE slug = 'enamel-mug'`, n))
		return !s.App.Store.Replicas()[0].Fit
	}, harness.Patience, 50*time.Millisecond)
	require.Equal(t, fmt.Sprint("Mug ", n), title(), "from the primary")
	require.Greater(t, s.fallbacks(t, "none_fit"), 0.0)
	state := s.waitStatus(t, 200, "degraded")
	require.Contains(t, fmt.Sprint(state.Checks), "behind; reads go elsewhere")
	require.Contains(t, s.Log.String(), "error=lagging")
	require.Greater(t, s.metric(t, `souk_replica_lag_seconds\{[^}]*\}`), 0.3)

	harness.Execute(t, s.db.ReplicaURL, `SELECT pg_wal_replay_resume()`)
	s.waitReplica(t)
	s.waitStatus(t, 200, "ready")
	returned(t, s)
	require.Equal(t, fmt.Sprint("Mug ", n), title())
}

// replayCancels has the replica work on a slow read of a table while the primary
// locks the table: replay, which must not wait here, ends the read.
func replayCancels(t *testing.T, s *servers) {
	harness.Execute(t, s.db.PrimaryURL, `ALTER TABLE vendors RENAME TO fast_vendors`)
	harness.Execute(t, s.db.PrimaryURL, `CREATE VIEW vendors AS
		SELECT v.* FROM fast_vendors v WHERE v.version < (SELECT count(*) FROM generate_series(1, 4000000))`)
	harness.Execute(t, s.db.ReplicaURL, `ALTER SYSTEM SET max_standby_streaming_delay = 0`)
	harness.Execute(t, s.db.ReplicaURL, `SELECT pg_reload_conf()`)
	s.waitReplica(t)
	before := s.fallbacks(t, "recovery_conflict")
	// A lock may come between two reads; it has only to hit one.
	require.Eventually(t, func() bool {
		answered := make(chan *harness.Answer, 1)
		go func() { answered <- s.Do(t, `{ vendor(slug: "loom") { name } }`, nil) }()
		require.Eventually(t, func() bool {
			return harness.Text(t, s.db.ReplicaURL, `SELECT count(*)::text FROM pg_stat_activity
				WHERE state = 'active' AND query LIKE '-- name: VendorBySlug%' AND pid <> pg_backend_pid()`) != "0"
		}, harness.Patience, harness.Tick)
		harness.Execute(t, s.db.PrimaryURL, `BEGIN; LOCK TABLE fast_vendors IN ACCESS EXCLUSIVE MODE; COMMIT`)
		answer := <-answered
		require.Empty(t, answer.Errors)
		require.Equal(t, "Loom & Thread", answer.At("vendor", "name"))
		return s.fallbacks(t, "recovery_conflict") > before
	}, harness.Patience, harness.Tick)
	require.True(t, s.App.Store.Replicas()[0].Fit, "a conflict says nothing against the replica")
	harness.Execute(t, s.db.PrimaryURL, `DROP VIEW vendors; ALTER TABLE fast_vendors RENAME TO vendors`)
	harness.Execute(t, s.db.ReplicaURL, `ALTER SYSTEM RESET max_standby_streaming_delay`)
	harness.Execute(t, s.db.ReplicaURL, `SELECT pg_reload_conf()`)
	s.waitReplica(t)
}

func redisStops(t *testing.T, s *servers) {
	s.underLoad(t, func() { s.stack.StopRedis(t.Context()) })
	state := s.waitStatus(t, 200, "degraded")
	require.Contains(t, fmt.Sprint(state.Checks), "redis")
	require.NoError(t, s.stack.StartRedis(t.Context()))
	s.waitStatus(t, 200, "ready")
}

// primaryStops ends the primary for long enough that the replica counts as behind,
// and then everything, which comes back under the same addresses.
func primaryStops(t *testing.T, s *servers) {
	pid, err := strconv.Atoi(harness.Text(t, s.db.PrimaryURL, `SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)`))
	require.NoError(t, err)
	s.underLoad(t, func() {
		require.NoError(t, syscall.Kill(pid, syscall.SIGINT))
		s.waitStatus(t, 503, "unready")
		require.Eventually(t, func() bool { return !s.App.Store.Replicas()[0].Fit }, harness.Patience, harness.Tick)
	})
	s.waitStatus(t, 503, "unready")

	require.NoError(t, s.stack.Stop(t.Context()))
	got := s.Do(t, shop.Storefront, nil)
	require.NotEmpty(t, got.Errors)
	require.NotRegexp(t, harness.Leaks, string(got.Raw))
	s.start(t)
	require.Equal(t, s.db.PrimaryURL, s.stack.Env()["DATABASE_URL"], "the same address")
	s.waitStatus(t, 200, "ready")
	s.underLoad(t, func() {})
	require.False(t, strings.Contains(s.Log.String(), "panic"))
}
