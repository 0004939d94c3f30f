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

var apiKeyColumns = columnsOf("ApiKey",
	col("k.id", asUUID, func(a *APIKey) *APIKeyID { return &a.ID }),
	col("k.name", asText, func(a *APIKey) *string { return &a.Name }),
	col("k.key_id", asText, func(a *APIKey) *string { return &a.KeyID }),
	col("k.permissions AS granted", asTexts, func(a *APIKey) *auth.Permissions { return &a.Granted }),
	maybe("k.created_by", asUUID, func(a *APIKey) **StaffID { return &a.CreatedBy }),
	col("k.created_at", asTime, func(a *APIKey) *time.Time { return &a.CreatedAt }),
	maybe("k.expires_at", asTime, func(a *APIKey) **time.Time { return &a.ExpiresAt }),
	maybe("k.last_used_at", asTime, func(a *APIKey) **time.Time { return &a.LastUsedAt }),
	maybe("k.revoked_at", asTime, func(a *APIKey) **time.Time { return &a.RevokedAt }),
)

// APIKeysByNewest is the order of API keys.
var APIKeysByNewest = Order{"NEWEST:DESC", []sortKey{{"k.id", "uuid"}}, true}

var allAPIKeys = list{name: "ListAPIKeys", from: "api_keys k", where: "true"}

// ListAPIKeys returns a page of all API keys, including expired and revoked ones.
func (r *Reader) ListAPIKeys(ctx context.Context, p PageRequest) (Page[APIKey], error) {
	return only(pages(ctx, r, apiKeyColumns, allAPIKeys, noParent, p))
}

// CountAPIKeys returns the number of API keys.
func (r *Reader) CountAPIKeys(ctx context.Context) (Count, error) {
	return only(counts(ctx, r, allAPIKeys, noParent))
}

// APIKeysByIDs returns the API keys that exist among ids, if the view shows API keys,
// in any order.
func (r *Reader) APIKeysByIDs(ctx context.Context, ids []APIKeyID) ([]*APIKey, error) {
	what := apiKeyColumns.choose(r.selects)
	statement := `-- name: APIKeysByIDs
SELECT ` + what.sql + `
FROM api_keys k
WHERE k.id = ANY (@ids) AND @all`
	return many(ctx, r, what, statement, pgx.StrictNamedArgs{"ids": keysOf(ids), "all": r.view.APIKeys})
}
