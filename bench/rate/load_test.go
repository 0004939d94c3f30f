//go:build linux

package rate

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/test/harness"
)

// load is what is sent: one operation over a number of connections, each of which sends
// its next request when the last one is answered.
type load struct {
	t           *testing.T
	database    *database
	operation   operation
	connections int
	dir         string // for wrk's script
}

// sample is what one server did in one round. CPU, allocations and bytes are for a request.
type sample struct {
	requests         int
	perSecond        float64
	server, postgres time.Duration // of CPU
	mallocs, bytes   float64
	p50, p99         time.Duration
}

// send loads a server for a time.
func (l *load) send(s *server, length time.Duration) sample {
	l.t.Helper()
	require.NoError(l.t, os.Truncate(s.Log, 0)) // its log has a line for each request
	before := l.read(s)
	output := l.wrk(s, length)
	after := l.read(s)
	number := func(name string) float64 {
		found := regexp.MustCompile(name + `=([0-9.]+)`).FindStringSubmatch(output)
		require.NotNil(l.t, found, output)
		n, err := strconv.ParseFloat(found[1], 64)
		require.NoError(l.t, err)
		return n
	}
	require.Zero(l.t, number("errors"), "%s, %s: %s", l.operation.name, s.name, output)
	micros := func(name string) time.Duration { return time.Duration(number(name)) * time.Microsecond }
	n := number("requests")
	require.Positive(l.t, n)
	return sample{
		requests: int(n), perSecond: n / micros("duration").Seconds(),
		server: (after.server - before.server) / time.Duration(n), postgres: (after.postgres - before.postgres) / time.Duration(n),
		mallocs: (after.mallocs - before.mallocs) / n, bytes: (after.bytes - before.bytes) / n,
		p50: micros("p50"), p99: micros("p99"),
	}
}

// reading are counts that only grow.
type reading struct {
	server, postgres time.Duration
	mallocs, bytes   float64
}

func (l *load) read(s *server) (r reading) {
	text := s.AskOps(l.t, "/debug/pprof/allocs?debug=1")
	number := func(name string) float64 {
		found := regexp.MustCompile(`# ` + name + ` = (\d+)`).FindStringSubmatch(text)
		require.NotNil(l.t, found)
		n, err := strconv.ParseFloat(found[1], 64)
		require.NoError(l.t, err)
		return n
	}
	r.mallocs, r.bytes = number("Mallocs"), number("TotalAlloc")
	r.server = harness.CPU(s.PID)
	for _, pid := range harness.Family(l.database.postmaster) {
		r.postgres += harness.CPU(pid)
	}
	return r
}

// script makes wrk post a body, and print its figures as they are: microseconds and counts.
const script = `
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[%s]==]
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("requests=%%d duration=%%d errors=%%d p50=%%d p99=%%d\n", summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50), latency:percentile(99)))
end
`

// wrk runs wrk, and returns what it prints.
func (l *load) wrk(s *server, length time.Duration) string {
	file := filepath.Join(l.dir, l.operation.name+".lua")
	require.NoError(l.t, os.WriteFile(file, fmt.Appendf(nil, script, l.operation.body(l.t)), 0o600))
	seconds := strconv.Itoa(max(1, int(length.Seconds())))
	output, err := exec.CommandContext(l.t.Context(), "wrk", "-t1", "--timeout", "30s", "-c"+strconv.Itoa(l.connections), "-d"+seconds, "-s", file, s.url()).CombinedOutput()
	require.NoError(l.t, err, "%s", output)
	return string(output)
}
