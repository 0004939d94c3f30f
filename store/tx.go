package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// args are a statement's named arguments.
type args = pgx.StrictNamedArgs

// Tx is a transaction of a Writer. It is used by one goroutine.
type Tx struct {
	conn   *pgx.Conn
	origin Origin

	// raised are products of which something changed that is no column of theirs:
	// a variant, an image. Their version rises and what is derived from their rows
	// is brought up to date before the commit.
	raised map[ProductID]bool
	// stale are products that need the latter alone.
	stale  map[ProductID]bool
	events []auditEvent
}

// begin starts a transaction and asks for its number, which tells later what
// became of it.
func begin(ctx context.Context, conn *pgx.Conn) (xid string, err error) {
	results, err := conn.PgConn().Exec(ctx, "BEGIN; SELECT pg_current_xact_id()::text").ReadAll()
	if err != nil {
		return "", err
	}
	return string(results[1].Rows[0][0]), nil
}

// commit ends the transaction and returns a position of the log after it.
func commit(ctx context.Context, conn *pgx.Conn) (LSN, error) {
	results, err := conn.PgConn().Exec(ctx, "COMMIT; SELECT pg_current_wal_insert_lsn()::text").ReadAll()
	if err != nil {
		return 0, err
	}
	if results[0].CommandTag.String() != "COMMIT" {
		return 0, errors.New("commit: the transaction had failed and was rolled back")
	}
	return parseLSN(string(results[1].Rows[0][0]))
}

// commitTimeout bounds a commit, which a client that leaves does not interrupt: it
// would then be in doubt.
const commitTimeout = 10 * time.Second

func commitWithin(ctx context.Context, conn *pgx.Conn) (LSN, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
	defer cancel()
	return commit(ctx, conn)
}

// attempt runs one transaction to its end.
func (s *Store) attempt(ctx context.Context, origin Origin, do func(*Tx) error) (LSN, error) {
	conn, err := s.primary.pool.Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Release() // which closes a connection that is still in a transaction
	xid, err := begin(ctx, conn.Conn())
	if err != nil {
		return 0, fmt.Errorf("begin: %w", err)
	}
	tx := &Tx{conn: conn.Conn(), origin: origin, raised: map[ProductID]bool{}, stale: map[ProductID]bool{}}
	if err := do(tx); err != nil {
		rollback(ctx, conn)
		return 0, err
	}
	if err := tx.finish(ctx); err != nil {
		rollback(ctx, conn)
		return 0, err
	}
	lsn, err := commitWithin(ctx, conn.Conn())
	if err == nil {
		return lsn, nil
	}
	if ctx.Err() != nil || (sqlState(err) != "" && !isUnreachable(err)) {
		rollback(ctx, conn)
		return 0, fmt.Errorf("commit: %w", err) // not sent, or refused and so rolled back
	}
	return s.resolve(context.WithoutCancel(ctx), xid, err)
}

// rollback gives the locks back at once, also when the request is over.
func rollback(ctx context.Context, conn *pgxpool.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = conn.Conn().PgConn().Exec(ctx, "ROLLBACK").Close()
}

// errInDoubt is a commit of which nobody can say whether it happened.
var errInDoubt = errors.New("commit in doubt")

// resolvePatience bounds how long a lost commit is asked after: a restart of the
// primary takes a few seconds.
const resolvePatience = 8 * time.Second

// resolve finds out what became of a transaction whose commit was not answered.
func (s *Store) resolve(ctx context.Context, xid string, cause error) (LSN, error) {
	ctx, cancel := context.WithTimeout(ctx, resolvePatience)
	defer cancel()
	const statement = `-- name: TransactionStatus
SELECT coalesce(pg_xact_status(@xid::text::xid8), ''), pg_current_wal_insert_lsn()::text`
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		var status, position string
		err := s.primary.pool.QueryRow(ctx, statement, args{"xid": xid}).Scan(&status, &position)
		switch {
		case err == nil && status == "committed":
			return parseLSN(position)
		case err == nil && status == "aborted":
			return 0, &aborted{cause}
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("%w: %w", errInDoubt, cause)
		case <-time.After(pause):
		}
	}
}

// aborted is a lost commit that certainly did not happen: it may be tried again.
type aborted struct{ cause error }

func (a *aborted) Error() string { return "commit lost: " + a.cause.Error() }

func (a *aborted) Unwrap() error { return a.cause }

// finish does what every transaction ends with, in one round trip.
func (tx *Tx) finish(ctx context.Context) error {
	batch := &pgx.Batch{}
	if len(tx.raised) > 0 {
		batch.Queue(`-- name: RaiseProducts
UPDATE products
SET version = version + 1, updated_at = now()
WHERE id = ANY (@ids)`, args{"ids": keys(tx.raised)})
	}
	touched := map[ProductID]bool{}
	for id := range tx.raised {
		touched[id] = true
	}
	for id := range tx.stale {
		touched[id] = true
	}
	// A big category's products come in parts, so that none runs into the
	// statement time-out.
	for part := range slices.Chunk(keys(touched), 500) {
		batch.Queue(`-- name: RefreshProducts
SELECT refresh_products(@ids)`, args{"ids": part})
	}
	tx.queueEvents(batch)
	if batch.Len() == 0 {
		return nil
	}
	if err := tx.conn.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("finish transaction: %w", err)
	}
	return nil
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
	tag, err := tx.conn.Exec(ctx, statement, values)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", nameOf(statement), err)
	}
	return tag.RowsAffected(), nil
}

// rowsOf returns every row of a statement.
func rowsOf[T any](ctx context.Context, tx *Tx, statement string, values args) ([]*T, error) {
	found, err := tx.conn.Query(ctx, statement, values)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", nameOf(statement), err)
	}
	items, err := pgx.CollectRows(found, pgx.RowToAddrOfStructByName[T])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", nameOf(statement), err)
	}
	return items, nil
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

// try runs do so that a failure of it undoes what it did and leaves the rest of
// the transaction as it was.
func (tx *Tx) try(ctx context.Context, do func() error) error {
	if _, err := tx.exec(ctx, "SAVEPOINT item", nil); err != nil {
		return err
	}
	events := len(tx.events)
	err := do()
	if err == nil {
		_, err = tx.exec(ctx, "RELEASE SAVEPOINT item", nil)
		return err
	}
	tx.events = tx.events[:events]
	if _, failed := tx.exec(ctx, "ROLLBACK TO SAVEPOINT item", nil); failed != nil {
		return errors.Join(err, failed)
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
func constraintOf(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "23505" {
		return pg.ConstraintName
	}
	return ""
}
