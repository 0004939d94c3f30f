-- +goose NO TRANSACTION
-- +goose Up

-- An interrupted CREATE INDEX CONCURRENTLY leaves an invalid index behind.
DROP INDEX CONCURRENTLY IF EXISTS audit_events_by_whole;
CREATE INDEX CONCURRENTLY audit_events_by_whole ON audit_events ((coalesce(under_id, subject_id)), id);
DROP INDEX CONCURRENTLY IF EXISTS audit_events_by_kind;
CREATE INDEX CONCURRENTLY audit_events_by_kind ON audit_events (subject_kind, id);
DROP INDEX CONCURRENTLY IF EXISTS audit_events_by_action;
CREATE INDEX CONCURRENTLY audit_events_by_action ON audit_events (action, id);
DROP INDEX CONCURRENTLY IF EXISTS audit_events_by_time;
CREATE INDEX CONCURRENTLY audit_events_by_time ON audit_events (occurred_at);

-- Events of parts that still exist. Each part of the update commits, so that staff can
-- go on working. It can be run again, for events that an old instance wrote meanwhile.
-- +goose StatementBegin
DO $$
DECLARE
  ids uuid[];
BEGIN
  LOOP
    SELECT array_agg(id) INTO ids FROM (
      SELECT e.id
      FROM audit_events e
      WHERE e.under_id IS NULL AND e.subject_kind IN ('VARIANT', 'IMAGE', 'REVIEW')
        AND (EXISTS (SELECT FROM variants v WHERE v.id = e.subject_id)
          OR EXISTS (SELECT FROM images i WHERE i.id = e.subject_id)
          OR EXISTS (SELECT FROM reviews r WHERE r.id = e.subject_id))
      LIMIT 5000
    ) AS batch;
    EXIT WHEN ids IS NULL;
    UPDATE audit_events e
    SET under_id = coalesce(
      (SELECT v.product_id FROM variants v WHERE v.id = e.subject_id),
      (SELECT i.product_id FROM images i WHERE i.id = e.subject_id),
      (SELECT r.product_id FROM reviews r WHERE r.id = e.subject_id))
    WHERE e.id = ANY (ids);
    COMMIT;
  END LOOP;
END $$;
-- +goose StatementEnd

-- +goose Down
DROP INDEX CONCURRENTLY IF EXISTS audit_events_by_whole;
DROP INDEX CONCURRENTLY IF EXISTS audit_events_by_kind;
DROP INDEX CONCURRENTLY IF EXISTS audit_events_by_action;
DROP INDEX CONCURRENTLY IF EXISTS audit_events_by_time;
