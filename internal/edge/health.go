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
	// Critical means that requests fail without it. Without any other
	// dependency the server is only slower: it stays ready, degraded.
	Critical bool
	// Probe checks the dependency and returns a detail for operators, such as a
	// lag, which is public. It must respect ctx, which ends after 2 s.
	Probe func(ctx context.Context) (detail string, err error)
}

// health answers /readyz.
type health struct {
	checks      []Check
	development bool
	draining    func() bool
	log         *slog.Logger

	// probes shares one run among all concurrent callers. /readyz is public and
	// must not become a way to load the database.
	probes singleflight.Group

	mu   sync.Mutex
	last string // the status of the last probe, to log only changes
}

func newHealth(checks []Check, development bool, draining func() bool, log *slog.Logger) *health {
	return &health{checks: checks, development: development, draining: draining, log: log}
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
	h.logChange(ctx, state)
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

func (h *health) logChange(ctx context.Context, state readiness) {
	h.mu.Lock()
	changed := h.last != state.Status
	h.last = state.Status
	h.mu.Unlock()
	if !changed {
		return
	}
	level := slog.LevelInfo
	attrs := []slog.Attr{slog.String("status", state.Status)}
	for _, result := range state.Checks {
		if !result.OK {
			level = slog.LevelWarn
			attrs = append(attrs, slog.String(result.Name, result.err.Error()))
		}
	}
	h.log.LogAttrs(ctx, level, "readiness changed", attrs...)
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
