package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"souk/internal/fault"
	"souk/internal/jobs"
)

// args are the named arguments of a statement.
type args = pgx.StrictNamedArgs

// Tx is a transaction of a Writer. It must be used by one goroutine only.
type Tx struct {
	conn   *pgx.Conn
	origin Origin
	// xid is the transaction's ID, which is used to ask for its status after a lost
	// commit. It is "" until the transaction has begun.
	xid string
	// serverLife is the life of the server in which it assigned xid.
	serverLife string
	// queued are statements that are sent in the same round trip as the next one.
	queued     []queuedStatement
	roundTrips int // number of round trips so far

	pending pending
	// jobs adds jobs to the transaction.
	jobs *jobs.Enqueuer
	// currency is the shop's, once it has been read: see shopCurrency.
	currency *string
}

// newTx returns a transaction whose BEGIN is sent with its first statement.
func newTx(conn *pgx.Conn, origin Origin, enqueuer *jobs.Enqueuer) *Tx {
	return &Tx{
		conn: conn, origin: origin, jobs: enqueuer,
		queued: []queuedStatement{{beginStatement, nil}, {planAsUsual, nil}, {transactionIDStatement, nil}},
	}
}

// queuedStatement is a statement whose result is not read.
type queuedStatement struct {
	statement string
	values    []any
}

// queue sends a statement in the same round trip as the next one, or as the commit.
// Use it only for a statement that writes a row which the transaction has locked:
// such a statement fails only if the whole transaction fails. Its error is returned
// by the next statement.
func (tx *Tx) queue(statement string, values args) {
	q := queuedStatement{statement: statement}
	if values != nil {
		q.values = []any{values}
	}
	tx.queued = append(tx.queued, q)
}

// roundTrip sends the queued statements and then the given ones in one round trip.
// read reads the results of the given ones.
func (tx *Tx) roundTrip(ctx context.Context, statements *pgx.Batch, read func(pgx.BatchResults) error) error {
	queued := tx.queued
	tx.queued = nil
	tx.roundTrips++
	batch := &pgx.Batch{}
	for _, a := range queued {
		batch.Queue(a.statement, a.values...)
	}
	batch.QueuedQueries = append(batch.QueuedQueries, statements.QueuedQueries...)
	results := tx.conn.SendBatch(ctx, batch)
	err := tx.readQueued(results, queued)
	if err == nil {
		err = read(results)
	}
	if closed := results.Close(); err == nil {
		err = closed
	}
	return err
}

// send runs a batch of statements, which may be empty.
func (tx *Tx) send(ctx context.Context, batch *pgx.Batch) error {
	if batch.Len() == 0 {
		return nil
	}
	if err := tx.roundTrip(ctx, batch, pgx.BatchResults.Close); err != nil {
		return fmt.Errorf("%s: %w", nameOf(batch.QueuedQueries[0].SQL), err)
	}
	return nil
}

// flush sends what is queued.
func (tx *Tx) flush(ctx context.Context) error {
	if len(tx.queued) == 0 {
		return nil
	}
	return tx.roundTrip(ctx, &pgx.Batch{}, func(pgx.BatchResults) error { return nil })
}

func (tx *Tx) readQueued(results pgx.BatchResults, queued []queuedStatement) error {
	for _, a := range queued {
		var err error
		if a.statement == transactionIDStatement {
			err = results.QueryRow().Scan(&tx.xid, &tx.serverLife)
		} else {
			_, err = results.Exec()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", nameOf(a.statement), err)
		}
	}
	return nil
}

