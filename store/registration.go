package store

import (
	"context"
	"maps"
	"time"

	"github.com/google/uuid"

	"souk/internal/auth"
	"souk/internal/auth/secret"
)

// The prefixes of the tokens that are sent by e-mail.
const (
	verifyTokenPrefix = "souk_ev_"
	resetTokenPrefix  = "souk_pr_"
)

// How long these tokens are valid. People may read the e-mail of a registration a day
// later, but they wait for the e-mail of a password reset.
const (
	VerifyLifetime = 24 * time.Hour
	ResetLifetime  = time.Hour
)

// Registration is the input of somebody who registers. They have not yet proved that
// the e-mail address is theirs.
type Registration struct {
	Email        string
	DisplayName  string
	PasswordHash string
}

// Register creates a customer who cannot sign in yet. It queues and returns the
// e-mail that explains the next step. If the e-mail address belongs to an account in
// use, it only queues that e-mail.
//
// The password and the name are stored with the token and not in the account, because
// anybody can register with somebody else's e-mail address. Whoever receives the
// e-mail takes over the account with the password and name of the link that they
// follow, and all other links become invalid. So a person who registered the address
// before its owner has no password that works afterwards. The same is true for a
// customer who was imported.
func (w *Writer) Register(ctx context.Context, r Registration) (Email, error) {
	var email Email
	err := w.inTx(ctx, func(tx *Tx) error {
		customer, err := tx.claimEmail(ctx, r)
		if err != nil {
			return err
		}
		email = Email{Template: EmailAccountExists, Recipient: customer.Email}
		if !customer.InUse {
			plain, hash := secret.New(verifyTokenPrefix)
			email = Email{EmailVerify, customer.Email, map[string]string{"token": plain}}
			const statement = `-- name: CreateVerifyToken
INSERT INTO one_time_tokens (hash, purpose, customer_id, email, display_name, password_hash, expires_at)
VALUES (@hash, 'EMAIL_VERIFY', @customer, @email, @name, @password, now() + @lifetime::interval)`
			if _, err := tx.exec(ctx, statement, args{
				"hash": hash, "customer": customer.ID, "email": customer.Email, "name": r.DisplayName,
				"password": r.PasswordHash, "lifetime": VerifyLifetime,
			}); err != nil {
				return err
			}
		}
		return tx.queueEmail(ctx, email)
	})
	return email, err
}

// claimedCustomer is the customer with an e-mail address. Email is spelled as it was
// first stored: that is the mailbox of the account, whatever spelling is used in a
// later registration.
type claimedCustomer struct {
	ID    CustomerID
	Email string
	InUse bool
}

// claimEmail returns the customer who has the e-mail address. If there is none, it
// creates one.
func (tx *Tx) claimEmail(ctx context.Context, r Registration) (*claimedCustomer, error) {
	id, err := newID[CustomerID]()
	if err != nil {
		return nil, err
	}
	const insert = `-- name: CreateCustomer
INSERT INTO customers (id, display_name, email)
SELECT @id::uuid, @name::text, @email::text
WHERE NOT EXISTS (SELECT FROM customers WHERE ` + sameMailbox + `)
ON CONFLICT (lower(email)) WHERE email IS NOT NULL DO NOTHING`
	box := mailboxOf(r.Email).args()
	values := args{"id": id, "name": r.DisplayName}
	maps.Copy(values, box)
	n, err := tx.exec(ctx, insert, values)
	if err != nil {
		return nil, err
	}
	if n == 1 {
		tx.changed(SubjectCustomer, id, []AuditChange{createdField("displayName", r.DisplayName)})
		return &claimedCustomer{ID: id, Email: r.Email}, nil
	}
	const read = `-- name: CustomerOfEmail
SELECT id, email, email_verified_at IS NOT NULL OR disabled_at IS NOT NULL AS in_use
FROM customers
WHERE ` + sameMailbox + `
` + thisSpellingFirst + `
FOR SHARE`
	found, err := oneRow[claimedCustomer](ctx, tx, read, box)
	if err == nil && found == nil {
		return nil, errVanished
	}
	return found, err
}

// VerifyEmail uses a token that Register created: the customer gets the name and
// password that are stored with it, and is signed in. An invalid token is rejected as
// INVALID_TOKEN.
func (w *Writer) VerifyEmail(ctx context.Context, plain string, lifetime time.Duration) (Session, error) {
	var session Session
	err := w.inTx(ctx, func(tx *Tx) error {
		token, err := tx.useToken(ctx, "EMAIL_VERIFY", plain)
		if err != nil {
			return err
		}
		const statement = `-- name: VerifyEmail
UPDATE customers
SET email_verified_at = now(), display_name = @name, password_hash = @password
WHERE id = @id AND email_verified_at IS NULL AND disabled_at IS NULL AND lower(email) = lower(@email)`
		n, err := tx.exec(ctx, statement, args{
			"id": token.CustomerID, "name": token.DisplayName, "password": token.PasswordHash, "email": token.Email,
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return InvalidToken()
		}
		tx.changed(SubjectCustomer, *token.CustomerID, []AuditChange{{Field: "emailVerified", Before: text(false), After: text(true)}})
		if err := tx.voidTokens(ctx, auth.Customer, *token.CustomerID); err != nil {
			return err
		}
		session, err = tx.createSession(ctx, auth.Customer, *token.CustomerID, lifetime)
		return err
	})
	return session, err
}

// oneTimeToken is a token that was sent by e-mail, with the data stored for it.
type oneTimeToken struct {
	CustomerID   *uuid.UUID
	StaffID      *uuid.UUID
	Email        string
	DisplayName  *string
	PasswordHash *string
}

func (t *oneTimeToken) account() (auth.Kind, uuid.UUID) {
	if t.CustomerID != nil {
		return auth.Customer, *t.CustomerID
	}
	return auth.Staff, *t.StaffID
}

// useToken marks a token as used. If several requests use it at the same time, one
// succeeds.
func (tx *Tx) useToken(ctx context.Context, purpose, plain string) (*oneTimeToken, error) {
	const statement = `-- name: UseToken
UPDATE one_time_tokens
SET used_at = now()
WHERE hash = @hash AND purpose = @purpose AND used_at IS NULL AND expires_at > now()
RETURNING customer_id, staff_id, email, display_name, password_hash`
	token, err := oneRow[oneTimeToken](ctx, tx, statement, args{"hash": secret.Hash(plain), "purpose": purpose})
	if err == nil && token == nil {
		return nil, InvalidToken()
	}
	return token, err
}

// voidTokens invalidates all links that were sent to an account, and deletes the
// passwords that are stored with them.
func (tx *Tx) voidTokens(ctx context.Context, kind auth.Kind, account uuid.UUID) error {
	table, err := accountTableOf(kind)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `-- name: VoidTokens
UPDATE one_time_tokens
SET used_at = coalesce(used_at, now()), password_hash = NULL
WHERE `+table.column+` = @account`, args{"account": account})
	return err
}
