package store

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"
)

// Template is the kind of an e-mail. The values are stored.
type Template string

// The kinds of e-mails.
const (
	// EmailVerify asks a new customer to prove that the address is theirs: variable token.
	EmailVerify Template = "EMAIL_VERIFY"
	// EmailAccountExists tells who registers a second time that there is no need to.
	EmailAccountExists Template = "ACCOUNT_EXISTS"
	// EmailPasswordReset lets its reader choose a new password: variables token and account_kind.
	EmailPasswordReset Template = "PASSWORD_RESET"
)

// Email is an e-mail that waits to be sent. Its variables may hold a token, so it
// is no more to be logged than a password.
type Email struct {
	Template  Template
	Recipient string
	Variables map[string]string
}

// queueEmail has an e-mail sent once the transaction is committed, and not if it
// is rolled back.
func (tx *Tx) queueEmail(ctx context.Context, email Email) error {
	if email.Variables == nil {
		email.Variables = map[string]string{}
	}
	id, err := newID[uuid.UUID]()
	if err != nil {
		return err
	}
	const statement = `-- name: QueueEmail
INSERT INTO email_queue (id, template, recipient, variables)
VALUES (@id, @template, @recipient, @variables)`
	if _, err := tx.exec(ctx, statement, args{
		"id": id, "template": email.Template, "recipient": email.Recipient, "variables": email.Variables,
	}); err != nil {
		return fmt.Errorf("queue e-mail: %w", err)
	}
	return nil
}

// Lookalike tells an e-mail address with characters that become others when case or
// form no longer count, such as the sign of a Kelvin, which is a small k then. It is
// another mailbox, and would pass for the one of somebody who is here already.
func Lookalike(email string) bool {
	return !norm.NFKC.IsNormalString(email) || strings.ContainsFunc(email, func(r rune) bool {
		return r > unicode.MaxASCII && unicode.ToLower(r) <= unicode.MaxASCII
	})
}
