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
	transactionIDStatement = `-- name: TransactionNumber
SELECT pg_current_xact_id()::text, ` + serverLife
	commitStatement = `-- name: Commit
COMMIT`
	// The position is one after the commit, even if commits are asynchronous.
	positionStatement = `-- name: LogPosition
SELECT pg_current_wal_insert_lsn()::text`
)

// serverLife is an expression that differs between two lives of a server. After one of its
// processes has crashed, a server recovers without being started anew, and begins its statistics
// again.
const serverLife = `pg_postmaster_start_time()::text || ' ' || coalesce(pg_stat_get_bgwriter_stat_reset_time()::text, '')`

const (
	// finishTimeout limits the end of a transaction. A client that disconnects does
	// not interrupt it, because the outcome would then be unknown. It is above
	// statement_timeout.
	finishTimeout = 15 * time.Second
	// resolveTimeout limits how long the writer asks for the status of a lost commit:
	// a restart of the primary takes a few seconds.
	resolveTimeout = 8 * time.Second
)

// errInDoubt is returned if it is not known whether a transaction was committed.
var errInDoubt = errors.New("it is not known whether the transaction was committed")

// errRolledBack is returned if COMMIT rolled back, because a statement of the
// transaction had failed.
var errRolledBack = errors.New("the transaction had failed and was rolled back")

// aborted is the error of a lost commit that certainly did not happen. The
// transaction can be retried.
type aborted struct{ cause error }

func (a *aborted) Error() string { return "commit lost: " + a.cause.Error() }

func (a *aborted) Unwrap() error { return a.cause }

// unanswered is the error of a commit whose answer did not arrive, or only in part.
type unanswered struct {
	xid string
	// serverLife is the life of the server in which it assigned xid. After a crash, a
	// server loses the transaction IDs that it had not written to disk, and assigns
	// them again.
	serverLife string
	// committed reports that the commit succeeded, and only its log position is not
	// known.
	committed bool
	cause     error
}

func (u *unanswered) Error() string { return "commit not answered: " + u.cause.Error() }

func (u *unanswered) Unwrap() error { return u.cause }

// attempt runs one transaction and returns a log position after its commit.
func (s *Store) attempt(ctx context.Context, origin Origin, do func(*Tx) error) (LSN, error) {
	lsn, err := s.transact(ctx, origin, do)
	// The connection has been returned to the pool at this point. If all connections
	// are lost at once, each transaction needs another connection to ask for its
	// status.
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
	defer conn.Release() // closes a connection that is still in a transaction
	tx := newTx(conn.Conn(), origin, s.jobs)
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

// commit writes what every transaction ends with, and commits, in one round trip.
func (tx *Tx) commit(ctx context.Context) (LSN, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()
	if err := tx.queueJobs(ctx); err != nil {
		return 0, err
	}
	ending := &pgx.Batch{}
	tx.queueDerived(ending)
	tx.queueRaises(ending)
	tx.queueEvents(ending)
	if ending.Len() == 0 && tx.roundTrips == 0 {
		return 0, nil // the transaction has not begun
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
		return 0, fmt.Errorf("commit: %w", err) // the server refused the commit and rolled back
	}
	return 0, &unanswered{xid: tx.xid, serverLife: tx.serverLife, committed: committed, cause: err}
}

// rollback releases the locks at once, even if the context of the request is done.
func rollback(ctx context.Context, conn *pgxpool.Conn) {
	if conn.Conn().PgConn().TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = conn.Conn().PgConn().Exec(ctx, "ROLLBACK").Close()
}

// resolve finds out whether a transaction was committed whose commit was not
// answered. If the transaction is still in progress, its server process waits for a
// client that is gone. resolve terminates that process, to release the locks and to
// end the transaction.
func (s *Store) resolve(ctx context.Context, lost *unanswered) (LSN, error) {
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	const ask = `-- name: TransactionStatus
SELECT coalesce(pg_xact_status(@xid::text::xid8), ''), pg_current_wal_insert_lsn()::text, ` + serverLife
	const end = `-- name: EndLostTransaction
SELECT pg_terminate_backend(pid)
FROM pg_stat_activity
WHERE backend_xid = @xid::text::xid8::xid`
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		var status, position, life string
		err := s.primary.pool.QueryRow(ctx, ask, args{"xid": lost.xid}).Scan(&status, &position, &life)
		switch {
		case err != nil && isLost(err) && ctx.Err() == nil:
			s.primary.resetPool()
		case err != nil: // the server does not answer yet
		case lost.committed || (status == "committed" && life == lost.serverLife):
			return parseLSN(position)
		case status != "aborted" && life != lost.serverLife:
			// The server may have assigned the same ID to another transaction since.
			// It never loses the status of a committed transaction, so only "aborted"
			// is certain.
			return 0, fmt.Errorf("%w: %w", errInDoubt, lost.cause)
		case status == "aborted":
			return 0, &aborted{lost.cause}
		case status == "in progress":
			// This fails if the role may not terminate the process. In that case the
			// server's own time-outs end the transaction.
			_, _ = s.primary.pool.Exec(ctx, end, args{"xid": lost.xid})
		}
		select {
		case <-ctx.Done():
			if lost.committed {
				return maxLSN, nil
			}
			return 0, fmt.Errorf("%w: %w", errInDoubt, lost.cause)
		case <-time.After(pause):
		}
	}
}
