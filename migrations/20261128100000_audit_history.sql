-- +goose Up

-- The object that the changed one is a part of, such as a variant's product: its
-- history has this event too. NULL: it is a part of none.
ALTER TABLE audit_events ADD COLUMN under_id uuid;

UPDATE audit_events e SET under_id = v.product_id FROM variants v WHERE e.subject_kind = 'VARIANT' AND v.id = e.subject_id;
UPDATE audit_events e SET under_id = i.product_id FROM images i WHERE e.subject_kind = 'IMAGE' AND i.id = e.subject_id;
UPDATE audit_events e SET under_id = r.product_id FROM reviews r WHERE e.subject_kind = 'REVIEW' AND r.id = e.subject_id;

-- +goose Down
ALTER TABLE audit_events DROP COLUMN under_id;
