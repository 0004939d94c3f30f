package faults

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
	"souk/test/harness"
	"souk/test/shop"
)

// TestAServerWritesOnlyJSON reads all that the program writes from its start to its stop,
// while its neighbours come and go and a collector refuses its traces.
func TestAServerWritesOnlyJSON(t *testing.T) {
	program, dir, db := harness.Build(t), harness.Folder(t), shop.New(t)
	keys := filepath.Join(dir, "keys.json")
	said, code := program.Run(t, dir, harness.Environment(), "keys", "new", "--file", keys)
	require.Zero(t, code, said)
	primary, replica := dbtest.NewProxy(t, db.PrimaryURL), dbtest.NewProxy(t, db.ReplicaURL)
	redis := dbtest.NewRelay(t, db.RedisURL)

	log := &harness.Log{}
	cmd := exec.Command(program.Path, "serve", "--with-worker")
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	cmd.Env = harness.Environment("DATABASE_URL="+primary.URL, "DATABASE_REPLICA_URLS="+replica.URL, "REDIS_URL="+redis.URL,
		"SOUK_KEYS_FILE="+keys, "OTEL_EXPORTER_OTLP_ENDPOINT=http://"+nobody(t), "OTEL_BSP_SCHEDULE_DELAY=100", "OTEL_BSP_MAX_QUEUE_SIZE=many")
	require.NoError(t, cmd.Start())
	stopped := sync.OnceValue(func() error {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		return cmd.Wait()
	})
	t.Cleanup(func() { _ = stopped() })

	started := awaitEvent(t, log, "started", nil)
	for _, attr := range []string{"api", "ops", "version", "pid", "env", "replicas", "request_timeout"} {
		require.Contains(t, started, attr)
	}
	require.EqualValues(t, cmd.Process.Pid, started["pid"])
	awaitEvent(t, log, "job", map[string]any{"kind": "expired_clean_up", "outcome": "done"})
	redis.Cut()
	replica.Refuse(true)
	for _, name := range []string{"redis", "replica-1"} {
		lost := awaitEvent(t, log, "neighbour lost", map[string]any{"name": name, "level": "WARN"})
		require.NotEmpty(t, lost["error"])
	}
	primary.Refuse(true)
	awaitEvent(t, log, "neighbour lost", map[string]any{"name": "primary", "level": "ERROR", "status": "unready"})
	awaitEvent(t, log, "worker cannot reach the database", map[string]any{"level": "WARN"})
	primary.Refuse(false)
	replica.Refuse(false)
	redis.Restore(t)
	for _, name := range []string{"redis", "replica-1", "primary"} {
		awaitEvent(t, log, "neighbour returned", map[string]any{"name": name})
	}
	awaitEvent(t, log, "worker reaches the database again", nil)
	awaitEvent(t, log, "opentelemetry failed", nil)

	require.NoError(t, stopped(), log)
	awaitEvent(t, log, "stopping", map[string]any{"reason": "terminated signal received"})
	require.Contains(t, awaitEvent(t, log, "stopped", nil), "duration_ms")
	events(t, log)
	for _, secret := range []string{db.PrimaryURL, replica.URL, `"kty"`} {
		require.NotContains(t, log.String(), secret)
	}
}

func TestAServerThatDoesNotStartSaysSoInJSON(t *testing.T) {
	program, dir := harness.Build(t), harness.Folder(t)
	for name, env := range map[string][]string{
		"a configuration of no use": {"DATABASE_URL=postgres://shop:s3cret@host/shop", "REDIS_URL=x"},
		"no database":               {"DATABASE_URL=postgres://shop:s3cret@" + nobody(t) + "/shop"},
	} {
		for _, command := range []string{"serve", "worker"} {
			if command == "worker" && name == "a configuration of no use" {
				env = append(env, "SOUK_JOBS_DATABASE_URL=x")
			}
			t.Run(name+" for "+command, func(t *testing.T) {
				said, code := program.Run(t, dir, harness.Environment(env...), command)
				require.Equal(t, 1, code)
				log := &harness.Log{}
				_, _ = log.Write([]byte(said))
				require.NotEmpty(t, awaitEvent(t, log, "not started", map[string]any{"level": "ERROR"})["error"])
				require.NotContains(t, said, "s3cret")
			})
		}
	}
}

// TestAWorkerSaysHowItIs runs a worker beside a shop that nobody serves, and asks for its
// health and its metrics.
func TestAWorkerSaysHowItIs(t *testing.T) {
	program, dir, db := harness.Build(t), harness.Folder(t), shop.New(t)
	env := harness.Environment("DATABASE_URL="+db.PrimaryURL, "SOUK_OPS_LISTEN=127.0.0.1:0")
	said := program.Serve(t, dir, env, []string{"worker"}, func(ops string) {
		get := func(path string) (status int, body string) {
			response, err := http.Get("http://" + ops + path)
			require.NoError(t, err)
			defer response.Body.Close()
			text, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			return response.StatusCode, string(text)
		}
		status, body := get("/readyz")
		require.Equal(t, http.StatusOK, status)
		require.Contains(t, body, `"status": "ready"`)
		require.Eventually(t, func() bool {
			_, metrics := get("/metrics")
			return strings.Contains(metrics, `souk_job_runs_total{kind="expired_clean_up",outcome="done"} 1`)
		}, harness.Patience, harness.Tick)
		_, metrics := get("/metrics")
		for _, line := range []string{
			`souk_job_runs_total{kind="products_refresh",outcome="failed"} 0`, `souk_jobs{kind="products_refresh",state="discarded"} 0`,
			`souk_job_waiting_seconds{kind="products_refresh"} 0`, `souk_job_duration_seconds_count{kind="expired_clean_up"} 1`,
		} {
			require.Contains(t, metrics, line)
		}
		doctor, code := program.Run(t, dir, append(env, "SOUK_KEYS="+string(harness.Keys(t))), "doctor")
		require.Zero(t, code, doctor)
		require.Regexp(t, `ok +workers +1\n`, doctor)
	})
	for line := range strings.Lines(said) {
		require.True(t, json.Valid([]byte(line)), line)
	}
	require.Equal(t, "0", harness.Text(t, db.PrimaryURL, `SELECT count(*)::text FROM job_workers`), "it has said that it ended")
}

// events are the lines of a log, each of which must be JSON.
func events(t *testing.T, log *harness.Log) (list []map[string]any) {
	t.Helper()
	text := log.String()
	whole := text[:strings.LastIndex(text, "\n")+1]
	for line := range strings.Lines(whole) {
		var event map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &event), line)
		list = append(list, event)
	}
	return list
}

// awaitEvent waits for a line with a message and attributes.
func awaitEvent(t *testing.T, log *harness.Log, message string, attrs map[string]any) (found map[string]any) {
	t.Helper()
	require.Eventually(t, func() bool {
	lines:
		for _, event := range events(t, log) {
			for name, value := range attrs {
				if event[name] != value {
					continue lines
				}
			}
			if event["msg"] == message {
				found = event
				return true
			}
		}
		return false
	}, harness.Patience, harness.Tick, "%s %v", message, attrs)
	return found
}

// nobody is an address that refuses connections.
func nobody(t *testing.T) string {
	t.Helper()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, closed.Close()) }()
	return closed.Addr().String()
}
