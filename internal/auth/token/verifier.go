package token

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jws"
)

const (
	// defaultLeeway is how far the clocks of two machines can reasonably
	// differ.
	defaultLeeway = 30 * time.Second

	// maxClaimBytes bounds each text from an external provider. OpenID Connect
	// allows 255 for a subject, and an e-mail address has at most 254.
	maxClaimBytes = 255
)

// VerifierConfig says which tokens are accepted.
type VerifierConfig struct {
	// Keys verify our own tokens; required.
	Keys *KeySet
	// Issuer and Audience must be in a token of ours; required.
	Issuer   string
	Audience string
	// Leeway is the tolerance for exp, nbf and iat. Zero means 30 s; a negative
	// value means none.
	Leeway time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// External is the external provider whose tokens are also accepted; nil for
	// none.
	External *External
}

// Verifier reads access tokens. It is safe for concurrent use.
type Verifier struct{ config VerifierConfig }

// NewVerifier returns a Verifier. The external provider's issuer must differ
// from ours.
func NewVerifier(config VerifierConfig) (*Verifier, error) {
	switch {
	case config.Keys == nil || config.Keys.keys == nil:
		return nil, errors.New("a verifier needs keys")
	case config.Issuer == "" || config.Audience == "":
		return nil, errors.New("a verifier needs an issuer and an audience")
	case config.External != nil && config.External.config.Issuer == config.Issuer:
		return nil, errors.New("the external identity provider has the same issuer as our own tokens")
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Leeway == 0 {
		config.Leeway = defaultLeeway
	}
	config.Leeway = max(config.Leeway, 0)
	return &Verifier{config: config}, nil
}

// Verify returns the account that the token is for, or ErrInvalid, ErrExpired
// or ErrUnavailable. It reads no database, so the token of a revoked session is
// valid here until it expires. ctx bounds the wait for an external provider's
// keys, which our own tokens never need.
func (v *Verifier) Verify(ctx context.Context, raw string) (Identity, error) {
	parsed, err := parseCompact(raw)
	if err != nil {
		return Identity{}, err
	}
	// The issuer only selects the rules for the token. The signature is checked
	// with a key of that issuer, so a forged issuer does not help.
	issuer, ok := parsed.claims.text("iss")
	if !ok {
		return Identity{}, invalid("iss is missing or not a string")
	}
	if external := v.config.External; external != nil && issuer == external.config.Issuer {
		return v.verifyExternal(ctx, raw, parsed)
	}
	return v.verifyOwn(raw, parsed)
}

func (v *Verifier) verifyOwn(raw string, parsed compact) (Identity, error) {
	if parsed.alg != algEdDSA {
		return Identity{}, invalid("alg is not allowed")
	}
	if parsed.typ != typeAccess {
		return Identity{}, invalid("typ is not at+jwt")
	}
	key, ok := v.config.Keys.byID[parsed.kid]
	if !ok {
		return Identity{}, invalid("kid is unknown")
	}
	if !signed(raw, jwa.EdDSA(), key) {
		return Identity{}, invalid("the signature is wrong")
	}
	if err := checkParties(parsed.claims, v.config.Issuer, v.config.Audience); err != nil {
		return Identity{}, err
	}
	claims, err := ownClaims(parsed.claims)
	if err != nil {
		return Identity{}, err
	}
	if parsed.claims["iat"] == nil {
		return Identity{}, invalid("iat is missing")
	}
	if err := v.checkTimes(parsed.claims); err != nil {
		return Identity{}, err
	}
	return Identity{Claims: claims, Issuer: v.config.Issuer}, nil
}

func (v *Verifier) verifyExternal(ctx context.Context, raw string, parsed compact) (Identity, error) {
	alg, ok := externalAlgorithm(parsed.alg)
	if !ok {
		return Identity{}, invalid("alg is not allowed")
	}
	switch strings.ToLower(parsed.typ) {
	case "", "jwt", typeAccess, "application/" + typeAccess:
	default:
		return Identity{}, invalid("typ is that of another kind of token")
	}
	external := v.config.External
	key, err := external.key(ctx, keyName{id: parsed.kid, alg: parsed.alg})
	if err != nil {
		return Identity{}, err
	}
	if !signed(raw, alg, key) {
		return Identity{}, invalid("the signature is wrong")
	}
	if err := checkParties(parsed.claims, external.config.Issuer, external.config.Audience); err != nil {
		return Identity{}, err
	}
	identity, err := externalIdentity(parsed.claims)
	if err != nil {
		return Identity{}, err
	}
	if err := v.checkTimes(parsed.claims); err != nil {
		return Identity{}, err
	}
	identity.Issuer = external.config.Issuer
	return identity, nil
}

// externalAlgorithm reports whether an external provider may sign with the
// algorithm: a fixed list.
func externalAlgorithm(name string) (jwa.SignatureAlgorithm, bool) {
	switch name {
	case "RS256":
		return jwa.RS256(), true
	case "PS256":
		return jwa.PS256(), true
	case "ES256":
		return jwa.ES256(), true
	case algEdDSA:
		return jwa.EdDSA(), true
	}
	return jwa.NoSignature(), false
}

// signed reports whether the key signed the token with the algorithm. The
// verification function looks up no keys and refuses a header with another
// algorithm.
func signed(raw string, alg jwa.SignatureAlgorithm, key any) bool {
	_, err := jws.VerifyCompactFast(key, []byte(raw), alg)
	return err == nil
}

func checkParties(claims object, issuer, audience string) error {
	if found, ok := claims.text("iss"); !ok || found != issuer {
		return invalid("iss is not ours")
	}
	if found, ok := claims.texts("aud"); !ok || !slices.Contains(found, audience) {
		return invalid("aud is missing or not ours")
	}
	return nil
}

// checkTimes comes last, because only a token that is otherwise valid may get
// the answer that it has expired.
func (v *Verifier) checkTimes(claims object) error {
	now, leeway := float64(v.config.Now().UnixMilli())/1000, v.config.Leeway.Seconds()
	for _, name := range []string{"nbf", "iat"} {
		if claims[name] == nil {
			continue
		}
		at, ok := claims.seconds(name)
		if !ok || at > now+leeway {
			return invalid("nbf or iat is in the future, or not a date")
		}
	}
	expires, ok := claims.seconds("exp")
	if !ok {
		return invalid("exp is missing or not a date")
	}
	if now >= expires+leeway {
		return &refusal{sentinel: ErrExpired, cause: "exp is past"}
	}
	return nil
}

func ownClaims(claims object) (Claims, error) {
	subject, okSubject := claims.canonicalUUID("sub")
	session, okSession := claims.canonicalUUID("sid")
	kind, okKind := claims.text("kind")
	id, okID := claims.text("jti")
	if !okSubject || !okSession || !okKind || !okID || id == "" {
		return Claims{}, invalid("sub, sid, kind or jti is missing or malformed")
	}
	c := Claims{Subject: subject, Kind: kind, Session: session}
	if fault := c.fault(); fault != "" {
		return Claims{}, invalid(fault)
	}
	return c, nil
}

func (o object) canonicalUUID(name string) (uuid.UUID, bool) {
	s, ok := o.text(name)
	if !ok {
		return uuid.Nil, false
	}
	id, err := uuid.Parse(s)
	return id, err == nil && id.String() == s
}

func externalIdentity(claims object) (Identity, error) {
	subject, ok := claims.text("sub")
	if !ok || subject == "" || len(subject) > maxClaimBytes {
		return Identity{}, invalid("sub is missing, not a string or too long")
	}
	email, okEmail := claims.optionalText("email")
	name, okName := claims.optionalText("name")
	if !okEmail || !okName || len(email) > maxClaimBytes || len(name) > maxClaimBytes {
		return Identity{}, invalid("email or name is not a string or is too long")
	}
	// Some providers write the boolean as a string.
	verified := string(claims["email_verified"])
	return Identity{
		External: true, ExternalSubject: subject, Email: email, Name: name,
		EmailVerified: email != "" && (verified == "true" || verified == `"true"`),
	}, nil
}
