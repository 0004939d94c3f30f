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

// The errors of Verify; distinguish them with errors.Is. An error's text names
// the rule that refused the token, for operators, and never contains a part of
// the token.
var (
	// ErrInvalid is every refusal except the two below.
	ErrInvalid = errors.New("the token is not valid")
	// ErrExpired is for a token that is valid except that it has expired,
	// including its signature. It is not an ErrInvalid.
	ErrExpired = errors.New("the token has expired")
	// ErrUnavailable means that the token cannot be checked, because the
	// external provider's keys cannot be fetched. It is not the caller's fault.
	ErrUnavailable = errors.New("the keys of the identity provider cannot be fetched")
)

// The kinds of account that a token of ours can be for.
const (
	KindCustomer = "customer"
	KindStaff    = "staff"
)

// Claims are the content of a token of ours.
type Claims struct {
	// Subject is the account.
	Subject uuid.UUID
	// Kind is KindCustomer or KindStaff.
	Kind string
	// Session is the session that the token was made for. After the session
	// ends, the token is valid until it expires.
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

// Identity is the account that a verified token is for. For an external
// provider's token, Claims is zero; for ours, every field from Issuer on is.
type Identity struct {
	Claims
	// External says that an external provider issued the token.
	External bool
	// Issuer is the iss claim.
	Issuer string
	// ExternalSubject is the provider's sub claim, unique for its Issuer.
	ExternalSubject string
	// Email and Name come from the provider; either can be empty.
	Email string
	Name  string
	// EmailVerified is false unless the provider vouches for Email.
	EmailVerified bool
}

// refusal is an error that wraps one of the three above and names the rule. Its
// cause must be a constant, because a parser's error would quote the token.
type refusal struct {
	sentinel error
	cause    string
}

func (r *refusal) Error() string { return r.sentinel.Error() + ": " + r.cause }

func (r *refusal) Unwrap() error { return r.sentinel }

func invalid(cause string) error { return &refusal{sentinel: ErrInvalid, cause: cause} }
