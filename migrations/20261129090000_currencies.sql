-- +goose Up

-- Amounts are stored in the smallest unit of their currency, and these currencies have
-- more decimals now: those of ISO 4217, where an old list of CLDR had none. The last
-- line has currencies that ended before 2011 and that Souk no longer knows; amounts in
-- an unknown currency have two decimals. No currency has fewer decimals than before.
--
-- It reads variants once, and locks and writes only the products that have a price in
-- one of these currencies: in most shops none, in a shop of such a country all. Such a
-- shop must stop the instances of the version before first: they would read and write
-- these amounts without the decimals. Writers of these products wait until it commits.
-- An amount that has no room for two more digits (above 92 quadrillion IDR) makes the
-- migration fail as a whole, with the names of the products.
CREATE TEMPORARY TABLE rescaled (code text PRIMARY KEY, factor numeric NOT NULL);
INSERT INTO rescaled (code, factor)
SELECT code, CASE code WHEN 'IQD' THEN 1000 ELSE 100 END
FROM unnest('{AFN,ALL,AMD,COP,GYD,IDR,IQD,IRR,KPW,LAK,LBP,MGA,MMK,MNT,MUR,PKR,RSD,SOS,SYP,TZS,UZS,YER,
              MRO,SLL,STD,ZMK,
              ADP,ESP,ITL,LUF,MGF,TMM,TRL,ZWD}'::text[]) AS code;

-- Products first, as every writer locks them.
CREATE TEMPORARY TABLE rescaled_products AS
SELECT p.id
FROM products p
WHERE p.id IN (SELECT v.product_id FROM variants v JOIN rescaled r ON r.code = v.currency)
ORDER BY p.id
FOR NO KEY UPDATE;
ALTER TABLE rescaled_products ADD PRIMARY KEY (id);

-- +goose StatementBegin
DO $$
DECLARE
  found text;
BEGIN
  SELECT string_agg(slug, ', ' ORDER BY slug)
  INTO found
  FROM (SELECT DISTINCT p.slug
        FROM products p
        JOIN variants v ON v.product_id = p.id
        JOIN rescaled r ON r.code = v.currency
        WHERE p.id IN (SELECT id FROM rescaled_products)
          AND greatest(abs(v.price_minor::numeric), abs(v.compare_at_price_minor::numeric), abs(v.cost_minor::numeric)) * r.factor
              > 9223372036854775807
        ORDER BY p.slug
        LIMIT 20) AS too_large;
  IF found IS NOT NULL THEN
    RAISE EXCEPTION 'a price or a cost is too large to be stored with the decimals of its currency; correct or delete it and migrate again. Products (at most 20): %', found;
  END IF;
END $$;
-- +goose StatementEnd

UPDATE variants v
SET price_minor = v.price_minor * r.factor,
    compare_at_price_minor = v.compare_at_price_minor * r.factor,
    cost_minor = v.cost_minor * r.factor
FROM rescaled r
WHERE v.currency = r.code AND v.product_id IN (SELECT id FROM rescaled_products);

-- Prices of products and listings are derived. The same factor gives what
-- refresh_products would find, without making the search words again. The versions rise
-- also where only a variant's price is in one of these currencies; the triggers raise
-- those of variants and collections.
UPDATE products p
SET price_min_minor = p.price_min_minor * r.factor, price_max_minor = p.price_max_minor * r.factor, version = p.version + 1
FROM (SELECT t.id, coalesce((SELECT s.factor FROM rescaled s WHERE s.code = q.currency), 1) AS factor
      FROM rescaled_products t
      JOIN products q ON q.id = t.id) AS r
WHERE p.id = r.id;

UPDATE product_listings l
SET price_minor = l.price_minor * r.factor
FROM rescaled r
WHERE l.currency = r.code AND l.product_id IN (SELECT id FROM rescaled_products);

-- The price that a smart collection asks for. A bound beyond all amounts stays so.
UPDATE collections c
SET filter = jsonb_set(c.filter, '{price}', c.filter -> 'price' || jsonb_strip_nulls(jsonb_build_object(
  'min_minor', CASE WHEN c.filter #> '{price,min_minor}' IS NOT NULL THEN
    greatest(least((c.filter #>> '{price,min_minor}')::numeric * r.factor, 9223372036854775807), -9223372036854775807) END,
  'max_minor', CASE WHEN c.filter #> '{price,max_minor}' IS NOT NULL THEN
    greatest(least((c.filter #>> '{price,max_minor}')::numeric * r.factor, 9223372036854775807), -9223372036854775807) END)))
FROM rescaled r
WHERE c.filter #>> '{price,currency}' = r.code;

DROP TABLE rescaled, rescaled_products;

-- +goose Down

-- The decimals that the version before does not know are rounded, half away from zero.
CREATE TEMPORARY TABLE rescaled (code text PRIMARY KEY, factor numeric NOT NULL);
INSERT INTO rescaled (code, factor)
SELECT code, CASE code WHEN 'IQD' THEN 1000 ELSE 100 END
FROM unnest('{AFN,ALL,AMD,COP,GYD,IDR,IQD,IRR,KPW,LAK,LBP,MGA,MMK,MNT,MUR,PKR,RSD,SOS,SYP,TZS,UZS,YER,
              MRO,SLL,STD,ZMK,
              ADP,ESP,ITL,LUF,MGF,TMM,TRL,ZWD}'::text[]) AS code;

CREATE TEMPORARY TABLE rescaled_products AS
SELECT p.id
FROM products p
WHERE p.id IN (SELECT v.product_id FROM variants v JOIN rescaled r ON r.code = v.currency)
ORDER BY p.id
FOR NO KEY UPDATE;
ALTER TABLE rescaled_products ADD PRIMARY KEY (id);

UPDATE variants v
SET price_minor = round(v.price_minor / r.factor),
    compare_at_price_minor = round(v.compare_at_price_minor / r.factor),
    cost_minor = round(v.cost_minor / r.factor)
FROM rescaled r
WHERE v.currency = r.code AND v.product_id IN (SELECT id FROM rescaled_products);

UPDATE products p
SET price_min_minor = round(p.price_min_minor / r.factor), price_max_minor = round(p.price_max_minor / r.factor), version = p.version + 1
FROM (SELECT t.id, coalesce((SELECT s.factor FROM rescaled s WHERE s.code = q.currency), 1) AS factor
      FROM rescaled_products t
      JOIN products q ON q.id = t.id) AS r
WHERE p.id = r.id;

UPDATE product_listings l
SET price_minor = round(l.price_minor / r.factor)
FROM rescaled r
WHERE l.currency = r.code AND l.product_id IN (SELECT id FROM rescaled_products);

UPDATE collections c
SET filter = jsonb_set(c.filter, '{price}', c.filter -> 'price' || jsonb_strip_nulls(jsonb_build_object(
  'min_minor', round((c.filter #>> '{price,min_minor}')::numeric / r.factor),
  'max_minor', round((c.filter #>> '{price,max_minor}')::numeric / r.factor))))
FROM rescaled r
WHERE c.filter #>> '{price,currency}' = r.code;

DROP TABLE rescaled, rescaled_products;
