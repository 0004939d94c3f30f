package fault

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Reason is why an input was refused: the code of a userError. The set is
// closed.
type Reason string

// The reasons, each with what a client can do.
const (
	// ReasonInvalid: the value is not valid; correct it.
	ReasonInvalid Reason = "INVALID"
	// ReasonRequired: a value is missing.
	ReasonRequired Reason = "REQUIRED"
	// ReasonTooLong: shorten it.
	ReasonTooLong Reason = "TOO_LONG"
	// ReasonTooMany: send fewer at once.
	ReasonTooMany Reason = "TOO_MANY"
	// ReasonNotFound: the object in the input does not exist for this caller.
	ReasonNotFound Reason = "NOT_FOUND"
	// ReasonTaken: another object already has this value, which must be unique.
	ReasonTaken Reason = "TAKEN"
	// ReasonDuplicate: the input contains the same entry twice.
	ReasonDuplicate Reason = "DUPLICATE"
	// ReasonCycle: a category cannot be moved below itself.
	ReasonCycle Reason = "CYCLE"
	// ReasonInUse: other objects still use this one.
	ReasonInUse Reason = "IN_USE"
	// ReasonVersionConflict: the object was changed since it was read; read it
	// again.
	ReasonVersionConflict Reason = "VERSION_CONFLICT"
	// ReasonInsufficientStock: there is less stock than the change would take.
	ReasonInsufficientStock Reason = "INSUFFICIENT_STOCK"
	// ReasonNotTracked: the variant's stock is not tracked.
	ReasonNotTracked Reason = "NOT_TRACKED"
	// ReasonIdempotencyConflict: the idempotency key was used with another input.
	ReasonIdempotencyConflict Reason = "IDEMPOTENCY_CONFLICT"
	// ReasonInvalidCredentials: the e-mail address or the password is wrong, or
	// the account cannot be used.
	ReasonInvalidCredentials Reason = "INVALID_CREDENTIALS"
	// ReasonInvalidToken: the token is damaged, used, expired or revoked.
	ReasonInvalidToken Reason = "INVALID_TOKEN"
	// ReasonTooManyAttempts: wait before the next attempt.
	ReasonTooManyAttempts Reason = "TOO_MANY_ATTEMPTS"
	// ReasonWeakPassword: choose another password.
	ReasonWeakPassword Reason = "WEAK_PASSWORD"
	// ReasonForbidden: the change would go beyond the caller's own permissions.
	ReasonForbidden Reason = "FORBIDDEN"
)

// Problem is one error in an input.
type Problem struct {
	Reason Reason
	// Message is safe for people and says what to do.
	Message string
	// Field is the path from the input to the wrong value: "items", "3",
	// "title". Empty: the input as a whole.
	Field []string

	// CurrentVersion is set for ReasonVersionConflict.
	CurrentVersion int64
	// Available is set for ReasonInsufficientStock: the quantity on hand.
	Available int64
	// RetryAfterSeconds is set for ReasonTooManyAttempts.
	RetryAfterSeconds int
}

// Rejection refuses an input because of its problems. Nothing was changed.
type Rejection struct{ Problems []Problem }

// Error returns the problems without any of the input's values, which may be
// secret.
func (r *Rejection) Error() string {
	texts := make([]string, len(r.Problems))
	for i, p := range r.Problems {
		texts[i] = string(p.Reason) + " at " + strings.Join(p.Field, ".")
	}
	return "rejected: " + strings.Join(texts, ", ")
}

// Reject refuses an input for one problem. field is its path, with dots:
// "items.3.title"; "" is the input as a whole.
func Reject(reason Reason, field, format string, args ...any) *Rejection {
	return &Rejection{[]Problem{{Reason: reason, Field: path(field), Message: fmt.Sprintf(format, args...)}}}
}

func path(field string) []string {
	if field == "" {
		return nil
	}
	return strings.Split(field, ".")
}

// Rejected returns the problems of a Rejection; ok is false for any other
// error.
func Rejected(err error) (problems []Problem, ok bool) {
	r, ok := errors.AsType[*Rejection](err)
	if !ok {
		return nil, false
	}
	return r.Problems, true
}

// Problems collects the problems of an input, so that people see all of them at
// once. The zero value is ready to use.
type Problems struct{ list []Problem }

// Add adds a problem; field as in Reject.
func (p *Problems) Add(reason Reason, field, format string, args ...any) {
	p.list = append(p.list, Problem{Reason: reason, Field: path(field), Message: fmt.Sprintf(format, args...)})
}

// Include adds the problems of a Rejection to the others. Any other error is returned.
func (p *Problems) Include(err error) error {
	refused, ok := Rejected(err)
	if !ok {
		return err
	}
	p.list = append(p.list, refused...)
	return nil
}

// Err returns a Rejection with all problems; nil when there are none.
func (p Problems) Err() error {
	if len(p.list) == 0 {
		return nil
	}
	return &Rejection{p.list}
}

// Under returns err with a path put before the field of each of its problems:
// Under(err, "items", 3). It returns any other error unchanged.
func Under(err error, path ...any) error {
	problems, ok := Rejected(err)
	if !ok {
		return err
	}
	prefix := make([]string, len(path))
	for i, step := range path {
		switch step := step.(type) {
		case int:
			prefix[i] = strconv.Itoa(step)
		default:
			prefix[i] = fmt.Sprint(step)
		}
	}
	below := make([]Problem, len(problems))
	for i, p := range problems {
		below[i] = p
		below[i].Field = append(append([]string{}, prefix...), p.Field...)
	}
	return &Rejection{below}
}
