package token

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jws"
	"github.com/lestrrat-go/jwx/v3/jwt"
)

const (
	algEdDSA = "EdDSA"

	// typeAccess distinguishes an access token from every other JWT (RFC 9068),
	// so that nothing signed for another purpose is accepted as one.
	typeAccess = "at+jwt"
)

// IssuerConfig configures an Issuer.
type IssuerConfig struct {
	// Keys sign the tokens; required.
	Keys *KeySet
	// Issuer is the iss claim, Audience the aud claim; required, and the same for
	// the Verifier.
	Issuer   string
	Audience string
	// TTL is how long a token is valid, at least a second. A token cannot be
	// revoked.
	TTL time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Issuer makes access tokens. It is safe for concurrent use.
type Issuer struct {
	config  IssuerConfig // the key stays in its KeySet, which never prints it
	headers jws.Headers
}

// NewIssuer returns an Issuer that signs with the first key of the set.
func NewIssuer(config IssuerConfig) (*Issuer, error) {
	switch {
	case config.Keys == nil || config.Keys.keys == nil:
		return nil, errors.New("an issuer needs keys")
	case config.Issuer == "" || config.Audience == "":
		return nil, errors.New("an issuer needs an issuer and an audience")
	case config.TTL < time.Second:
		return nil, fmt.Errorf("access tokens must be valid for at least a second, not %s", config.TTL)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	headers := jws.NewHeaders()
	if err := errors.Join(headers.Set(jws.TypeKey, typeAccess), headers.Set(jws.KeyIDKey, config.Keys.keys()[0].id)); err != nil {
		return nil, fmt.Errorf("prepare the token's header: %w", err)
	}
	return &Issuer{config: config, headers: headers}, nil
}

// Issue returns a signed token and when it expires, to the second.
func (i *Issuer) Issue(claims Claims) (string, time.Time, error) {
	if fault := claims.fault(); fault != "" {
		return "", time.Time{}, errors.New("issue a token: " + fault)
	}
	now := i.config.Now()
	expires := now.Add(i.config.TTL).Truncate(time.Second)
	id, err := uuid.NewRandom()
	if err != nil {
		return "", time.Time{}, fmt.Errorf("issue a token: %w", err)
	}
	token, err := jwt.NewBuilder().
		Issuer(i.config.Issuer).Audience([]string{i.config.Audience}).
		Subject(claims.Subject.String()).Claim(claimSession, claims.Session.String()).Claim(claimKind, claims.Kind).
		IssuedAt(now).NotBefore(now).Expiration(expires).JwtID(id.String()).
		Build()
	if err != nil {
		return "", time.Time{}, fmt.Errorf("issue a token: %w", err)
	}
	token.Options().Enable(jwt.FlattenAudience)
	raw, err := jwt.Sign(token, jwt.WithKey(jwa.EdDSA(), i.config.Keys.keys()[0].private, jws.WithProtectedHeaders(i.headers)))
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign a token: %w", err)
	}
	return string(raw), expires, nil
}
