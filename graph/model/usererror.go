package model

import "souk/internal/fault"

// UserError is an error in a mutation's input.
type UserError interface{ IsUserError() }

// InvalidInput is an error without further fields. The other types embed it and add
// fields.
type InvalidInput struct {
	Code    fault.Reason
	Message string
	Field   []string
}

// VersionConflict says that the object has changed since it was read.
type VersionConflict struct {
	InvalidInput
	CurrentVersion int64
}

// InsufficientStock says that there is less stock than the change would take.
type InsufficientStock struct {
	InvalidInput
	Available int64
}

// TooManyAttempts says how long to wait before the next attempt.
type TooManyAttempts struct {
	InvalidInput
	RetryAfterSeconds int
}

// IsUserError marks the kinds of user errors.
func (InvalidInput) IsUserError() {}

// UserErrors converts problems to GraphQL's types. Their field paths start with the
// mutation's argument.
func UserErrors(problems []fault.Problem) []UserError {
	all := make([]UserError, len(problems))
	for i, p := range problems {
		all[i] = userError(p)
	}
	return all
}

func userError(p fault.Problem) UserError {
	base := InvalidInput{Code: p.Reason, Message: fault.Sentence(p.Message)}
	if len(p.Field) > 0 {
		base.Field = append([]string{"input"}, p.Field...)
	}
	switch p.Reason {
	case fault.ReasonVersionConflict:
		return &VersionConflict{base, p.CurrentVersion}
	case fault.ReasonInsufficientStock:
		return &InsufficientStock{base, p.Available}
	case fault.ReasonTooManyAttempts:
		return &TooManyAttempts{base, p.RetryAfterSeconds}
	default:
		return &base
	}
}
