package resolvers

import (
	"context"
	"fmt"
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

// Accounts has what signing in needs in addition to the store.
type Accounts struct {
	Passwords *password.Hasher
	Attempts  *limit.Limiter
	Tokens    *token.Issuer
	// RefreshKeys are the keys with which each refresh token is derived from the one
	// before it. The newest key is the first.
	RefreshKeys [][]byte
	// SessionLifetime is how long a session can be refreshed.
	SessionLifetime time.Duration
	// OnEmailQueued, if set, is called for each e-mail that was queued. In development
	// it logs the token.
	OnEmailQueued func(context.Context, store.Email)
}

// The maximum number of attempts in one attemptWindow. Ten passwords are more than a
// person tries, and too few to guess one. The limit by network address is higher,
// because all people in an office or a school can have the same address.
const (
	attemptWindow      = 15 * time.Minute
	attemptsByAddress  = 50
	signInsByAccount   = 10
	eMailsByAccount    = 5
	passwordsByAccount = 10
)

// admit counts an attempt of an action, for the network that it comes from and for
// the account that it names, which may not exist. It rejects the attempt if one of
// them has had too many.
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

// forget resets the count of an account's attempts of an action.
func (a *Accounts) forget(ctx context.Context, action, account string) {
	a.Attempts.Reset(ctx, action+" of "+account)
}

// accountOf returns the name under which the attempts of an account are counted. It
// ignores how the e-mail address is spelled: case, and an international domain.
func accountOf(kind auth.Kind, email string) string {
	return string(kind) + " " + store.MailboxKey(email)
}

// session issues an access token for a session and returns both.
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

// reportQueuedEmail calls OnEmailQueued, unless there is no e-mail.
func (a *Accounts) reportQueuedEmail(ctx context.Context, email *store.Email) {
	if a.OnEmailQueued != nil && email != nil {
		a.OnEmailQueued(ctx, *email)
	}
}
