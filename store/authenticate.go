package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"souk/internal/auth"
	"souk/internal/auth/secret"
	"souk/internal/fault"
)

// credentialReader returns a reader for credentials. They are always read from the primary,
// so that a revoked permission stops working at once. If the primary is down, no
// replica serves these reads, because no replica has replayed the end of the log.
func (s *Store) credentialReader() *Reader {
	r := s.Reader(View{}, maxLSN)
	r.OnPrimary()
	return r
}

// rights are what the roles of a staff member give.
type rights struct {
	IsAdministrator bool
	Permissions     auth.Permissions
}

var rightsColumns = columnsOf("",
	col("coalesce(bool_or(r.is_administrator), false)", asBool, func(r *rights) *bool { return &r.IsAdministrator }),
	col("coalesce(array_agg(DISTINCT p.permission) FILTER (WHERE p.permission IS NOT NULL), '{}')", asTexts, func(r *rights) *auth.Permissions { return &r.Permissions }),
).all()

// StaffPrincipal returns the principal of a staff member in a session, with their
// current permissions. It returns NotFound if the session has ended or the account is
// disabled.
func (s *Store) StaffPrincipal(ctx context.Context, staff, session uuid.UUID) (auth.Principal, error) {
	statement := `-- name: StaffPrincipal
SELECT ` + rightsColumns.sql + `
FROM sessions s
JOIN staff f ON f.id = s.staff_id AND f.disabled_at IS NULL
LEFT JOIN staff_roles m ON m.staff_id = f.id
LEFT JOIN roles r ON r.id = m.role_id
LEFT JOIN LATERAL unnest(r.permissions) AS p (permission) ON true
WHERE s.id = @session AND s.staff_id = @staff AND s.revoked_at IS NULL AND s.expires_at > now()
GROUP BY s.id`
	found, err := one(ctx, s.credentialReader(), rightsColumns, "the session has ended", statement, args{"staff": staff, "session": session})
	if err != nil {
		return auth.Principal{}, err
	}
	p := auth.Principal{Kind: auth.Staff, ID: staff, Session: session, Permissions: found.Permissions}
	if found.IsAdministrator {
		p.Permissions = auth.AllPermissions()
	}
	return p, nil
}

// apiKeyUsePrecision is the precision of the time when an API key was last used. A
// program that sends a hundred requests a second must not cause as many writes.
const apiKeyUsePrecision = time.Minute

// usedKey is an API key that a request brings.
type usedKey struct {
	ID          uuid.UUID
	SecretHash  []byte
	Permissions auth.Permissions
	Note        bool // that it is in use
}

var usedKeyColumns = columnsOf("",
	col("id", asUUID, func(k *usedKey) *uuid.UUID { return &k.ID }),
	col("secret_hash", asBytes, func(k *usedKey) *[]byte { return &k.SecretHash }),
	col("permissions", asTexts, func(k *usedKey) *auth.Permissions { return &k.Permissions }),
	col("coalesce(last_used_at < now() - @noted::interval, true)", asBool, func(k *usedKey) *bool { return &k.Note }),
).all()

// APIKeyPrincipal returns the principal of an API key, or NotFound if no key has this
// public part and hash, or the key is expired or revoked. At most once a minute it
// runs a second statement, which records that the key is in use.
func (s *Store) APIKeyPrincipal(ctx context.Context, keyID string, hash []byte) (auth.Principal, error) {
	statement := `-- name: APIKeyPrincipal
SELECT ` + usedKeyColumns.sql + `
FROM api_keys
WHERE key_id = @key_id AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`
	reader := s.credentialReader()
	key, err := one(ctx, reader, usedKeyColumns, "there is no such key", statement, args{"key_id": keyID, "noted": apiKeyUsePrecision})
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
		if _, err := s.primary.pool.Exec(ctx, note, args{"id": key.ID, "noted": apiKeyUsePrecision}); err != nil {
			return auth.Principal{}, fmt.Errorf("NoteAPIKeyUse: %w", writeFault(err))
		}
	}
	return auth.Principal{Kind: auth.APIKey, ID: key.ID, Permissions: key.Permissions}, nil
}

