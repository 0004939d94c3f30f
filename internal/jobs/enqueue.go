package jobs

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// Enqueuer adds jobs, and acts on jobs, in transactions of its callers. It is safe for
// concurrent use.
type Enqueuer struct {
	client *river.Client[pgx.Tx]
}

// NewEnqueuer returns an enqueuer for the database of a pool, which it asks once for the
// server's version. River's messages below warnings are left out of the log.
func NewEnqueuer(ctx context.Context, pool *pgxpool.Pool, log *slog.Logger) (*Enqueuer, error) {
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{Logger: warnings(log), FetchCooldown: fetchCooldown})
	if err != nil {
		return nil, fmt.Errorf("make enqueuer: %w", err)
	}
	// Without this, the first job of a process would ask in its transaction.
	if err := client.Driver().GetExecutor().InitDriver(ctx); err != nil {
		return nil, fmt.Errorf("make enqueuer: %w", err)
	}
	return &Enqueuer{client}, nil
}

// Enqueue adds jobs. It uses no result of its statements, Exec and Query of tx, so a
// caller may send them later, in any round trip of the transaction.
func (e *Enqueuer) Enqueue(ctx context.Context, tx pgx.Tx, all ...Args) error {
	if err := insert(ctx, e.client, tx, all); err != nil {
		return fmt.Errorf("enqueue: %w", err)
	}
	return nil
}

// insert adds jobs with a client.
func insert(ctx context.Context, client *river.Client[pgx.Tx], tx pgx.Tx, all []Args) error {
	params := make([]river.InsertManyParams, len(all))
	for i, args := range all {
		params[i] = river.InsertManyParams{Args: args}
	}
	_, err := client.InsertManyTx(ctx, tx, params)
	return err
}

// Retry makes a job run again now. A job that is running or waits already is left as it
// is.
func (e *Enqueuer) Retry(ctx context.Context, tx pgx.Tx, id int64) error {
	if _, err := e.client.JobRetryTx(ctx, tx, id); err != nil {
		return fmt.Errorf("retry job: %w", err)
	}
	return nil
}

// Cancel cancels a job. One that is running is told to stop, and ends as cancelled if it
// does. A job that has ended is left as it is.
func (e *Enqueuer) Cancel(ctx context.Context, tx pgx.Tx, id int64) error {
	if _, err := e.client.JobCancelTx(ctx, tx, id); err != nil {
		return fmt.Errorf("cancel job: %w", err)
	}
	return nil
}
