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
	// EmailVerify asks a new customer to prove that the address is theirs. Variable:
	// token.
	EmailVerify Template = "EMAIL_VERIFY"
	// EmailAccountExists tells somebody who registers again that they already have an
	// account.
	EmailAccountExists Template = "ACCOUNT_EXISTS"
	// EmailPasswordReset lets the recipient choose a new password. Variables: token
	// and account_kind.
	EmailPasswordReset Template = "PASSWORD_RESET"
)

// Email is an e-mail in the queue. Its variables may contain a token, so never log
// them.
type Email struct {
	Template  Template
	Recipient string
	Variables map[string]string
}

// queueEmail adds an e-mail to the queue. It is sent after the transaction is
// committed; if the transaction is rolled back, it is not sent.
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

// maxEmail is the maximum length of an address by RFC 5321, section 4.5.3.1.3, in
// bytes.
const maxEmail = 254

// CheckEmail adds a problem if the text is not a bare e-mail address, and returns the
// address as accounts have it: without surrounding white space, and an international
// domain in Unicode. Whoever sends the e-mail converts the domain to ASCII.
func CheckEmail(problems *fault.Problems, field, email string) string {
	box := mailboxOf(email)
	email = box.unicode
	parsed, err := mail.ParseAddress(email)
	switch {
	case email == "":
		problems.Add(fault.ReasonRequired, field, "it is empty; give an e-mail address such as name@example.com")
	case len(email) > maxEmail:
		problems.Add(fault.ReasonTooLong, field, "it has %d bytes; an e-mail address has at most %d", len(email), maxEmail)
	case err != nil || parsed.Address != email || strings.ContainsFunc(email, breaksLine) || !box.valid || box.isLookalike():
		problems.Add(fault.ReasonInvalid, field, "it is not an e-mail address; write it as name@example.com")
	}
	return email
}

// isLookalike reports whether an e-mail address has characters that become other
// characters under case folding or normalization, such as the Kelvin sign, which
// becomes a small k. Such an address is another mailbox, but could be mistaken for
// the address of an existing account. A domain may be in the Unicode form NFD, which
// nobody can see.
func (m mailbox) isLookalike() bool {
	at := strings.LastIndexByte(m.typed, '@') + 1
	return !norm.NFKC.IsNormalString(m.typed[:at]+norm.NFC.String(m.typed[at:])) || strings.ContainsFunc(m.typed, func(r rune) bool {
		return r > unicode.MaxASCII && unicode.ToLower(r) <= unicode.MaxASCII
	})
}