// ExternalCustomer is a customer as an external identity provider describes them.
type ExternalCustomer struct {
	Issuer  string
	Subject string
	Name    string
	Email   string // "" unless the provider has verified it
}

// errIdentityTaken is returned if another request has created the same customer
// first.
var errIdentityTaken = errors.New("another request has created the same customer")

// errVanished is returned if a conflicting row has been deleted before it could be
// read.
var errVanished = errors.New("the conflicting row was deleted")

// CustomerPrincipal returns the customer that an identity provider has authenticated,
// and creates them at the first sign-in. It returns NotFound if the customer is
// disabled. An e-mail address that belongs to another customer is not assigned to the
// new one: the provider's word is not enough to take over an account.
func (s *Store) CustomerPrincipal(ctx context.Context, c ExternalCustomer) (auth.Principal, error) {
	for {
		p, found, err := s.externalCustomer(ctx, c)
		if err != nil || found {
			return p, err
		}
		origin := Origin{By: auth.Principal{Kind: auth.Anonymous}, Action: "externalIdentity"}
		err = s.Writer(s.credentialReader(), origin).inTx(ctx, func(tx *Tx) error { return tx.createExternalCustomer(ctx, c) })
		if err != nil && !errors.Is(err, errIdentityTaken) {
			return auth.Principal{}, err
		}
	}
}

// knownCustomer is the customer of an identity.
type knownCustomer struct {
	ID       uuid.UUID
	Disabled bool
}

var knownCustomerColumns = columnsOf("",
	col("c.id", asUUID, func(c *knownCustomer) *uuid.UUID { return &c.ID }),
	col("c.disabled_at IS NOT NULL", asBool, func(c *knownCustomer) *bool { return &c.Disabled }),
).all()

func (s *Store) externalCustomer(ctx context.Context, c ExternalCustomer) (p auth.Principal, found bool, err error) {
	statement := `-- name: ExternalCustomer
SELECT ` + knownCustomerColumns.sql + `
FROM customer_identities i
JOIN customers c ON c.id = i.customer_id
WHERE i.issuer = @issuer AND i.subject = @subject`
	known, err := many(ctx, s.credentialReader(), knownCustomerColumns, statement, pgx.StrictNamedArgs{"issuer": c.Issuer, "subject": c.Subject})
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
	box := mailboxOf(c.Email)
	if box.isLookalike() || !box.valid {
		box = mailbox{}
	}
	const create = `-- name: CreateExternalCustomer
INSERT INTO customers (id, display_name, email, email_verified_at)
SELECT @id::uuid, @name::text, nullif(@email, ''), CASE WHEN @email <> '' THEN now() END
WHERE NOT EXISTS (SELECT FROM customers WHERE ` + sameMailbox + `)
ON CONFLICT (lower(email)) WHERE email IS NOT NULL DO NOTHING`
	for _, box := range slices.Compact([]mailbox{mailboxOf(box.unicode), {}}) {
		values := args{"id": id, "name": c.Name}
		maps.Copy(values, box.args())
		n, err := tx.exec(ctx, create, values)
		if err != nil {
			return err
		}
		if n == 1 {
			tx.changed(SubjectCustomer, id, []AuditChange{createdField("displayName", c.Name)})
			break
		}
	}
	const link = `-- name: LinkIdentity
INSERT INTO customer_identities (issuer, subject, customer_id)
VALUES (@issuer, @subject, @id)
ON CONFLICT (issuer, subject) DO NOTHING`
	n, err := tx.exec(ctx, link, args{"issuer": c.Issuer, "subject": c.Subject, "id": id})
	if err == nil && n == 0 {
		return errIdentityTaken
	}
	return err
}
