-- +goose Up

-- What else is known of a product, in the shop's order: a list of objects with key, name
-- and value, each key once. Whoever lists products reads it with the row.
ALTER TABLE products
  ADD COLUMN attributes jsonb NOT NULL DEFAULT '[]'
    CHECK (jsonb_typeof(attributes) = 'array' AND jsonb_array_length(attributes) <= 250);

-- +goose Down
ALTER TABLE products DROP COLUMN attributes;
