package app

import (
	"context"
	"time"

	"github.com/google/uuid"

	"souk/internal/auth"
	"souk/internal/auth/password"
	"souk/internal/auth/token"
	"souk/internal/config"
	"souk/internal/edge"
	"souk/internal/identity"
	"souk/internal/limit"
	"souk/internal/redis"
	"souk/resolvers"
	"souk/store"
)

// The lifetimes for a configuration that leaves them out.
const (
	accessTokenLifetime = 5 * time.Minute
	sessionLifetime     = 30 * 24 * time.Hour
)

// accounts builds the parts that sign people in and authenticate them, and
// configures the edge with them.
func (a *App) accounts(cfg config.Server, keys *token.KeySet, counters *redis.Client, options *edge.Options) (*resolvers.Accounts, error) {
	log := a.Telemetry.Logger
	if cfg.Keys == "" && cfg.KeysFile == "" {
		log.Warn("no key set: access tokens are invalid after a restart; set SOUK_KEYS_FILE")
	}
	authenticator, err := a.authenticator(cfg.Auth, keys)
	if err != nil {
		return nil, err
	}
	options.Authenticate, options.PublicKeys = authenticator.Authenticate, keys.PublicJWKS()

	made := &resolvers.Accounts{
		RefreshKeys: keys.Derive("refresh"), SessionLifetime: or(cfg.SessionLifetime, sessionLifetime),
	}
	if made.Passwords, err = password.New(password.Config{}); err != nil {
		return nil, err
	}
	made.Attempts, err = limit.New(limit.Config{Redis: counters, Salt: keys.Derive("limit")[0], Logger: log})
	if err != nil {
		return nil, err
	}
	made.Tokens, err = token.NewIssuer(token.IssuerConfig{
		Keys: keys, Issuer: cfg.Issuer, Audience: cfg.Audience, TTL: or(cfg.AccessTokenLifetime, accessTokenLifetime),
	})
	if err != nil {
		return nil, err
	}
	if cfg.Env == config.Development {
		made.OnEmailQueued = func(ctx context.Context, email store.Email) {
			log.InfoContext(ctx, "e-mail queued", "template", string(email.Template), "recipient", email.Recipient, "token", email.Variables["token"])
		}
	}
	return made, nil
}

func or(value, otherwise time.Duration) time.Duration {
	if value == 0 {
		return otherwise
	}
	return value
}

func (a *App) authenticator(cfg config.Auth, keys *token.KeySet) (*identity.Authenticator, error) {
	verifying := token.VerifierConfig{Keys: keys, Issuer: cfg.Issuer, Audience: cfg.Audience}
	if cfg.OIDCIssuer != "" {
		external, err := token.NewExternal(token.ExternalConfig{
			Issuer: cfg.OIDCIssuer, Audience: cfg.OIDCAudience, URL: cfg.OIDCJWKSURL, Logger: a.Telemetry.Logger,
		})
		if err != nil {
			return nil, err
		}
		external.Start()
		a.closers = append(a.closers, func(context.Context) error { external.Stop(); return nil })
		verifying.External = external
	}
	verifier, err := token.NewVerifier(verifying)
	if err != nil {
		return nil, err
	}
	proxies, err := cfg.Proxies()
	if err != nil {
		return nil, err
	}
	return &identity.Authenticator{Tokens: verifier, Accounts: knownAccounts{a.Store}, TrustedProxies: proxies}, nil
}

// knownAccounts adapts the store for authentication.
type knownAccounts struct{ store *store.Store }

func (k knownAccounts) StaffPrincipal(ctx context.Context, staff, session uuid.UUID) (auth.Principal, error) {
	return k.store.StaffPrincipal(ctx, staff, session)
}

func (k knownAccounts) APIKeyPrincipal(ctx context.Context, keyID string, hash []byte) (auth.Principal, error) {
	return k.store.APIKeyPrincipal(ctx, keyID, hash)
}

func (k knownAccounts) ExternalPrincipal(ctx context.Context, who token.Identity) (auth.Principal, error) {
	c := store.ExternalCustomer{Issuer: who.Issuer, Subject: who.ExternalSubject, Name: who.Name}
	if who.EmailVerified {
		c.Email = who.Email
	}
	if c.Name == "" {
		c.Name = "Customer" // shown on reviews
	}
	return k.store.CustomerPrincipal(ctx, c)
}

// counters returns a client of Redis; nil without a URL. A Redis that does not respond is
// no error: the edge watches it, and logs it as lost.
func (a *App) counters(cfg config.Server) (*redis.Client, error) {
	if cfg.RedisURL == "" {
		return nil, nil // Redis is optional; callers accept nil
	}
	client, err := redis.Open(cfg.RedisURL)
	if err != nil {
		return nil, err
	}
	a.closers = append(a.closers, func(context.Context) error { return client.Close() })
	return client, nil
}
