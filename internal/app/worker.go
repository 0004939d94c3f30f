package app

import (
	"cmp"
	"context"
	"errors"
	"time"

	"souk/internal/config"
	"souk/internal/edge"
	"souk/internal/jobs"
)

// jobsPool is the name of the connections of a worker, for metrics.
const jobsPool = "jobs"

// NewWorker makes a process that runs jobs and serves no API. Call Stop even if Start was
// not called.
func NewWorker(ctx context.Context, cfg config.Worker, o Options) (*App, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	a := &App{}
	if err := a.openForJobs(ctx, asServer(cfg), o); err != nil {
		return nil, errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
	}
	return a, nil
}

// asServer returns the settings that a worker shares with a server.
func asServer(cfg config.Worker) config.Server {
	cfg.ReplicaURLs = nil // jobs change the shop, and so work on the primary
	return config.Server{
		Database: cfg.Database, Log: cfg.Log, Jobs: cfg.Jobs,
		Env: cfg.Env, OpsListen: cfg.OpsListen, OTLPEndpoint: cfg.OTLPEndpoint,
	}
}

func (a *App) openForJobs(ctx context.Context, cfg config.Server, o Options) error {
	if err := a.openStore(ctx, cfg, o); err != nil {
		return err
	}
	if err := a.openWorker(ctx, cfg, o); err != nil {
		return err
	}
	var err error
	a.edge, err = edge.NewServer(edge.Options{
		OpsListen: cfg.OpsListen, Development: cfg.Env == config.Development,
		Telemetry: a.Telemetry, Checks: a.checks(nil),
		ShutdownTimeout: 5 * time.Second, // for a profile that is being taken
	})
	if err != nil {
		return err
	}
	a.closers = append(a.closers, a.edge.Stop)
	return nil
}

// openWorker makes the worker of this process. It is stopped before the store, with which
// it works.
func (a *App) openWorker(ctx context.Context, cfg config.Server, o Options) (err error) {
	a.worker, err = jobs.NewWorker(ctx, jobs.Config{
		DatabaseURL:       cmp.Or(cfg.JobsDatabaseURL, cfg.DatabaseURL),
		TransactionPooler: cfg.TransactionPooler && cfg.JobsDatabaseURL == "",
		Concurrency:       cfg.JobsConcurrency,
		Silence:           o.WorkerSilence,
		Services:          jobs.Services{Products: a.Store, Expired: a.Store},
		Ran:               a.Telemetry.Metrics.Job,
		Tracer:            a.Telemetry.QueryTracer(jobsPool),
		Log:               a.Telemetry.Logger,
	})
	if err != nil {
		return err
	}
	a.closers = append(a.closers, a.worker.Stop)
	return a.observePool(jobsPool, a.worker.Pool())
}
