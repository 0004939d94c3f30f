package fault

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Reason is why an input was refused: what a client finds as the code of a
// userError. The set is closed.
type Reason string

// The reasons, each with what a client can do.
const (
	// ReasonInvalid: the value has the wrong form; correct it.
	ReasonInvalid Reason = "INVALID"
	// ReasonRequired: a value is missing.
	ReasonRequired Reason = "REQUIRED"
	// ReasonTooLong: shorten it.
	ReasonTooLong Reason = "TOO_LONG"
	// ReasonTooMany: send fewer at once.
	ReasonTooMany Reason = "TOO_MANY"
	// ReasonNotFound: what the input names does not exist for this caller.
	ReasonNotFound Reason = "NOT_FOUND"
	// ReasonTaken: another object has this value, which is unique.
	ReasonTaken Reason = "TAKEN"
	// ReasonDuplicate: the input holds the same thing twice.
	ReasonDuplicate Reason = "DUPLICATE"
	// ReasonCycle: a category cannot be moved below itself.
	ReasonCycle Reason = "CYCLE"
	// ReasonInUse: something still hangs on it.
	ReasonInUse Reason = "IN_USE"
	// ReasonVersionConflict: it was changed since it was read; read it again.
	ReasonVersionConflict Reason = "VERSION_CONFLICT"
	// ReasonInsufficientStock: there is less than the change would take.
	ReasonInsufficientStock Reason = "INSUFFICIENT_STOCK"
	// ReasonNotTracked: the variant's stock is not counted.
	ReasonNotTracked Reason = "NOT_TRACKED"
	// ReasonIdempotencyConflict: the idempotency key was used with another input.
	ReasonIdempotencyConflict Reason = "IDEMPOTENCY_CONFLICT"
	// ReasonInvalidCredentials: e-mail or password are not right, or the account cannot be used.
	ReasonInvalidCredentials Reason = "INVALID_CREDENTIALS"
	// ReasonInvalidToken: the token is damaged, used, expired or revoked.
	ReasonInvalidToken Reason = "INVALID_TOKEN"
	// ReasonTooManyAttempts: wait before the next one.
	ReasonTooManyAttempts Reason = "TOO_MANY_ATTEMPTS"
	// ReasonWeakPassword: choose another password.
	ReasonWeakPassword Reason = "WEAK_PASSWORD"
	// ReasonForbidden: the caller may not give away what it lacks itself.
	ReasonForbidden Reason = "FORBIDDEN"
)

// Problem is one thing that is wrong with an input.
type Problem struct {
	Reason Reason
	// Message is safe for a person and says what to do.
	Message string
	// Field leads from the input to what is wrong: "items", "3", "title". Empty:
	// the input as a whole.
	Field []string

	// CurrentVersion is set for ReasonVersionConflict.
	CurrentVersion int64
	// Available is set for ReasonInsufficientStock: how much there is.
	Available int64
	// RetryAfterSeconds is set for ReasonTooManyAttempts.
	RetryAfterSeconds int
}

// Rejection refuses an input for what is wrong with it. Nothing was changed.
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

// Reject refuses an input for one problem. field leads to it with dots:
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

// Rejected returns the problems for which err refuses an input; ok is false when
// err is something else.
func Rejected(err error) (problems []Problem, ok bool) {
	r, ok := errors.AsType[*Rejection](err)
	if !ok {
		return nil, false
	}
	return r.Problems, true
}

// Problems collects what is wrong with an input, so that a person learns of all
// of it at once. The zero value is ready.
type Problems struct{ list []Problem }

// Add notes a problem; field as in Reject.
func (p *Problems) Add(reason Reason, field, format string, args ...any) {
	p.list = append(p.list, Problem{Reason: reason, Field: path(field), Message: fmt.Sprintf(format, args...)})
}

// Include notes the problems for which err refuses an input among the others. Any
// other error comes back.
func (p *Problems) Include(err error) error {
	refused, ok := Rejected(err)
	if !ok {
		return err
	}
	p.list = append(p.list, refused...)
	return nil
}

// Err returns a Rejection with everything that was noted; nil when nothing was.
func (p *Problems) Err() error {
	if len(p.list) == 0 {
		return nil
	}
	return &Rejection{p.list}
}

// Under returns err with the field of each of its problems put below a place:
// Under(err, "items", 3). Any other error comes back as it is.
func Under(err error, place ...any) error {
	problems, ok := Rejected(err)
	if !ok {
		return err
	}
	prefix := make([]string, len(place))
	for i, step := range place {
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
