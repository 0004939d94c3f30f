package telemetry

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Bucket boundaries. Seconds range from a cache hit to the request deadline of
// 30 s. Keys range from a single parent, the sign of a missing batch, to the
// largest batch.
var (
	secondBuckets = metric.WithExplicitBucketBoundaries(
		0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
	keyBuckets = metric.WithExplicitBucketBoundaries(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000)
)

// Metrics are Souk's measurements. Every label has few values: routes,
// statuses, loader and statement names from the source, pools from the
// configuration. Of what a client sends, only a bounded number of operation names
// becomes a label.
type Metrics struct {
	meter metric.Meter

	httpDuration, operationDuration metric.Float64Histogram
	batchDuration, sqlDuration      metric.Float64Histogram
	jobDuration                     metric.Float64Histogram
	batchKeys                       metric.Int64Histogram
	operationErrors, fallbacks      metric.Int64Counter
	connects, jobRuns               metric.Int64Counter

	pools    poolInstruments
	replicas replicaInstruments
	caches   cacheInstruments

	inFlight atomic.Int64 // HTTP requests
	labels   labels
	names    operationNames
}

func newMetrics(meter metric.Meter) (*Metrics, error) {
	m := &Metrics{meter: meter}
	var errs []error
	histogram := func(name, help string) metric.Float64Histogram {
		h, err := meter.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(help), secondBuckets)
		errs = append(errs, err)
		return h
	}
	counter := func(name, help string) metric.Int64Counter {
		c, err := meter.Int64Counter(name, metric.WithDescription(help))
		errs = append(errs, err)
		return c
	}

	m.httpDuration = histogram("souk_http_request_duration",
		"Time from the request's headers to the end of its response. A p99 over 1 s on route /graphql means that shoppers wait; a rate of status 5xx above zero means that they see failures.")
	m.operationDuration = histogram("souk_graphql_operation_duration",
		"Time to execute a GraphQL operation, by type, outcome and name; the first 200 names have a series of their own. Compare with souk_sql_duration_seconds: a large difference is time in our own code or in the wait for a connection.")
	m.operationErrors = counter("souk_graphql_errors",
		"Errors in GraphQL responses by code. INTERNAL above zero is a bug: look for the request ID in the log. UNAVAILABLE or TIMEOUT point to the database.")
	m.batchDuration = histogram("souk_resolver_batch_duration",
		"Time of one loader batch, including its SQL. Many batches of one loader per operation mean that batches are split.")
	m.sqlDuration = histogram("souk_sql_duration",
		"Time of one SQL statement, from sending to its last row, by statement name and pool. A statement that grew without more traffic has lost its index or its plan; for outcome error or timeout above zero, check the log.")
	m.jobDuration = histogram("souk_job_duration",
		"Time of one run of a job, by kind. A run that continues in another one ends after five seconds; near a minute it is ended.")
	m.jobRuns = counter("souk_job_runs",
		"Runs of jobs by kind and outcome. Outcome failed above zero: look for the kind in the log. Outcome lost: a worker was frozen or cut off from the database, and another one has its job.")
	m.connects = counter("souk_sql_connects",
		"Attempts to open a database connection. A steady rate means that connections are short-lived: a restarting server, a proxy that cuts them, or a pool that is too small to stay warm.")
	m.fallbacks = counter("souk_replica_fallbacks",
		"Reads that went to the primary because no replica was usable, by reason. Above zero, the primary carries the replicas' load.")

	var err error
	m.batchKeys, err = meter.Int64Histogram("souk_resolver_batch_keys", keyBuckets,
		metric.WithDescription("Keys in one batch of a loader. A median of 1 on a busy server means that a list is resolved parent by parent (N+1)."))
	errs = append(errs, err)
	_, err = meter.Int64ObservableUpDownCounter("souk_http_requests_in_flight",
		metric.WithDescription("Requests in progress. A value that rises and stays high means saturation: check souk_pool_waits_total."),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(m.inFlight.Load())
			return nil
		}))
	errs = append(errs, err)

	errs = append(errs, m.pools.create(meter), m.replicas.create(meter), m.caches.create(meter))
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("create instruments: %w", err)
	}
	return m, nil
}

// startAtZero makes the counters that are labelled by what goes wrong. A counter that
// appears with its first failure is missing from dashboards before, and rate() over it
// does not see that failure.
func (m *Metrics) startAtZero(ctx context.Context, o Options) {
	for _, kind := range []string{"query", "mutation", ""} {
		for _, code := range o.ErrorCodes {
			m.operationErrors.Add(ctx, 0, m.label(labelKey{"operation_error", kind, code, ""}).add...)
		}
	}
	for _, reason := range o.FallbackReasons {
		m.fallbacks.Add(ctx, 0, m.label(labelKey{"fallback", reason, "", ""}).add...)
	}
	for _, kind := range o.JobKinds {
		for _, outcome := range o.JobOutcomes {
			m.jobRuns.Add(ctx, 0, m.label(labelKey{"job_run", kind, outcome, ""}).add...)
		}
	}
	m.startCacheAtZero(ctx, o)
}

// startPoolAtZero does the same for the connections of a pool.
func (m *Metrics) startPoolAtZero(ctx context.Context, pool string) {
	for _, outcome := range []string{outcomeOK, outcomeError, outcomeTimeout, outcomeCancelled} {
		m.connects.Add(ctx, 0, m.label(labelKey{"connect", pool, outcome, ""}).add...)
	}
}

