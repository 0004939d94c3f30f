package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"souk/internal/fault"
)

// args are a statement's named arguments.
type args = pgx.StrictNamedArgs

// Tx is a transaction of a Writer. It is used by one goroutine.
type Tx struct {
	conn   *pgx.Conn
	origin Origin
	// xid is the transaction's number, which tells later what became of it; "" until
	// it has begun.
	xid string
	// started is when the server had started that gave the number.
	started string
	// ahead are statements that go out in one round trip with the next one.
	ahead []ahead
	trips int // how many round trips there were

	pending pending
}

// newTx returns a transaction that begins with its first statement.
func newTx(conn *pgx.Conn, origin Origin) *Tx {
	return &Tx{conn: conn, origin: origin, ahead: []ahead{{beginStatement, nil}, {numberStatement, nil}}}
}

// ahead is a statement whose result nobody reads.
type ahead struct {
	statement string
	values    args
}

// later runs a statement in one round trip with the next one, or with the commit. It
// is for one that writes a row which the transaction has locked, and so fails only
// for reasons that end the transaction: the error comes out of the next statement.
func (tx *Tx) later(statement string, values args) {
	tx.ahead = append(tx.ahead, ahead{statement, values})
}

// roundTrip sends statements in one round trip, behind those that wait to go ahead, and
// gives their results to read.
func (tx *Tx) roundTrip(ctx context.Context, statements *pgx.Batch, read func(pgx.BatchResults) error) error {
	first := tx.ahead
	tx.ahead = nil
	tx.trips++
	batch := &pgx.Batch{}
	for _, a := range first {
		if a.values == nil {
			batch.Queue(a.statement)
		} else {
			batch.Queue(a.statement, a.values)
		}
	}
	batch.QueuedQueries = append(batch.QueuedQueries, statements.QueuedQueries...)
	results := tx.conn.SendBatch(ctx, batch)
	err := tx.readAhead(results, first)
	if err == nil {
		err = read(results)
	}
	if closed := results.Close(); err == nil {
		err = closed
	}
	return err
}

// send runs a batch of statements; none is fine.
func (tx *Tx) send(ctx context.Context, batch *pgx.Batch) error {
	if batch.Len() == 0 {
		return nil
	}
	first, _, _ := strings.Cut(batch.QueuedQueries[0].SQL, "\n")
	if err := tx.roundTrip(ctx, batch, pgx.BatchResults.Close); err != nil {
		return fmt.Errorf("%s: %w", nameOf(first), err)
	}
	return nil
}

func (tx *Tx) readAhead(results pgx.BatchResults, first []ahead) error {
	for _, a := range first {
		var err error
		if a.statement == numberStatement {
			err = results.QueryRow().Scan(&tx.xid, &tx.started)
		} else {
			_, err = results.Exec()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", nameOf(a.statement), err)
		}
	}
	return nil
}

// query runs a statement; collect reads its rows.
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

// exec runs a statement and returns how many rows it changed.
func (tx *Tx) exec(ctx context.Context, statement string, values args) (int64, error) {
	var n int64
	err := tx.query(ctx, statement, values, func(rows pgx.Rows) error {
		rows.Close()
		n = rows.CommandTag().RowsAffected()
		return rows.Err()
	})
	return n, err
}

// rowsOf returns every row of a statement.
func rowsOf[T any](ctx context.Context, tx *Tx, statement string, values args) ([]*T, error) {
	var items []*T
	err := tx.query(ctx, statement, values, func(rows pgx.Rows) (err error) {
		items, err = pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[T])
		return err
	})
	return items, err
}

// oneRow returns the only row of a statement; nil when it has none, which only the
// caller can put into words.
func oneRow[T any](ctx context.Context, tx *Tx, statement string, values args) (*T, error) {
	items, err := rowsOf[T](ctx, tx, statement, values)
	if err != nil || len(items) == 0 {
		return nil, err
	}
	if len(items) > 1 {
		return nil, fmt.Errorf("%s: %d rows where one was expected", nameOf(statement), len(items))
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

// try runs do so that a failure of it undoes what it did and leaves the rest of
// the transaction as it was.
func (tx *Tx) try(ctx context.Context, do func() error) error {
	before := tx.pending.clone()
	trips, waiting := tx.trips, len(tx.ahead)
	tx.later(savepointStatement, nil)
	err := do()
	sent := tx.trips > trips
	switch {
	case err == nil && sent:
		tx.later(releaseStatement, nil)
		return nil
	case err == nil: // nothing can fail any more that is not the transaction's end
		tx.ahead = slices.Delete(tx.ahead, waiting, waiting+1)
		return nil
	}
	tx.pending = before
	if !sent {
		tx.ahead = tx.ahead[:waiting]
	} else {
		// What waits is undone with the rest, but for the ends of savepoints within.
		tx.ahead = slices.DeleteFunc(tx.ahead, func(a ahead) bool { return a.statement != releaseStatement })
		if _, failed := tx.exec(ctx, undoStatement, nil); failed != nil {
			return errors.Join(err, failed)
		}
		// A savepoint outlives what is undone to it, and would be mistaken for that of
		// a try around this one.
		tx.later(releaseStatement, nil)
	}
	return err
}

// newID makes a key: of version 7, so that new rows are neighbours in an index.
func newID[K ~[16]byte]() (K, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return K{}, fmt.Errorf("make id: %w", err)
	}
	return K(id), nil
}

// lockRow returns the row that a statement locks, of a noun that a change is about.
func lockRow[T any](ctx context.Context, tx *Tx, called, statement string, values args) (*T, error) {
	found, err := oneRow[T](ctx, tx, statement, values)
	if err == nil && found == nil {
		return nil, fault.Reject(fault.ReasonNotFound, "id", notFound, called)
	}
	return found, err
}

// constraintOf returns the name of the unique index that a write ran into; "" when
// err is something else.
func constraintOf(err error) string { return violated(err, "23505") }

// brokenKeyOf returns the name of the foreign key for which a write found nothing;
// "" when err is something else.
func brokenKeyOf(err error) string { return violated(err, "23503") }

func violated(err error, code string) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == code {
		return pg.ConstraintName
	}
	return ""
}
