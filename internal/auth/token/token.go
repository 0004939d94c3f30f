// Package token makes and reads access tokens: signed JWTs that say who is
// calling, so that an instance need not ask the database.
//
// Our own are signed with Ed25519 by the first key of a KeySet and verified by
// any key of it. Those of an outside identity provider are verified by the keys
// that it publishes. What may sign what is a fixed list, the key is found by
// its ID and never taken from the token, and whatever looks odd is refused:
//
//	keys, err := token.Parse(secret)
//	issuer, err := token.NewIssuer(token.IssuerConfig{Keys: keys, Issuer: "https://shop", Audience: "souk", TTL: 10 * time.Minute})
//	raw, expires, err := issuer.Issue(token.Claims{Subject: id, Kind: token.KindCustomer, Session: session})
//	verifier, err := token.NewVerifier(token.VerifierConfig{Keys: keys, Issuer: "https://shop", Audience: "souk"})
//	who, err := verifier.Verify(ctx, raw)
package token

import (
	"errors"

	"github.com/google/uuid"
)

// What Verify may answer with; tell them apart with errors.Is. The text of an
// error names the rule that refused the token, for operators, and never holds a
// part of the token.
var (
	// ErrInvalid is every refusal but the two below.
	ErrInvalid = errors.New("the token is not valid")
	// ErrExpired is for a token that is right in every other way, its signature
	// included. It is no ErrInvalid.
	ErrExpired = errors.New("the token has expired")
	// ErrUnavailable means that nobody can say: the outside provider's keys
	// cannot be had. It is not the caller's fault.
	ErrUnavailable = errors.New("the keys of the identity provider cannot be fetched")
)

// The kinds of account that a token of ours may speak for.
const (
	KindCustomer = "customer"
	KindStaff    = "staff"
)

// Claims are what a token of ours says of its bearer.
type Claims struct {
	// Subject is the account.
	Subject uuid.UUID
	// Kind is KindCustomer or KindStaff.
	Kind string
	// Session is the session that the token was made for; whoever ends the
	// session ends the token with its expiry.
	Session uuid.UUID
}

func (c Claims) fault() string {
	switch {
	case c.Subject == uuid.Nil:
		return "the subject is missing"
	case c.Kind != KindCustomer && c.Kind != KindStaff:
		return "the kind is neither customer nor staff"
	case c.Session == uuid.Nil:
		return "the session is missing"
	}
	return ""
}

// Identity is who a verified token speaks for. Of an outside provider's bearer
// the Claims are zero, and of ours all below Issuer.
type Identity struct {
	Claims
	// External says that an outside provider made the token.
	External bool
	// Issuer is the iss claim.
	Issuer string
	// ExternalSubject is the provider's sub claim, unique for its Issuer.
	ExternalSubject string
	// Email and Name are as the provider says, either may be empty.
	Email string
	Name  string
	// EmailVerified is false unless the provider vouches for Email.
	EmailVerified bool
}

// refusal is an error that wraps one of the three above and names the rule. Its
// cause must be a constant: an error of a parser would quote the token.
type refusal struct {
	sentinel error
	cause    string
}

func (r *refusal) Error() string { return r.sentinel.Error() + ": " + r.cause }

func (r *refusal) Unwrap() error { return r.sentinel }

func invalid(cause string) error { return &refusal{sentinel: ErrInvalid, cause: cause} }
