package token

import (
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
	"github.com/lestrrat-go/jwx/v3/jwt"
)

const (
	// The claims that RFC 7519 does not name: two of ours, and three of OpenID
	// Connect.
	claimSession       = "sid"
	claimKind          = "kind"
	claimEmail         = "email"
	claimEmailVerified = "email_verified"
	claimName          = "name"

	// maxClaimBytes bounds each text from an external provider. OpenID Connect
	// allows 255 for a subject, and an e-mail address has at most 254.
	maxClaimBytes = 255

	// maxSeconds is the end of the year 9999: a later time.Time does not print as
	// it was written.
	maxSeconds = 253402300799
)

// token returns the claims that are read, as a token of the library. A claim that is null
// or of the wrong type counts as missing, except for dates. The library's own parser would
// refuse the token for a wrong type in a claim that nobody reads, and would accept more as
// a date: numbers in strings, RFC 3339, and seconds that wrap around.
func (o object) token() (jwt.Token, error) {
	claims := jwt.New()
	for _, name := range [...]string{
		jwt.IssuerKey, jwt.AudienceKey, jwt.SubjectKey, jwt.JwtIDKey, claimSession, claimKind, claimEmail, claimEmailVerified, claimName,
	} {
		var value any
		if raw, given := o[name]; given && json.Unmarshal(raw, &value) == nil && value != nil {
			_ = claims.Set(name, value)
		}
	}
	for _, name := range [...]string{jwt.ExpirationKey, jwt.NotBeforeKey, jwt.IssuedAtKey} {
		var seconds float64
		raw, given := o[name]
		switch {
		case !given:
		case raw.Kind() == jsontext.KindNumber && json.Unmarshal(raw, &seconds) == nil && seconds >= 0 && seconds <= maxSeconds:
			_ = claims.Set(name, time.UnixMicro(int64(seconds*1e6))) // a time is never refused
		case name == jwt.ExpirationKey:
			return nil, invalid("exp is missing or not a date")
		default:
			return nil, invalid("nbf or iat is in the future, or not a date")
		}
	}
	return claims, nil
}

// ownIdentity reads the claims of a token of ours, all of which are required.
func ownIdentity(claims jwt.Token) (Identity, error) {
	var c Claims
	subject, _ := claims.Subject()
	id, _ := claims.JwtID()
	var session string
	if claims.Get(claimSession, &session) != nil || claims.Get(claimKind, &c.Kind) != nil || id == "" ||
		!canonicalUUID(subject, &c.Subject) || !canonicalUUID(session, &c.Session) {
		return Identity{}, invalid("sub, sid, kind or jti is missing or malformed")
	}
	if fault := c.fault(); fault != "" {
		return Identity{}, invalid(fault)
	}
	if !claims.Has(jwt.IssuedAtKey) {
		return Identity{}, invalid("iat is missing")
	}
	return Identity{Claims: c}, nil
}

func canonicalUUID(text string, into *uuid.UUID) bool {
	id, err := uuid.Parse(text)
	*into = id
	return err == nil && id.String() == text
}

// externalIdentity reads the claims of a provider's token, of which only the subject is
// required.
func externalIdentity(claims jwt.Token) (Identity, error) {
	subject, _ := claims.Subject()
	if subject == "" || len(subject) > maxClaimBytes {
		return Identity{}, invalid("sub is missing, not a string or too long")
	}
	email, okEmail := optionalText(claims, claimEmail)
	name, okName := optionalText(claims, claimName)
	if !okEmail || !okName {
		return Identity{}, invalid("email or name is not a string or is too long")
	}
	// Some providers write the boolean as a string.
	var verified any
	_ = claims.Get(claimEmailVerified, &verified) // an error leaves nil
	return Identity{
		External: true, ExternalSubject: subject, Email: email, Name: name,
		EmailVerified: email != "" && (verified == true || verified == "true"),
	}, nil
}

// optionalText returns "" and true for a claim that is missing, and false for one that is
// not a string or too long.
func optionalText(claims jwt.Token, name string) (string, bool) {
	var value any
	if claims.Get(name, &value) != nil {
		return "", true
	}
	text, ok := value.(string)
	return text, ok && len(text) <= maxClaimBytes
}
