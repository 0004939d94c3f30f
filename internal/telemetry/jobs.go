package telemetry

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// scrapeTimeout bounds what a scrape asks the database. Prometheus waits 10 s.
const scrapeTimeout = 2 * time.Second

// JobQueue is the number of jobs of one kind in one state.
type JobQueue struct {
	Kind, State string
	Jobs        int64
	// Waiting is how long the oldest of them has been waiting for a worker; 0 in states in
	// which none is waited for.
	Waiting time.Duration
}

// Job counts one run of a job.
func (m *Metrics) Job(ctx context.Context, kind, outcome string, took time.Duration) {
	m.jobDuration.Record(ctx, took.Seconds(), m.label(labelKey{"job", kind, "", ""}).record...)
	m.jobRuns.Add(ctx, 1, m.label(labelKey{"job_run", kind, outcome, ""}).add...)
}

// ObserveJobs exports what read returns, at each scrape, until stop is called. If read
// fails, the scrape has no such values.
func (m *Metrics) ObserveJobs(read func(context.Context) ([]JobQueue, error)) (stop func(), err error) {
	var errs [2]error
	var jobs metric.Int64ObservableGauge
	var waiting metric.Float64ObservableGauge
	jobs, errs[0] = m.meter.Int64ObservableGauge("souk_jobs",
		metric.WithDescription("Jobs in the database by kind and state, the same on every instance. Discarded above zero: a job has failed for good. Retryable for long: it fails again and again."))
	waiting, errs[1] = m.meter.Float64ObservableGauge("souk_job_waiting", metric.WithUnit("s"),
		metric.WithDescription("How long the oldest job of a kind has been waiting for a worker. Above a minute, no worker runs, or they are too few."))
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	return m.register(func(ctx context.Context, o metric.Observer) error {
		ctx, cancel := context.WithTimeout(ctx, scrapeTimeout)
		defer cancel()
		queues, err := read(ctx)
		if err != nil {
			return nil // the pool's own metrics tell that the database is gone
		}
		oldest := map[string]time.Duration{}
		for _, q := range queues {
			o.ObserveInt64(jobs, q.Jobs, metric.WithAttributeSet(attribute.NewSet(attribute.String("kind", q.Kind), attribute.String("state", q.State))))
			oldest[q.Kind] = max(oldest[q.Kind], q.Waiting)
		}
		for kind, age := range oldest {
			o.ObserveFloat64(waiting, age.Seconds(), metric.WithAttributeSet(attribute.NewSet(attribute.String("kind", kind))))
		}
		return nil
	}, jobs, waiting)
}
