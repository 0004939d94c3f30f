-- +goose Up

-- For a server without logical decoding: what each statement has changed. Triggers fill it,
-- which "souk cache outbox enable" makes, and the follower empties it. A crash empties it too;
-- caches then begin anew. keys are those of one column; without place, any row has changed.
CREATE UNLOGGED TABLE cache_outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  relation text NOT NULL,
  place text,
  keys text[]
);

-- The position in the log up to which everything had been told when rows were removed.
CREATE UNLOGGED TABLE cache_outbox_told (
  at bigint NOT NULL
);
CREATE UNIQUE INDEX cache_outbox_told_single ON cache_outbox_told ((true));

-- Its arguments are the columns whose values are noted, those before and after the change.
-- Whoever may write the table need not know the outbox.
-- +goose StatementBegin
CREATE FUNCTION note_cached_change() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  most CONSTANT int := 500; -- keys; of more, the whole table has changed
  note CONSTANT text := format('INSERT INTO %I.cache_outbox (relation, place, keys) VALUES ($1, $2, $3)', TG_TABLE_SCHEMA);
  changed text := 'new_rows';
  place text;
  keys text[];
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    EXECUTE note USING TG_TABLE_NAME::text, NULL::text, NULL::text[];
    RETURN NULL;
  END IF;
  IF TG_OP = 'DELETE' THEN
    changed := 'old_rows';
  ELSIF TG_OP = 'UPDATE' THEN
    changed := '(SELECT * FROM old_rows UNION ALL SELECT * FROM new_rows) r';
  END IF;
  FOREACH place IN ARRAY TG_ARGV LOOP
    EXECUTE format('SELECT array_agg(k) FROM (SELECT DISTINCT %I::text AS k FROM %s LIMIT %s) d', place, changed, most + 1)
    INTO keys;
    IF keys IS NULL THEN
      RETURN NULL; -- the statement found no row
    END IF;
    IF cardinality(keys) > most THEN
      EXECUTE note USING TG_TABLE_NAME::text, NULL::text, NULL::text[];
      RETURN NULL;
    END IF;
    EXECUTE note USING TG_TABLE_NAME::text, place, keys;
  END LOOP;
  RETURN NULL;
END
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION note_cached_change() CASCADE;
DROP TABLE cache_outbox_told, cache_outbox;
