package access

import (
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth/password"
	"souk/internal/auth/secret"
	"souk/internal/dbtest"
	"souk/test/harness"
	"souk/test/shop"
)

// Secrets whose hashes the matrix' shop has, each good once.
var (
	verifyToken, verifyHash   = secret.New("souk_ev_")
	resetToken, resetHash     = secret.New("souk_pr_")
	refreshToken, refreshHash = secret.New("souk_rt_")
)

// shopPassword is that of a customer who is nobody else in the matrix.
const shopPassword = "a password of the shop"

// accessShop returns the database that the samples are in: the goldens' shop with
// people, stock by location, and reviews in every state. What is null for some is
// set for others, so that a leak has a value to show. Keys that are no samples are
// there for mutations to change and delete.
func accessShop(t testing.TB) *dbtest.DB {
	t.Helper()
	db := shop.New(t)
	harness.Execute(t, db.PrimaryURL, accessPeople)
	harness.Execute(t, db.PrimaryURL, accessCatalogue)
	harness.Execute(t, db.PrimaryURL, fmt.Sprintf(accessSecrets,
		hex.EncodeToString(verifyHash), hex.EncodeToString(resetHash), hex.EncodeToString(refreshHash)))
	hasher, err := password.New(password.Config{})
	require.NoError(t, err)
	hash, err := hasher.Hash(t.Context(), shopPassword)
	require.NoError(t, err)
	harness.Execute(t, db.PrimaryURL, fmt.Sprintf(`INSERT INTO customers (id, display_name, email, email_verified_at, password_hash)
		VALUES ('01900000-0000-7000-8000-000000000705', 'Fifth', 'fifth@example.com', now(), '%s')`, hash))
	require.NoError(t, db.WaitReplica(t.Context()))
	return db
}

const accessPeople = `
UPDATE customers SET phone = '+49 30 1', email_verified_at = '2026-01-01' WHERE id = '01900000-0000-7000-8000-000000000701';
INSERT INTO customers (id, display_name, email) VALUES
  ('01900000-0000-7000-8000-000000000703', 'Third', 'third@example.com'),
  ('01900000-0000-7000-8000-000000000704', 'Fourth', 'fourth@example.com');
INSERT INTO addresses (id, customer_id, name, line1, city, country_code, is_default) VALUES
  ('01900000-0000-7000-8000-000000000711', '01900000-0000-7000-8000-000000000701', 'Maya', 'Here 1', 'Ulm', 'DE', true),
  ('01900000-0000-7000-8000-000000000712', '01900000-0000-7000-8000-000000000702', 'J. Doe', 'There 2', 'Pune', 'IN', true),
  ('01900000-0000-7000-8000-000000000713', '01900000-0000-7000-8000-000000000703', 'Third', 'Elsewhere 3', 'Hue', 'VN', true);
INSERT INTO staff (id, email, display_name) VALUES
  ('01900000-0000-7000-8000-000000000801', 'newcomer@staff.example', 'Newcomer'),
  ('01900000-0000-7000-8000-000000000802', 'auditor@staff.example', 'Auditor'),
  ('01900000-0000-7000-8000-000000000803', 'spare@staff.example', 'Spare');
INSERT INTO roles (id, name, permissions) VALUES
  ('01900000-0000-7000-8000-000000000901', 'Newcomers', '{}'),
  ('01900000-0000-7000-8000-000000000902', 'Auditors', '{AUDIT_READ}'),
  ('01900000-0000-7000-8000-000000000903', 'Spare', '{}');
INSERT INTO staff_roles (staff_id, role_id) VALUES
  ('01900000-0000-7000-8000-000000000801', '01900000-0000-7000-8000-000000000901'),
  ('01900000-0000-7000-8000-000000000802', '01900000-0000-7000-8000-000000000902');
INSERT INTO api_keys (id, key_id, secret_hash, name, permissions, created_by, expires_at, last_used_at, revoked_at) VALUES
  ('01900000-0000-7000-8000-000000000921', 'aaaaaaaaaaaaaaaa', '\x00', 'Old', '{AUDIT_READ}', '01900000-0000-7000-8000-000000000802', '2027-01-01', '2026-01-02', '2026-01-03'),
  ('01900000-0000-7000-8000-000000000922', 'bbbbbbbbbbbbbbbb', '\x01', 'Spare', '{API_KEYS_MANAGE}', NULL, '2027-01-01', NULL, NULL);
INSERT INTO audit_events (id, actor_kind, actor_id, action, subject_kind, subject_id, request_id, changes) VALUES
  ('01900000-0000-7000-8000-000000000931', 'STAFF', '01900000-0000-7000-8000-000000000802', 'productUpdate', 'PRODUCT',
   '01900000-0000-7000-8000-000000000101', 'request', '[{"field": "title", "before": "Flax shirt", "after": "Linen shirt"}]');
INSERT INTO river_job (id, kind, args, state, attempt, attempted_at, finalized_at, metadata, errors) VALUES
  (2417, 'products_refresh', '{"version": 1, "batch": "01900000-0000-7000-8000-000000000971", "total": 400}', 'discarded', 25, '2026-01-01', '2026-01-01',
   '{"progress": {"done": 200, "total": 400}}', ARRAY['{"at": "2026-01-01T00:00:00Z", "attempt": 25, "error": "internal error", "trace": ""}'::jsonb]),
  (2418, 'expired_clean_up', '{"version": 1}', 'scheduled', 0, NULL, NULL, '{}', NULL);
INSERT INTO documents (id, name, hash, text, client, operations) VALUES
  ('01900000-0000-7000-8000-000000000981', 'One', sha256('query One { shop { id } }'), 'query One { shop { id } }', 'web', '{One}'),
  ('01900000-0000-7000-8000-000000000982', 'Spare', sha256('query Spare { shop { id } }'), 'query Spare { shop { id } }', 'web', '{Spare}');
INSERT INTO document_uses (hash, client_name, client_version, operation, trusted, uses, cost, latencies, last_used_at) VALUES
  (sha256('query One { shop { id } }'), 'web', '1.0', 'One', true, 2, 4, '{2}', '2026-01-01');
INSERT INTO import_runs (id, source, format, files, mode, status, actor, counts, undoable, started_at, finished_at, undone_at) VALUES
  ('01900000-0000-7000-8000-000000000961', 'shopify', 'shopify-products', '{products.csv}', 'KEEP_EDITS', 'UNDONE', 'ida@till',
   '[{"kind": "PRODUCTS", "stored": 2, "changed": 1, "unchanged": 0, "duplicates": 0, "removed": 0}]', true, '2026-01-01', '2026-01-01', '2026-01-02');`

