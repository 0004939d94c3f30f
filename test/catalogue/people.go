package catalogue

// What belongs to those who buy and to those who sell. A part of what expires has
// expired.
const (
	// The first customer has written about more products than fit on a page, in
	// every state.
	reviewsOfOne = `
INSERT INTO reviews (id, product_id, customer_id, rating, title, body, status, source, source_key, created_at, updated_at)
SELECT pg_temp.key('review of one', i), p.id, pg_temp.key('customer', 1), 1 + i % 5, 'Mine ' || i, 'I like it.',
       (ARRAY['PUBLISHED', 'PUBLISHED', 'PENDING', 'REJECTED'])[1 + i % 4], 'test', 'one-' || i, at, at
FROM products p
CROSS JOIN LATERAL (SELECT substr(p.slug, 9)::bigint AS i) AS own
CROSS JOIN LATERAL (SELECT timestamptz '2026-02-01 00:00Z' + interval '1 day' * (i % 40) AS at) AS written
WHERE i % greatest(2, $1::bigint / 300) = 0`

	// The number of a customer is read from the order of the keys.
	addresses = `
INSERT INTO addresses (id, customer_id, name, line1, city, postal_code, country_code, is_default)
SELECT pg_temp.key('address', n * 1000 + k), c.id, c.display_name, k || ' Street', 'City', '10000', 'DE', k = 1
FROM (SELECT id, display_name, row_number() OVER (ORDER BY id <> pg_temp.key('customer', 1), id) AS n FROM customers) AS c
CROSS JOIN LATERAL generate_series(1, CASE WHEN n = 1 THEN 150 ELSE n % 3 END) AS k`

	// Roles are few in a big shop, too.
	roles = `
INSERT INTO roles (id, name, permissions)
SELECT pg_temp.key('role', i), 'Role ' || i, (ARRAY['{CATALOGUE_READ}', '{REVIEWS_MODERATE,AUDIT_READ}', '{}'])[1 + i % 3]::text[]
FROM generate_series(1, greatest(130, $1::bigint / 150)) AS i`

	staff = `
INSERT INTO staff (id, email, display_name, disabled_at, password_hash)
SELECT pg_temp.key('staff', i), 'staff-' || i || '@example.com', 'Staff ' || i, CASE WHEN i % 10 = 0 THEN now() END, 'hash'
FROM generate_series(1, greatest(230, $1::bigint / 50)) AS i`

	staffRoles = `
INSERT INTO staff_roles (staff_id, role_id)
SELECT pg_temp.key('staff', i), pg_temp.key('role', 1 + (i * 3 + k) % greatest(130, $1::bigint / 150))
FROM generate_series(1, greatest(230, $1::bigint / 50)) AS i, generate_series(0, 1) AS k
UNION ALL
SELECT pg_temp.key('staff', 1), '01900000-0000-7000-8000-000000000001'`

	apiKeys = `
INSERT INTO api_keys (id, key_id, secret_hash, name, permissions, created_by, expires_at)
SELECT pg_temp.key('API key', i), 'key-' || i, sha256(i::text::bytea), 'Key ' || i, '{CATALOGUE_READ}',
       CASE WHEN i % 4 > 0 THEN pg_temp.key('staff', 1 + i % 230) END, now() + interval '1 day'
FROM generate_series(1, greatest(230, $1::bigint / 50)) AS i`

	// The first staff member and the first product have many.
	auditEvents = `
INSERT INTO audit_events (id, actor_kind, actor_id, action, subject_kind, subject_id, request_id, changes, occurred_at)
SELECT pg_temp.key('audit event', i), CASE WHEN i % 5 = 0 THEN 'API_KEY' ELSE 'STAFF' END,
       CASE WHEN i % 5 = 0 THEN pg_temp.key('API key', 1 + i % 230) WHEN i % 3 = 0 THEN pg_temp.key('staff', 1) ELSE pg_temp.key('staff', 1 + i % 230) END,
       'productUpdate', 'PRODUCT', pg_temp.key('product', CASE WHEN i % 4 = 0 THEN 1 ELSE i END), 'request-' || i,
       '[{"field": "title", "before": "Before", "after": "After"}]', timestamptz '2026-01-01 00:00Z' + interval '1 second' * i
FROM generate_series(1, greatest(900, $1::bigint / 4)) AS i`

	// Every fiftieth has expired long ago.
	sessions = `
INSERT INTO sessions (id, customer_id, staff_id, expires_at)
SELECT pg_temp.key('session', i),
       CASE WHEN i % 9 > 0 THEN pg_temp.key('customer', 1 + i % greatest(250, $1::bigint / 5)) END,
       CASE WHEN i % 9 = 0 THEN pg_temp.key('staff', 1 + i / 9 % greatest(230, $1::bigint / 50)) END,
       CASE WHEN i % 50 = 0 THEN now() - interval '40 days' ELSE now() + interval '20 days' END
FROM generate_series(1, greatest(250, $1::bigint / 4)) AS i`

	refreshTokens = `
INSERT INTO refresh_tokens (hash, session_id, used_at)
SELECT sha256(('token-' || i || '-' || k)::bytea), pg_temp.key('session', i), CASE WHEN k = 1 THEN now() - interval '1 hour' END
FROM generate_series(1, greatest(250, $1::bigint / 4)) AS i, generate_series(1, 2) AS k`

	oneTimeTokens = `
INSERT INTO one_time_tokens (hash, purpose, customer_id, email, expires_at, used_at)
SELECT sha256(('once-' || i)::bytea), (ARRAY['EMAIL_VERIFY', 'PASSWORD_RESET'])[1 + i % 2],
       pg_temp.key('customer', 1 + i % greatest(250, $1::bigint / 5)), 'customer-' || i || '@example.com',
       CASE WHEN i % 20 = 0 THEN now() - interval '40 days' ELSE now() + interval '1 hour' END, CASE WHEN i % 3 = 0 THEN now() END
FROM generate_series(1, greatest(250, $1::bigint / 4)) AS i`

	emails = `
INSERT INTO email_queue (id, template, recipient)
SELECT pg_temp.key('e-mail', i), 'PASSWORD_RESET', 'customer-' || i || '@example.com'
FROM generate_series(1, greatest(250, $1::bigint / 20)) AS i`

	identities = `
INSERT INTO customer_identities (issuer, subject, customer_id)
SELECT 'https://issuer.example', 'subject-' || i, pg_temp.key('customer', i)
FROM generate_series(1, greatest(250, $1::bigint / 5)) AS i`

	idempotencyKeys = `
INSERT INTO idempotency_keys (principal, key, action, input_hash, outcome, created_at)
SELECT 'STAFF ' || i % 230, 'key-' || i, 'productCreate', '', '{}',
       now() - CASE WHEN i % 50 = 0 THEN interval '3 days' ELSE interval '1 hour' END
FROM generate_series(1, greatest(250, $1::bigint / 4)) AS i`

	importRuns = `
INSERT INTO import_runs (id, source, format, files, mode, status, actor, started_at, finished_at)
SELECT pg_temp.key('import', i), 'shopify', 'shopify-products', '{products.csv}', 'KEEP_EDITS', 'DONE', 'ida@till',
       '2025-01-01'::timestamptz + i * interval '1 hour', '2025-01-01'::timestamptz + i * interval '1 hour'
FROM generate_series(1, greatest(140, $1::bigint / 50)) AS i`

	// Room is left between their numbers. Most are done, as in any shop.
	jobs = `
INSERT INTO river_job (id, kind, args, state, attempt, created_at, scheduled_at, attempted_at, finalized_at, errors)
SELECT i * 1000, CASE WHEN i % 3 = 0 THEN 'products_refresh' ELSE 'expired_clean_up' END, '{"version": 1}', state.name::river_job_state, 1,
       at.began, at.began, at.began, CASE WHEN state.name IN ('completed', 'discarded', 'cancelled') THEN at.began + interval '1 second' END,
       CASE WHEN state.name IN ('discarded', 'retryable') THEN ARRAY['{"at": "2026-01-01T00:00:00Z", "attempt": 1, "error": "internal error", "trace": ""}'::jsonb] END
FROM generate_series(1, greatest(260, $1::bigint / 10)) AS i
CROSS JOIN LATERAL (SELECT '2026-01-01'::timestamptz + i * interval '1 minute' AS began) AS at
CROSS JOIN LATERAL (SELECT CASE i % 100 WHEN 1 THEN 'discarded' WHEN 2 THEN 'retryable' WHEN 3 THEN 'cancelled' WHEN 4 THEN 'available' ELSE 'completed' END AS name) AS state`

	registeredDocuments = `
INSERT INTO documents (id, name, hash, text, client, operations)
SELECT pg_temp.key('document', i), 'document-' || i, sha256(('query Q' || i || ' { shop { id } }')::bytea), 'query Q' || i || ' { shop { id } }', 'web', ARRAY['Q' || i]
FROM generate_series(1, greatest(260, $1::bigint / 10)) AS i`

	automaticDocuments = `
INSERT INTO automatic_documents (hash, text, owner, bytes, used_at)
SELECT sha256(('query A' || i || ' { shop { id } }')::bytea), 'query A' || i || ' { shop { id } }', '192.0.2.' || i % 200, 300, '2026-01-01'::timestamptz + i * interval '1 second'
FROM generate_series(1, greatest(260, $1::bigint / 5)) AS i`

	documentUses = `
INSERT INTO document_uses (hash, client_name, client_version, operation, trusted, uses, cost, latencies, last_used_at)
SELECT d.hash, 'web', '1.' || version, d.operations[1], true, 1, 1, '{1}', now() - version * interval '1 day'
FROM documents d, generate_series(1, 3) AS version`

	// Two changes that jobs have not come to yet.
	staleProducts = `
INSERT INTO stale_products (batch, product_id, raises)
SELECT batch.id, p.id, true
FROM products p, (VALUES ('01900000-0000-7000-8000-00000000ba01'::uuid), ('01900000-0000-7000-8000-00000000ba02')) AS batch (id)`

	locations = `
INSERT INTO locations (id, name)
SELECT pg_temp.key('location', i), (ARRAY['Lager', 'lager', 'Läger', 'Depot'])[1 + i % 4] || ' ' || i / 4
FROM generate_series(1, greatest(140, $1::bigint / 50)) AS i`

	// What can be sold lies at the first location that a variant has.
	inventoryLevels = `
INSERT INTO inventory_levels (variant_id, location_id, on_hand)
SELECT v.id, pg_temp.key('location', 1 + (i * 3 + k) % greatest(140, $1::bigint / 50)), CASE k WHEN 1 THEN v.available_quantity ELSE 0 END
FROM variants v
JOIN products p ON p.id = v.product_id
CROSS JOIN LATERAL (SELECT substr(p.slug, 9)::bigint AS i) AS own
CROSS JOIN LATERAL generate_series(1, CASE WHEN v.id = pg_temp.key('variant', 1001) THEN 130 ELSE 1 + i % 3 END) AS k
WHERE v.inventory_tracked AND i % 4 = 1`
)
