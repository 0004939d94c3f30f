package faults

import (
	"encoding/json"
	"net"
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
	cmd := exec.Command(program.Path, "serve")
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
	redis.Cut()
	replica.Refuse(true)
	for _, name := range []string{"redis", "replica-1"} {
		lost := awaitEvent(t, log, "neighbour lost", map[string]any{"name": name, "level": "WARN"})
		require.NotEmpty(t, lost["error"])
	}
	primary.Refuse(true)
	awaitEvent(t, log, "neighbour lost", map[string]any{"name": "primary", "level": "ERROR", "status": "unready"})
	primary.Refuse(false)
	replica.Refuse(false)
	redis.Restore(t)
	for _, name := range []string{"redis", "replica-1", "primary"} {
		awaitEvent(t, log, "neighbour returned", map[string]any{"name": name})
	}
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
		t.Run(name, func(t *testing.T) {
			said, code := program.Run(t, dir, harness.Environment(env...), "serve")
			require.Equal(t, 1, code)
			log := &harness.Log{}
			_, _ = log.Write([]byte(said))
			require.NotEmpty(t, awaitEvent(t, log, "not started", map[string]any{"level": "ERROR"})["error"])
			require.NotContains(t, said, "s3cret")
		})
	}
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
