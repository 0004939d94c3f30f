package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
)

const (
	// DefaultConcurrency leaves most of a small machine to the requests.
	DefaultConcurrency = 2
	// fetchCooldown is the least time between two fetches of a queue. At River's 100 ms,
	// a queue with two places has no more than 20 short jobs a second.
	fetchCooldown = 10 * time.Millisecond
	// softStop is the part of the silence for which running jobs may go on at shutdown,
	// before they are given back (7 s): a run ends by itself within runTime.
	softStop = 0.7
	// rescueAfter is when River itself runs a job again that has not ended. It is the
	// last resort, for a run that ignores the end of its context: see lease.
	rescueAfter = time.Hour
	// maxPoolConns is for one connection that listens, and for fetching and reporting.
	maxPoolConns = 6
	// applicationName tells the connections apart in pg_stat_activity.
	applicationName = "souk jobs"
)

// Config is what a Worker needs.
type Config struct {
	// DatabaseURL is the database with the jobs. River needs a connection of its own to
	// be told of new jobs at once.
	DatabaseURL string
	// TransactionPooler must be set if DatabaseURL leads to a pooler such as PgBouncer in
	// transaction mode. New jobs are then looked for every second.
	TransactionPooler bool
	// Concurrency is how many jobs of one kind run at once. 0 means DefaultConcurrency.
	Concurrency int
	// Services do the work.
	Services Services
	// Silence is after how long without a sign of life another worker counts as dead. 0
	// means DefaultSilence.
	Silence time.Duration
	// Ran is called after each run of a job. outcome is one of Outcomes. nil: it is not.
	Ran func(ctx context.Context, kind, outcome string, took time.Duration)
	// Tracer, if set, traces the connections.
	Tracer pgx.QueryTracer
	// Log is required.
	Log *slog.Logger
}

// Worker runs jobs.
type Worker struct {
	log    *slog.Logger
	pool   *pgxpool.Pool
	client *river.Client[pgx.Tx]
	lease  *lease
	kinds  []kind
	// services find what is due.
	services Services

	beating   sync.WaitGroup
	stopBeats context.CancelFunc
	stopOnce  sync.Once
	stopErr   error
}

// NewWorker returns a worker that does not run yet. Call Stop even if Start was not
// called.
func NewWorker(ctx context.Context, cfg Config) (*Worker, error) {
	return newWorker(ctx, cfg, kinds())
}

// newWorker is NewWorker for a version that knows other kinds.
func newWorker(ctx context.Context, cfg Config, known []kind) (*Worker, error) {
	pool, err := newPool(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("make worker: %w", err)
	}
	w := &Worker{log: cfg.Log, pool: pool, kinds: known, services: cfg.Services, stopBeats: func() {}}
	w.lease = newLease(pool, newClientID(), cmp.Or(cfg.Silence, DefaultSilence), cfg.Log)
	workers, queues := river.NewWorkers(), map[string]river.QueueConfig{}
	for _, k := range w.kinds {
		k.register(workers, cfg.Services)
		queues[k.name] = river.QueueConfig{MaxWorkers: cmp.Or(cfg.Concurrency, DefaultConcurrency)}
	}
	w.client, err = river.NewClient(riverpgxv5.New(pool), &river.Config{
		ID: w.lease.id, Workers: workers, Queues: queues, PollOnly: cfg.TransactionPooler,
		FetchCooldown: fetchCooldown, JobTimeout: jobTimeout, RescueStuckJobsAfter: rescueAfter, SoftStopTimeout: time.Duration(softStop * float64(w.lease.silence)),
		Middleware: []rivertype.Middleware{&observed{ran: cfg.Ran, log: cfg.Log}, &guarded{lease: w.lease}},
		Logger:     warnings(cfg.Log),
	})
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("make worker: %w", err)
	}
	return w, nil
}

func newPool(ctx context.Context, cfg Config) (*pgxpool.Pool, error) {
	pc, err := pgxpool.ParseConfig(cfg.DatabaseURL)
	if err != nil {
		return nil, errors.New("the URL of the database is not a Postgres URL") // pgx's message may contain the password
	}
	pc.MaxConns = maxPoolConns
	pc.ConnConfig.ConnectTimeout = 3 * time.Second
	pc.ConnConfig.RuntimeParams["application_name"] = applicationName
	pc.ConnConfig.Tracer = cfg.Tracer
	if cfg.TransactionPooler {
		pc.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	return pgxpool.NewWithConfig(ctx, pc)
}

// newClientID names this process among all workers of the database, ever.
func newClientID() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return host[:min(len(host), 60)] + "-" + uuid.NewString()
}

// Start begins to run jobs, in the background.
func (w *Worker) Start(ctx context.Context) error {
	if err := w.lease.begin(ctx); err != nil {
		return fmt.Errorf("start worker: %w", err)
	}
	if err := w.client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start worker: %w", err)
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	w.stopBeats = stop
	w.beating.Go(func() { w.beat(background) })
	w.beating.Go(func() { w.schedule(background) })
	w.log.InfoContext(ctx, "worker started", "worker", w.lease.id)
	return nil
}

// beat renews the lease, and runs again what dead workers had begun, until ctx ends.
func (w *Worker) beat(ctx context.Context) {
	every(ctx, w.lease.silence/beats, func() { w.lease.renew(ctx) })
}

// schedule enqueues what is due, until ctx ends. It looks once in each silence (10 s), apart
// from beat: it may wait for a lock, for which the lease must not.
func (w *Worker) schedule(ctx context.Context) {
	every(ctx, w.lease.silence, func() {
		if err := w.enqueueDue(ctx); err != nil && ctx.Err() == nil {
			w.log.WarnContext(ctx, "jobs that are due were not enqueued", "error", err.Error())
		}
	})
}

// every calls do at once, and then again after each pause, until ctx ends.
func every(ctx context.Context, pause time.Duration, do func()) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		do()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Stop takes no new jobs, lets those that run finish for some seconds, gives back what
// has not finished, and closes the connections. It may be called twice.
func (w *Worker) Stop(ctx context.Context) error {
	w.stopOnce.Do(func() {
		w.stopErr = w.client.Stop(ctx)
		w.stopBeats()
		w.beating.Wait()
		w.lease.end(ctx)
		w.pool.Close()
	})
	return w.stopErr
}

// Pool returns the connections that jobs are fetched and reported with, for metrics.
func (w *Worker) Pool() *pgxpool.Pool { return w.pool }
