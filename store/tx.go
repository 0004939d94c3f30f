package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
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
	// ahead are statements that go out in one round trip with the next one.
	ahead []string
	trips int // how many round trips there were

	// raised are products of which something changed that is no column of theirs:
	// a variant, an image. Their version rises and what is derived from their rows
	// is brought up to date before the commit.
	raised map[ProductID]bool
	// stale are products that need the latter alone.
	stale  map[ProductID]bool
	events []auditEvent
}

// newTx returns a transaction that begins with its first statement.
func newTx(conn *pgx.Conn, origin Origin) *Tx {
	return &Tx{
		conn: conn, origin: origin, ahead: []string{beginStatement, numberStatement},
		raised: map[ProductID]bool{}, stale: map[ProductID]bool{},
	}
}

// roundTrip sends statements in one round trip, behind those that wait to go ahead, and
// gives their results to read.
func (tx *Tx) roundTrip(ctx context.Context, statements *pgx.Batch, read func(pgx.BatchResults) error) error {
	ahead := tx.ahead
	tx.ahead = nil
	tx.trips++
	batch := &pgx.Batch{}
	for _, statement := range ahead {
		batch.Queue(statement)
	}
	batch.QueuedQueries = append(batch.QueuedQueries, statements.QueuedQueries...)
	results := tx.conn.SendBatch(ctx, batch)
	err := tx.readAhead(results, ahead)
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

func (tx *Tx) readAhead(results pgx.BatchResults, ahead []string) error {
	for _, statement := range ahead {
		var err error
		if statement == numberStatement {
			err = results.QueryRow().Scan(&tx.xid)
		} else {
			_, err = results.Exec()
		}
		if err != nil {
			return err
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

// fewProducts is how many are refreshed by a plan that is made once for each
// connection. Planning takes 2.6 ms of the 3.7 that one product's refresh does, and
// a plan for some suits these; many are worth one of their own.
const fewProducts = 10

// queueDerived brings up to date what the changed rows are derived into.
func (tx *Tx) queueDerived(batch *pgx.Batch) {
	if len(tx.raised) > 0 {
		batch.Queue(`-- name: RaiseProducts
UPDATE products
SET version = version + 1, updated_at = now()
WHERE id = ANY (@ids)`, args{"ids": keys(tx.raised)})
	}
	touched := maps.Clone(tx.raised)
	maps.Copy(touched, tx.stale)
	if n := len(touched); n > 0 && n <= fewProducts {
		batch.Queue(`-- name: PlanOnce
SET LOCAL plan_cache_mode = force_generic_plan`)
	}
	// A big category's products come in parts, so that none runs into the
	// statement time-out.
	for part := range slices.Chunk(keys(touched), 500) {
		batch.Queue(`-- name: RefreshProducts
SELECT refresh_products(@ids)`, args{"ids": part})
	}
}

// touch notes products whose variants, options, images, categories or reviews
// changed.
func (tx *Tx) touch(ids ...ProductID) {
	for _, id := range ids {
		tx.raised[id] = true
	}
}

// refresh notes products whose own row changed, or something that they are found
// by: their version has risen already, or need not.
func (tx *Tx) refresh(ids ...ProductID) {
	for _, id := range ids {
		tx.stale[id] = true
	}
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
	raised, stale, events := maps.Clone(tx.raised), maps.Clone(tx.stale), len(tx.events)
	trips, waiting := tx.trips, len(tx.ahead)
	tx.ahead = append(tx.ahead, savepointStatement)
	err := do()
	sent := tx.trips > trips
	if !sent {
		tx.ahead = tx.ahead[:waiting]
	}
	if err == nil {
		if sent {
			tx.ahead = append(tx.ahead, releaseStatement)
		}
		return nil
	}
	tx.raised, tx.stale, tx.events = raised, stale, tx.events[:events]
	if sent {
		if _, failed := tx.exec(ctx, undoStatement, nil); failed != nil {
			return errors.Join(err, failed)
		}
		// A savepoint outlives what is undone to it, and would be mistaken for that of
		// a try around this one.
		tx.ahead = append(tx.ahead, releaseStatement)
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

// keys returns a set's members in order, so that two transactions lock the same
// rows in the same order.
func keys[K ~[16]byte](set map[K]bool) []K {
	all := make([]K, 0, len(set))
	for k := range set {
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b K) int { return slices.Compare(a[:], b[:]) })
	return all
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
