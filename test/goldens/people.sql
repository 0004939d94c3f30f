-- Whom and what only some may see, in the goldens' shop: addresses, stock by
-- location, staff with their roles, keys, changes, and what proves who one is.

UPDATE customers SET phone = '+49 30 123456', email_verified_at = '2026-01-02', updated_at = '2026-01-03', version = 3
WHERE id = '01900000-0000-7000-8000-000000000701';
UPDATE customers SET updated_at = '2026-01-01', version = 2 WHERE id = '01900000-0000-7000-8000-000000000702';
-- Nina has registered and not yet followed the link of her e-mail; Otto can sign in
-- with "a heron on the pier".
INSERT INTO customers (id, display_name, email, email_verified_at, password_hash, created_at, updated_at) VALUES
  ('01900000-0000-7000-8000-000000000703', 'Nina', 'nina@example.com', NULL, NULL, '2026-01-04', '2026-01-04'),
  ('01900000-0000-7000-8000-000000000704', 'Otto', 'otto@example.com', '2026-01-05', '$argon2id$v=19$m=19456,t=2,p=1$uRCPVYYsJmIHWll2OqnMVw$OHvY7YtpbTGo6Q2TABMitkiIzuEsZdsrkBw7ufL77x4', '2026-01-04', '2026-01-05');
INSERT INTO one_time_tokens (hash, purpose, customer_id, email, display_name, password_hash, created_at, expires_at) VALUES
  (sha256('nina-proves-it'), 'EMAIL_VERIFY', '01900000-0000-7000-8000-000000000703', 'nina@example.com', 'Nina N.', 'unused', now(), now() + interval '1 day'),
  (sha256('otto-forgot-it'), 'PASSWORD_RESET', '01900000-0000-7000-8000-000000000704', 'otto@example.com', NULL, NULL, now(), now() + interval '1 hour');

INSERT INTO addresses (id, customer_id, name, company, line1, line2, city, region, postal_code, country_code, phone, is_default, created_at, updated_at) VALUES
  ('01900000-0000-7000-8000-000000000801', '01900000-0000-7000-8000-000000000701', 'Maya', 'Souk', 'Am Markt 1', '2nd floor', 'Berlin', '', '10115', 'DE', '+49 30 1', true, '2026-01-02', '2026-01-02'),
  ('01900000-0000-7000-8000-000000000802', '01900000-0000-7000-8000-000000000701', 'Maya''s mother', '', '12 Lê Lợi', '', 'Huế', '', '', 'VN', '', false, '2026-01-03', '2026-01-03'),
  ('01900000-0000-7000-8000-000000000803', '01900000-0000-7000-8000-000000000704', 'Otto', '', 'Elm Street 4', '', 'Springfield', 'IL', '62701', 'US', '', true, '2026-01-03', '2026-01-03');

INSERT INTO locations (id, name, created_at, updated_at) VALUES
  ('01900000-0000-7000-8000-000000000d01', 'Warehouse', '2026-01-01', '2026-01-01'),
  ('01900000-0000-7000-8000-000000000d02', 'High street', '2026-01-02', '2026-01-02');
-- White / S: 15 of which 2 are promised and 1 is damaged.
INSERT INTO inventory_levels (variant_id, location_id, on_hand, committed, unavailable, incoming, updated_at) VALUES
  ('01900000-0000-7000-8000-000000000201', '01900000-0000-7000-8000-000000000d01', 11, 2, 1, 5, '2026-03-06'),
  ('01900000-0000-7000-8000-000000000201', '01900000-0000-7000-8000-000000000d02', 4, 0, 0, 0, '2026-03-06'),
  ('01900000-0000-7000-8000-000000000202', '01900000-0000-7000-8000-000000000d01', -3, 0, 0, 0, '2026-03-06');

