package jobs

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// DefaultSilence is after how long without a sign of life a worker counts as dead. It is
// above what a restart of the database or a pause of a virtual machine takes.
const DefaultSilence = 10 * time.Second

// What follows from the silence, for its default in parentheses.
const (
	// beats is how often a worker writes that it lives within the silence (every 2 s). A
	// job of a dead worker runs again within silence and a beat (12 s).
	beats = 5
	// certain is the part of the silence for which a worker takes itself for alive (8 s):
	// less than all of it, for the clocks of two machines do not run alike.
	certain = 0.8
	// longSilences is a silence that no pause explains (1 min).
	longSilences = 6
	// settleSilences is how long the report of a job's end may be on its way (30 s).
	settleSilences = 3
)

// beatTimeout bounds each statement of a lease.
const beatTimeout = 5 * time.Second

// lease is a worker's claim on the jobs that it runs. River notices only after a time
// limit that a worker is gone, which must be longer than any job: a minute at least. With
// the lease it takes seconds.
//
// A worker that could not write for a while, because it was frozen or cut off, may find
// its jobs given to others. It then leaves their rows alone: see guarded.
type lease struct {
	id      string
	pool    *pgxpool.Pool
	log     *slog.Logger
	silence time.Duration

	mu      sync.Mutex
	renewed time.Time // before the last successful renewal was sent
	lapses  int       // how often the lease may have ended
	failing bool
	held    map[heldJob]time.Time // when the run ended; zero: it runs
}

// heldJob is a run of a job.
type heldJob struct {
	id      int64
	attempt int
}

func newLease(pool *pgxpool.Pool, id string, silence time.Duration, log *slog.Logger) *lease {
	return &lease{id: id, pool: pool, log: log, silence: silence, held: map[heldJob]time.Time{}}
}

// begin writes the worker's row. It also frees the jobs of workers that have been gone for
// long, before River looks at them: River throws away what is stuck and of a kind that
// this version does not know.
func (l *lease) begin(ctx context.Context) error {
	if _, err := l.write(ctx); err != nil {
		return err
	}
	return l.rescue(ctx, longSilences*l.silence)
}

