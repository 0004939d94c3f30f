-- +goose Up

-- A row's version and updated_at change together, whoever writes and whichever of
-- the two a statement sets by itself. Before, a statement that set the version alone
-- left updated_at as it was: imports did so with images.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION raise_version() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.version = OLD.version THEN
    NEW.version := OLD.version + 1;
  END IF;
  IF NEW.updated_at = OLD.updated_at THEN
    NEW.updated_at := now();
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd

-- These four did not run for a statement that sets nothing but the version or
-- updated_at.
CREATE OR REPLACE TRIGGER raise_version BEFORE UPDATE ON vendors
  FOR EACH ROW WHEN ((OLD.slug, OLD.name, OLD.version, OLD.updated_at)
                     IS DISTINCT FROM (NEW.slug, NEW.name, NEW.version, NEW.updated_at)) EXECUTE FUNCTION raise_version();
CREATE OR REPLACE TRIGGER raise_version BEFORE UPDATE ON categories
  FOR EACH ROW WHEN ((OLD.slug, OLD.name, OLD.parent_id, OLD.ancestor_ids, OLD.version, OLD.updated_at)
                     IS DISTINCT FROM (NEW.slug, NEW.name, NEW.parent_id, NEW.ancestor_ids, NEW.version, NEW.updated_at))
  EXECUTE FUNCTION raise_version();
CREATE OR REPLACE TRIGGER raise_version
  BEFORE UPDATE OF display_name, email, phone, email_verified_at, disabled_at, version, updated_at ON customers
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION raise_version();
CREATE OR REPLACE TRIGGER raise_version
  BEFORE UPDATE OF display_name, email, disabled_at, version, updated_at ON staff
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION raise_version();

-- +goose Down
CREATE OR REPLACE TRIGGER raise_version BEFORE UPDATE ON vendors
  FOR EACH ROW WHEN ((OLD.slug, OLD.name) IS DISTINCT FROM (NEW.slug, NEW.name)) EXECUTE FUNCTION raise_version();
CREATE OR REPLACE TRIGGER raise_version BEFORE UPDATE ON categories
  FOR EACH ROW WHEN ((OLD.slug, OLD.name, OLD.parent_id, OLD.ancestor_ids)
                     IS DISTINCT FROM (NEW.slug, NEW.name, NEW.parent_id, NEW.ancestor_ids)) EXECUTE FUNCTION raise_version();
CREATE OR REPLACE TRIGGER raise_version BEFORE UPDATE OF display_name, email, phone, email_verified_at, disabled_at ON customers
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION raise_version();
CREATE OR REPLACE TRIGGER raise_version BEFORE UPDATE OF display_name, email, disabled_at ON staff
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION raise_version();
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION raise_version() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.version = OLD.version THEN
    NEW.version := OLD.version + 1;
    NEW.updated_at := now();
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
