-- +goose Up

-- A collection with a filter is a smart one: the filter decides when it is read. One
-- without is manual: collection_products has its products.
CREATE TABLE collections (
  id               uuid PRIMARY KEY,
  slug             text NOT NULL UNIQUE,
  title            text NOT NULL,
  description_html text NOT NULL DEFAULT '',
  description      text NOT NULL DEFAULT '',
  image_url        text,
  image_alt_text   text NOT NULL DEFAULT '',
  image_width      int,
  image_height     int,
  seo_title        text,
  seo_description  text,
  filter           jsonb,
  version          bigint NOT NULL DEFAULT 1,
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX collections_by_title ON collections (sort_key(title), id);
CREATE TRIGGER raise_version BEFORE UPDATE ON collections
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION raise_version();

-- The products of manual collections, whatever their status. Positions may have gaps.
CREATE TABLE collection_products (
  collection_id uuid NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
  product_id    uuid NOT NULL REFERENCES products (id) ON DELETE CASCADE,
  position      bigint NOT NULL,
  PRIMARY KEY (product_id, collection_id)
);
CREATE INDEX collection_products_by_position ON collection_products (collection_id, position, product_id);

-- What it was, and product_listings also has a row for each manual collection of a
-- product.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION refresh_products(ids uuid[]) RETURNS void
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
      UNION
      SELECT cp.collection_id, product_id
      FROM shown
      JOIN collection_products cp USING (product_id)
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
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION refresh_products(ids uuid[]) RETURNS void
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
DELETE FROM product_listings WHERE scope_id IN (SELECT id FROM collections);
DROP TABLE collection_products, collections;