// renew writes that the worker lives, and frees the jobs of those that do not. It logs
// its failures: the next call may succeed.
func (l *lease) renew(ctx context.Context) {
	established, err := l.write(ctx)
	if err == nil && established {
		err = l.rescue(ctx, l.silence)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if failed := err != nil && ctx.Err() == nil; failed != l.failing {
		l.failing = failed
		if failed {
			l.log.WarnContext(ctx, "worker cannot reach the database", "worker", l.id, "error", err.Error())
		} else {
			l.log.InfoContext(ctx, "worker reaches the database again", "worker", l.id)
		}
	}
}

// write renews the lease. established reports whether the others had the time to renew
// theirs: if the database was not there, the first to write finds everybody else silent.
func (l *lease) write(ctx context.Context) (established bool, err error) {
	const statement = `-- name: RenewWorker
INSERT INTO job_workers AS w (id)
VALUES (@id)
ON CONFLICT (id) DO UPDATE
SET seen_at = now(), alive_since = CASE WHEN w.seen_at < now() - @silence::interval THEN now() ELSE w.alive_since END
RETURNING greatest(alive_since, pg_postmaster_start_time()) < now() - @silence::interval`
	ctx, cancel := context.WithTimeout(ctx, beatTimeout)
	defer cancel()
	sent := time.Now()
	if err := l.pool.QueryRow(ctx, statement, pgx.StrictNamedArgs{"id": l.id, "silence": l.silence}).Scan(&established); err != nil {
		return false, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.renewed.IsZero() && l.doubtful() {
		l.lapses++
	}
	l.renewed = sent
	return established, nil
}

// rescue gives back the jobs that nobody runs: those of workers that have been silent for
// that long, in which the database was there, and those whose end this worker has not been able to report. A job that was
// told to stop is cancelled, and one without attempts left is discarded, as River does.
func (l *lease) rescue(ctx context.Context, after time.Duration) error {
	const statement = `-- name: RescueJobs
WITH lost AS (
  SELECT j.id, CASE WHEN j.metadata ? 'cancel_attempted_at' THEN 'cancelled'
                    WHEN j.attempt >= j.max_attempts THEN 'discarded'
                    ELSE 'available' END::river_job_state AS state
  FROM river_job j
  WHERE j.state = 'running'
    AND (
      (pg_postmaster_start_time() < now() - @silence::interval AND NOT EXISTS (
        SELECT FROM job_workers w
        WHERE w.id = j.attempted_by[cardinality(j.attempted_by)] AND w.seen_at > now() - @silence::interval))
      OR (j.attempted_by[cardinality(j.attempted_by)] = @id AND j.attempted_at < now() - @settle::interval AND j.id <> ALL (@held::bigint[]))
    )
  ORDER BY j.id
  LIMIT 1000
  FOR UPDATE SKIP LOCKED
)
UPDATE river_job j
SET state = lost.state,
    scheduled_at = CASE WHEN lost.state = 'available' THEN now() ELSE j.scheduled_at END,
    finalized_at = CASE WHEN lost.state <> 'available' THEN now() END,
    errors = array_append(j.errors, jsonb_build_object('at', now(), 'attempt', j.attempt, 'error', 'the worker ended before the job did', 'trace', ''))
FROM lost
WHERE j.id = lost.id
RETURNING j.id, j.kind, j.attempt, j.state::text`
	ctx, cancel := context.WithTimeout(ctx, beatTimeout)
	defer cancel()
	rows, err := l.pool.Query(ctx, statement, pgx.StrictNamedArgs{"id": l.id, "silence": after, "settle": settleSilences * l.silence, "held": l.heldIDs()})
	if err != nil {
		return err
	}
	var id int64
	var kind, state string
	var attempt int
	_, err = pgx.ForEachRow(rows, []any{&id, &kind, &attempt, &state}, func() error {
		l.log.WarnContext(ctx, "job of a lost worker", "job_id", id, "kind", kind, "attempt", attempt, "state", state)
		return nil
	})
	return err
}

// end gives back what the worker still holds, by taking its row away, and removes the
// rows of workers that are long gone.
func (l *lease) end(ctx context.Context) {
	const statement = `-- name: EndWorker
DELETE FROM job_workers
WHERE id = @id OR seen_at < now() - interval '1 day'`
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), beatTimeout)
	defer cancel()
	if _, err := l.pool.Exec(ctx, statement, pgx.StrictNamedArgs{"id": l.id}); err != nil {
		l.log.WarnContext(ctx, "worker could not say that it ended", "worker", l.id, "error", err.Error())
	}
}

// hold notes that a run of a job begins. release notes that it has ended, and reports
// whether the job may have been given to another worker in the meantime.
func (l *lease) hold(job heldJob) (release func() (doubtful bool)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held[job] = time.Time{}
	lapses := l.lapses
	return func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.held[job] = time.Now()
		return l.lapses != lapses || l.doubtful()
	}
}

// doubtful reports whether the lease may have ended. The caller holds the lock.
func (l *lease) doubtful() bool {
	return age(l.renewed) > time.Duration(certain*float64(l.silence))
}

// heldIDs returns the jobs that the worker runs, or has run a moment ago.
func (l *lease) heldIDs() []int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	ids := make([]int64, 0, len(l.held))
	for job, ended := range l.held {
		if !ended.IsZero() && time.Since(ended) > settleSilences*l.silence {
			delete(l.held, job)
			continue
		}
		ids = append(ids, job.id)
	}
	return ids
}

// age returns how long ago t was, by the clock that goes on while the machine sleeps, or
// by the one that nobody can set back, whichever says more.
func age(t time.Time) time.Duration {
	return max(time.Since(t), time.Now().Round(0).Sub(t.Round(0)))
}
