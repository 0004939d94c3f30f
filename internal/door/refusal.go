package door

import "fmt"

// Code is the extensions.code of a refusal.
type Code string

// The codes, one for each limit.
const (
	AddressTooLong    Code = "ADDRESS_TOO_LONG"
	BodyTooLarge      Code = "BODY_TOO_LARGE"
	TooManyTokens     Code = "TOO_MANY_TOKENS"
	NameTooLong       Code = "NAME_TOO_LONG"
	TooDeep           Code = "TOO_DEEP"
	StringTooLong     Code = "STRING_TOO_LONG"
	ListTooLong       Code = "LIST_TOO_LONG"
	TooManyValues     Code = "TOO_MANY_VALUES"
	TooManyFields     Code = "TOO_MANY_FIELDS"
	TooManyAliases    Code = "TOO_MANY_ALIASES"
	TooManyDirectives Code = "TOO_MANY_DIRECTIVES"
	TooManyRootFields Code = "TOO_MANY_ROOT_FIELDS"
	TooManyMutations  Code = "TOO_MANY_MUTATIONS"
	TooManyFragments  Code = "TOO_MANY_FRAGMENTS"
	TooManyVariables  Code = "TOO_MANY_VARIABLES"
	CostTooHigh       Code = "COST_TOO_HIGH"
	AnswerTooLarge    Code = "ANSWER_TOO_LARGE"
)

// Codes returns all codes.
func Codes() []Code {
	return []Code{
		AddressTooLong, BodyTooLarge, TooManyTokens, NameTooLong, TooDeep, StringTooLong, ListTooLong, TooManyValues, TooManyFields, TooManyAliases,
		TooManyDirectives, TooManyRootFields, TooManyMutations, TooManyFragments, TooManyVariables, CostTooHigh, AnswerTooLarge,
	}
}

// Refusal says that a request asks for more than a limit allows.
type Refusal struct {
	Code Code
	// Message says what to do. It contains nothing that the client sent.
	Message string
	// Limit is the limit, and Asked what the request has, as far as it was read:
	// a step that stops at its limit reports the first number above it.
	Limit, Asked int64
}

// Error returns the code and the message.
func (r *Refusal) Error() string { return fmt.Sprintf("%s: %s", r.Code, r.Message) }

// Extensions is what an answer says beside the message.
func (r *Refusal) Extensions() map[string]any {
	return map[string]any{"code": string(r.Code), "limit": r.Limit, "asked": r.Asked}
}

// Refuse returns a refusal of what is counted. what names the things, as in "bytes in
// one string", and way is the way out.
func Refuse(code Code, limit, asked int64, what, way string) *Refusal {
	return &Refusal{
		Code: code, Limit: limit, Asked: asked,
		Message: fmt.Sprintf("The request has %d %s; the limit is %d. %s", asked, what, limit, way),
	}
}
