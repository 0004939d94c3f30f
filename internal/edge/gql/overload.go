package gql

import (
	"errors"
	"fmt"
	"time"
)

// overloadError is why the server has no room for a request, and when to try again.
type overloadError struct {
	cause error
	retry time.Duration
}

func overloaded(cause error, retry time.Duration) error { return &overloadError{cause, retry} }

func (e *overloadError) Error() string { return e.cause.Error() }

func (e *overloadError) Unwrap() error { return e.cause }

func (e *overloadError) message() string {
	return fmt.Sprintf("The server has more to do than it can. Nothing was changed; try again in %s s.", seconds(e.retry))
}

func isOverload(err error) bool { return overload(err) != nil }

func overload(err error) *overloadError {
	e, _ := errors.AsType[*overloadError](err)
	return e
}
