package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"souk/internal/auth"
)

// APIKey is what a program authenticates with instead of a sign-in. It does not
// contain the secret, of which only a hash is stored.
type APIKey struct {
	ID         APIKeyID
	Name       string
	KeyID      string // the public part of the key
	Granted    auth.Permissions
	CreatedBy  *StaffID // nil: another API key, or a deleted account
	CreatedAt  time.Time
	ExpiresAt  *time.Time // nil: never
	LastUsedAt *time.Time // nil: never
	RevokedAt  *time.Time // nil: not revoked
}

// Permissions returns what the key allows.
func (k *APIKey) Permissions() []auth.Permission { return allowed(false, k.Granted) }

const apiKeyColumns = "k.id, k.name, k.key_id, k.permissions AS granted, k.created_by, k.created_at, k.expires_at, k.last_used_at, k.revoked_at"

// APIKeysByNewest is the order of API keys.
var APIKeysByNewest = Order{"NEWEST:DESC", []sortKey{{"k.id", "uuid"}}, true}

var allAPIKeys = list{name: "ListAPIKeys", columns: apiKeyColumns, from: "api_keys k", where: "true"}

// ListAPIKeys returns a page of all API keys, including expired and revoked ones.
func (r *Reader) ListAPIKeys(ctx context.Context, p PageRequest) (Page[APIKey], error) {
	return only(pages[APIKey](ctx, r, allAPIKeys, noParent, p))
}

// CountAPIKeys returns the number of API keys.
func (r *Reader) CountAPIKeys(ctx context.Context) (Count, error) {
	return only(counts(ctx, r, allAPIKeys, noParent))
}

// APIKeysByIDs returns the API keys that exist among ids, if the view shows API keys,
// in any order.
func (r *Reader) APIKeysByIDs(ctx context.Context, ids []APIKeyID) ([]*APIKey, error) {
	const statement = `-- name: APIKeysByIDs
SELECT ` + apiKeyColumns + `
FROM api_keys k
WHERE k.id = ANY (@ids) AND @all`
	return many[APIKey](ctx, r, statement, pgx.StrictNamedArgs{"ids": ids, "all": r.view.APIKeys})
}
