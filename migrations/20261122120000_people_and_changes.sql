-- +goose Up

-- raise_version counts the changes of a row, whoever makes them. A statement that
-- sets the version itself is left alone.
-- +goose StatementBegin
CREATE FUNCTION raise_version() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.version = OLD.version THEN
    NEW.version := OLD.version + 1;
    NEW.updated_at := now();
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd

ALTER TABLE images ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE locations
  ADD COLUMN version bigint NOT NULL DEFAULT 1,
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();

-- A customer without a password has never signed in: it came with an import, or
-- signs in elsewhere.
ALTER TABLE customers
  ADD COLUMN phone text,
  ADD COLUMN email_verified_at timestamptz,
  ADD COLUMN disabled_at timestamptz,
  ADD COLUMN password_hash text;

-- Who a customer is to an identity provider outside.
CREATE TABLE customer_identities (
  issuer      text NOT NULL,
  subject     text NOT NULL,
  customer_id uuid NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (issuer, subject)
);
CREATE INDEX customer_identities_by_customer ON customer_identities (customer_id);

CREATE TABLE addresses (
  id           uuid PRIMARY KEY,
  customer_id  uuid NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  name         text NOT NULL,
  company      text NOT NULL DEFAULT '',
  line1        text NOT NULL,
  line2        text NOT NULL DEFAULT '',
  city         text NOT NULL,
  region       text NOT NULL DEFAULT '',
  postal_code  text NOT NULL DEFAULT '',
  country_code text NOT NULL CHECK (country_code ~ '^[A-Z]{2}$'),
  phone        text NOT NULL DEFAULT '',
  is_default   boolean NOT NULL DEFAULT false,
  version      bigint NOT NULL DEFAULT 1,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX addresses_by_customer ON addresses (customer_id, id);
CREATE UNIQUE INDEX addresses_default ON addresses (customer_id) WHERE is_default;

CREATE TABLE staff (
  id            uuid PRIMARY KEY,
  email         text NOT NULL,
  display_name  text NOT NULL,
  disabled_at   timestamptz,
  password_hash text,
  version       bigint NOT NULL DEFAULT 1,
  created_at    timestamptz NOT NULL DEFAULT now(),
  updated_at    timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX staff_by_email ON staff (lower(email));

-- An administrator's role has every permission, also those that are yet to come.
CREATE TABLE roles (
  id               uuid PRIMARY KEY,
  name             text NOT NULL,
  is_administrator boolean NOT NULL DEFAULT false,
  permissions      text[] NOT NULL DEFAULT '{}',
  version          bigint NOT NULL DEFAULT 1,
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX roles_by_name ON roles (lower(name));
INSERT INTO roles (id, name, is_administrator)
VALUES ('01900000-0000-7000-8000-000000000001', 'Administrator', true);

CREATE TABLE staff_roles (
  staff_id uuid NOT NULL REFERENCES staff (id) ON DELETE CASCADE,
  role_id  uuid NOT NULL REFERENCES roles (id),
  PRIMARY KEY (staff_id, role_id)
);
CREATE INDEX staff_roles_by_role ON staff_roles (role_id);

-- A key is found by the part of it that is no secret; of the secret only the hash
-- is kept.
CREATE TABLE api_keys (
  id           uuid PRIMARY KEY,
  key_id       text NOT NULL UNIQUE,
  secret_hash  bytea NOT NULL,
  name         text NOT NULL,
  permissions  text[] NOT NULL,
  created_by   uuid REFERENCES staff (id) ON DELETE SET NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz,
  last_used_at timestamptz,
  revoked_at   timestamptz
);
CREATE INDEX api_keys_by_creator ON api_keys (created_by) WHERE created_by IS NOT NULL;

-- A session is a family of refresh tokens, each of which replaces the one before.
CREATE TABLE sessions (
  id           uuid PRIMARY KEY,
  customer_id  uuid REFERENCES customers (id) ON DELETE CASCADE,
  staff_id     uuid REFERENCES staff (id) ON DELETE CASCADE,
  created_at   timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz NOT NULL,
  revoked_at   timestamptz,
  CHECK (num_nonnulls(customer_id, staff_id) = 1)
);
CREATE INDEX sessions_by_customer ON sessions (customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX sessions_by_staff ON sessions (staff_id) WHERE staff_id IS NOT NULL;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE refresh_tokens (
  hash       bytea PRIMARY KEY,
  session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  used_at    timestamptz
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

-- What was sent by e-mail to prove that its reader owns the address. What somebody
-- registered with waits here, and not in the account, until the address is proved.
CREATE TABLE one_time_tokens (
  hash          bytea PRIMARY KEY,
  purpose       text NOT NULL CHECK (purpose IN ('EMAIL_VERIFY', 'PASSWORD_RESET')),
  customer_id   uuid REFERENCES customers (id) ON DELETE CASCADE,
  staff_id      uuid REFERENCES staff (id) ON DELETE CASCADE,
  email         text NOT NULL,
  display_name  text,
  password_hash text,
  created_at    timestamptz NOT NULL DEFAULT now(),
  expires_at    timestamptz NOT NULL,
  used_at       timestamptz,
  CHECK (num_nonnulls(customer_id, staff_id) = 1)
);
CREATE INDEX one_time_tokens_by_customer ON one_time_tokens (customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX one_time_tokens_by_staff ON one_time_tokens (staff_id) WHERE staff_id IS NOT NULL;
CREATE INDEX one_time_tokens_by_expiry ON one_time_tokens (expires_at);

-- E-mails that wait to be sent. variables hold what the template shows, links with
-- their tokens included: rows are removed once sent.
CREATE TABLE email_queue (
  id         uuid PRIMARY KEY,
  template   text NOT NULL,
  recipient  text NOT NULL,
  variables  jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  attempts   int NOT NULL DEFAULT 0,
  sent_at    timestamptz
);
CREATE INDEX email_queue_waiting ON email_queue (created_at, id) WHERE sent_at IS NULL;

-- What staff and API keys did. Nothing updates or deletes a row.
CREATE TABLE audit_events (
  id           uuid PRIMARY KEY,
  occurred_at  timestamptz NOT NULL DEFAULT now(),
  actor_kind   text NOT NULL,
  actor_id     uuid NOT NULL,
  action       text NOT NULL,
  subject_kind text NOT NULL,
  subject_id   uuid NOT NULL,
  request_id   text NOT NULL,
  changes      jsonb NOT NULL DEFAULT '[]'
);
CREATE INDEX audit_events_by_subject ON audit_events (subject_id, id);
CREATE INDEX audit_events_by_actor ON audit_events (actor_id, id);

-- The outcome of a change that a client may send again. The row is written by the
-- change's own transaction: either both are there or none.
CREATE TABLE idempotency_keys (
  principal  text NOT NULL,
  key        text NOT NULL,
  action     text NOT NULL,
  input_hash bytea NOT NULL,
  outcome    jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (principal, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- A customer says one thing of a product. What an import brings is not ours to judge.
CREATE UNIQUE INDEX reviews_one_a_customer ON reviews (product_id, customer_id)
  WHERE customer_id IS NOT NULL AND source IS NULL;
DROP INDEX reviews_by_customer;
CREATE INDEX reviews_by_customer ON reviews (customer_id, created_at, id) WHERE customer_id IS NOT NULL;
CREATE INDEX reviews_by_status ON reviews (status, created_at, id);
-- What staff look for among all that is on sale.
CREATE INDEX products_unlisted ON products (status, id) WHERE status <> 'ACTIVE';
CREATE INDEX customers_by_age ON customers (created_at, id);
CREATE INDEX customers_by_name ON customers ((sort_key(display_name) COLLATE "C"), id);

-- (A condition cannot look at a whole row that has a generated column.)
CREATE TRIGGER raise_version BEFORE UPDATE ON vendors
  FOR EACH ROW WHEN ((OLD.slug, OLD.name) IS DISTINCT FROM (NEW.slug, NEW.name)) EXECUTE FUNCTION raise_version();
CREATE TRIGGER raise_version BEFORE UPDATE ON categories
  FOR EACH ROW WHEN ((OLD.slug, OLD.name, OLD.parent_id, OLD.ancestor_ids)
                     IS DISTINCT FROM (NEW.slug, NEW.name, NEW.parent_id, NEW.ancestor_ids)) EXECUTE FUNCTION raise_version();
CREATE TRIGGER raise_version BEFORE UPDATE ON products
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION raise_version();
CREATE TRIGGER raise_version BEFORE UPDATE ON variants
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION raise_version();
CREATE TRIGGER raise_version BEFORE UPDATE ON images
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION raise_version();
CREATE TRIGGER raise_version BEFORE UPDATE ON locations
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION raise_version();
CREATE TRIGGER raise_version BEFORE UPDATE ON inventory_levels
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION raise_version();
CREATE TRIGGER raise_version BEFORE UPDATE ON reviews
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION raise_version();
CREATE TRIGGER raise_version BEFORE UPDATE ON addresses
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION raise_version();
CREATE TRIGGER raise_version BEFORE UPDATE ON roles
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION raise_version();
-- A new password changes nothing that anybody sees.
CREATE TRIGGER raise_version BEFORE UPDATE OF display_name, email, phone, email_verified_at, disabled_at ON customers
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION raise_version();
CREATE TRIGGER raise_version BEFORE UPDATE OF display_name, email, disabled_at ON staff
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION raise_version();

-- +goose Down
DROP INDEX customers_by_name, customers_by_age, products_unlisted, reviews_by_status, reviews_by_customer, reviews_one_a_customer;
CREATE INDEX reviews_by_customer ON reviews (customer_id) WHERE customer_id IS NOT NULL;
DROP TABLE idempotency_keys, audit_events, email_queue, one_time_tokens, refresh_tokens, sessions, api_keys,
  staff_roles, roles, staff, addresses, customer_identities;
DROP FUNCTION raise_version() CASCADE;
ALTER TABLE customers DROP COLUMN phone, DROP COLUMN email_verified_at, DROP COLUMN disabled_at, DROP COLUMN password_hash;
ALTER TABLE locations DROP COLUMN version, DROP COLUMN updated_at;
ALTER TABLE images DROP COLUMN updated_at;