INSERT INTO staff (id, email, display_name, disabled_at, created_at, updated_at) VALUES
  ('01900000-0000-7000-8000-000000000901', 'ida@shop.example', 'Ida', NULL, '2026-01-01', '2026-01-01'),
  ('01900000-0000-7000-8000-000000000902', 'tom@shop.example', 'Tom', '2026-02-01', '2026-01-02', '2026-02-01');
INSERT INTO roles (id, name, is_administrator, permissions, created_at, updated_at) VALUES
  ('01900000-0000-7000-8000-000000000a01', 'Chief', true, '{}', '2026-01-01', '2026-01-01'),
  ('01900000-0000-7000-8000-000000000a02', 'Shop floor', false, '{INVENTORY_WRITE,REVIEWS_MODERATE}', '2026-01-01', '2026-01-01'),
  ('01900000-0000-7000-8000-000000000a03', 'Nobody''s', false, '{STAFF_MANAGE}', '2026-01-02', '2026-01-02');
INSERT INTO staff_roles (staff_id, role_id) VALUES
  ('01900000-0000-7000-8000-000000000901', '01900000-0000-7000-8000-000000000a01'),
  ('01900000-0000-7000-8000-000000000901', '01900000-0000-7000-8000-000000000a02'),
  ('01900000-0000-7000-8000-000000000902', '01900000-0000-7000-8000-000000000a02');

INSERT INTO api_keys (id, key_id, secret_hash, name, permissions, created_by, created_at, expires_at, last_used_at, revoked_at) VALUES
  ('01900000-0000-7000-8000-000000000b01', 'aaaaaaaaaaaaaaaa', '\x01', 'Till', '{CATALOGUE_READ}', '01900000-0000-7000-8000-000000000901', '2026-01-01', '2099-01-01', '2026-03-01', NULL),
  ('01900000-0000-7000-8000-000000000b02', 'bbbbbbbbbbbbbbbb', '\x02', 'Old till', '{CATALOGUE_READ,INVENTORY_WRITE}', NULL, '2026-01-02', NULL, NULL, '2026-02-01');

INSERT INTO audit_events (id, occurred_at, actor_kind, actor_id, action, subject_kind, subject_id, request_id, changes) VALUES
  ('01900000-0000-7000-8000-000000000e01', '2026-02-01 10:00', 'STAFF', '01900000-0000-7000-8000-000000000901', 'staffUpdate', 'STAFF',
   '01900000-0000-7000-8000-000000000902', 'first', '[{"field": "isDisabled", "before": "false", "after": "true"}]'),
  ('01900000-0000-7000-8000-000000000e02', '2026-02-02 10:00', 'API_KEY', '01900000-0000-7000-8000-000000000b01', 'productUpdate', 'PRODUCT',
   '01900000-0000-7000-8000-000000000101', 'second', '[{"field": "title", "before": "Flax Shirt", "after": "Linen Shirt"}, {"field": "vendorId", "after": "x"}]'),
  ('01900000-0000-7000-8000-000000000e03', '2026-02-03 10:00', 'STAFF', '01900000-0000-7000-8000-0000000009ff', 'vendorDelete', 'VENDOR',
   '01900000-0000-7000-8000-0000000004ff', 'third', '[]');

INSERT INTO import_runs (id, source, format, files, mode, status, actor, row_count, counts, rejected, undoable, started_at, finished_at, undone_at) VALUES
  ('01900000-0000-7000-8000-000000000111', 'shopify', 'shopify-products', '{products.csv}', 'KEEP_EDITS', 'UNDONE', 'ida@till', 4,
   '[{"kind": "PRODUCTS", "stored": 2, "changed": 1, "unchanged": 0, "duplicates": 0}]', 1, true, '2026-02-03 09:00', '2026-02-03 09:01', '2026-02-03 09:30'),
  ('01900000-0000-7000-8000-000000000112', 'erp', 'table', '{a.csv,b.csv}', 'OVERWRITE', 'DONE', 'tom@till', 30000, '[]', 0, false, '2026-02-04 09:00', '2026-02-04 09:01', NULL);
