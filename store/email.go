package store

import (
	"context"
	"fmt"
	"net/mail"
	"strings"
	"unicode"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"souk/internal/fault"
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

// maxEmail is what RFC 5321, section 4.5.3.1.3, leaves for an address, in bytes.
const maxEmail = 254

// CheckEmail notes what keeps a text from being a bare e-mail address, and returns it
// without blanks around it.
func CheckEmail(problems *fault.Problems, field, email string) string {
	email = strings.TrimSpace(email)
	parsed, err := mail.ParseAddress(email)
	switch {
	case email == "":
		problems.Add(fault.ReasonRequired, field, "it is empty; give an e-mail address such as name@example.com")
	case len(email) > maxEmail:
		problems.Add(fault.ReasonTooLong, field, "it has %d bytes; an e-mail address has at most %d", len(email), maxEmail)
	case err != nil || parsed.Address != email || strings.ContainsFunc(email, breaksLine) || lookalike(email):
		problems.Add(fault.ReasonInvalid, field, "it is not an e-mail address; write it as name@example.com")
	}
	return email
}

// lookalike reports whether an e-mail address has characters that become others when
// case or form no longer count, such as the sign of a Kelvin, which is a small k then.
// It is another mailbox, and would pass for the one of somebody who has an account.
func lookalike(email string) bool {
	return !norm.NFKC.IsNormalString(email) || strings.ContainsFunc(email, func(r rune) bool {
		return r > unicode.MaxASCII && unicode.ToLower(r) <= unicode.MaxASCII
	})
}
