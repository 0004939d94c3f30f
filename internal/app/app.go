// Package app assembles a server from its configuration: telemetry, the store,
// the schema with its resolvers, and the HTTP edge, each given what it needs.
// Any number of them can run in one process.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"souk/graph"
	"souk/graph/access"
	"souk/internal/cache"
	"souk/internal/config"
	"souk/internal/consistency"
	"souk/internal/documents"
	"souk/internal/door"
	"souk/internal/edge"
	"souk/internal/edge/graphiql"
	"souk/internal/fault"
	"souk/internal/follower"
	"souk/internal/jobs"
	"souk/internal/redis"
	"souk/internal/telemetry"
	"souk/store"
)

// Options are what a server needs besides its configuration.
type Options struct {
	// Version is the build's version, for traces.
	Version string
	// DemoAccounts are the accounts that GraphiQL offers for sign-in. They must
	// exist.
	DemoAccounts []graphiql.DemoAccount
	// GraphiQLSources is the folder in a checkout from which GraphiQL can be built;
	// empty without a checkout.
	GraphiQLSources string
	// DemoImages answers for the pictures of the demo shop, in development; nil means
	// that there are none.
	DemoImages http.Handler
	// LogWriter receives the log. nil: standard error.
	LogWriter io.Writer
	// SpanExporter receives traces instead of a collector; for tests.
	SpanExporter sdktrace.SpanExporter
	// ReadTimeout is how long a client can take to send a request; 0 means 30 s. For
	// tests.
	ReadTimeout time.Duration
	// WorkerSilence is after how long without a sign of life a worker counts as dead; 0
	// means jobs.DefaultSilence. For tests.
	WorkerSilence time.Duration
	// AroundFields, when set, surrounds each call of a resolver; for tests.
	AroundFields graphql.FieldMiddleware
	// Guard, when set, returns what guards an operation in place of the schema's access
	// rules; nil lets everybody read everything. For tests.
	Guard func() *access.Guard
}

// App is a server.
type App struct {
	// Store is the server's store.
	Store *store.Store
	// Telemetry is the server's log, metrics and tracer.
	Telemetry *telemetry.Telemetry
	// GraphiQL is the query editor; nil in production.
	GraphiQL *graphiql.Page

	edge     *edge.Server
	cache    *cache.Cache                  // nil: nothing is kept
	worker   *jobs.Worker                  // nil: this process runs no jobs
	closers  []func(context.Context) error // in the order of opening
	stopOnce sync.Once
	stopErr  error
}

// New makes a server. It connects to the database and does not listen yet. Call
// Stop even if Start was not called.
func New(ctx context.Context, cfg config.Server, o Options) (*App, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	a := &App{}
	if err := a.open(ctx, cfg, o); err != nil {
		return nil, errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
	}
	return a, nil
}

// Logger returns the log of a server, for what happens before the server is made and
// after it stopped.
func Logger(cfg config.Server, o Options) *slog.Logger {
	return telemetry.NewLogger(telemetryOptions(cfg, o))
}

// WorkerLogger is Logger for a worker.
func WorkerLogger(cfg config.Worker, o Options) *slog.Logger {
	return Logger(asServer(cfg), o)
}

func telemetryOptions(cfg config.Server, o Options) telemetry.Options {
	codes := []string{errcode.ParseFailed, errcode.ValidationFailed} // of gqlgen
	for _, code := range fault.Codes() {
		codes = append(codes, string(code))
	}
	for _, code := range door.Codes() {
		codes = append(codes, string(code))
	}
	for _, code := range documents.Codes() {
		codes = append(codes, string(code))
	}
	return telemetry.Options{
		ErrorCodes: codes, FallbackReasons: store.FallbackReasons(), JobKinds: jobs.Kinds(), JobOutcomes: jobs.Outcomes(),
		CacheResults: cache.Results(), CacheEpochReasons: follower.EpochReasons(), CacheSampleOutcomes: cache.SampleOutcomes(),
		Version: o.Version, LogWriter: o.LogWriter, LogLevel: cfg.LogLevel, LogText: cfg.Env == config.Development,
		OTLPEndpoint: cfg.OTLPEndpoint, SpanExporter: o.SpanExporter,
	}
}

func (a *App) open(ctx context.Context, cfg config.Server, o Options) error {
	development := cfg.Env == config.Development
	if err := a.openStore(ctx, cfg, o); err != nil {
		return err
	}
	client, err := a.counters(cfg)
	if err != nil {
		return err
	}
	if err := a.openCache(cfg, client); err != nil {
		return err
	}
	keys, err := cfg.KeySet(cfg.Env)
	if err != nil {
		return err
	}
	tokens, err := consistency.New(keys.Derive("consistency")...)
	if err != nil {
		return err
	}
	options := edge.Options{
		Listen: cfg.Listen, OpsListen: cfg.OpsListen, Development: development,
		RequestTimeout: cfg.RequestTimeout, ReadTimeout: o.ReadTimeout, DrainDelay: cfg.DrainDelay, ShutdownTimeout: cfg.ShutdownTimeout,
		MaxBodyBytes: cfg.Limits.BodyBytes,
		Telemetry:    a.Telemetry,
		DemoImages:   o.DemoImages,
		Checks:       a.checks(client),
	}
	if err := browser(cfg, &options); err != nil {
		return err
	}
	accounts, err := a.accounts(cfg, keys, client, &options)
	if err != nil {
		return err
	}
	options.GraphQL, err = a.graphQL(accounts, tokens, cfg, o)
	if err != nil {
		return err
	}
	if cfg.Introspects() {
		options.Schema = graph.SDL()
	}
	if development {
		a.GraphiQL = graphiql.New(graphiql.Options{
			Dir: cfg.GraphiQLDir, Sources: o.GraphiQLSources,
			Samples: a.samples, DemoAccounts: o.DemoAccounts, Log: a.Telemetry.Logger,
		})
		options.GraphiQL = a.GraphiQL
	}
	if cfg.WithWorker {
		if err := a.openWorker(ctx, cfg, o); err != nil {
			return err
		}
	}
	a.edge, err = edge.NewServer(options)
	if err != nil {
		return err
	}
	a.closers = append(a.closers, a.edge.Stop)
	return nil
}

