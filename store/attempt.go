package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	beginStatement = `-- name: Begin
BEGIN`
	numberStatement = `-- name: TransactionNumber
SELECT pg_current_xact_id()::text, pg_postmaster_start_time()::text`
	commitStatement = `-- name: Commit
COMMIT`
	// The position is one after the commit, also when commits are not waited for.
	positionStatement = `-- name: LogPosition
SELECT pg_current_wal_insert_lsn()::text`
)

const (
	// finishTimeout bounds the end of a transaction, which a client that leaves does
	// not interrupt: it would then be in doubt. It is above statement_timeout.
	finishTimeout = 15 * time.Second
	// resolvePatience bounds how long a lost commit is asked after: a restart of the
	// primary takes a few seconds.
	resolvePatience = 8 * time.Second
)

// errInDoubt is a commit of which nobody can say whether it happened.
var errInDoubt = errors.New("commit in doubt")

// errRolledBack is a transaction that could not be committed since a statement of
// it had failed.
var errRolledBack = errors.New("the transaction had failed and was rolled back")

// aborted is a lost commit that certainly did not happen: it may be tried again.
type aborted struct{ cause error }

func (a *aborted) Error() string { return "commit lost: " + a.cause.Error() }

func (a *aborted) Unwrap() error { return a.cause }

// unanswered is a commit of which the answer did not come, or only half of it.
type unanswered struct {
	xid string
	// started is when the server had started that gave the number. One that breaks
	// down forgets the numbers of what it had not written down, and gives them again.
	started string
	// committed tells that it happened, and only its position is not known.
	committed bool
	cause     error
}

func (u *unanswered) Error() string { return "commit not answered: " + u.cause.Error() }

func (u *unanswered) Unwrap() error { return u.cause }

// attempt runs one transaction to its end, and returns a position of the log after
// its commit.
func (s *Store) attempt(ctx context.Context, origin Origin, do func(*Tx) error) (LSN, error) {
	lsn, err := s.transact(ctx, origin, do)
	// The connection is given back by now: when all of them are lost at once, each
	// that waits for the truth needs another.
	if lost, ok := errors.AsType[*unanswered](err); ok {
		return s.resolve(context.WithoutCancel(ctx), lost)
	}
	return lsn, err
}

func (s *Store) transact(ctx context.Context, origin Origin, do func(*Tx) error) (LSN, error) {
	conn, err := acquire(ctx, s.primary.pool)
	if err != nil {
		return 0, err
	}
	defer conn.Release() // which closes a connection that is still in a transaction
	tx := newTx(conn.Conn(), origin)
	if err := do(tx); err != nil {
		rollback(ctx, conn)
		return 0, err
	}
	if err := ctx.Err(); err != nil {
		rollback(ctx, conn)
		return 0, err
	}
	lsn, err := tx.commit(ctx)
	if err != nil {
		rollback(ctx, conn)
	}
	return lsn, err
}

// commit does what every transaction ends with, in one round trip.
func (tx *Tx) commit(ctx context.Context) (LSN, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()
	ending := &pgx.Batch{}
	tx.queueDerived(ending)
	tx.queueEvents(ending)
	if ending.Len() == 0 && tx.trips == 0 {
		return 0, nil // it has not even begun
	}
	before := ending.Len()
	ending.Queue(commitStatement)
	ending.Queue(positionStatement)

	committed := false
	var position string
	err := tx.roundTrip(ctx, ending, func(results pgx.BatchResults) error {
		for range before {
			if _, err := results.Exec(); err != nil {
				return err
			}
		}
		tag, err := results.Exec()
		if err == nil && tag.String() != "COMMIT" {
			return errRolledBack
		}
		if committed = err == nil; !committed {
			return err
		}
		return results.QueryRow().Scan(&position)
	})
	switch {
	case position != "":
		return parseLSN(position)
	case errors.Is(err, errRolledBack), !committed && sqlState(err) != "" && !isUnreachable(err):
		return 0, fmt.Errorf("commit: %w", err) // refused, and so rolled back
	}
	return 0, &unanswered{xid: tx.xid, started: tx.started, committed: committed, cause: err}
}

// rollback gives the locks back at once, also when the request is over.
func rollback(ctx context.Context, conn *pgxpool.Conn) {
	if conn.Conn().PgConn().TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = conn.Conn().PgConn().Exec(ctx, "ROLLBACK").Close()
}

// resolve finds out what became of a transaction whose commit was not answered.
// One that still runs waits for a client that it does not know to be gone: it is
// ended, so that its locks are free and its fate is known.
func (s *Store) resolve(ctx context.Context, lost *unanswered) (LSN, error) {
	ctx, cancel := context.WithTimeout(ctx, resolvePatience)
	defer cancel()
	const ask = `-- name: TransactionStatus
SELECT coalesce(pg_xact_status(@xid::text::xid8), ''), pg_current_wal_insert_lsn()::text, pg_postmaster_start_time()::text`
	const end = `-- name: EndLostTransaction
SELECT pg_terminate_backend(pid)
FROM pg_stat_activity
WHERE backend_xid = @xid::text::xid8::xid`
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		var status, position, started string
		err := s.primary.pool.QueryRow(ctx, ask, args{"xid": lost.xid}).Scan(&status, &position, &started)
		switch {
		case err != nil && isLost(err) && ctx.Err() == nil:
			s.primary.abandon()
		case err != nil: // nobody to ask yet
		case lost.committed || (status == "committed" && started == lost.started):
			return parseLSN(position)
		case status != "aborted" && started != lost.started:
			// The number may be another transaction's by now. What had been committed
			// would not have been forgotten: so only aborted is certain.
			return 0, fmt.Errorf("%w: %w", errInDoubt, lost.cause)
		case status == "aborted":
			return 0, &aborted{lost.cause}
		case status == "in progress":
			// It may be refused, to a role that must not: then the server's own
			// time-outs end it.
			_, _ = s.primary.pool.Exec(ctx, end, args{"xid": lost.xid})
		}
		select {
		case <-ctx.Done():
			if lost.committed {
				return everything, nil
			}
			return 0, fmt.Errorf("%w: %w", errInDoubt, lost.cause)
		case <-time.After(pause):
		}
	}
}
