// Package reply is how /graphql answers: which status and which media type, for
// the answers of GraphQL and for the refusals of the edge in front of it.
package reply

import "net/http"

// Kind is why an answer is as it is.
type Kind int

// The kinds.
const (
	// OK has data and no errors.
	OK Kind = iota
	// Partial has data and errors: the operation ran, and a part of it failed.
	Partial

	// Stopped has an error and no data: the operation ran and was stopped at a limit.
	Stopped

	// Of these, the operation did not run, because of what the client sent.

	// Syntax: the document does not parse, or has no operation.
	Syntax
	// Validation: the document does not fit the schema.
	Validation
	// Variables: the values of the variables do not fit their types.
	Variables
	// UnknownOperation: the document has no operation of the name.
	UnknownOperation
	// LimitRefused: the request asks for more than a limit allows.
	LimitRefused
	// NotPersisted: the document that the request names is not known, or no documents are.
	// The client sends its text next.
	NotPersisted
	// NotTrusted: only registered documents run, and this is none.
	NotTrusted
	// Declined: what surrounds the operation declined it before it began.
	Declined

	// BadRequest: the request is not one of GraphQL over HTTP.
	BadRequest
	// Unauthenticated: the credential is not valid.
	Unauthenticated
	// Forbidden: a browser sent it for a page that may not.
	Forbidden
	// NotFound: nothing is at this address.
	NotFound
	// MethodNotAllowed: the answer's Allow says which methods are.
	MethodNotAllowed
	// NotAcceptable: the client takes no media type that there is.
	NotAcceptable
	// BodyTooSlow: the body did not arrive in time.
	BodyTooSlow
	// BodyTooLarge: the body, or the query string, is over its limit.
	BodyTooLarge
	// AddressTooLong: the address of the request is over its limit.
	AddressTooLong
	// UnsupportedMedia: the body is not JSON in UTF-8, or is compressed.
	UnsupportedMedia
	// TooManyRequests: this caller sends too much.
	TooManyRequests
	// ClientLeft: nobody reads the answer. Proxies log the same status.
	ClientLeft

	// Internal: a fault of the server.
	Internal
	// Unavailable: something that the server needs does not respond.
	Unavailable
	// Busy: the server has more to do than it can. The answer's Retry-After says when
	// to try again.
	Busy
	// OutOfTime: the time limit ran out before the operation began.
	OutOfTime

	kinds // how many there are
)

// statuses has the status of each kind for application/json, and for
// application/graphql-response+json.
//
// Clients decide the first column. Apollo shows the errors of application/json only
// with a 2xx, and so does the specification's draft that graphql-http audits. In
// the second column, the first edition of GraphQL over HTTP (September 2026) would
// have 422 for Validation, Variables and UnknownOperation, and 294 for Partial.
// graphql-http audits 400 and 200, and clients read either.
var statuses = [kinds][2]int{
	OK:      {http.StatusOK, http.StatusOK},
	Partial: {http.StatusOK, http.StatusOK},
	Stopped: {http.StatusOK, http.StatusOK},

	Syntax:           {http.StatusOK, http.StatusBadRequest},
	Validation:       {http.StatusOK, http.StatusBadRequest},
	Variables:        {http.StatusOK, http.StatusBadRequest},
	UnknownOperation: {http.StatusOK, http.StatusBadRequest},
	LimitRefused:     {http.StatusOK, http.StatusBadRequest},
	NotPersisted:     {http.StatusOK, http.StatusOK}, // as Apollo's servers answer
	NotTrusted:       {http.StatusOK, http.StatusBadRequest},
	Declined:         {http.StatusOK, http.StatusBadRequest},

	BadRequest:       {http.StatusBadRequest, http.StatusBadRequest},
	Unauthenticated:  {http.StatusUnauthorized, http.StatusUnauthorized},
	Forbidden:        {http.StatusForbidden, http.StatusForbidden},
	NotFound:         {http.StatusNotFound, http.StatusNotFound},
	MethodNotAllowed: {http.StatusMethodNotAllowed, http.StatusMethodNotAllowed},
	NotAcceptable:    {http.StatusNotAcceptable, http.StatusNotAcceptable},
	BodyTooSlow:      {http.StatusRequestTimeout, http.StatusRequestTimeout},
	BodyTooLarge:     {http.StatusRequestEntityTooLarge, http.StatusRequestEntityTooLarge},
	AddressTooLong:   {http.StatusRequestURITooLong, http.StatusRequestURITooLong},
	UnsupportedMedia: {http.StatusUnsupportedMediaType, http.StatusUnsupportedMediaType},
	TooManyRequests:  {http.StatusTooManyRequests, http.StatusTooManyRequests},
	ClientLeft:       {StatusClientLeft, StatusClientLeft},

	Internal:    {http.StatusInternalServerError, http.StatusInternalServerError},
	Unavailable: {http.StatusServiceUnavailable, http.StatusServiceUnavailable},
	Busy:        {http.StatusServiceUnavailable, http.StatusServiceUnavailable},
	OutOfTime:   {http.StatusServiceUnavailable, http.StatusServiceUnavailable},
}

// StatusClientLeft is what proxies log for a request whose client did not wait. It
// reaches nobody.
const StatusClientLeft = 499

// The media types of an answer.
const (
	JSON    Media = "application/json"
	GraphQL Media = "application/graphql-response+json"
)

// Worked reports whether an answer of this kind says that the server can do its work:
// that it is not at fault for it.
func (k Kind) Worked() bool { return k < Internal }

// Status returns the status of an answer of this kind.
func (k Kind) Status(media Media) int {
	if media == GraphQL {
		return statuses[k][1]
	}
	return statuses[k][0]
}
