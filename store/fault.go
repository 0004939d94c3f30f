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

const notAnswering = "the shop's database does not answer now; try again in a moment"

// readFault turns the error of a read into one that tells the client what to do, or
// returns it unchanged, which the client sees as an internal error. It removes the
// values from a data exception (class 22): they belong to the client, and errors are
// logged.
//
// If time has run out, the message says whose limit it was. The order of the cases
// matters: to pgx and to package net, a context that has ended looks like a failed
// network.
func readFault(err error) error {
	code := sqlState(err)
	switch {
	case err == nil, isWorded(err):
		return err
	case isDeadline(err):
		return fault.OutOfTime(err)
	case errors.Is(err, context.Canceled): // the client is gone and reads no message
		return err
	case code == "22021": // NUL, which GraphQL allows and Postgres does not, or invalid UTF-8
		return fault.Wrap(refusal{err, code}, fault.CodeBadUserInput, "a text or a cursor contains a character that is not allowed, such as NUL; remove it")
	case strings.HasPrefix(code, "22"):
		return refusal{err, code}
	case code == "57014": // statement_timeout, or an operator's pg_cancel_backend
		return fault.Timeout(err, "the database stopped a statement that took longer than it allows (statement_timeout); request less at once, or try again")
	case code == "55P03": // lock_timeout
		return fault.Timeout(err, "this is locked, for instance by a migration, for longer than the database allows to wait (lock_timeout); try again in a moment")
	case code == "25P03", code == "25P04": // idle_in_transaction_session_timeout, transaction_timeout
		return fault.Timeout(err, "the database stopped a transaction that took longer than it allows (idle_in_transaction_session_timeout, transaction_timeout); try again")
	case code == "53300": // too_many_connections
		return fault.Unavailable(err, "the shop's database accepts no more connections now; try again in a moment")
	case isUnreachable(err):
		return fault.Unavailable(err, notAnswering)
	}
	return err
}

// writeFault is readFault for a write. If it is not known whether the change was
// saved, the message says so.
func writeFault(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errInDoubt):
		return fault.Unavailable(err, "the connection to the shop's database was lost while the change was being saved, and it is not known whether it was saved; read the object before you send the change again, or send it again with the same idempotency key")
	case isDeadline(err):
		return fault.Timeout(err, "the change took longer than the request's time limit (SOUK_REQUEST_TIMEOUT), and nothing was saved; try again")
	case sqlState(err) == "55P03": // lock_timeout
		return fault.Wrap(err, fault.CodeConflict, "somebody else is changing this, for longer than the database allows to wait (lock_timeout); nothing was saved; try again")
	case isRetryable(err) && !isUnreachable(err):
		return fault.Wrap(err, fault.CodeConflict, "too many requests are changing this at the same time; nothing was saved; try again")
	}
	return readFault(err)
}

// isRetryable reports whether a transaction was undone for a reason outside of it: it
// lost a race (class 40), or its server went away before the commit.
func isRetryable(err error) bool {
	if errors.Is(err, errInDoubt) || isWorded(err) || isDeadline(err) {
		return false
	}
	return strings.HasPrefix(sqlState(err), "40") || isUnreachable(err)
}

// refusal is the error of a value that Postgres refused, without its message, which
// quotes the value.
type refusal struct {
	cause error
	code  string
}

func (r refusal) Error() string { return "value refused (SQLSTATE " + r.code + ")" }

func (r refusal) Unwrap() error { return r.cause }

// cursorFault turns a refusal of a cursor's values into an error for the client. The
// values of filters have been checked before.
func cursorFault(err error, p PageRequest) error {
	var f *fault.Error
	if (p.After == nil && p.Before == nil) || errors.As(err, &f) || !strings.HasPrefix(sqlState(err), "22") {
		return err
	}
	return fault.Wrap(err, fault.CodeBadUserInput,
		"the cursor is damaged; take it from pageInfo or an edge exactly as it came, or leave it out to start over")
}

// isRecoveryConflict reports whether a standby ended the statement because replay
// needed the rows that it was reading (40001, or 40P01 for a deadlock with replay).
func isRecoveryConflict(err error) bool {
	code := sqlState(err)
	return code == "40001" || code == "40P01"
}

// isBehindSchema reports whether a relation, column or function is missing, as on a
// standby that has not replayed the newest migration.
func isBehindSchema(err error) bool {
	code := sqlState(err)
	return code == "42P01" || code == "42703" || code == "42883"
}

// isWorded reports whether an error already has a message for the client, whatever
// its cause looks like.
func isWorded(err error) bool {
	_, ok := errors.AsType[*fault.Error](err)
	return ok
}

// isDeadline reports whether the request's own time ran out. It does not mean the
// store's own limits: connectTimeout and finishTimeout.
func isDeadline(err error) bool {
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	_, committing := errors.AsType[*unanswered](err)
	_, lost := errors.AsType[*aborted](err)
	return errors.Is(err, context.DeadlineExceeded) &&
		!connecting && !committing && !lost && !errors.Is(err, errInDoubt) && !isWorded(err)
}

// isUnreachable reports whether the server is shutting down, down, full or not started
// yet: classes 08 (connection), 53 (resources) and 57P (shut-down, start-up), or an
// error of the connection itself. A request whose time has run out looks the same, so
// check its context first.
func isUnreachable(err error) bool {
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) || errors.Is(err, errSilent) {
		return true // whatever the reason: also a database that was dropped
	}
	if code := sqlState(err); code != "" {
		return strings.HasPrefix(code, "08") || strings.HasPrefix(code, "53") || strings.HasPrefix(code, "57P")
	}
	var network net.Error
	return errors.As(err, &network) || pgconn.SafeToRetry(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// isLost reports whether an established connection was lost: the others in the pool
// are then likely to be dead too. A connection that could not be made says nothing
// about them, and closing them would make the next requests wait.
func isLost(err error) bool {
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	return isUnreachable(err) && !connecting && !strings.HasPrefix(sqlState(err), "53")
}

// sqlState returns the SQLSTATE of an error, or "" if the server did not send it.
func sqlState(err error) string {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return ""
	}
	return pg.Code
}
