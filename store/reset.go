package store

import (
	"context"
	"maps"

	"github.com/google/uuid"

	"souk/internal/auth"
	"souk/internal/auth/secret"
)

// RequestReset queues and returns an e-mail with a link to choose a new password. It
// returns nil if there is no such account, or if the account is disabled.
func (w *Writer) RequestReset(ctx context.Context, kind auth.Kind, email string) (*Email, error) {
	table, err := accountTableOf(kind)
	if err != nil {
		return nil, err
	}
	var queued *Email
	err = w.inTx(ctx, func(tx *Tx) error {
		plain, hash := secret.New(resetTokenPrefix)
		queued = &Email{Template: EmailPasswordReset, Variables: map[string]string{"token": plain, "account_kind": string(kind)}}
		id, err := newID[uuid.UUID]()
		if err != nil {
			return err
		}
		values := args{
			"hash": hash, "lifetime": ResetLifetime,
			"id": id, "template": queued.Template, "variables": queued.Variables,
		}
		maps.Copy(values, mailboxOf(email).args())
		type recipient struct{ Recipient string }
		found, err := oneRow[recipient](ctx, tx, `-- name: CreateResetToken
WITH token AS (
  INSERT INTO one_time_tokens (hash, purpose, `+table.column+`, email, expires_at)
  SELECT @hash, 'PASSWORD_RESET', id, email, now() + @lifetime::interval
  FROM `+table.name+`
  WHERE `+sameMailbox+` AND disabled_at IS NULL
  `+thisSpellingFirst+`
  RETURNING email
)
INSERT INTO email_queue (id, template, recipient, variables)
SELECT @id, @template, email, @variables::jsonb
FROM token
RETURNING recipient`, values)
		if err != nil || found == nil {
			queued = nil
			return err
		}
		queued.Recipient = found.Recipient
		return nil
	})
	return queued, err
}

// ResetToken is an unused token that RequestReset created.
type ResetToken struct {
	Email   string
	IsStaff bool
}

var resetTokenColumns = columnsOf("",
	col("email", asText, func(t *ResetToken) *string { return &t.Email }),
	col("staff_id IS NOT NULL", asBool, func(t *ResetToken) *bool { return &t.IsStaff }),
).all()

// Kind returns the kind of the token's account.
func (t *ResetToken) Kind() auth.Kind {
	if t.IsStaff {
		return auth.Staff
	}
	return auth.Customer
}

// ResetTokenByPlain returns the token, or NotFound. Callers use it before they hash a
// password, because hashing is too expensive for a request with an invented token.
func (r *Reader) ResetTokenByPlain(ctx context.Context, plain string) (*ResetToken, error) {
	statement := `-- name: ResetTokenByPlain
SELECT ` + resetTokenColumns.sql + `
FROM one_time_tokens
WHERE hash = @hash AND purpose = 'PASSWORD_RESET' AND used_at IS NULL AND expires_at > now()`
	return one(ctx, r, resetTokenColumns, "there is no such token", statement, args{"hash": secret.Hash(plain)})
}

// ConfirmReset uses a token that RequestReset created. It sets the password of the
// account, ends all its sessions and invalidates its other links. It also verifies a
// customer's e-mail address. An invalid token is rejected as INVALID_TOKEN.
func (w *Writer) ConfirmReset(ctx context.Context, plain, passwordHash string) error {
	return w.inTx(ctx, func(tx *Tx) error {
		token, err := tx.useToken(ctx, "PASSWORD_RESET", plain)
		if err != nil {
			return err
		}
		kind, account := token.account()
		table, err := accountTableOf(kind)
		if err != nil {
			return err
		}
		verified := ""
		if kind == auth.Customer {
			verified = ", email_verified_at = coalesce(email_verified_at, now())"
		}
		// If the e-mail address has changed since, the link proves nothing.
		n, err := tx.exec(ctx, `-- name: ResetPassword
UPDATE `+table.name+`
SET password_hash = @hash`+verified+`
WHERE id = @id AND disabled_at IS NULL AND lower(email) = lower(@email)`,
			args{"id": account, "hash": passwordHash, "email": token.Email})
		if err != nil {
			return err
		}
		if n == 0 {
			return InvalidToken()
		}
		tx.changed(table.subject, account, []AuditChange{{Field: "password"}})
		if err := tx.voidTokens(ctx, kind, account); err != nil {
			return err
		}
		_, err = tx.revokeAccount(ctx, kind, account, SessionID{})
		return err
	})
}
