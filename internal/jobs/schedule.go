package jobs

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// enqueueDue enqueues the jobs that are due by their schedule. The table job_schedules
// remembers when each was looked at, for all workers and across their restarts: a start
// enqueues nothing that is not due, and a time that nobody was there for is made up for
// once. (River's own schedules begin anew with each leader.)
func (w *Worker) enqueueDue(ctx context.Context) error {
	var failures []error
	for _, k := range w.kinds {
		if k.every == 0 {
			continue
		}
		if err := w.enqueueIfDue(ctx, k); err != nil {
			failures = append(failures, fmt.Errorf("enqueue %s: %w", k.name, err))
		}
	}
	return errors.Join(failures...)
}

func (w *Worker) enqueueIfDue(ctx context.Context, k kind) error {
	const look = `-- name: JobDue
SELECT NOT EXISTS (SELECT FROM job_schedules s WHERE s.kind = @kind AND s.enqueued_at > now() - @every::interval)`
	const take = `-- name: TakeDueJob
INSERT INTO job_schedules AS s (kind)
VALUES (@kind)
ON CONFLICT (kind) DO UPDATE
SET enqueued_at = now()
WHERE s.enqueued_at <= now() - @every::interval
RETURNING s.kind`
	ctx, cancel := context.WithTimeout(ctx, beatTimeout)
	defer cancel()
	values := pgx.StrictNamedArgs{"kind": k.name, "every": k.every}
	var due bool
	if err := w.pool.QueryRow(ctx, look, values).Scan(&due); err != nil || !due {
		return err
	}
	err := pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
		var taken string
		if err := tx.QueryRow(ctx, take, values).Scan(&taken); err != nil {
			return err // ErrNoRows: another worker was first
		}
		due, err := k.due(ctx, w.services)
		if err != nil || len(due) == 0 {
			return err
		}
		return insert(ctx, w.client, tx, due)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}
