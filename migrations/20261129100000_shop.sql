-- +goose Up

-- The shop's settings. The constraint on the key keeps them in one row. A setting that
-- nobody has made yet is NULL.
CREATE TABLE shop (
  id         uuid PRIMARY KEY CHECK (id = '01900000-0000-7000-8000-000000000001'),
  name       text,
  currency   text,
  country    text,
  time_zone  text,
  languages  text[] NOT NULL DEFAULT '{}',
  version    bigint NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER raise_version BEFORE UPDATE ON shop
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION raise_version();

-- A shop whose prices are all in one currency has that one. XXX is a variant without
-- any amount.
INSERT INTO shop (id, currency)
SELECT '01900000-0000-7000-8000-000000000001',
       CASE WHEN min(v.currency) = max(v.currency) THEN min(v.currency) END
FROM variants v
WHERE v.currency <> 'XXX';

-- +goose Down

-- The version before cannot read these events: it knows neither the settings nor
-- changes at the command line, and would answer a page with one of them with an error.
DELETE FROM audit_events WHERE subject_kind = 'SHOP' OR actor_kind = 'OPERATOR';
DROP TABLE shop;
