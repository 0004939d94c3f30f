package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// queueJobs queues the statements that add the transaction's jobs. They are sent with the
// commit, so that a job costs no round trip.
func (tx *Tx) queueJobs(ctx context.Context) error {
	if len(tx.pending.jobs) == 0 {
		return nil
	}
	return tx.jobs.Enqueue(ctx, queueingTx{tx: tx}, tx.pending.jobs...)
}

// queueingTx is a transaction as pgx has it, for jobs.Enqueuer, which needs no results: it
// queues every statement. What the enqueuer does not call is not implemented.
type queueingTx struct {
	pgx.Tx // nil
	tx     *Tx
}

// Conn returns the connection, whose settings decide how values are encoded.
func (q queueingTx) Conn() *pgx.Conn { return q.tx.conn }

// Exec queues a statement.
func (q queueingTx) Exec(_ context.Context, statement string, values ...any) (pgconn.CommandTag, error) {
	q.tx.queued = append(q.tx.queued, queuedStatement{statement, values})
	return pgconn.CommandTag{}, nil
}

// Query queues a statement and returns no rows.
func (q queueingTx) Query(ctx context.Context, statement string, values ...any) (pgx.Rows, error) {
	_, err := q.Exec(ctx, statement, values...)
	return noRows{}, err
}

// noRows are the rows of a statement that is sent later.
type noRows struct{}

func (noRows) Close()                                       {}
func (noRows) Err() error                                   { return nil }
func (noRows) CommandTag() pgconn.CommandTag                { return pgconn.CommandTag{} }
func (noRows) FieldDescriptions() []pgconn.FieldDescription { return nil }
func (noRows) Next() bool                                   { return false }
func (noRows) Scan(...any) error                            { return errors.New("the statement has not been sent") }

func (noRows) Values() ([]any, error) { return nil, errors.New("the statement has not been sent") }
func (noRows) RawValues() [][]byte    { return nil }
func (noRows) Conn() *pgx.Conn        { return nil }
func (noRows) TypeMap() *pgtype.Map   { return nil }

// sendingTx is a transaction as pgx has it, for what jobs.Enqueuer does with a job: it
// sends each statement by itself. What the enqueuer does not call is not implemented.
type sendingTx struct {
	pgx.Tx // nil
	tx     *Tx
}

// Conn returns the connection, whose settings decide how values are encoded.
func (s sendingTx) Conn() *pgx.Conn { return s.tx.conn }

// QueryRow sends what is queued, and then the statement.
func (s sendingTx) QueryRow(ctx context.Context, statement string, values ...any) pgx.Row {
	if err := s.tx.flush(ctx); err != nil {
		return failedRow{err}
	}
	s.tx.roundTrips++
	return s.tx.conn.QueryRow(ctx, statement, values...)
}

type failedRow struct{ err error }

func (r failedRow) Scan(...any) error { return r.err }
