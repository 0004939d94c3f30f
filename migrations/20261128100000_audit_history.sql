-- +goose Up

-- The object that the changed one is a part of, such as a variant's product. The
-- history of that object contains this event too. NULL: it is a part of none.
ALTER TABLE audit_events ADD COLUMN under_id uuid;

-- +goose Down
ALTER TABLE audit_events DROP COLUMN under_id;