// openStore opens telemetry and the store, which every process has.
func (a *App) openStore(ctx context.Context, cfg config.Server, o Options) (err error) {
	a.Telemetry, err = telemetry.New(ctx, telemetryOptions(cfg, o))
	if err != nil {
		return err
	}
	a.closers = append(a.closers, a.Telemetry.Stop)

	a.Store, err = store.Open(ctx, store.Config{
		PrimaryURL: cfg.DatabaseURL, ReplicaURLs: cfg.ReplicaURLs,
		MaxConns: cfg.MaxConns, MaxReplicaLag: cfg.MaxReplicaLag, TransactionPooler: cfg.TransactionPooler,
		ReviewsPending: cfg.ReviewModeration == config.ModerateBefore,
		Tracer:         func(pool string) pgx.QueryTracer { return a.Telemetry.QueryTracer(pool) },
		OnFallback:     a.Telemetry.Metrics.ReplicaFallback,
		Log:            a.Telemetry.Logger,
	})
	if err != nil {
		return oneLine{err}
	}
	a.closers = append(a.closers, func(context.Context) error { a.Store.Close(); return nil })
	return a.observe()
}

// oneLine is an error in one line. pgx gives each connection attempt its own
// line, and the last one is the most informative.
type oneLine struct{ error }

func (e oneLine) Error() string {
	lines := strings.Split(e.error.Error(), "\n\t")
	if len(lines) == 1 {
		return lines[0]
	}
	return lines[0] + " " + lines[len(lines)-1]
}

func (e oneLine) Unwrap() error { return e.error }

// Start opens the listeners and serves in the background. If this process runs jobs, it
// begins with them.
func (a *App) Start(ctx context.Context) error {
	if a.worker != nil {
		if err := a.worker.Start(ctx); err != nil {
			return err
		}
	}
	return a.edge.Start(ctx)
}

// Addr is the API's address, host and port, after Start.
func (a *App) Addr() string { return a.edge.Addr() }

// OpsAddr is the address of metrics and profiles after Start; "" without one.
func (a *App) OpsAddr() string { return a.edge.OpsAddr() }

// Failed delivers the error of a listener that broke after Start.
func (a *App) Failed() <-chan error { return a.edge.Failed() }

// Stop lets running requests finish and closes everything, in reverse order of
// opening. It may be called twice.
func (a *App) Stop(ctx context.Context) error {
	a.stopOnce.Do(func() {
		for i := len(a.closers) - 1; i >= 0; i-- {
			a.stopErr = errors.Join(a.stopErr, a.closers[i](ctx))
		}
	})
	return a.stopErr
}

// observe exports the state of pools and replicas.
func (a *App) observe() error {
	for name, pool := range a.Store.Pools() {
		if err := a.observePool(name, pool); err != nil {
			return err
		}
	}
	for i, replica := range a.Store.Replicas() {
		stop, err := a.Telemetry.Metrics.ObserveReplicaLag(replica.Name, func() (float64, bool) {
			lag := a.Store.Replicas()[i].Lag
			return lag.Seconds(), lag >= 0
		})
		if err != nil {
			return err
		}
		a.closers = append(a.closers, func(context.Context) error { stop(); return nil })
	}
	return a.observeJobs()
}

// observeJobs exports how many jobs there are. Every instance does: when no worker runs,
// somebody must still say that jobs wait.
func (a *App) observeJobs() error {
	stop, err := a.Telemetry.Metrics.ObserveJobs(func(ctx context.Context) ([]telemetry.JobQueue, error) {
		queues, err := a.Store.JobQueues(ctx)
		found := make([]telemetry.JobQueue, len(queues))
		for i, q := range queues {
			found[i] = telemetry.JobQueue(q)
		}
		return found, err
	})
	if err == nil {
		a.closers = append(a.closers, func(context.Context) error { stop(); return nil })
	}
	return err
}

func (a *App) observePool(name string, pool *pgxpool.Pool) error {
	stop, err := a.Telemetry.Metrics.ObservePool(name, pool.Stat)
	if err == nil {
		a.closers = append(a.closers, func(context.Context) error { stop(); return nil })
	}
	return err
}

// checks are the probes of /readyz. Only the primary is critical: without a
// replica or Redis the API is slower but correct.
func (a *App) checks(client *redis.Client) []edge.Check {
	checks := []edge.Check{{Name: "primary", Address: a.Store.Address(), Critical: true, Probe: func(ctx context.Context) (string, error) {
		return "", a.Store.Ping(ctx)
	}}}
	for i, replica := range a.Store.Replicas() {
		checks = append(checks, edge.Check{Name: replica.Name, Logged: true, Probe: func(context.Context) (string, error) {
			state := a.Store.Replicas()[i]
			switch {
			case state.Lag < 0:
				return "", errors.New("not reachable; reads go elsewhere")
			case !state.Fit:
				return "", fmt.Errorf("%s behind; reads go elsewhere", state.Lag.Round(time.Millisecond))
			default:
				return fmt.Sprintf("%s behind", state.Lag.Round(time.Millisecond)), nil
			}
		}})
	}
	if client == nil {
		return checks
	}
	return append(checks, edge.Check{Name: "redis", Address: client.Address, Probe: func(ctx context.Context) (string, error) {
		return "", client.Ping(ctx)
	}})
}
