package token

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jws"
	"github.com/lestrrat-go/jwx/v3/jwt"
)

// defaultLeeway is how far the clocks of two machines can reasonably differ.
const defaultLeeway = 30 * time.Second

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
type Verifier struct {
	config VerifierConfig
	own    rules
	theirs rules // of the external provider
}

// rules are what a token of one issuer must be.
type rules struct {
	// key returns the key of a token that is not verified yet, and the algorithm
	// that the key is for, which is one of a fixed list.
	key func(context.Context, compact) (any, jwa.SignatureAlgorithm, error)
	// identity reads the claims that say who it is.
	identity func(jwt.Token) (Identity, error)
	// checks are the library's checks of the other claims, in order.
	checks []jwt.ValidateOption
}

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
	v := &Verifier{config: config}
	v.own = rules{key: v.ownKey, identity: ownIdentity, checks: v.checks(config.Issuer, config.Audience)}
	if external := config.External; external != nil {
		v.theirs = rules{key: v.externalKey, identity: externalIdentity, checks: v.checks(external.config.Issuer, external.config.Audience)}
	}
	return v, nil
}

// checks returns the checks of the claims that all tokens have. The expiry comes
// last, because only a token that is otherwise valid may get the answer that it has
// expired.
func (v *Verifier) checks(issuer, audience string) []jwt.ValidateOption {
	return []jwt.ValidateOption{
		jwt.WithClock(jwt.ClockFunc(v.config.Now)),
		jwt.WithAcceptableSkew(v.config.Leeway),
		jwt.WithResetValidators(true),
		jwt.WithIssuer(issuer),
		jwt.WithAudience(audience),
		jwt.WithRequiredClaim(jwt.ExpirationKey),
		jwt.WithValidator(jwt.IsNbfValid()),
		jwt.WithValidator(jwt.IsIssuedAtValid()),
		jwt.WithValidator(jwt.IsExpirationValid()),
	}
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
	issuer, ok := parsed.claims.text(jwt.IssuerKey)
	if !ok {
		return Identity{}, invalid("iss is missing or not a string")
	}
	if external := v.config.External; external != nil && issuer == external.config.Issuer {
		return v.theirs.verify(ctx, parsed)
	}
	return v.own.verify(ctx, parsed)
}

func (r rules) verify(ctx context.Context, parsed compact) (Identity, error) {
	key, alg, err := r.key(ctx, parsed)
	if err != nil {
		return Identity{}, err
	}
	// This function looks up no keys and refuses a header with another algorithm.
	if _, err := jws.VerifyCompactFast(key, []byte(parsed.raw), alg); err != nil {
		return Identity{}, invalid("the signature is wrong")
	}
	claims, err := parsed.claims.token()
	if err != nil {
		return Identity{}, err
	}
	who, err := r.identity(claims)
	if err != nil {
		return Identity{}, err
	}
	if err := jwt.Validate(claims, r.checks...); err != nil {
		return Identity{}, refused(err)
	}
	who.Issuer, _ = claims.Issuer()
	return who, nil
}

func (v *Verifier) ownKey(_ context.Context, parsed compact) (any, jwa.SignatureAlgorithm, error) {
	if parsed.alg != algEdDSA {
		return nil, jwa.NoSignature(), invalid("alg is not allowed")
	}
	if parsed.typ != typeAccess {
		return nil, jwa.NoSignature(), invalid("typ is not at+jwt")
	}
	key, ok := v.config.Keys.byID[parsed.kid]
	if !ok {
		return nil, jwa.NoSignature(), invalid("kid is unknown")
	}
	return key, jwa.EdDSA(), nil
}

func (v *Verifier) externalKey(ctx context.Context, parsed compact) (any, jwa.SignatureAlgorithm, error) {
	alg, ok := externalAlgorithm(parsed.alg)
	if !ok {
		return nil, alg, invalid("alg is not allowed")
	}
	switch strings.ToLower(parsed.typ) {
	case "", "jwt", typeAccess, "application/" + typeAccess:
	default:
		return nil, alg, invalid("typ is that of another kind of token")
	}
	key, err := v.config.External.key(ctx, keyName{id: parsed.kid, alg: parsed.alg})
	return key, alg, err
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

// refused names the rule by which the library refused a token. The library's own
// errors can quote the token.
func refused(err error) error {
	switch {
	case errors.Is(err, jwt.InvalidIssuerError()):
		return invalid("iss is not ours")
	case errors.Is(err, jwt.InvalidAudienceError()):
		return invalid("aud is missing or not ours")
	case errors.Is(err, jwt.MissingRequiredClaimError()):
		return invalid("exp is missing or not a date")
	case errors.Is(err, jwt.TokenNotYetValidError()), errors.Is(err, jwt.InvalidIssuedAtError()):
		return invalid("nbf or iat is in the future, or not a date")
	case errors.Is(err, jwt.TokenExpiredError()):
		return &refusal{sentinel: ErrExpired, cause: "exp is past"}
	}
	return invalid("a claim is refused")
}
