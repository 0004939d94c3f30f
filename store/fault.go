package store

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"souk/internal/fault"
)

// This file is the one place that reads SQLSTATEs.

const notAnswering = "the shop's database does not answer just now; try again in a moment"

// readFault gives a failed read its words: what the client can do about it, or
// the cause as it is, which a client sees as an internal error. It takes the
// values out of a refusal (class 22, data exception), since they are a client's
// and errors go to the log.
//
// When time has run out it says whose limit that was. The order matters: to pgx and
// to package net a context that has ended looks like a network that has failed.
func readFault(err error) error {
	code := sqlState(err)
	switch {
	case err == nil, isWorded(err):
		return err
	case isDeadline(err):
		return fault.OutOfTime(err)
	case errors.Is(err, context.Canceled): // the client has left: nobody reads words
		return err
	case code == "22021": // NUL, which GraphQL allows and Postgres does not, or bytes that are no UTF-8
		return fault.Wrap(refusal{err, code}, fault.CodeBadUserInput, "a text or a cursor holds a character that no text here has, such as NUL; remove it")
	case strings.HasPrefix(code, "22"):
		return refusal{err, code}
	case code == "57014": // statement_timeout, or an operator's pg_cancel_backend
		return fault.Timeout(err, "the database stopped a statement that took longer than it allows (statement_timeout); ask for less at once, or try again")
	case code == "55P03": // lock_timeout
		return fault.Timeout(err, "this is locked, by a migration for instance, and was for longer than the database lets anybody wait (lock_timeout); try again in a moment")
	case code == "25P03", code == "25P04": // idle_in_transaction_session_timeout, transaction_timeout
		return fault.Timeout(err, "the database stopped a transaction that took longer than it allows (idle_in_transaction_session_timeout, transaction_timeout); try again")
	case code == "53300": // too_many_connections
		return fault.Unavailable(err, "the shop's database takes no more connections just now; try again in a moment")
	case isUnreachable(err):
		return fault.Unavailable(err, notAnswering)
	}
	return err
}

// writeFault gives a failed write its words. In doubt, it says so: whether to send
// the change again is then the client's to find out.
func writeFault(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errInDoubt):
		return fault.Unavailable(err, "the connection to the shop's database was lost while this was being saved, and it is not known whether it was; read it again before you repeat it, or repeat it with the same idempotency key")
	case isDeadline(err):
		return fault.Timeout(err, "the change took longer than the request's time limit (SOUK_REQUEST_TIMEOUT), and nothing was saved; try again")
	case sqlState(err) == "55P03": // lock_timeout
		return fault.Wrap(err, fault.CodeConflict, "somebody else is changing this, and was for longer than the database lets anybody wait (lock_timeout); nothing was saved; try again")
	case isRetryable(err) && !isUnreachable(err):
		return fault.Wrap(err, fault.CodeConflict, "too many are changing this at the same moment; try again")
	}
	return readFault(err)
}

// isRetryable tells that a transaction was undone for reasons that are not its
// own: it lost a race (class 40), or its server went away before the commit.
func isRetryable(err error) bool {
	if errors.Is(err, errInDoubt) || isWorded(err) || isDeadline(err) {
		return false
	}
	return strings.HasPrefix(sqlState(err), "40") || isUnreachable(err)
}

// refusal is Postgres' refusal of a value, without its message, which quotes it.
type refusal struct {
	cause error
	code  string
}

func (r refusal) Error() string { return "value refused (SQLSTATE " + r.code + ")" }

func (r refusal) Unwrap() error { return r.cause }

// cursorFault turns the refusal of a cursor's values into the caller's fault.
// Values of filters are typed before they get here.
func cursorFault(err error, p PageRequest) error {
	var f *fault.Error
	if (p.After == nil && p.Before == nil) || errors.As(err, &f) || !strings.HasPrefix(sqlState(err), "22") {
		return err
	}
	return fault.Wrap(err, fault.CodeBadUserInput,
		"the cursor is damaged; take it from pageInfo or an edge exactly as it came, or leave it out to start over")
}

// isRecoveryConflict tells that a standby ended the statement because replay
// needed what it was reading (40001 with that text; 40P01 when it was deadlocked
// with replay).
func isRecoveryConflict(err error) bool {
	code := sqlState(err)
	return code == "40001" || code == "40P01"
}

// isBehindSchema tells that a relation, column or function is not there: a
// standby that has not replayed the newest migration.
func isBehindSchema(err error) bool {
	code := sqlState(err)
	return code == "42P01" || code == "42703" || code == "42883"
}

// isWorded tells that a failure has its words, whatever its cause looks like.
func isWorded(err error) bool {
	_, ok := errors.AsType[*fault.Error](err)
	return ok
}

// isDeadline tells that the request's own time ran out. Times of the store's own
// are not meant: to connect (see connectTimeout) and to commit (see finishTimeout).
func isDeadline(err error) bool {
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	_, committing := errors.AsType[*unanswered](err)
	_, lost := errors.AsType[*aborted](err)
	return errors.Is(err, context.DeadlineExceeded) &&
		!connecting && !committing && !lost && !errors.Is(err, errInDoubt) && !isWorded(err)
}

// isUnreachable tells that the server is going, gone, full or not there yet:
// classes 08 (connection), 53 (resources) and 57P (shut-down, start-up), or an
// error of the connection itself. A request whose time has run out looks the same:
// whoever has its context asks that first.
func isUnreachable(err error) bool {
	if code := sqlState(err); code != "" {
		return strings.HasPrefix(code, "08") || strings.HasPrefix(code, "53") || strings.HasPrefix(code, "57P")
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// isLost tells that a connection which was there is so no more: those beside it in
// the pool are likely to be as dead. One that could not be made says nothing about
// them, and to close them would make the next ones wait for a connection too.
func isLost(err error) bool {
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	return isUnreachable(err) && !connecting && !strings.HasPrefix(sqlState(err), "53")
}

// sqlState returns the error's SQLSTATE; "" when the server did not send it.
func sqlState(err error) string {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return ""
	}
	return pg.Code
}