// Request counts one answered HTTP request. The route is the matched pattern,
// never the path.
func (m *Metrics) Request(ctx context.Context, method, route string, status int, took time.Duration) {
	m.httpDuration.Record(ctx, took.Seconds(), m.label(labelKey{"http", method, route, statusText(status)}).record...)
}

// InFlight adds delta (1 at a request's start, -1 at its end) to the number of
// requests in progress.
func (m *Metrics) InFlight(delta int64) { m.inFlight.Add(delta) }

// Operation counts one GraphQL request. kind is query or mutation, and "" when it was
// refused before its operation was known; codes are the extensions.code of each error
// in the response.
func (m *Metrics) Operation(ctx context.Context, name, kind string, took time.Duration, codes []string) {
	if kind != "" {
		outcome := outcomeOK
		if len(codes) > 0 {
			outcome = outcomeError
		}
		m.operationDuration.Record(ctx, took.Seconds(), m.label(labelKey{"operation", kind, outcome, m.names.label(name, len(codes) == 0)}).record...)
	}
	for _, code := range codes {
		m.operationErrors.Add(ctx, 1, m.label(labelKey{"operation_error", kind, code, ""}).add...)
	}
}

// Batch counts one batch of a loader. keys is its number of distinct keys.
func (m *Metrics) Batch(ctx context.Context, loader string, keys int, took time.Duration, err error) {
	m.batchKeys.Record(ctx, int64(keys), m.label(labelKey{"batch_keys", loader, "", ""}).record...)
	m.batchDuration.Record(ctx, took.Seconds(), m.label(labelKey{"batch", loader, outcomeOf(err), ""}).record...)
}

// ReplicaFallback counts one read that went to the primary instead of a
// replica. reason is a constant of the router, such as "lagging" or "down".
func (m *Metrics) ReplicaFallback(ctx context.Context, reason string) {
	m.fallbacks.Add(ctx, 1, m.label(labelKey{"fallback", reason, "", ""}).add...)
}

func (m *Metrics) statement(ctx context.Context, pool, name string, took time.Duration, err error) {
	m.sqlDuration.Record(ctx, took.Seconds(), m.label(labelKey{"sql", pool, name, outcomeOf(err)}).record...)
}

func (m *Metrics) connect(ctx context.Context, pool string, err error) {
	m.connects.Add(ctx, 1, m.label(labelKey{"connect", pool, outcomeOf(err), ""}).add...)
}

// labelKey is a type of measurement and the values of its labels.
type labelKey struct{ kind, a, b, c string }

// labels are the sets of labels that have been used. Building a set sorts and allocates,
// on paths that run for each statement, so each is built once. The values are bounded (see
// Metrics), and so is the map.
type labels struct {
	mu    sync.RWMutex
	known map[labelKey]*label
}

// label is a set of labels, in the two forms in which OpenTelemetry takes it.
type label struct {
	record []metric.RecordOption
	add    []metric.AddOption
}

// label returns the labels as OpenTelemetry attributes.
func (m *Metrics) label(k labelKey) *label {
	l := &m.labels
	l.mu.RLock()
	known := l.known[k]
	l.mu.RUnlock()
	if known != nil {
		return known
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil {
		l.known = map[labelKey]*label{}
	}
	set := metric.WithAttributeSet(k.set())
	made := &label{[]metric.RecordOption{set}, []metric.AddOption{set}}
	l.known[k] = made
	return made
}

func (k labelKey) set() attribute.Set {
	str := attribute.String
	switch k.kind {
	case "http":
		return attribute.NewSet(str("method", k.a), str("route", k.b), str("status", k.c))
	case "operation":
		return attribute.NewSet(str("type", k.a), str("outcome", k.b), str("operation", k.c))
	case "operation_error":
		return attribute.NewSet(str("type", k.a), str("code", k.b))
	case "batch_keys":
		return attribute.NewSet(str("loader", k.a))
	case "batch":
		return attribute.NewSet(str("loader", k.a), str("outcome", k.b))
	case "sql":
		return attribute.NewSet(str("pool", k.a), str("statement", k.b), str("outcome", k.c))
	case "connect":
		return attribute.NewSet(str("pool", k.a), str("outcome", k.b))
	case "job":
		return attribute.NewSet(str("kind", k.a))
	case "job_run":
		return attribute.NewSet(str("kind", k.a), str("outcome", k.b))
	case "fallback":
		return attribute.NewSet(str("reason", k.a))
	}
	if set, ok := k.cacheLabels(); ok {
		return set
	}
	panic("telemetry: no labels for " + k.kind)
}

// The outcomes that need different reactions.
const (
	outcomeOK        = "ok"
	outcomeError     = "error"
	outcomeTimeout   = "timeout"
	outcomeCancelled = "cancelled"
)

// outcomeOf maps an error to one of the few outcomes that need different
// reactions: a disconnected client is not an error of the server, a timeout is.
func outcomeOf(err error) string {
	switch {
	case err == nil:
		return outcomeOK
	case errors.Is(err, context.Canceled):
		return outcomeCancelled
	case errors.Is(err, context.DeadlineExceeded):
		return outcomeTimeout
	}
	return outcomeError
}
