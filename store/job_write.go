package store

import (
	"context"

	"souk/internal/fault"
)

// JobRetry makes a job run again.
type JobRetry struct{ ID JobID }

// JobCancel cancels a job.
type JobCancel struct{ ID JobID }

// RetryJob makes a job run now that failed, was cancelled or waits for its time.
func (w *Writer) RetryJob(ctx context.Context, r JobRetry) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.retryJob(ctx, r.ID) })
}

// CancelJob cancels a job that has not ended. One that is running is told to stop.
func (w *Writer) CancelJob(ctx context.Context, c JobCancel) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.cancelJob(ctx, c.ID) })
}

func (tx *Tx) retryJob(ctx context.Context, id JobID) error {
	old, err := tx.lockJob(ctx, id)
	if err != nil {
		return err
	}
	switch old.State {
	case JobAvailable, JobRunning:
		return fault.Reject(fault.ReasonInUse, "id", "the job is running, or waits for a worker already")
	case JobCompleted:
		return fault.Reject(fault.ReasonInvalid, "id", "the job is done; there is nothing to do again")
	}
	err = tx.jobs.Retry(ctx, sendingTx{tx: tx}, id.number())
	if uniqueViolation(err) == "river_job_unique_idx" {
		return fault.Reject(fault.ReasonInUse, "id", "another job of this kind, of which one at a time is enough, has not ended")
	}
	if err != nil {
		return err
	}
	tx.jobChanged(id, old.State, JobAvailable)
	return nil
}

func (tx *Tx) cancelJob(ctx context.Context, id JobID) error {
	old, err := tx.lockJob(ctx, id)
	if err != nil {
		return err
	}
	switch old.State {
	case JobCompleted, JobCancelled, JobDiscarded:
		return fault.Reject(fault.ReasonInvalid, "id", "the job has ended; there is nothing to cancel")
	}
	if err := tx.jobs.Cancel(ctx, sendingTx{tx: tx}, id.number()); err != nil {
		return err
	}
	tx.jobChanged(id, old.State, JobCancelled)
	return nil
}

func (tx *Tx) jobChanged(id JobID, before, after JobState) {
	var a assignments
	replace(&a, "state", before, after)
	tx.changed(SubjectJob, id, a.changes)
}

// lockJob returns a job and locks it until the transaction ends: against workers, and
// against other changes.
func (tx *Tx) lockJob(ctx context.Context, id JobID) (*Job, error) {
	return lockRow[Job](ctx, tx, "job", `-- name: LockJob
SELECT `+jobColumns.sql()+`
FROM river_job j
WHERE j.id = @id
FOR UPDATE`, args{"id": id.number()})
}
