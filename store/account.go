package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"souk/internal/auth"
)

// Credentials are the data with which an account signs in.
type Credentials struct {
	ID           uuid.UUID
	Email        string
	PasswordHash string // "": no password
	// Usable reports whether the account may sign in: it is not disabled and, for a
	// customer, the e-mail address is verified.
	Usable bool
}

// The e-mail address of a staff member needs no verification, because another staff member
// entered it.
var (
	staffCredentials    = credentialColumns("disabled_at IS NULL")
	customerCredentials = credentialColumns("disabled_at IS NULL AND email_verified_at IS NOT NULL")
)

func credentialColumns(usable string) *chosen[Credentials] {
	return columnsOf("",
		col("id", asUUID, func(c *Credentials) *uuid.UUID { return &c.ID }),
		col("coalesce(email, '')", asText, func(c *Credentials) *string { return &c.Email }),
		col("coalesce(password_hash, '')", asText, func(c *Credentials) *string { return &c.PasswordHash }),
		col(usable, asBool, func(c *Credentials) *bool { return &c.Usable }),
	).all()
}

func credentialsOf(kind auth.Kind) *chosen[Credentials] {
	if kind == auth.Customer {
		return customerCredentials
	}
	return staffCredentials
}

// CredentialsByEmail returns the account with an e-mail address, or NotFound. Case
// does not count, nor whether the domain is in Unicode or in ASCII.
func (r *Reader) CredentialsByEmail(ctx context.Context, kind auth.Kind, email string) (*Credentials, error) {
	table, err := accountTableOf(kind)
	if err != nil {
		return nil, err
	}
	what := credentialsOf(kind)
	return one(ctx, r, what, "there is no such account", `-- name: CredentialsByEmail
SELECT `+what.sql+`
FROM `+table.name+`
WHERE `+sameMailbox+`
`+thisSpellingFirst, mailboxOf(email).args())
}

// CredentialsByID returns the account with an ID, or NotFound.
func (r *Reader) CredentialsByID(ctx context.Context, kind auth.Kind, id uuid.UUID) (*Credentials, error) {
	table, err := accountTableOf(kind)
	if err != nil {
		return nil, err
	}
	what := credentialsOf(kind)
	return one(ctx, r, what, "there is no such account", `-- name: CredentialsByID
SELECT `+what.sql+`
FROM `+table.name+`
WHERE id = @id`, pgx.StrictNamedArgs{"id": id})
}

// SignIn creates a session for an account whose password was verified against hash.
// If the account has been disabled or its password changed in the meantime, SignIn is
// rejected as INVALID_CREDENTIALS. rehashed, if not empty, replaces hash.
func (w *Writer) SignIn(ctx context.Context, kind auth.Kind, account uuid.UUID, hash, rehashed string, lifetime time.Duration) (Session, error) {
	var session Session
	err := w.inTx(ctx, func(tx *Tx) (err error) {
		if rehashed == "" {
			rehashed = hash
		}
		if err := tx.replacePassword(ctx, kind, account, hash, rehashed); err != nil {
			return err
		}
		session, err = tx.createSession(ctx, kind, account, lifetime)
		return err
	})
	return session, err
}

// replacePassword replaces the password hash that the caller has verified, and locks
// the account until the transaction ends.
func (tx *Tx) replacePassword(ctx context.Context, kind auth.Kind, account uuid.UUID, verified, next string) error {
	if err := tx.holdAccount(ctx, kind, account, verified); err != nil || next == verified {
		return err
	}
	return tx.setPassword(ctx, kind, account, next)
}

func (tx *Tx) setPassword(ctx context.Context, kind auth.Kind, account uuid.UUID, hash string) error {
	table, err := accountTableOf(kind)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `-- name: SetPassword
UPDATE `+table.name+`
SET password_hash = @hash
WHERE id = @id`, args{"id": account, "hash": hash})
	return err
}

// ChangePassword changes the password of an account. If verified is no longer the
// hash of the current password, it is rejected as INVALID_CREDENTIALS. All sessions
// except keep end, and links for a password reset become invalid.
func (w *Writer) ChangePassword(ctx context.Context, kind auth.Kind, account uuid.UUID, verified, next string, keep SessionID) error {
	return w.inTx(ctx, func(tx *Tx) error {
		table, err := accountTableOf(kind)
		if err != nil {
			return err
		}
		if err := tx.replacePassword(ctx, kind, account, verified, next); err != nil {
			return err
		}
		if err := tx.voidTokens(ctx, kind, account); err != nil {
			return err
		}
		tx.changed(table.subject, account, []AuditChange{{Field: "password"}})
		_, err = tx.revokeAccount(ctx, kind, account, keep)
		return err
	})
}
