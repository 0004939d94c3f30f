package store

import (
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"souk/internal/fault"
)

// This file is the one place that reads SQLSTATEs.

// readFault gives a failed read its words: what the client can do about it, or
// the cause as it is, which a client sees as an internal error. It takes the
// values out of a refusal (class 22, data exception), since they are a client's
// and errors go to the log.
func readFault(err error) error {
	if err == nil {
		return nil
	}
	code := sqlState(err)
	switch {
	case code == "22021": // NUL, which GraphQL allows and Postgres does not, or bytes that are no UTF-8
		return fault.Wrap(refusal{err, code}, fault.CodeBadUserInput, "a text or a cursor holds a character that no text here has, such as NUL; remove it")
	case strings.HasPrefix(code, "22"):
		return refusal{err, code}
	case code == "57014": // statement_timeout
		return fault.Timeout(err, "this took too long; ask for less at once, or try again")
	case isUnreachable(err):
		return fault.Unavailable(err, "the shop's database does not answer just now; try again in a moment")
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
	case sqlState(err) == "55P03": // lock_timeout
		return fault.Wrap(err, fault.CodeConflict, "somebody else is changing this at the moment; try again")
	case isRetryable(err) && !isUnreachable(err):
		return fault.Wrap(err, fault.CodeConflict, "too many are changing this at the same moment; try again")
	}
	return readFault(err)
}

// isRetryable tells that a transaction was undone for reasons that are not its
// own: it lost a race (class 40), or its server went away before the commit.
func isRetryable(err error) bool {
	if errors.Is(err, errInDoubt) {
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

// isUnreachable tells that the server is going, gone, full or not there yet:
// classes 08 (connection), 53 (resources) and 57P (shut-down, start-up), or an
// error of the connection itself.
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
