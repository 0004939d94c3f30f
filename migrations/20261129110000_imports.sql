-- +goose Up

-- The runs of souk import, dry runs excepted. counts is what the report says of each
-- kind of record. A killed run stays RUNNING until the next one has the lock of imports.
CREATE TABLE import_runs (
  id          uuid PRIMARY KEY,
  source      text NOT NULL,
  format      text NOT NULL,
  files       text[] NOT NULL DEFAULT '{}',
  fields      text[] NOT NULL DEFAULT '{}', -- what the files had columns for
  mode        text NOT NULL CHECK (mode IN ('KEEP_EDITS', 'OVERWRITE')),
  status      text NOT NULL DEFAULT 'RUNNING' CHECK (status IN ('RUNNING', 'DONE', 'FAILED', 'UNDONE')),
  actor       text NOT NULL, -- the user of the operating system
  row_count   bigint NOT NULL DEFAULT 0,
  counts      jsonb NOT NULL DEFAULT '[]',
  rejected    bigint NOT NULL DEFAULT 0,
  warnings    bigint NOT NULL DEFAULT 0,
  kept        bigint NOT NULL DEFAULT 0, -- fields that stay as staff wrote them
  undoable    boolean NOT NULL DEFAULT false,
  started_at  timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  undone_at   timestamptz
);

-- What a run changed, row by row, in its order: the fields of a changed row that
-- differ, or a whole row that it added (before is NULL) or removed (after is NULL).
-- Columns that are derived from others are left out. Kept for seven days.
CREATE TABLE import_changes (
  run_id     uuid NOT NULL REFERENCES import_runs (id) ON DELETE CASCADE,
  seq        bigint NOT NULL,
  kind       text NOT NULL, -- the table
  row_key    jsonb NOT NULL, -- its primary key
  product_id uuid,
  before     jsonb,
  after      jsonb,
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (run_id, seq)
);
CREATE INDEX import_changes_by_product ON import_changes (product_id, run_id);
CREATE INDEX import_changes_by_age ON import_changes (changed_at);

-- Which runs wrote a product. A run whose fields an earlier one wrote already is left
-- out.
CREATE TABLE import_stamps (
  product_id uuid NOT NULL REFERENCES products (id) ON DELETE CASCADE,
  run_id     uuid NOT NULL REFERENCES import_runs (id) ON DELETE CASCADE,
  stamped_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (product_id, run_id)
);
CREATE INDEX import_stamps_by_run ON import_stamps (run_id);

-- Fields that staff had written and that an import with --overwrite has written since:
-- edits from before no longer count.
CREATE TABLE import_releases (
  product_id  uuid NOT NULL REFERENCES products (id) ON DELETE CASCADE,
  subject_id  uuid NOT NULL,
  field       text NOT NULL,
  released_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (product_id, subject_id, field)
);

-- What was deleted by others than an import, by the keys under which an import would
-- create it again. part is the variant's key, the image's URL or the review's key.
CREATE TABLE import_deletions (
  kind       text NOT NULL CHECK (kind IN ('PRODUCT', 'VARIANT', 'IMAGE', 'REVIEW')),
  source     text NOT NULL,
  source_key text NOT NULL, -- the product's; empty for a review
  part       text NOT NULL DEFAULT '',
  deleted_at timestamptz NOT NULL DEFAULT now()
);
-- (A URL or a key is longer than an index can take.)
CREATE UNIQUE INDEX import_deletions_by_key ON import_deletions (source, source_key, kind, md5(part));

-- Products whose keys are from before handles were compared without case.
CREATE INDEX products_by_folded_key ON products (source, lower(source_key)) WHERE source_key <> lower(source_key);

-- An import deletes rows too. Its session says so by the setting souk.import, and is
-- not recorded. A part that goes with its product needs no row of its own.
-- +goose StatementBegin
CREATE FUNCTION record_import_deletion() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('souk.import', true) = 'on' THEN
    RETURN NULL;
  END IF;
  CASE TG_TABLE_NAME
    WHEN 'products' THEN
      INSERT INTO import_deletions (kind, source, source_key)
      VALUES ('PRODUCT', OLD.source, OLD.source_key)
      ON CONFLICT (source, source_key, kind, md5(part)) DO UPDATE SET deleted_at = EXCLUDED.deleted_at;
    WHEN 'reviews' THEN
      INSERT INTO import_deletions (kind, source, source_key, part)
      SELECT 'REVIEW', OLD.source, '', OLD.source_key
      WHERE EXISTS (SELECT FROM products p WHERE p.id = OLD.product_id)
      ON CONFLICT (source, source_key, kind, md5(part)) DO UPDATE SET deleted_at = EXCLUDED.deleted_at;
    WHEN 'variants' THEN
      INSERT INTO import_deletions (kind, source, source_key, part)
      SELECT 'VARIANT', p.source, p.source_key, OLD.source_key
      FROM products p
      WHERE p.id = OLD.product_id AND p.source IS NOT NULL AND p.source_key IS NOT NULL
      ON CONFLICT (source, source_key, kind, md5(part)) DO UPDATE SET deleted_at = EXCLUDED.deleted_at;
    WHEN 'images' THEN
      INSERT INTO import_deletions (kind, source, source_key, part)
      SELECT 'IMAGE', p.source, p.source_key, OLD.url
      FROM products p
      WHERE p.id = OLD.product_id AND p.source IS NOT NULL AND p.source_key IS NOT NULL
      ON CONFLICT (source, source_key, kind, md5(part)) DO UPDATE SET deleted_at = EXCLUDED.deleted_at;
  END CASE;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER record_import_deletion AFTER DELETE ON products
  FOR EACH ROW WHEN (OLD.source IS NOT NULL AND OLD.source_key IS NOT NULL) EXECUTE FUNCTION record_import_deletion();
CREATE TRIGGER record_import_deletion AFTER DELETE ON variants
  FOR EACH ROW WHEN (OLD.source_key <> '') EXECUTE FUNCTION record_import_deletion();
CREATE TRIGGER record_import_deletion AFTER DELETE ON images
  FOR EACH ROW EXECUTE FUNCTION record_import_deletion();
CREATE TRIGGER record_import_deletion AFTER DELETE ON reviews
  FOR EACH ROW WHEN (OLD.source IS NOT NULL AND OLD.source_key IS NOT NULL) EXECUTE FUNCTION record_import_deletion();

-- Events are written when their change is committed. The time when the transaction
-- began may lie before an import that it had to wait for.
ALTER TABLE audit_events ALTER COLUMN occurred_at SET DEFAULT clock_timestamp();

-- +goose Down

-- The version before cannot read these events.
DELETE FROM audit_events WHERE subject_kind = 'IMPORT_RUN';
ALTER TABLE audit_events ALTER COLUMN occurred_at SET DEFAULT now();
DROP TRIGGER record_import_deletion ON products;
DROP TRIGGER record_import_deletion ON variants;
DROP TRIGGER record_import_deletion ON images;
DROP TRIGGER record_import_deletion ON reviews;
DROP FUNCTION record_import_deletion();
DROP INDEX products_by_folded_key;
DROP TABLE import_deletions, import_releases, import_stamps, import_changes, import_runs;
