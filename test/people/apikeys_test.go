package people

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/auth/secret"
	"souk/test/harness"
)

func inDays(n int) string {
	return time.Now().Add(time.Duration(n) * 24 * time.Hour).UTC().Format(time.RFC3339)
}

const keyFields = "apiKey { id name keyId permissions createdBy { id } createdAt expiresAt lastUsedAt revokedAt }"

func TestAPIKeys(t *testing.T) {
	p := startPeople(t)
	input := map[string]any{"name": "Till", "permissions": []string{"INVENTORY_WRITE", "CATALOGUE_READ"}, "expiresAt": inDays(90), "idempotencyKey": "till"}
	payload := p.made(t, "ada", "apiKeyCreate", keyFields+" secret", input)
	plain, _ := payload["secret"].(string)
	created, _ := payload["apiKey"].(map[string]any)
	keyID, hash, ok := secret.ParseAPIKey(plain)
	require.True(t, ok)
	require.Equal(t, keyID, created["keyId"])
	require.Equal(t, []any{"CATALOGUE_READ", "INVENTORY_WRITE"}, created["permissions"])
	require.Equal(t, input["expiresAt"], created["expiresAt"])
	require.Equal(t, adaID, harness.At(created, "createdBy", "id"))
	require.Nil(t, created["revokedAt"])

	t.Run("are stored as a hash alone", func(t *testing.T) {
		require.Equal(t, []any{hash}, p.row(t, `SELECT secret_hash FROM api_keys WHERE name = 'Till'`))
		for _, table := range []string{"api_keys", "idempotency_keys", "audit_events"} {
			require.Equal(t, []any{int64(0)},
				p.row(t, `SELECT count(*) FROM `+table+` AS stored WHERE position($1 IN stored::text) > 0`, plain[len(plain)-20:]), table)
		}
		require.NotContains(t, p.Log.String(), plain)
	})
	t.Run("show their secret once", func(t *testing.T) {
		again := p.made(t, "ada", "apiKeyCreate", keyFields+" secret", input)
		require.Equal(t, created, again["apiKey"])
		require.Nil(t, again["secret"])
		require.NoError(t, p.db.WaitReplica(t.Context()))
		answer := p.ask(t, "ada", `{ apiKeys(first: 1) { totalCount pageInfo { hasNextPage } nodes { name keyId } } }`, nil)
		require.Equal(t, 2., answer.At("apiKeys", "totalCount"))
		require.Equal(t, "Till", answer.At("apiKeys", "nodes", 0, "name"), "the newest first")
		require.NotContains(t, string(answer.Raw), plain)
	})
	t.Run("are found by who manages them", func(t *testing.T) {
		const query = `query ($id: ID!) { node(id: $id) { ... on ApiKey { name createdBy { displayName } } } }`
		require.Equal(t, "Ada", p.ask(t, "ada", query, map[string]any{"id": created["id"]}).At("node", "createdBy", "displayName"))
		for _, as := range []string{"di", "maya", ""} {
			require.Nil(t, p.ask(t, as, query, map[string]any{"id": created["id"]}).At("node"), as)
		}
	})
	for name, test := range map[string]struct {
		as      string
		changes map[string]any
		code    string
		field   string
	}{
		"no name":                     {"ada", map[string]any{"name": ""}, "REQUIRED", "name"},
		"no permission":               {"ada", map[string]any{"permissions": []string{}}, "REQUIRED", "permissions"},
		"a permission beyond one's":   {"cy", map[string]any{"permissions": []string{"API_KEYS_MANAGE", "AUDIT_READ"}}, "FORBIDDEN", "permissions"},
		"a permission beyond a key's": {"eve", map[string]any{"permissions": []string{"STAFF_MANAGE"}}, "FORBIDDEN", "permissions"},
		"an end that has passed":      {"ada", map[string]any{"expiresAt": inDays(-1)}, "INVALID", "expiresAt"},
		"an end in three years":       {"ada", map[string]any{"expiresAt": inDays(733)}, "INVALID", "expiresAt"},
	} {
		t.Run("refuse "+name, func(t *testing.T) {
			input := map[string]any{"name": "Other", "permissions": []string{"AUDIT_READ"}, "expiresAt": inDays(730)}
			for field, value := range test.changes {
				input[field] = value
			}
			code, field := p.refusedFor(t, test.as, "apiKeyCreate", input)
			require.Equal(t, test.code, code)
			require.Equal(t, []any{test.field}, field)
		})
	}
	t.Run("made by a machine are no staff member's", func(t *testing.T) {
		p.made(t, "eve", "apiKeyCreate", "secret", map[string]any{"name": "Child", "permissions": []string{"CATALOGUE_WRITE"}, "expiresAt": inDays(730)})
		require.Equal(t, []any{nil}, p.row(t, `SELECT created_by FROM api_keys WHERE name = 'Child'`))
	})
	t.Run("are revoked once", func(t *testing.T) {
		revoke := func() any {
			return harness.At(p.made(t, "ada", "apiKeyRevoke", keyFields, map[string]any{"id": created["id"]}), "apiKey", "revokedAt")
		}
		at := revoke()
		require.NotNil(t, at)
		require.Equal(t, at, revoke(), "the first time counts")
		code, _ := p.refusedFor(t, "ada", "apiKeyRevoke", map[string]any{"id": adaID})
		require.Equal(t, "NOT_FOUND", code)
	})
}
