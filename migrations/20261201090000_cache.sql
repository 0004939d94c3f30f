-- +goose Up

-- The epoch that cached values belong to: one stretch of the log that was followed without
-- a gap. A follower of the log writes its row, into both tables. cache_life is emptied by a
-- restart after a crash, and when a replica is promoted: then the log may lack what somebody
-- has already seen, and a new epoch begins.
CREATE TABLE cache_epoch (
  id uuid NOT NULL
);
CREATE UNIQUE INDEX cache_epoch_single ON cache_epoch ((true));

CREATE UNLOGGED TABLE cache_life (
  id uuid NOT NULL
);
CREATE UNIQUE INDEX cache_life_single ON cache_life ((true));

-- The old rows of these tables are logged whole: a row that moves, such as a variant from
-- one product to another, changes what both have. A table with a column list in the
-- publication cannot have FULL: each UPDATE of it would fail.
ALTER TABLE product_slugs REPLICA IDENTITY FULL;
ALTER TABLE variants REPLICA IDENTITY FULL;
ALTER TABLE images REPLICA IDENTITY FULL;
ALTER TABLE reviews REPLICA IDENTITY FULL;
ALTER TABLE categories REPLICA IDENTITY FULL;
ALTER TABLE vendors REPLICA IDENTITY FULL;
ALTER TABLE collections REPLICA IDENTITY FULL;

-- What the follower reads: the tables that are cached. Products are large, and customers
-- private, so only the named columns leave the server.
-- It belongs to no schema, so it is left over where the schema was dropped.
DROP PUBLICATION IF EXISTS souk_cache;
CREATE PUBLICATION souk_cache FOR TABLE
  products (id, slug, status),
  product_slugs,
  product_listings (scope_id, product_id),
  product_categories,
  product_options (product_id, position),
  option_labels (key),
  variants,
  images,
  reviews,
  categories,
  vendors,
  customers (id, display_name),
  collections,
  collection_products,
  shop (id);

-- +goose Down
DROP PUBLICATION souk_cache;
ALTER TABLE product_slugs REPLICA IDENTITY DEFAULT;
ALTER TABLE variants REPLICA IDENTITY DEFAULT;
ALTER TABLE images REPLICA IDENTITY DEFAULT;
ALTER TABLE reviews REPLICA IDENTITY DEFAULT;
ALTER TABLE categories REPLICA IDENTITY DEFAULT;
ALTER TABLE vendors REPLICA IDENTITY DEFAULT;
ALTER TABLE collections REPLICA IDENTITY DEFAULT;
DROP TABLE cache_life, cache_epoch;
