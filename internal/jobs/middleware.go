package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"souk/internal/fault"
)

// The outcomes of a run.
const (
	outcomeDone      = "done"
	outcomeContinues = "continues" // another run goes on with the work
	outcomeFailed    = "failed"
	outcomeCancelled = "cancelled"
	outcomeStopped   = "stopped" // given back, because the worker shuts down
	outcomeLost      = "lost"    // another worker has the job
)

// Outcomes returns the outcomes of a run.
func Outcomes() []string {
	return []string{outcomeDone, outcomeContinues, outcomeFailed, outcomeCancelled, outcomeStopped, outcomeLost}
}

// observed counts and logs each run. River stores the error of a run with the job, where
// staff see it, so what is not worded for them goes to the log alone.
type observed struct {
	river.MiddlewareDefaults
	ran func(ctx context.Context, kind, outcome string, took time.Duration)
	log *slog.Logger
}

// Work runs the job.
func (o *observed) Work(ctx context.Context, job *rivertype.JobRow, run func(context.Context) error) error {
	began := time.Now()
	err := withoutPanic(ctx, run)
	outcome, took := outcomeOf(ctx, err), time.Since(began)
	if o.ran != nil {
		o.ran(ctx, job.Kind, outcome, took)
	}
	attrs := []slog.Attr{
		slog.Int64("job_id", job.ID), slog.String("kind", job.Kind), slog.Int("attempt", job.Attempt),
		slog.String("outcome", outcome), slog.Int64("duration_ms", took.Milliseconds()),
	}
	level := slog.LevelInfo
	switch outcome {
	case outcomeFailed:
		level = slog.LevelWarn
		if job.Attempt >= job.MaxAttempts {
			level = slog.LevelError
		}
		attrs = append(attrs, slog.String("error", err.Error()))
		err = worded(err)
	case outcomeLost:
		level = slog.LevelWarn
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	o.log.LogAttrs(ctx, level, "job", attrs...)
	return err
}

// withoutPanic turns a panic into an error with the stack.
func withoutPanic(ctx context.Context, run func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return run(ctx)
}

// wordedError is an error whose text is for staff.
type wordedError struct {
	message string
	cause   error
}

func (e *wordedError) Error() string { return e.message }

func (e *wordedError) Unwrap() error { return e.cause }

// worded returns the error as staff may read it.
func worded(err error) error {
	if known, ok := errors.AsType[*fault.Error](err); ok && known.Code != fault.CodeInternal {
		return &wordedError{known.Message, err}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &wordedError{"the run took longer than a minute", err}
	}
	return &wordedError{"internal error", err}
}

func outcomeOf(ctx context.Context, err error) string {
	var lost *lostJob
	var snoozed *river.JobSnoozeError
	var cancelled *river.JobCancelError
	switch {
	case err == nil:
		return outcomeDone
	case errors.As(err, &lost):
		return outcomeLost
	case errors.As(err, &snoozed):
		return outcomeContinues
	case errors.As(err, &cancelled), errors.Is(context.Cause(ctx), river.ErrJobCancelledRemotely):
		return outcomeCancelled
	case ctx.Err() != nil:
		return outcomeStopped
	}
	return outcomeFailed
}

// guarded keeps a worker whose lease has lapsed from writing the end of a job that
// another one runs by now: River looks only whether the job is running. Between this
// check and River's report there is a moment in which the worker could be frozen. The
// report then ends the other's run as well: of work that was done, and that any number
// of runs may do.
type guarded struct {
	river.MiddlewareDefaults
	lease *lease
}

// Work runs the job.
func (g *guarded) Work(ctx context.Context, job *rivertype.JobRow, run func(context.Context) error) error {
	held := heldJob{job.ID, job.Attempt}
	release := g.lease.hold(held)
	defer release() // a panic passes through here
	err := run(ctx)
	if doubtful := release(); !doubtful {
		return err
	}
	if ours, failure := g.lease.holds(ctx, held); failure != nil || !ours {
		return &lostJob{failure}
	}
	return err
}

// holds reports whether the job is still this worker's.
func (l *lease) holds(ctx context.Context, job heldJob) (bool, error) {
	const statement = `-- name: HoldsJob
SELECT EXISTS (
  SELECT FROM river_job j
  WHERE j.id = @id AND j.state = 'running' AND j.attempt = @attempt AND j.attempted_by[cardinality(j.attempted_by)] = @worker)`
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), beatTimeout)
	defer cancel()
	var ours bool
	err := l.pool.QueryRow(ctx, statement, pgx.StrictNamedArgs{"id": job.id, "attempt": job.attempt, "worker": l.id}).Scan(&ours)
	return ours, err
}

// lostJob is the result of a run whose job belongs to another worker, or may. River takes
// it for the results of several jobs, of which there are none, and so writes nothing. If
// the job was this worker's after all, the lease frees it after a while.
type lostJob struct{ cause error }

func (e *lostJob) Error() string {
	if e.cause != nil {
		return "it is not known whether the job is still this worker's: " + e.cause.Error()
	}
	return "another worker has the job"
}

func (e *lostJob) Unwrap() error { return e.cause }

// ErrorsByID is the first half of what River looks for.
func (e *lostJob) ErrorsByID() map[int64]error { return nil }

// Jobs is the second half.
func (e *lostJob) Jobs() []*rivertype.JobRow { return nil }
