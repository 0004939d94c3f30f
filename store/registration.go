package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"souk/internal/auth"
	"souk/internal/auth/secret"
)

// What begins each token that is sent by e-mail.
const (
	verifyTokenPrefix = "souk_ev_"
	resetTokenPrefix  = "souk_pr_"
)

// How long such a token is good. Who registers may read her mail tomorrow; who
// wants a new password waits for it.
const (
	VerifyLifetime = 24 * time.Hour
	ResetLifetime  = time.Hour
)

// Registration is what somebody registers with, who has yet to prove that the
// e-mail is hers.
type Registration struct {
	Email        string
	DisplayName  string
	PasswordHash string
}

// Register makes a customer who cannot sign in yet, and queues and returns the
// e-mail that tells its reader how to go on. For an e-mail whose account is in use,
// that is all it does.
//
// The password and the name wait with the token and not in the account, since
// anybody can register with another's e-mail: whoever reads the mail takes the
// account over with what belongs to the link that she follows, and all other links
// end. So nobody who registered the address before its owner has a password that
// works afterwards. The same goes for a customer whom an import brought.
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

// claimedCustomer has the e-mail as it was written first: that is the mailbox which
// an account belongs to, whatever spelling somebody registers with later.
type claimedCustomer struct {
	ID    CustomerID
	Email string
	InUse bool
}

// claimEmail returns the customer who has the e-mail, who is made when there is
// none.
func (tx *Tx) claimEmail(ctx context.Context, r Registration) (*claimedCustomer, error) {
	id, err := newID[CustomerID]()
	if err != nil {
		return nil, err
	}
	const insert = `-- name: CreateCustomer
INSERT INTO customers (id, display_name, email)
VALUES (@id, @name, @email)
ON CONFLICT (lower(email)) WHERE email IS NOT NULL DO NOTHING`
	n, err := tx.exec(ctx, insert, args{"id": id, "name": r.DisplayName, "email": r.Email})
	if err != nil || n == 1 {
		return &claimedCustomer{ID: id, Email: r.Email}, err
	}
	const read = `-- name: CustomerOfEmail
SELECT id, email, email_verified_at IS NOT NULL OR disabled_at IS NOT NULL AS in_use
FROM customers
WHERE lower(email) = lower(@email)
FOR SHARE`
	found, err := oneRow[claimedCustomer](ctx, tx, read, args{"email": r.Email})
	if err == nil && found == nil {
		return nil, errVanished
	}
	return found, err
}

// VerifyEmail uses up a token that Register made: the customer takes over what
// waited with it and is signed in. A token that is no good is rejected as
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
		if err := tx.voidTokens(ctx, auth.Customer, *token.CustomerID); err != nil {
			return err
		}
		session, err = tx.createSession(ctx, auth.Customer, *token.CustomerID, lifetime)
		return err
	})
	return session, err
}

// oneTimeToken is what is stored with a token that was sent by e-mail.
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

// useToken uses a token up; of many who bring it at once, one has it.
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

// voidTokens ends all links that were sent to an account, with the passwords that
// waited in them.
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