INSERT INTO audit_events (id, occurred_at, actor_kind, actor_id, action, subject_kind, subject_id, request_id, changes) VALUES
  ('01900000-0000-7000-8000-000000000e04', '2026-02-03 09:01', 'OPERATOR', '01900000-0000-7000-8000-000000000111', 'souk import', 'IMPORT_RUN',
   '01900000-0000-7000-8000-000000000111', 'command line', '[{"field": "products", "after": "2 new, 1 changed, 0 unchanged"}]');

INSERT INTO river_job (id, kind, args, state, attempt, max_attempts, queue, metadata, errors, created_at, scheduled_at, attempted_at, finalized_at) VALUES
  (41, 'expired_clean_up', '{"version": 1}', 'completed', 1, 25, 'expired_clean_up', '{}', NULL,
   '2026-02-05 09:00', '2026-02-05 09:00', '2026-02-05 09:00', '2026-02-05 09:01'),
  (42, 'products_refresh', '{"version": 1, "batch": "01900000-0000-7000-8000-000000000113", "total": 45000}', 'discarded', 25, 25, 'products_refresh',
   '{"progress": {"done": 20000, "total": 45000}}', ARRAY['{"at": "2026-02-05T10:00:00Z", "attempt": 24, "error": "the worker ended before the job did", "trace": ""}',
                                                         '{"at": "2026-02-05T11:00:00Z", "attempt": 25, "error": "internal error", "trace": ""}']::jsonb[],
   '2026-02-05 09:30', '2026-02-05 11:00', '2026-02-05 11:00', '2026-02-05 11:00'),
  (43, 'products_refresh', '{"version": 1, "batch": "01900000-0000-7000-8000-000000000114", "total": 500}', 'running', 1, 25, 'products_refresh', '{}', NULL,
   '2026-02-05 12:00', '2026-02-05 12:00', '2026-02-05 12:00', NULL),
  (44, 'expired_clean_up', '{"version": 1}', 'scheduled', 0, 25, 'expired_clean_up', '{}', NULL, '2026-02-05 13:00', '2099-01-01', NULL, NULL);

INSERT INTO documents (id, name, hash, text, client, operations, created_at) VALUES
  ('01900000-0000-7000-8000-000000000131', 'ProductList', sha256('query ProductList { products { totalCount } }'::bytea), 'query ProductList { products { totalCount } }', 'web', '{ProductList}', '2026-02-06'),
  ('01900000-0000-7000-8000-000000000132', 'ShopName', sha256('{ shop { name } }'::bytea), '{ shop { name } }', '', '{}', '2026-02-07');
INSERT INTO document_uses (hash, client_name, client_version, operation, trusted, uses, cost, latencies, first_used_at, last_used_at) VALUES
  ((SELECT hash FROM documents WHERE name = 'ProductList'), 'web', '2.1', 'ProductList', true, 4, 10, '{1,2,1}', '2026-02-08', '2026-02-09'),
  ((SELECT hash FROM documents WHERE name = 'ProductList'), 'web', '2.0', 'ProductList', true, 1, 3, '{0,1}', '2026-02-07', '2026-02-08');

INSERT INTO reviews (id, product_id, customer_id, rating, title, body, status, created_at) VALUES
  ('01900000-0000-7000-8000-000000000606', '01900000-0000-7000-8000-000000000103', '01900000-0000-7000-8000-000000000701', 2, 'Hm', '', 'PENDING', '2026-03-14 08:00');

-- What the clock gave; without the triggers, that would raise the versions.
SET LOCAL session_replication_role = replica;
UPDATE reviews SET updated_at = created_at;
UPDATE roles SET created_at = '2025-12-31', updated_at = '2025-12-31' WHERE name = 'Administrator';
SET LOCAL session_replication_role = origin;