const accessCatalogue = `
UPDATE variants SET weight_grams = 250 WHERE id = '01900000-0000-7000-8000-000000000201';
INSERT INTO vendors (id, slug, name) VALUES ('01900000-0000-7000-8000-000000000404', 'spare', 'Spare');
INSERT INTO collections (id, slug, title) VALUES ('01900000-0000-7000-8000-000000000f03', 'spare', 'Spare');
INSERT INTO images (id, product_id, position, url) VALUES
  ('01900000-0000-7000-8000-000000000504', '01900000-0000-7000-8000-000000000106', 1, 'https://img.example/secret.jpg');
INSERT INTO locations (id, name) VALUES
  ('01900000-0000-7000-8000-000000000941', 'Front'),
  ('01900000-0000-7000-8000-000000000942', 'Spare');
INSERT INTO inventory_levels (variant_id, location_id, on_hand) VALUES
  ('01900000-0000-7000-8000-000000000201', '01900000-0000-7000-8000-000000000941', 12),
  ('01900000-0000-7000-8000-000000000202', '01900000-0000-7000-8000-000000000941', -3);
INSERT INTO reviews (id, product_id, customer_id, rating, title, body, status) VALUES
  ('01900000-0000-7000-8000-000000000606', '01900000-0000-7000-8000-000000000102', '01900000-0000-7000-8000-000000000701', 4, 'Waits', 'For a look.', 'PENDING'),
  ('01900000-0000-7000-8000-000000000607', '01900000-0000-7000-8000-000000000102', '01900000-0000-7000-8000-000000000702', 1, 'Rude', 'Very.', 'REJECTED'),
  ('01900000-0000-7000-8000-000000000608', '01900000-0000-7000-8000-000000000106', '01900000-0000-7000-8000-000000000703', 5, 'Early', 'Before its day.', 'PUBLISHED'),
  ('01900000-0000-7000-8000-000000000609', '01900000-0000-7000-8000-000000000106', '01900000-0000-7000-8000-000000000704', 5, 'Both', 'Neither listed nor checked.', 'PENDING');
SELECT refresh_products(array_agg(id)) FROM products;`

// accessSecrets takes the hashes of the tokens in hexadecimal.
const accessSecrets = `
INSERT INTO one_time_tokens (hash, purpose, customer_id, email, display_name, password_hash, expires_at) VALUES
  ('\x%s', 'EMAIL_VERIFY', '01900000-0000-7000-8000-000000000704', 'fourth@example.com', 'Fourth', 'none', now() + interval '1 hour'),
  ('\x%s', 'PASSWORD_RESET', '01900000-0000-7000-8000-000000000703', 'third@example.com', NULL, NULL, now() + interval '1 hour');
INSERT INTO sessions (id, customer_id, expires_at) VALUES
  ('01900000-0000-7000-8000-000000000951', '01900000-0000-7000-8000-000000000701', now() + interval '1 hour');
INSERT INTO refresh_tokens (hash, session_id) VALUES ('\x%s', '01900000-0000-7000-8000-000000000951');`
