-- +goose Up

CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS fuzzystrmatch;

-- sort_key is what titles and names are ordered by: case and accents do not
-- count, and collation C makes the order the same on every server and version.
-- +goose StatementBegin
CREATE FUNCTION sort_key(input text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN left(lower(public.unaccent('public.unaccent'::regdictionary, input)), 128) COLLATE "C";
-- +goose StatementEnd

-- search_normalize folds case, accents and punctuation, and sets each letter of
-- a script that is written without blanks (Thai, Lao, Kana, Han) apart, so that
-- a phrase of letters finds what a word cannot. (translate() would take ten times
-- as long: in UTF-8 it walks its list for each letter.)
-- +goose StatementBegin
CREATE FUNCTION search_normalize(input text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN regexp_replace(
  regexp_replace(
    lower(public.unaccent('public.unaccent'::regdictionary, input)),
    '[!-/:-@\[-`{-~\u00a0\u2019\u2013\u2014]+', ' ', 'g'),
  '([\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])', ' \1 ', 'g');
-- +goose StatementEnd

CREATE TABLE vendors (
  id         uuid PRIMARY KEY,
  slug       text NOT NULL UNIQUE,
  name       text NOT NULL,
  name_key   text COLLATE "C" NOT NULL GENERATED ALWAYS AS (sort_key(name)) STORED,
  version    bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
-- A vendor is known by its name, whatever its case and accents.
CREATE UNIQUE INDEX vendors_by_name ON vendors (name_key);

-- A category's place is its path of names, root first. ancestor_ids repeats the
-- chain of parents, root first, so that neither a breadcrumb nor a listing of a
-- whole branch needs recursion.
CREATE TABLE categories (
  id           uuid PRIMARY KEY,
  slug         text NOT NULL UNIQUE,
  name         text NOT NULL,
  name_key     text COLLATE "C" NOT NULL GENERATED ALWAYS AS (sort_key(name)) STORED,
  parent_id    uuid REFERENCES categories (id),
  ancestor_ids uuid[] NOT NULL DEFAULT '{}',
  source       text,
  source_key   text,
  version      bigint NOT NULL DEFAULT 1,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now(),
  UNIQUE NULLS NOT DISTINCT (parent_id, name_key),
  CHECK (array_position(ancestor_ids, NULL) IS NULL
         AND ancestor_ids[cardinality(ancestor_ids)] IS NOT DISTINCT FROM parent_id),
  UNIQUE (source, source_key)
);
CREATE INDEX categories_by_parent ON categories (parent_id, name_key, id);
CREATE INDEX categories_by_name ON categories (name_key, id);
CREATE INDEX categories_by_ancestor ON categories USING gin (ancestor_ids);

-- Columns below "derived" are written by refresh_products alone.
CREATE TABLE products (
  id               uuid PRIMARY KEY,
  slug             text NOT NULL UNIQUE,
  title            text NOT NULL,
  description_html text NOT NULL DEFAULT '',
  description      text NOT NULL DEFAULT '',
  status           text NOT NULL DEFAULT 'ACTIVE' CHECK (status IN ('ACTIVE', 'DRAFT', 'ARCHIVED')),
  product_type     text NOT NULL DEFAULT '',
  tags             text[] NOT NULL DEFAULT '{}',
  vendor_id        uuid REFERENCES vendors (id),
  -- Ratings that came as totals, without the reviews behind them.
  imported_rating_average   numeric(3, 2) CHECK (imported_rating_average BETWEEN 0 AND 5),
  imported_rating_count     int NOT NULL DEFAULT 0 CHECK (imported_rating_count >= 0),
  imported_rating_histogram int[] CHECK (array_length(imported_rating_histogram, 1) = 5),
  source           text,
  source_key       text,
  version          bigint NOT NULL DEFAULT 1,
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now(),
  -- derived
  currency         text,
  price_min_minor  bigint,
  price_max_minor  bigint,
  availability     text NOT NULL DEFAULT 'OUT_OF_STOCK' CHECK (availability IN ('IN_STOCK', 'BACKORDER', 'OUT_OF_STOCK')),
  rating_average   numeric(3, 2),
  rating_count     int NOT NULL DEFAULT 0,
  rating_histogram int[] NOT NULL DEFAULT '{0,0,0,0,0}',
  option_keys      text[] NOT NULL DEFAULT '{}',
  related_scope_id uuid,
  search           tsvector NOT NULL DEFAULT '',
  UNIQUE (source, source_key)
);
CREATE INDEX products_by_vendor ON products (vendor_id);
CREATE INDEX products_by_search ON products USING gin (search);
CREATE INDEX products_by_option ON products USING gin (option_keys);
-- Most products of most shops have no options: facets look at those that do.
CREATE INDEX products_with_options ON products (id) WHERE option_keys <> '{}';

-- Slugs that products had before; they lead to the product still.
CREATE TABLE product_slugs (
  slug       text PRIMARY KEY,
  product_id uuid NOT NULL REFERENCES products (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX product_slugs_by_product ON product_slugs (product_id);

CREATE TABLE product_categories (
  product_id  uuid NOT NULL REFERENCES products (id) ON DELETE CASCADE,
  category_id uuid NOT NULL REFERENCES categories (id),
  PRIMARY KEY (product_id, category_id)
);
CREATE INDEX product_categories_by_category ON product_categories (category_id, product_id);

CREATE TABLE product_options (
  product_id uuid NOT NULL REFERENCES products (id) ON DELETE CASCADE,
  position   int NOT NULL,
  name       text NOT NULL,
  option_values text[] NOT NULL,
  PRIMARY KEY (product_id, position)
);

CREATE TABLE images (
  id         uuid PRIMARY KEY,
  product_id uuid NOT NULL REFERENCES products (id) ON DELETE CASCADE,
  position   int NOT NULL,
  url        text NOT NULL,
  alt_text   text NOT NULL DEFAULT '',
  width      int,
  height     int,
  version    bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (product_id, url)
);
CREATE INDEX images_by_product ON images (product_id, position, id);

-- A variant without a price is not for sale yet. option_values has one value
-- for each of the product's options, in their order. cost_minor is for staff:
-- no public statement reads it.
CREATE TABLE variants (
  id                     uuid PRIMARY KEY,
  product_id             uuid NOT NULL REFERENCES products (id) ON DELETE CASCADE,
  position               int NOT NULL,
  title                  text NOT NULL DEFAULT '',
  sku                    text,
  barcode                text,
  currency               text NOT NULL,
  price_minor            bigint CHECK (price_minor >= 0),
  compare_at_price_minor bigint CHECK (compare_at_price_minor >= 0),
  cost_minor             bigint,
  weight_grams           numeric(14, 3),
  option_values          text[] NOT NULL DEFAULT '{}',
  image_id               uuid REFERENCES images (id) ON DELETE SET NULL,
  inventory_tracked      boolean NOT NULL DEFAULT false,
  sell_when_out_of_stock boolean NOT NULL DEFAULT false,
  -- Sum over the locations; NULL when stock is not tracked.
  available_quantity     bigint,
  source_key             text NOT NULL DEFAULT '',
  version                bigint NOT NULL DEFAULT 1,
  created_at             timestamptz NOT NULL DEFAULT now(),
  updated_at             timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX variants_by_product ON variants (product_id, position, id);
CREATE UNIQUE INDEX variants_by_source ON variants (product_id, source_key) WHERE source_key <> '';
CREATE INDEX variants_by_sku ON variants (sku) WHERE sku IS NOT NULL;
CREATE INDEX variants_by_image ON variants (image_id) WHERE image_id IS NOT NULL;

CREATE TABLE locations (
  id         uuid PRIMARY KEY,
  name       text NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- available = on_hand - committed - unavailable; counts below zero exist in
-- real shops and are kept as they came.
CREATE TABLE inventory_levels (
  variant_id  uuid NOT NULL REFERENCES variants (id) ON DELETE CASCADE,
  location_id uuid NOT NULL REFERENCES locations (id),
  on_hand     bigint NOT NULL DEFAULT 0,
  committed   bigint NOT NULL DEFAULT 0,
  unavailable bigint NOT NULL DEFAULT 0,
  incoming    bigint NOT NULL DEFAULT 0,
  version     bigint NOT NULL DEFAULT 1,
  updated_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (variant_id, location_id)
);
CREATE INDEX inventory_levels_by_location ON inventory_levels (location_id);

CREATE TABLE customers (
  id           uuid PRIMARY KEY,
  display_name text NOT NULL,
  email        text,
  source       text,
  source_key   text,
  version      bigint NOT NULL DEFAULT 1,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now(),
  UNIQUE (source, source_key)
);
CREATE UNIQUE INDEX customers_by_email ON customers (lower(email)) WHERE email IS NOT NULL;

CREATE TABLE reviews (
  id          uuid PRIMARY KEY,
  product_id  uuid NOT NULL REFERENCES products (id) ON DELETE CASCADE,
  customer_id uuid REFERENCES customers (id) ON DELETE SET NULL,
  rating      smallint NOT NULL CHECK (rating BETWEEN 1 AND 5),
  title       text NOT NULL DEFAULT '',
  body        text NOT NULL DEFAULT '',
  status      text NOT NULL DEFAULT 'PUBLISHED' CHECK (status IN ('PUBLISHED', 'PENDING', 'REJECTED')),
  source      text,
  source_key  text,
  version     bigint NOT NULL DEFAULT 1,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now(),
  UNIQUE (source, source_key)
);
CREATE INDEX reviews_by_newest ON reviews (product_id, created_at, id) WHERE status = 'PUBLISHED';
CREATE INDEX reviews_by_rating ON reviews (product_id, rating, id) WHERE status = 'PUBLISHED';
CREATE INDEX reviews_by_customer ON reviews (customer_id) WHERE customer_id IS NOT NULL;

-- product_listings has a row for each page that shows an active product: the
-- whole shop (the zero uuid), its vendor, and each of its categories with all
-- their ancestors. Every product list, whatever its order, is then one walk
-- along one index. Prices and ratings may be absent, and absent ones come last
-- in both directions; hence an index for each direction, over sentinels that
-- keep the keyset's row comparison free of NULLs.
CREATE TABLE product_listings (
  scope_id     uuid NOT NULL,
  product_id   uuid NOT NULL REFERENCES products (id) ON DELETE CASCADE,
  created_at   timestamptz NOT NULL,
  title_key    text COLLATE "C" NOT NULL,
  currency     text COLLATE "C",
  price_minor  bigint,
  rating_key   bigint,
  rating_average numeric(3, 2),
  availability text NOT NULL,
  vendor_id    uuid,
  PRIMARY KEY (product_id, scope_id)
);
CREATE INDEX product_listings_newest ON product_listings (scope_id, created_at, product_id);
CREATE INDEX product_listings_title ON product_listings (scope_id, title_key, product_id);
CREATE INDEX product_listings_price_asc ON product_listings
  (scope_id, coalesce(currency, '~'), coalesce(price_minor, 9223372036854775807), product_id);
CREATE INDEX product_listings_price_desc ON product_listings
  (scope_id, coalesce(currency, ''), coalesce(price_minor, -1), product_id);
CREATE INDEX product_listings_rating_asc ON product_listings
  (scope_id, coalesce(rating_key, 9223372036854775807), product_id);
CREATE INDEX product_listings_rating_desc ON product_listings
  (scope_id, coalesce(rating_key, -1), product_id);

-- The words that products are found by; a query's word that is not among them
-- is compared with them by trigrams and edit distance.
CREATE TABLE search_terms (
  term text COLLATE "C" PRIMARY KEY
);
CREATE INDEX search_terms_by_trigram ON search_terms USING gin (term gin_trgm_ops);

-- How an option value is written where it is shown; its key is in
-- products.option_keys.
CREATE TABLE option_labels (
  key   text PRIMARY KEY,
  name  text NOT NULL,
  value text NOT NULL
);

-- option_key is the form under which "Color: Red" and "color: red" are one: name
-- and value with the unit separator between them, which neither can hold.
-- +goose StatementBegin
CREATE FUNCTION option_key(name text, value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN lower(name) || chr(31) || lower(value);
-- +goose StatementEnd

-- refresh_products brings everything that is derived from a product's rows up
-- to date: price range, stock, rating, search words, listings. Whoever writes
-- products, variants, options, categories, inventory or reviews, or renames or
-- moves a vendor or a category, calls it in the same transaction with the
-- products touched. It writes only what differs, so a
-- call too many costs time and changes nothing; it raises the version of a
-- product whose public columns changed.
-- +goose StatementBegin
CREATE FUNCTION refresh_products(ids uuid[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  -- Whoever comes second waits here, and then sees what the first has written:
  -- each statement of the function has a snapshot of its own.
  PERFORM FROM products WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;

  WITH priced AS (
    SELECT v.product_id,
           (array_agg(v.currency ORDER BY v.price_minor IS NULL, v.position))[1] AS currency
    FROM variants v
    WHERE v.product_id = ANY (ids)
    GROUP BY v.product_id
  ), stock AS (
    SELECT v.product_id,
           min(v.price_minor) FILTER (WHERE v.currency = priced.currency) AS price_min,
           max(v.price_minor) FILTER (WHERE v.currency = priced.currency) AS price_max,
           CASE
             WHEN bool_or(v.price_minor IS NOT NULL
                          AND (NOT v.inventory_tracked OR v.available_quantity > 0)) THEN 'IN_STOCK'
             WHEN bool_or(v.price_minor IS NOT NULL AND v.sell_when_out_of_stock) THEN 'BACKORDER'
             ELSE 'OUT_OF_STOCK'
           END AS availability,
           priced.currency
    FROM variants v
    JOIN priced USING (product_id)
    GROUP BY v.product_id, priced.currency
  ), rated AS (
    SELECT r.product_id, count(*)::int AS n, sum(r.rating) AS total,
           ARRAY[count(*) FILTER (WHERE r.rating = 1), count(*) FILTER (WHERE r.rating = 2),
                 count(*) FILTER (WHERE r.rating = 3), count(*) FILTER (WHERE r.rating = 4),
                 count(*) FILTER (WHERE r.rating = 5)]::int[] AS stars
    FROM reviews r
    WHERE r.product_id = ANY (ids) AND r.status = 'PUBLISHED'
    GROUP BY r.product_id
  ), chosen AS (
    SELECT o.product_id,
           array_agg(DISTINCT option_key(o.name, value)) AS keys,
           string_agg(DISTINCT value, ' ') AS words
    FROM product_options o, unnest(o.option_values) AS value
    WHERE o.product_id = ANY (ids)
    GROUP BY o.product_id
  ), filed AS (
    SELECT pc.product_id,
           (array_agg(c.id ORDER BY cardinality(c.ancestor_ids) DESC, c.name_key, c.id))[1] AS deepest,
           string_agg(c.name, ' ' ORDER BY c.name_key) AS names
    FROM product_categories pc
    JOIN categories c ON c.id = pc.category_id
    WHERE pc.product_id = ANY (ids)
    GROUP BY pc.product_id
  ), derived AS (
    SELECT p.id,
           stock.currency, stock.price_min, stock.price_max,
           coalesce(stock.availability, 'OUT_OF_STOCK') AS availability,
           coalesce(rated.n, 0) + p.imported_rating_count AS rating_count,
           round((coalesce(rated.total, 0) + coalesce(p.imported_rating_average, 0) * p.imported_rating_count)
                 / nullif(coalesce(rated.n, 0) + p.imported_rating_count, 0), 2) AS rating_average,
           ARRAY(SELECT coalesce(rated.stars[star], 0) + coalesce(p.imported_rating_histogram[star], 0)
                 FROM generate_series(1, 5) AS star) AS rating_histogram,
           coalesce(chosen.keys, '{}') AS option_keys,
           coalesce(filed.deepest, p.vendor_id) AS related_scope_id,
           setweight(to_tsvector('simple', search_normalize(p.title)), 'A')
             || setweight(to_tsvector('simple', search_normalize(coalesce(vendors.name, ''))), 'B')
             || setweight(to_tsvector('simple', search_normalize(concat_ws(' ',
                  p.product_type, array_to_string(p.tags, ' '), filed.names, left(chosen.words, 1000)))), 'C')
             || setweight(to_tsvector('simple', search_normalize(left(p.description, 2000))), 'D') AS search
    FROM products p
    LEFT JOIN vendors ON vendors.id = p.vendor_id
    LEFT JOIN stock ON stock.product_id = p.id
    LEFT JOIN rated ON rated.product_id = p.id
    LEFT JOIN chosen ON chosen.product_id = p.id
    LEFT JOIN filed ON filed.product_id = p.id
    WHERE p.id = ANY (ids)
  )
  UPDATE products p
  SET currency = d.currency, price_min_minor = d.price_min, price_max_minor = d.price_max,
      availability = d.availability, rating_average = d.rating_average, rating_count = d.rating_count,
      rating_histogram = d.rating_histogram, option_keys = d.option_keys,
      related_scope_id = d.related_scope_id, search = d.search,
      version = p.version + 1, updated_at = now()
  FROM derived d
  WHERE p.id = d.id
    AND (p.currency, p.price_min_minor, p.price_max_minor, p.availability, p.rating_average, p.rating_count,
         p.rating_histogram, p.option_keys, p.related_scope_id, p.search)
        IS DISTINCT FROM
        (d.currency, d.price_min, d.price_max, d.availability, d.rating_average, d.rating_count,
         d.rating_histogram, d.option_keys, d.related_scope_id, d.search);

  INSERT INTO option_labels (key, name, value)
  SELECT DISTINCT ON (option_key(o.name, value)) option_key(o.name, value), o.name, value
  FROM product_options o, unnest(o.option_values) AS value
  WHERE o.product_id = ANY (ids)
    AND NOT EXISTS (SELECT FROM option_labels known WHERE known.key = option_key(o.name, value))
  ORDER BY option_key(o.name, value), o.name, value
  ON CONFLICT DO NOTHING;

  INSERT INTO search_terms (term)
  SELECT DISTINCT lexeme
  FROM products p, unnest(tsvector_to_array(p.search)) AS lexeme
  WHERE p.id = ANY (ids) AND length(lexeme) BETWEEN 3 AND 40
    AND NOT EXISTS (SELECT FROM search_terms known WHERE known.term = lexeme)
  ORDER BY lexeme -- two transactions with the same new words must meet them in one order
  ON CONFLICT DO NOTHING;

  WITH shown AS MATERIALIZED (
    SELECT p.id AS product_id, p.created_at, sort_key(p.title) AS title_key,
           CASE WHEN p.price_min_minor IS NOT NULL THEN p.currency END AS currency, p.price_min_minor AS price_minor,
           (p.rating_average * 100)::bigint * 10000000 + least(p.rating_count, 9999999) AS rating_key,
           p.rating_average, p.availability, p.vendor_id
    FROM products p
    WHERE p.id = ANY (ids) AND p.status = 'ACTIVE'
  ), wanted AS MATERIALIZED (
    SELECT scope.id AS scope_id, shown.*
    FROM shown
    JOIN (
      SELECT '00000000-0000-0000-0000-000000000000'::uuid AS id, product_id FROM shown
      UNION
      SELECT vendor_id, product_id FROM shown WHERE vendor_id IS NOT NULL
      UNION
      SELECT unnest(c.ancestor_ids || c.id), product_id
      FROM shown
      JOIN product_categories pc USING (product_id)
      JOIN categories c ON c.id = pc.category_id
    ) AS scope USING (product_id)
  ), gone AS (
    DELETE FROM product_listings l
    WHERE l.product_id = ANY (ids)
      AND NOT EXISTS (SELECT FROM wanted w WHERE w.product_id = l.product_id AND w.scope_id = l.scope_id)
  )
  INSERT INTO product_listings AS l
    (scope_id, product_id, created_at, title_key, currency, price_minor, rating_key, rating_average, availability, vendor_id)
  SELECT scope_id, product_id, created_at, title_key, currency, price_minor, rating_key, rating_average, availability, vendor_id
  FROM wanted
  -- In the order of the indexes: random entries took twice as long.
  ORDER BY scope_id, product_id
  ON CONFLICT (product_id, scope_id) DO UPDATE
  SET created_at = EXCLUDED.created_at, title_key = EXCLUDED.title_key, currency = EXCLUDED.currency,
      price_minor = EXCLUDED.price_minor, rating_key = EXCLUDED.rating_key,
      rating_average = EXCLUDED.rating_average, availability = EXCLUDED.availability,
      vendor_id = EXCLUDED.vendor_id
  WHERE (l.created_at, l.title_key, l.currency, l.price_minor, l.rating_key, l.availability, l.vendor_id)
        IS DISTINCT FROM
        (EXCLUDED.created_at, EXCLUDED.title_key, EXCLUDED.currency, EXCLUDED.price_minor,
         EXCLUDED.rating_key, EXCLUDED.availability, EXCLUDED.vendor_id);
END $$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION refresh_products(uuid[]);
DROP FUNCTION option_key(text, text);
DROP TABLE option_labels, search_terms, product_listings, reviews, customers, inventory_levels, locations,
  variants, images, product_options, product_categories, product_slugs, products, categories, vendors;
DROP FUNCTION search_normalize(text);
DROP FUNCTION sort_key(text);
