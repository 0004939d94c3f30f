// Package fault is the one kind of error that carries words for a person.
//
// A fault has a code that a program can branch on, a message that is safe to
// show to a shopper and says what to do, and the cause, which is for operators
// alone. Every other error is an internal one as far as a client can tell.
package fault

import (
	"errors"
	"fmt"
)

// Code is what a client finds in extensions.code. The set is closed: a client
// may switch over it, and metrics may use it as a label.
type Code string

// The codes, each with the reaction that it asks of a client.
const (
	// CodeBadUserInput: the request is wrong as sent; change it.
	CodeBadUserInput Code = "BAD_USER_INPUT"
	// CodeNotFound: what was asked for does not exist, or not for this caller.
	CodeNotFound Code = "NOT_FOUND"
	// CodeConflict: somebody else was faster; read again, then retry.
	CodeConflict Code = "CONFLICT"
	// CodeUnauthenticated: sign in first.
	CodeUnauthenticated Code = "UNAUTHENTICATED"
	// CodeForbidden: signed in, and not allowed.
	CodeForbidden Code = "FORBIDDEN"
	// CodeUnavailable: a part that is needed is down; retry later.
	CodeUnavailable Code = "UNAVAILABLE"
	// CodeTimeout: it took too long; ask for less, or retry.
	CodeTimeout Code = "TIMEOUT"
	// CodeInternal: our mistake; report it with the request ID.
	CodeInternal Code = "INTERNAL"
)

// Error is a failure that a client may be told about.
type Error struct {
	// Code is never empty.
	Code Code
	// Message is safe for a shopper and says what to do. It holds no SQL, file
	// path, driver text, or value that another customer owns.
	Message string
	// Err is the cause, for the log; nil when there is none.
	Err error
}

// Error returns the text for operators: code, message and cause. What a client
// may see is Message alone.
func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%s: %s", e.Code, e.Message)
	}
	return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Err)
}

// Unwrap returns the cause, so that errors.Is sees through a fault.
func (e *Error) Unwrap() error { return e.Err }

// New returns a fault without a cause.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Wrap returns a fault that has err as its cause. The cause is logged and never
// shown.
func Wrap(err error, code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Err: err}
}

// Invalid says that the caller's input is wrong, and how to put it right.
func Invalid(format string, args ...any) *Error { return New(CodeBadUserInput, format, args...) }

// NotFound says that what was asked for does not exist for this caller.
func NotFound(format string, args ...any) *Error { return New(CodeNotFound, format, args...) }

// Conflict says that the state has moved on since the caller read it.
func Conflict(format string, args ...any) *Error { return New(CodeConflict, format, args...) }

// Unauthenticated says that the caller has to sign in.
func Unauthenticated(format string, args ...any) *Error {
	return New(CodeUnauthenticated, format, args...)
}

// Forbidden says that the caller is known and may not do this.
func Forbidden(format string, args ...any) *Error { return New(CodeForbidden, format, args...) }

// Unavailable says that something we depend on does not answer.
func Unavailable(err error, format string, args ...any) *Error {
	return Wrap(err, CodeUnavailable, format, args...)
}

// Timeout says that the work did not end within its time.
func Timeout(err error, format string, args ...any) *Error {
	return Wrap(err, CodeTimeout, format, args...)
}

// OutOfTime says that the request's own time limit ran out, wherever the work was.
// err is what the work ended with.
func OutOfTime(err error) *Error {
	return Timeout(err, "The request took longer than its time limit (SOUK_REQUEST_TIMEOUT) and was stopped. "+
		"Ask for less at once (a smaller `first`, fewer nested lists), or try again; after a change, read first whether it was saved.")
}

// CodeOf returns the code of the outermost fault in err's chain, CodeInternal
// for any other error, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if f, ok := errors.AsType[*Error](err); ok {
		return f.Code
	}
	return CodeInternal
}

// Is reports whether err's outermost fault has the code.
func Is(err error, code Code) bool { return err != nil && CodeOf(err) == code }
