package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"souk/internal/auth"
	"souk/internal/auth/secret"
	"souk/internal/fault"
)

// Who a credential stands for is read on the primary, whatever the replicas know:
// what was taken away must not work a moment longer. No replica has replayed the
// end of the log, so none takes the primary's place when that is gone.
func (s *Store) credential() *Reader {
	r := s.Reader(View{}, math.MaxUint64)
	r.OnPrimary()
	return r
}

// StaffPrincipal returns a staff member with a session, and what they may do now;
// NotFound when either has ended.
func (s *Store) StaffPrincipal(ctx context.Context, staff, session uuid.UUID) (auth.Principal, error) {
	const statement = `-- name: StaffPrincipal
SELECT coalesce(bool_or(r.is_administrator), false) AS is_administrator,
       coalesce(array_agg(DISTINCT p.permission) FILTER (WHERE p.permission IS NOT NULL), '{}') AS permissions
FROM sessions s
JOIN staff f ON f.id = s.staff_id AND f.disabled_at IS NULL
LEFT JOIN staff_roles m ON m.staff_id = f.id
LEFT JOIN roles r ON r.id = m.role_id
LEFT JOIN LATERAL unnest(r.permissions) AS p (permission) ON true
WHERE s.id = @session AND s.staff_id = @staff AND s.revoked_at IS NULL AND s.expires_at > now()
GROUP BY s.id`
	type rights struct {
		IsAdministrator bool
		Permissions     auth.Permissions
	}
	found, err := one[rights](ctx, s.credential(), "the session has ended", statement, args{"staff": staff, "session": session})
	if err != nil {
		return auth.Principal{}, err
	}
	p := auth.Principal{Kind: auth.Staff, ID: staff, Session: session, Permissions: found.Permissions}
	if found.IsAdministrator {
		p.Permissions = auth.AllPermissions()
	}
	return p, nil
}

// apiKeyNoted is how exactly it is known when an API key was used last: a machine
// that calls a hundred times a second must not write as often.
const apiKeyNoted = time.Minute

// APIKeyPrincipal returns the machine that has an API key; NotFound when there is
// none with the public part and the hash, or it has ended. It takes a second
// statement once a minute, to note that the key is in use.
func (s *Store) APIKeyPrincipal(ctx context.Context, keyID string, hash []byte) (auth.Principal, error) {
	const statement = `-- name: APIKeyPrincipal
SELECT id, secret_hash, permissions, coalesce(last_used_at < now() - @noted::interval, true) AS note
FROM api_keys
WHERE key_id = @key_id AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`
	type apiKey struct {
		ID          uuid.UUID
		SecretHash  []byte
		Permissions auth.Permissions
		Note        bool
	}
	reader := s.credential()
	key, err := one[apiKey](ctx, reader, "there is no such key", statement, args{"key_id": keyID, "noted": apiKeyNoted})
	switch {
	case err != nil:
		return auth.Principal{}, err
	case !secret.Equal(key.SecretHash, hash):
		return auth.Principal{}, fault.NotFound("there is no such key")
	}
	if key.Note {
		const note = `-- name: NoteAPIKeyUse
UPDATE api_keys
SET last_used_at = now()
WHERE id = (
  SELECT id
  FROM api_keys
  WHERE id = @id AND (last_used_at IS NULL OR last_used_at < now() - @noted::interval)
  FOR NO KEY UPDATE SKIP LOCKED
)`
		if _, err := s.primary.pool.Exec(ctx, note, args{"id": key.ID, "noted": apiKeyNoted}); err != nil {
			return auth.Principal{}, fmt.Errorf("NoteAPIKeyUse: %w", writeFault(err))
		}
	}
	return auth.Principal{Kind: auth.APIKey, ID: key.ID, Permissions: key.Permissions}, nil
}

// ExternalCustomer is a customer as an identity provider outside knows them.
type ExternalCustomer struct {
	Issuer  string
	Subject string
	Name    string
	Email   string // only if the provider vouches for it; else ""
}

// errTaken tells that another request was faster to make the same customer.
var errTaken = errors.New("the identity was taken meanwhile")

// errVanished tells that a row is gone which a moment ago was in the way.
var errVanished = errors.New("what was in the way is gone")

// CustomerPrincipal returns the customer whom an identity provider vouches for;
// an account is made for one who was never seen before. NotFound: the account is
// disabled. An e-mail address that another customer has already stays with them
// alone: the provider's word is not enough to take an account over.
func (s *Store) CustomerPrincipal(ctx context.Context, c ExternalCustomer) (auth.Principal, error) {
	for {
		p, found, err := s.externalCustomer(ctx, c)
		if err != nil || found {
			return p, err
		}
		origin := Origin{By: auth.Principal{Kind: auth.Anonymous}, Action: "externalIdentity"}
		err = s.Writer(s.credential(), origin).inTx(ctx, func(tx *Tx) error { return tx.createExternalCustomer(ctx, c) })
		if err != nil && !errors.Is(err, errTaken) {
			return auth.Principal{}, err
		}
	}
}

func (s *Store) externalCustomer(ctx context.Context, c ExternalCustomer) (p auth.Principal, found bool, err error) {
	const statement = `-- name: ExternalCustomer
SELECT c.id, c.disabled_at IS NOT NULL AS disabled
FROM customer_identities i
JOIN customers c ON c.id = i.customer_id
WHERE i.issuer = @issuer AND i.subject = @subject`
	type customer struct {
		ID       uuid.UUID
		Disabled bool
	}
	known, err := many[customer](ctx, s.credential(), statement, pgx.StrictNamedArgs{"issuer": c.Issuer, "subject": c.Subject})
	switch {
	case err != nil || len(known) == 0:
		return p, false, err
	case known[0].Disabled:
		return p, false, fault.NotFound("the account is disabled")
	}
	return auth.Principal{Kind: auth.Customer, ID: known[0].ID}, true, nil
}

func (tx *Tx) createExternalCustomer(ctx context.Context, c ExternalCustomer) error {
	id, err := newID[CustomerID]()
	if err != nil {
		return err
	}
	if Lookalike(c.Email) {
		c.Email = ""
	}
	const create = `-- name: CreateExternalCustomer
INSERT INTO customers (id, display_name, email, email_verified_at)
VALUES (@id, @name, nullif(@email, ''), CASE WHEN @email <> '' THEN now() END)
ON CONFLICT (lower(email)) WHERE email IS NOT NULL DO NOTHING`
	for _, email := range slices.Compact([]string{c.Email, ""}) {
		n, err := tx.exec(ctx, create, args{"id": id, "name": c.Name, "email": email})
		if err != nil {
			return err
		}
		if n == 1 {
			break
		}
	}
	const link = `-- name: LinkIdentity
INSERT INTO customer_identities (issuer, subject, customer_id)
VALUES (@issuer, @subject, @id)
ON CONFLICT (issuer, subject) DO NOTHING`
	n, err := tx.exec(ctx, link, args{"issuer": c.Issuer, "subject": c.Subject, "id": id})
	if err == nil && n == 0 {
		return errTaken
	}
	return err
}
