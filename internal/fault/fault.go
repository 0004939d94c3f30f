// Package fault has the one kind of error with a message for people.
//
// A fault has a code that a program can branch on, a message that is safe to
// show to a shopper and says what to do, and the cause, which is only for
// operators. To a client, every other error is an internal error.
package fault

import (
	"errors"
	"fmt"
)

// Code is the value of extensions.code. The set is closed: a client can switch
// over it, and metrics can use it as a label.
type Code string

// The codes, each with what a client should do.
const (
	// CodeBadUserInput: the request is wrong as sent; change it.
	CodeBadUserInput Code = "BAD_USER_INPUT"
	// CodeNotFound: the object does not exist, or this caller is not allowed to
	// see it.
	CodeNotFound Code = "NOT_FOUND"
	// CodeConflict: someone else changed it first; read again, then retry.
	CodeConflict Code = "CONFLICT"
	// CodeUnauthenticated: sign in first.
	CodeUnauthenticated Code = "UNAUTHENTICATED"
	// CodeForbidden: signed in, but not allowed.
	CodeForbidden Code = "FORBIDDEN"
	// CodeUnavailable: a required service is down; retry later.
	CodeUnavailable Code = "UNAVAILABLE"
	// CodeOverloaded: the server has more to do than it can; retry after the time in
	// Retry-After. Nothing was executed.
	CodeOverloaded Code = "OVERLOADED"
	// CodeTimeout: it took too long; request less, or retry.
	CodeTimeout Code = "TIMEOUT"
	// CodeInternal: a fault of the server; report it with the request ID.
	CodeInternal Code = "INTERNAL"
)

// Codes returns all codes.
func Codes() []Code {
	return []Code{
		CodeBadUserInput, CodeNotFound, CodeConflict, CodeUnauthenticated, CodeForbidden,
		CodeUnavailable, CodeOverloaded, CodeTimeout, CodeInternal,
	}
}

// Error is a failure that clients may see.
type Error struct {
	// Code is never empty.
	Code Code
	// Message is safe for a shopper and says what to do. It contains no SQL,
	// file path, driver text, or value of another customer.
	Message string
	// Err is the cause, for the log; nil when there is none.
	Err error
}

// Error returns the text for operators: code, message and cause. Clients may
// see only Message.
func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%s: %s", e.Code, e.Message)
	}
	return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Err)
}

// Unwrap returns the cause, for errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Err }

// New returns a fault without a cause.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Wrap returns a fault with err as its cause. The cause is logged and never
// shown.
func Wrap(err error, code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Err: err}
}

// Invalid says that the caller's input is wrong, and how to correct it.
func Invalid(format string, args ...any) *Error { return New(CodeBadUserInput, format, args...) }

// NotFound says that the object does not exist for this caller.
func NotFound(format string, args ...any) *Error { return New(CodeNotFound, format, args...) }

// Conflict says that the state has changed since the caller read it.
func Conflict(format string, args ...any) *Error { return New(CodeConflict, format, args...) }

// Unauthenticated says that the caller has to sign in.
func Unauthenticated(format string, args ...any) *Error {
	return New(CodeUnauthenticated, format, args...)
}

// Forbidden says that the caller is known but not allowed to do this.
func Forbidden(format string, args ...any) *Error { return New(CodeForbidden, format, args...) }

// Unavailable says that a service that we depend on does not respond.
func Unavailable(err error, format string, args ...any) *Error {
	return Wrap(err, CodeUnavailable, format, args...)
}

// Timeout says that the work did not finish in time.
func Timeout(err error, format string, args ...any) *Error {
	return Wrap(err, CodeTimeout, format, args...)
}

// OutOfTime says that the request's own time limit ran out, wherever the work was.
// err is what the work ended with.
func OutOfTime(err error) *Error {
	return Timeout(err, "The request took longer than its time limit (SOUK_REQUEST_TIMEOUT) and was stopped. "+
		"Request less at once (a smaller `first`, fewer nested lists), or try again; after a change, read first whether it was saved.")
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
