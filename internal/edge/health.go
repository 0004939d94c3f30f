package edge

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// probeTimeout is the maximum duration of one probe. Load balancers give a
// whole health check a few seconds.
const probeTimeout = 2 * time.Second

// Check is one dependency of the server.
type Check struct {
	// Name is the check's name in /readyz: "primary", "replica-1", "redis".
	Name string
	// Address is where the dependency is, for the log, without a password; may be "".
	Address string
	// Critical means that requests fail without it. Without any other
	// dependency the server is only slower: it stays ready, degraded.
	Critical bool
	// Probe checks the dependency and returns a detail for operators, such as a
	// lag, which is public. It must respect ctx, which ends after 2 s.
	Probe func(ctx context.Context) (detail string, err error)
	// Logged means that somebody else logs when the dependency is lost and returns.
	Logged bool
}

// watchInterval is how soon the log has the loss of a dependency, whether or not a load
// balancer asks for /readyz. A few probes in that time are no load.
const watchInterval = 5 * time.Second

// health answers /readyz, and logs what is lost.
type health struct {
	checks      []Check
	development bool
	draining    func() bool
	log         *slog.Logger

	// probes shares one run among all concurrent callers. /readyz is public and
	// must not become a way to load the database.
	probes singleflight.Group

	mu   sync.Mutex
	lost map[string]bool // the dependencies that failed in the last run, to log only changes
}

func newHealth(checks []Check, development bool, draining func() bool, log *slog.Logger) *health {
	return &health{checks: checks, development: development, draining: draining, log: log, lost: map[string]bool{}}
}

// watch probes now and then until ctx ends, so that the log has what is lost and what
// returned.
func (h *health) watch(ctx context.Context) {
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	for {
		_, _, _ = h.probes.Do("", func() (any, error) { return h.probe(ctx), nil })
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// The states of a server, as /readyz reports them.
const (
	statusReady    = "ready"
	statusDegraded = "degraded" // works, without something that is not critical
	statusUnready  = "unready"
	statusDraining = "draining" // shutting down
)

type readiness struct {
	Status string        `json:"status"`
	Checks []checkResult `json:"checks"`
}

type checkResult struct {
	Name           string  `json:"name"`
	OK             bool    `json:"ok"`
	Critical       bool    `json:"critical"`
	Detail         string  `json:"detail,omitempty"`
	Error          string  `json:"error,omitempty"`
	DurationMillis float64 `json:"durationMs"`

	err error
}

func (h *health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.draining() {
		writeJSON(w, http.StatusServiceUnavailable, readiness{Status: statusDraining, Checks: []checkResult{}})
		return
	}
	// The probes continue after a caller disconnects: others may wait for the
	// same run.
	ctx := context.WithoutCancel(r.Context())
	shared, _, _ := h.probes.Do("", func() (any, error) { return h.probe(ctx), nil })
	state := shared.(readiness)
	status := http.StatusOK
	if state.Status == statusUnready {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, state)
}

// probe runs all checks concurrently.
func (h *health) probe(ctx context.Context) readiness {
	results := make([]checkResult, len(h.checks))
	var running sync.WaitGroup
	for i, check := range h.checks {
		running.Go(func() { results[i] = run(ctx, check) })
	}
	running.Wait()

	state := readiness{Status: statusReady, Checks: results}
	for i := range results {
		result := &results[i]
		if result.OK {
			continue
		}
		if result.Critical {
			state.Status = statusUnready
		} else if state.Status == statusReady {
			state.Status = statusDegraded
		}
		result.Error = h.describe(result.err)
	}
	if ctx.Err() == nil { // otherwise the server stops, and nothing is lost
		h.logChanges(ctx, state)
	}
	return state
}

// describe returns the public description of a failure. A driver's text names
// hosts and users, so it goes only to the log and, in development, to the
// developer.
func (h *health) describe(err error) string {
	switch {
	case h.development:
		return err.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "no response in time"
	}
	return "failed; see the log for the cause"
}

// logChanges logs the dependencies that are lost or returned since the last run. status
// is what /readyz says from then on.
func (h *health) logChanges(ctx context.Context, state readiness) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, result := range state.Checks {
		if h.checks[i].Logged || h.lost[result.Name] == !result.OK {
			continue
		}
		h.lost[result.Name] = !result.OK
		attrs := []slog.Attr{
			slog.String("name", result.Name), slog.String("address", h.checks[i].Address),
			slog.Bool("critical", result.Critical), slog.String("status", state.Status),
		}
		if result.OK {
			h.log.LogAttrs(ctx, slog.LevelInfo, "neighbour returned", attrs...)
			continue
		}
		level := slog.LevelWarn
		if result.Critical {
			level = slog.LevelError
		}
		h.log.LogAttrs(ctx, level, "neighbour lost", append(attrs, slog.Any("error", result.err))...)
	}
}

// run makes one check. A probe that ignores its context is abandoned after the
// timeout, so that it cannot block the response.
func run(ctx context.Context, check Check) checkResult {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	start := time.Now()
	result := checkResult{Name: check.Name, Critical: check.Critical}
	type outcome struct {
		detail string
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		detail, err := check.Probe(ctx)
		done <- outcome{detail, err}
	}()
	select {
	case o := <-done:
		result.Detail, result.err = o.detail, o.err
	case <-ctx.Done():
		result.err = ctx.Err()
	}
	result.OK = result.err == nil
	result.DurationMillis = float64(time.Since(start).Microseconds()) / 1000
	return result
}
