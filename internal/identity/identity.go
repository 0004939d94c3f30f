// Package identity determines who makes an HTTP request, and from where: by an
// access token of Souk or of an external identity provider, or by an API key.
package identity

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"

	"github.com/google/uuid"

	"souk/internal/auth"
	"souk/internal/auth/secret"
	"souk/internal/auth/token"
	"souk/internal/fault"
)

// Accounts returns the account of a credential. Each method returns NOT_FOUND
// when the account does not exist, or no longer exists.
type Accounts interface {
	// StaffPrincipal reads a staff member with a session and their permissions.
	StaffPrincipal(ctx context.Context, staff, session uuid.UUID) (auth.Principal, error)
	// APIKeyPrincipal reads an API key by its public part and its hash.
	APIKeyPrincipal(ctx context.Context, keyID string, hash []byte) (auth.Principal, error)
	// ExternalPrincipal reads the customer of an external identity, and creates
	// the customer if there is none.
	ExternalPrincipal(ctx context.Context, who token.Identity) (auth.Principal, error)
}

// Authenticator authenticates requests. It is safe for concurrent use.
type Authenticator struct {
	// Tokens verifies access tokens.
	Tokens *token.Verifier
	// Accounts reads the accounts.
	Accounts Accounts
	// TrustedProxies are networks whose X-Forwarded-For is trusted.
	TrustedProxies []netip.Prefix
}

// Authenticate returns ctx, the request's context, with its principal and its
// address. A request without credentials is anonymous. An invalid credential is
// an UNAUTHENTICATED fault that says what to do. UNAVAILABLE means that the
// credential cannot be checked now.
func (a *Authenticator) Authenticate(ctx context.Context, r *http.Request) (context.Context, error) {
	ctx = auth.WithAddress(ctx, clientAddress(r, a.TrustedProxies))
	headers := r.Header.Values("Authorization")
	switch len(headers) {
	case 0:
		return auth.With(ctx, auth.Principal{Kind: auth.Anonymous}), nil
	case 1:
	default:
		return nil, fault.Unauthenticated("There are several Authorization headers. Send one.")
	}
	scheme, credential, _ := strings.Cut(headers[0], " ")
	credential = strings.TrimSpace(credential)
	if !strings.EqualFold(scheme, "Bearer") || credential == "" {
		return nil, fault.Unauthenticated("The Authorization header is not of the form \"Bearer <access token or API key>\". Correct it, or omit it to send the request anonymously.")
	}
	p, err := a.principal(ctx, credential)
	if err != nil {
		return nil, err
	}
	return auth.With(ctx, p), nil
}

func (a *Authenticator) principal(ctx context.Context, credential string) (auth.Principal, error) {
	if strings.HasPrefix(credential, secret.APIKeyPrefix) {
		return a.apiKey(ctx, credential)
	}
	who, err := a.Tokens.Verify(ctx, credential)
	switch {
	case errors.Is(err, token.ErrExpired):
		return auth.Principal{}, fault.Unauthenticated("The access token has expired. Get a new one with the mutation sessionRefresh, sent without the Authorization header, or sign in again.")
	case errors.Is(err, token.ErrUnavailable) && ctx.Err() != nil:
		return auth.Principal{}, ctx.Err() // it is the request that has ended
	case errors.Is(err, token.ErrUnavailable):
		return auth.Principal{}, fault.Unavailable(err, "The identity provider cannot be reached now. Try again in a moment.")
	case err != nil:
		return auth.Principal{}, fault.Wrap(err, fault.CodeUnauthenticated, "The access token is not valid. Sign in again, or omit the Authorization header to send the request anonymously.")
	case who.External:
		p, err := a.Accounts.ExternalPrincipal(ctx, who)
		return p, ended(err, "This account cannot be used.")
	case who.Kind == token.KindStaff:
		p, err := a.Accounts.StaffPrincipal(ctx, who.Subject, who.Session)
		return p, ended(err, "The session has ended. Sign in again.")
	}
	return auth.Principal{Kind: auth.Customer, ID: who.Subject, Session: who.Session}, nil
}

func (a *Authenticator) apiKey(ctx context.Context, credential string) (auth.Principal, error) {
	const refusal = "The API key is not valid: it is damaged, revoked or expired. Ask the shop's staff for a new one."
	id, hash, ok := secret.ParseAPIKey(credential)
	if !ok {
		return auth.Principal{}, fault.Unauthenticated(refusal)
	}
	p, err := a.Accounts.APIKeyPrincipal(ctx, id, hash)
	return p, ended(err, refusal)
}

// ended says what to do about a missing account, session or key.
func ended(err error, message string) error {
	if fault.Is(err, fault.CodeNotFound) {
		return fault.Wrap(err, fault.CodeUnauthenticated, "%s", message)
	}
	return err
}