// query runs a statement and reads its rows with collect.
func (tx *Tx) query(ctx context.Context, statement string, values args, collect func(pgx.Rows) error) error {
	one := &pgx.Batch{}
	one.Queue(statement, values)
	err := tx.roundTrip(ctx, one, func(results pgx.BatchResults) error {
		rows, err := results.Query()
		if err != nil {
			return err
		}
		return collect(rows)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", nameOf(statement), err)
	}
	return nil
}

// exec runs a statement and returns the number of rows that it affected.
func (tx *Tx) exec(ctx context.Context, statement string, values args) (int64, error) {
	var n int64
	err := tx.query(ctx, statement, values, func(rows pgx.Rows) error {
		rows.Close()
		n = rows.CommandTag().RowsAffected()
		return rows.Err()
	})
	return n, err
}

// rowsOf returns all rows of a statement.
func rowsOf[T any](ctx context.Context, tx *Tx, statement string, values args) ([]*T, error) {
	var items []*T
	err := tx.query(ctx, statement, values, func(rows pgx.Rows) (err error) {
		items, err = pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[T])
		return err
	})
	return items, err
}

// oneRow returns the only row of a statement, or nil if there is none. The caller
// decides which error that is.
func oneRow[T any](ctx context.Context, tx *Tx, statement string, values args) (*T, error) {
	items, err := rowsOf[T](ctx, tx, statement, values)
	if err != nil || len(items) == 0 {
		return nil, err
	}
	if len(items) > 1 {
		return nil, fmt.Errorf("%s: %d rows, expected one", nameOf(statement), len(items))
	}
	return items[0], nil
}

const (
	savepointStatement = `-- name: Savepoint
SAVEPOINT item`
	releaseStatement = `-- name: Release
RELEASE SAVEPOINT item`
	undoStatement = `-- name: Undo
ROLLBACK TO SAVEPOINT item`
)

// try runs do in a savepoint. If do fails, try undoes what do did and leaves the rest
// of the transaction as it was.
func (tx *Tx) try(ctx context.Context, do func() error) error {
	before := tx.pending.clone()
	roundTrips, waiting := tx.roundTrips, len(tx.queued)
	tx.queue(savepointStatement, nil)
	err := do()
	sent := tx.roundTrips > roundTrips
	switch {
	case err == nil && sent:
		tx.queue(releaseStatement, nil)
		return nil
	case err == nil: // nothing was sent, and queued statements fail only with the whole transaction
		tx.queued = slices.Delete(tx.queued, waiting, waiting+1)
		return nil
	}
	tx.pending = before
	if !sent {
		tx.queued = tx.queued[:waiting]
	} else {
		// The queued statements are undone too, except for the releases of inner
		// savepoints.
		tx.queued = slices.DeleteFunc(tx.queued, func(a queuedStatement) bool { return a.statement != releaseStatement })
		if _, failed := tx.exec(ctx, undoStatement, nil); failed != nil {
			return errors.Join(err, failed)
		}
		// ROLLBACK TO keeps the savepoint. An outer try uses the same savepoint name
		// and would roll back to this one instead of its own.
		tx.queue(releaseStatement, nil)
	}
	return err
}

// newID returns a new key. It is a UUID of version 7, so that new rows are close
// together in an index.
func newID[K ~[16]byte]() (K, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return K{}, fmt.Errorf("make id: %w", err)
	}
	return K(id), nil
}

// lockRow returns the row that a statement locks, or rejects the change as NOT_FOUND.
// noun is the name of the row's type in that message.
func lockRow[T any](ctx context.Context, tx *Tx, noun, statement string, values args) (*T, error) {
	found, err := oneRow[T](ctx, tx, statement, values)
	if err == nil && found == nil {
		return nil, fault.Reject(fault.ReasonNotFound, "id", notFound, noun)
	}
	return found, err
}

// uniqueViolation returns the name of the unique index that a write violated, or ""
// if err is another error.
func uniqueViolation(err error) string { return violatedConstraint(err, "23505") }

// foreignKeyViolation returns the name of the foreign key that a write violated, or
// "" if err is another error.
func foreignKeyViolation(err error) string { return violatedConstraint(err, "23503") }

func violatedConstraint(err error, code string) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == code {
		return pg.ConstraintName
	}
	return ""
}
