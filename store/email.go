package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
)

// Template is the kind of an e-mail. The values are stored.
type Template string

// The kinds of e-mails.
const (
	// EmailVerify asks a new customer to prove that the address is hers: variable token.
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
	variables, err := json.Marshal(email.Variables)
	if err != nil || email.Variables == nil {
		variables = []byte("{}") // strings always marshal
	}
	id, err := newID[uuid.UUID]()
	if err != nil {
		return err
	}
	const statement = `-- name: QueueEmail
INSERT INTO email_queue (id, template, recipient, variables)
VALUES (@id, @template, @recipient, @variables)`
	if _, err := tx.exec(ctx, statement, args{
		"id": id, "template": email.Template, "recipient": email.Recipient, "variables": variables,
	}); err != nil {
		return fmt.Errorf("queue e-mail: %w", err)
	}
	return nil
}
