package store

import (
	"context"
	"time"

	"souk/internal/auth"
	"souk/internal/auth/secret"
	"souk/internal/fault"
)

// NewAPIKey is an API key to create.
type NewAPIKey struct {
	Name           string
	Permissions    []auth.Permission
	ExpiresAt      time.Time
	IdempotencyKey *string
}

// CreatedAPIKey is an API key that was created.
type CreatedAPIKey struct {
	ID APIKeyID
	// Secret is the whole key. It is "" if the request was a repetition, because the
	// secret is not stored.
	Secret string `json:"-"`
}

// MaxAPIKeyLifetime makes sure that every key is replaced while people still know
// what it is for. It is two years including a leap day.
const MaxAPIKeyLifetime = 731 * 24 * time.Hour

func (k *NewAPIKey) check(now time.Time) error {
	var problems fault.Problems
	k.Name = CheckName(&problems, "name", k.Name)
	if k.Permissions = checkPermissions(&problems, "permissions", k.Permissions); len(k.Permissions) == 0 {
		problems.Add(fault.ReasonRequired, "permissions", "it is empty; give at least one permission")
	}
	switch {
	case !k.ExpiresAt.After(now):
		problems.Add(fault.ReasonInvalid, "expiresAt", "it is in the past; give a future time")
	case k.ExpiresAt.After(now.Add(MaxAPIKeyLifetime)):
		problems.Add(fault.ReasonInvalid, "expiresAt", "it is more than two years in the future; give an earlier time, and replace the key before then")
	}
	return problems.Err()
}

// CreateAPIKey creates an API key.
func (w *Writer) CreateAPIKey(ctx context.Context, k NewAPIKey) (CreatedAPIKey, error) {
	return idempotent(ctx, w, k.IdempotencyKey, func(tx *Tx) (CreatedAPIKey, error) {
		// The check runs inside idempotent, so that a repetition is not checked
		// again: the expiry time of the key may have passed since.
		if err := k.check(time.Now()); err != nil {
			return CreatedAPIKey{}, err
		}
		return tx.createAPIKey(ctx, k)
	})
}

func (tx *Tx) createAPIKey(ctx context.Context, k NewAPIKey) (created CreatedAPIKey, err error) {
	if err := tx.requirePermissions(k.Permissions, "permissions", cannotGrant); err != nil {
		return created, err
	}
	if created.ID, err = newID[APIKeyID](); err != nil {
		return created, err
	}
	plain, keyID, hash := secret.NewAPIKey()
	// created_by is NULL if an API key creates the new one, because it is not a staff
	// member.
	const statement = `-- name: CreateAPIKey
INSERT INTO api_keys (id, key_id, secret_hash, name, permissions, expires_at, created_by)
VALUES (@id, @key_id, @hash, @name, @permissions, @expires_at, (SELECT s.id FROM staff s WHERE s.id = @by))`
	_, err = tx.exec(ctx, statement, args{
		"id": created.ID, "key_id": keyID, "hash": hash, "name": k.Name, "permissions": k.Permissions,
		"expires_at": k.ExpiresAt, "by": tx.origin.By.ID,
	})
	if err != nil {
		return created, err
	}
	created.Secret = plain
	tx.changed(SubjectAPIKey, created.ID, []AuditChange{createdField("name", k.Name), createdField("permissions", k.Permissions), createdField("expiresAt", k.ExpiresAt)})
	return created, nil
}

// APIKeyRevoke identifies an API key to revoke.
type APIKeyRevoke struct{ ID APIKeyID }

// RevokeAPIKey revokes an API key permanently. It does nothing if the key is already
// revoked.
func (w *Writer) RevokeAPIKey(ctx context.Context, r APIKeyRevoke) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.revokeAPIKey(ctx, r.ID) })
}

func (tx *Tx) revokeAPIKey(ctx context.Context, id APIKeyID) error {
	found, err := lockRow[APIKey](ctx, tx, "API key", `-- name: LockAPIKey
SELECT `+apiKeyColumns.sql()+`
FROM api_keys k
WHERE k.id = @id
FOR NO KEY UPDATE`, args{"id": id})
	if err != nil || found.RevokedAt != nil {
		return err
	}
	const statement = `-- name: RevokeAPIKey
UPDATE api_keys
SET revoked_at = now()
WHERE id = @id`
	if _, err := tx.exec(ctx, statement, args{"id": id}); err != nil {
		return err
	}
	tx.changed(SubjectAPIKey, id, []AuditChange{{Field: "isRevoked", Before: text(false), After: text(true)}})
	return nil
}
