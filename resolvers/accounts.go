package resolvers

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"souk/graph/model"
	"souk/internal/auth"
	"souk/internal/auth/password"
	"souk/internal/auth/token"
	"souk/internal/fault"
	"souk/internal/limit"
	"souk/store"
)

// Accounts is what signing in needs beyond the store.
type Accounts struct {
	Passwords *password.Hasher
	Attempts  *limit.Limiter
	Tokens    *token.Issuer
	// RefreshKeys derive refresh tokens from one another, the newest first.
	RefreshKeys [][]byte
	// SessionLifetime is how long a session can be refreshed.
	SessionLifetime time.Duration
	// Queued, when set, is told of each e-mail that was queued: in development.
	Queued func(context.Context, store.Email)
	// Log hears of clean-ups that failed.
	Log *slog.Logger

	cleanedAt atomic.Int64 // in seconds since 1970
}

// The attempts that one window allows. Ten passwords are more than a person tries
// and far too few to guess one; an office or a school shares an address.
const (
	attemptWindow        = 15 * time.Minute
	attemptsByAddress    = 50
	signInsByAccount     = 10
	eMailsByAccount      = 5
	passwordsByAccount   = 10
	cleanUpEverySeconds  = 60
	maxDisplayNameLength = 100
	// maxEmailBytes is what RFC 5321, section 4.5.3.1.3, leaves for an address: it counts
	// octets.
	maxEmailBytes = 254
)

// admit counts an attempt of an action, by the network that it comes from and by
// the account that it is about, which need not exist.
func (a *Accounts) admit(ctx context.Context, action, account string, byAccount int) error {
	allowed, wait := a.Attempts.Take(ctx, action+" from "+auth.Network(ctx), attemptsByAddress, attemptWindow)
	if allowed {
		allowed, wait = a.Attempts.Take(ctx, action+" of "+account, byAccount, attemptWindow)
	}
	if allowed {
		return nil
	}
	seconds := max(1, int((wait+time.Second-1)/time.Second))
	refused := fault.Reject(fault.ReasonTooManyAttempts, "", "there were too many attempts; try again in %s", minutes(seconds))
	refused.Problems[0].RetryAfterSeconds = seconds
	return refused
}

func minutes(seconds int) string {
	if seconds <= 60 {
		return "a minute"
	}
	return fmt.Sprintf("%d minutes", (seconds+59)/60)
}

// forget makes an account's attempts of an action undone.
func (a *Accounts) forget(ctx context.Context, action, account string) {
	a.Attempts.Reset(ctx, action+" of "+account)
}

// accountOf names an account for limits by what a client says, in one spelling.
func accountOf(kind auth.Kind, email string) string {
	return string(kind) + " " + strings.ToLower(email)
}

// session gives a session its access token.
func (a *Accounts) session(s store.Session, err error) (*model.Session, error) {
	if err != nil {
		return nil, err
	}
	kind := token.KindCustomer
	if s.Kind == auth.Staff {
		kind = token.KindStaff
	}
	access, expires, err := a.Tokens.Issue(token.Claims{Subject: s.Account, Kind: kind, Session: uuid.UUID(s.ID)})
	if err != nil {
		return nil, fmt.Errorf("issue access token: %w", err)
	}
	return &model.Session{
		ID: s.ID, AccessToken: access, AccessTokenExpiresAt: expires,
		RefreshToken: s.RefreshToken, RefreshTokenExpiresAt: s.ExpiresAt,
	}, nil
}

// queued tells a developer what an e-mail would say.
func (a *Accounts) queued(ctx context.Context, email *store.Email) {
	if a.Queued != nil && email != nil {
		a.Queued(ctx, *email)
	}
}

// cleanUp removes some of what has expired, at most once a minute. Nobody who
// signs in is to fail for it.
func (r *Resolver) cleanUp(ctx context.Context) {
	now, last := time.Now().Unix(), r.Accounts.cleanedAt.Load()
	if now-last < cleanUpEverySeconds || !r.Accounts.cleanedAt.CompareAndSwap(last, now) {
		return
	}
	if err := r.Store.CleanUp(ctx); err != nil && r.Accounts.Log != nil {
		r.Accounts.Log.WarnContext(ctx, "what has expired could not be removed", "error", err)
	}
}
