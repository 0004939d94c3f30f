package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"

	"souk/internal/auth"
	"souk/internal/auth/token"
	"souk/internal/config"
	"souk/internal/fault"
	"souk/store"
)

// Token prints an access token.
type Token struct {
	Primary        `embed:""`
	config.Signing `embed:""`

	Email    string        `required:"" placeholder:"E-MAIL" help:"E-mail address of the staff member."`
	Customer bool          `help:"The e-mail address is a customer's."`
	Lifetime time.Duration `default:"1h" help:"How long the token and its session are valid."`

	Out io.Writer `kong:"-"` // nil: standard output
}

// Help is shown below the command's usage.
func (*Token) Help() string {
	return `It needs the keys that the server signs with, by SOUK_KEYS_FILE or SOUK_KEYS; after make run: source .dev/env. For example:

  curl -H "Authorization: Bearer $(souk token --email ada@example.com)" …`
}

// maxTokenLifetime is a working day and a nightly job.
const maxTokenLifetime = 24 * time.Hour

// Run creates a session for the account and prints an access token for it, and
// nothing else.
func (c *Token) Run(ctx context.Context) error {
	if c.Lifetime < time.Minute || c.Lifetime > maxTokenLifetime {
		return fmt.Errorf("--lifetime is %s; give 1m to %.0fh, or create an API key, which is valid for longer", c.Lifetime, maxTokenLifetime.Hours())
	}
	if c.Keys == "" && c.KeysFile == "" {
		return errors.New("set SOUK_KEYS_FILE or SOUK_KEYS to the server's keys, because it accepts only its own tokens; after make run: source .dev/env")
	}
	keys, err := c.KeySet(config.Production)
	if err != nil {
		return err
	}
	issuer, err := token.NewIssuer(token.IssuerConfig{Keys: keys, Issuer: c.Issuer, Audience: c.Audience, TTL: c.Lifetime})
	if err != nil {
		return err
	}
	shop, err := openStore(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	defer shop.Close()
	kind, claimed, noun := auth.Staff, token.KindStaff, "staff member"
	if c.Customer {
		kind, claimed, noun = auth.Customer, token.KindCustomer, "customer"
	}
	account, err := shop.Reader(store.View{}, 0).CredentialsByEmail(ctx, kind, strings.TrimSpace(c.Email))
	switch {
	case fault.Is(err, fault.CodeNotFound):
		return fmt.Errorf("there is no %s with this e-mail", noun)
	case err != nil:
		return err
	case !account.Usable:
		return fmt.Errorf("this %s cannot sign in: the account is disabled, or its e-mail address is not verified", noun)
	}
	session, err := consoleWriter(shop, "souk token").CreateSession(ctx, kind, account.ID, c.Lifetime)
	if err != nil {
		return inWords(err)
	}
	access, _, err := issuer.Issue(token.Claims{Subject: account.ID, Kind: claimed, Session: uuid.UUID(session.ID)})
	if err != nil {
		return fmt.Errorf("issue access token: %w", err)
	}
	_, err = fmt.Fprintln(output(c.Out), access)
	return err
}
