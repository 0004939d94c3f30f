-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX CONCURRENTLY audit_events_by_whole ON audit_events ((coalesce(under_id, subject_id)), id);
CREATE INDEX CONCURRENTLY audit_events_by_kind ON audit_events (subject_kind, id);
CREATE INDEX CONCURRENTLY audit_events_by_action ON audit_events (action, id);
CREATE INDEX CONCURRENTLY audit_events_by_time ON audit_events (occurred_at);

-- +goose Down
DROP INDEX CONCURRENTLY audit_events_by_whole;
DROP INDEX CONCURRENTLY audit_events_by_kind;
DROP INDEX CONCURRENTLY audit_events_by_action;
DROP INDEX CONCURRENTLY audit_events_by_time;
