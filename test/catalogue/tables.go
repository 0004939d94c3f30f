package catalogue

// tables are filled in this order. A sized statement gets the number of products
// as $1. Divisors are odd numbers without common factors, so that every property
// meets every other.
var tables = []struct {
	name      string
	sized     bool
	statement string
}{
	{"key function", false, keyFunction},
	{"word function", false, wordFunction},
	{"shop", false, shopSettings},
	{"vendors", true, vendors},
	{"categories", false, categories},
	{"customers", true, customers},
	{"products", true, products},
	{"product slugs", true, productSlugs},
	{"product categories", false, productCategories},
	{"collections", false, collections},
	{"collection products", true, collectionProducts},
	{"product options", false, productOptions},
	{"images", false, images},
	{"variants", false, variants},
	{"reviews", true, reviews},
	{"reviews of one", true, reviewsOfOne},
	{"addresses", false, addresses},
	{"roles", true, roles},
	{"staff", true, staff},
	{"staff roles", true, staffRoles},
	{"API keys", true, apiKeys},
	{"audit events", true, auditEvents},
	{"sessions", true, sessions},
	{"refresh tokens", true, refreshTokens},
	{"one-time tokens", true, oneTimeTokens},
	{"e-mails", true, emails},
	{"identities", true, identities},
	{"idempotency keys", true, idempotencyKeys},
	{"import_runs", true, importRuns},
	{"jobs", true, jobs},
	{"documents", true, registeredDocuments},
	{"automatic documents", true, automaticDocuments},
	{"document uses", false, documentUses},
	{"stale products", false, staleProducts},
	{"locations", true, locations},
	{"inventory levels", true, inventoryLevels},
}

const (
	// A key is a UUID of version 7: fifty in a row share their millisecond, the
	// rest is as good as random. Both functions are one expression each, so that
	// they are inlined: they run a million times.
	keyFunction = `
CREATE FUNCTION pg_temp.key(noun text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex(1767225600000 + n / 50), 12, '0') || '7' || substr(md5(noun || n::text), 1, 3)
          || '8' || substr(md5(noun || n::text), 4, 15))::uuid
$$`

	// A word of three syllables; there are 8,000 of them.
	wordFunction = `
CREATE FUNCTION pg_temp.word(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT substr('braceldunfosgimhapjorkullemmunnorpriquorasstotriulmvexwolzan', 1 + (n % 20)::int * 3, 3)
      || substr('braceldunfosgimhapjorkullemmunnorpriquorasstotriulmvexwolzan', 1 + (n / 20 % 20)::int * 3, 3)
      || substr('braceldunfosgimhapjorkullemmunnorpriquorasstotriulmvexwolzan', 1 + (n / 400 % 20)::int * 3, 3)
$$`

	shopSettings = `
UPDATE shop
SET name = 'Catalogue', currency = 'EUR'`

	vendors = `
INSERT INTO vendors (id, slug, name)
SELECT pg_temp.key('vendor', i), 'vendor-' || i,
       (ARRAY['Ångström', 'aurora', 'Bluebird', 'Café', 'Delta', 'été', 'Fjord'])[1 + i % 7] || ' ' || pg_temp.word(i * 37)  || ' ' || i
FROM generate_series(1, greatest(130, $1::bigint / 80)) AS i`

	// 30 roots, three levels below them; and 150 children under the first root.
	// Names below the roots repeat from parent to parent.
	categories = `
WITH RECURSIVE tree AS (
  SELECT n::bigint AS number, 1 AS level, NULL::bigint AS parent, '{}'::uuid[] AS ancestors,
         (ARRAY['Garden', 'Kitchen', 'Élan', 'elan', 'Office', 'Zoo'])[1 + n % 6] || ' ' || n AS name
  FROM generate_series(1, 30) AS n
  UNION ALL
  SELECT tree.number * 1000 + child, tree.level + 1, tree.number, tree.ancestors || pg_temp.key('category', tree.number),
         (ARRAY['Accessories', 'Others', 'Öfen', 'Sets', 'Small', 'Zubehör'])[1 + child % 6] || CASE WHEN child > 6 THEN ' ' || child ELSE '' END
  FROM tree
  CROSS JOIN LATERAL generate_series(1, CASE WHEN tree.number = 1 THEN 150 WHEN tree.level = 1 THEN 3 WHEN tree.level = 2 THEN 4 ELSE 2 END) AS child
  WHERE tree.level < 4 AND (tree.number <= 30 OR tree.number / 1000 <> 1)
)
INSERT INTO categories (id, slug, name, parent_id, ancestor_ids)
SELECT pg_temp.key('category', number), 'category-' || number, name, pg_temp.key('category', parent), ancestors
FROM tree
ORDER BY level`

	customers = `
INSERT INTO customers (id, display_name, email, password_hash, created_at)
SELECT pg_temp.key('customer', i), (ARRAY['Customer', 'customer', 'Cústomer'])[1 + i % 3] || ' ' || i % greatest(97, $1::bigint / 30),
       CASE WHEN i % 8 > 0 THEN 'customer-' || i || '@example.com' END, CASE WHEN i % 3 = 0 THEN 'hash' END,
       timestamptz '2026-01-01 00:00Z' + interval '1 hour' * (i * 31 % greatest(61, $1::bigint / 50))
FROM generate_series(1, greatest(250, $1::bigint / 5)) AS i`

	// Three products share a title, about a hundred of 100,000 a date. The last
	// word of a title is rare; the first two are not.
	products = `
INSERT INTO products (id, slug, title, description, description_html, status, product_type, tags, vendor_id,
                      imported_rating_average, imported_rating_count, created_at, updated_at)
SELECT pg_temp.key('product', i), 'product-' || i, title, description, '<p>' || description || '</p>',
       CASE WHEN i % 29 = 0 THEN 'DRAFT' WHEN i % 31 = 0 THEN 'ARCHIVED' ELSE 'ACTIVE' END,
       noun, ARRAY['tag' || i % 5],
       CASE WHEN i % 19 > 0 THEN pg_temp.key('vendor', 1 + i * 7 % (greatest(130, $1::bigint / 80) - 10)) END,
       CASE WHEN i % 11 = 0 THEN 3 + i % 3 END, CASE WHEN i % 11 = 0 THEN 40 + i % 3 ELSE 0 END,
       created_at, created_at
FROM generate_series(1, $1::bigint) AS i
CROSS JOIN LATERAL (
  SELECT i % greatest($1::bigint / 3, 1) AS family, timestamptz '2026-01-01 00:00Z' + interval '1 hour' * (i * 7919 % 997) AS created_at
) AS chosen
CROSS JOIN LATERAL (
  SELECT (ARRAY['Alder', 'Blue', 'Crème', 'creme', 'Double', 'Electric', 'Folding', 'Grey', 'Heavy', 'Indigo', 'Jumbo'])[1 + family % 11] AS adjective,
         (ARRAY['Armchair', 'Backpack', 'Bicycle', 'Blanket', 'Bottle', 'Camera', 'Hammer', 'Jacket', 'Kettle', 'Lantern', 'Speaker', 'Teapot', 'Umbrella'])[1 + family % 13] AS noun
) AS words
CROSS JOIN LATERAL (
  SELECT adjective || ' ' || noun || ' ' || pg_temp.word(family) AS title,
         'A ' || lower(noun) || ' that ' || pg_temp.word(i % 50) || ' and ' || pg_temp.word(i % 400) || ' for every day.' AS description
) AS written`

	productSlugs = `
INSERT INTO product_slugs (slug, product_id)
SELECT 'old-product-' || i, pg_temp.key('product', i)
FROM generate_series(1, $1::bigint, 10) AS i`

	// The number of a product is read back from its slug.
	productCategories = `
WITH every AS MATERIALIZED (
  SELECT array_agg(id ORDER BY slug) AS ids FROM categories
)
INSERT INTO product_categories (product_id, category_id)
SELECT p.id, every.ids[1 + (i * 13 + k * 101) % cardinality(every.ids)]
FROM products p
CROSS JOIN every
CROSS JOIN LATERAL (SELECT substr(p.slug, 9)::bigint AS i) AS own
CROSS JOIN LATERAL generate_series(0, CASE WHEN i = 1 THEN 129 WHEN i % 17 = 0 THEN -1 ELSE i % 2 END) AS k`

	// 130 manual collections and as many smart ones, of each condition and of several.
	collections = `
INSERT INTO collections (id, slug, title, description, filter)
SELECT pg_temp.key('collection', i), 'collection-' || i, (ARRAY['Été', 'ete', 'Gifts', 'new', 'Sale'])[1 + i % 5] || ' ' || i % 60, 'Chosen.',
       CASE WHEN i > 130 THEN jsonb_strip_nulls(jsonb_build_object(
         'category', CASE WHEN i % 3 = 0 THEN (SELECT pg_temp.key('category', 1 + i % 30)) END,
         'vendors', CASE WHEN i % 4 = 0 THEN jsonb_build_array(pg_temp.key('vendor', 1 + i % 100), pg_temp.key('vendor', 2 + i % 100)) 
                         WHEN i % 4 = 1 THEN jsonb_build_array(pg_temp.key('vendor', 1 + i % 100)) END,
         'price', CASE WHEN i % 5 = 0 THEN '{"currency": "EUR", "min_minor": 2000}'::jsonb END,
         'min_rating', CASE WHEN i % 7 = 0 THEN 2.5 END,
         'availability', CASE WHEN i % 11 = 0 THEN '["IN_STOCK", "BACKORDER"]'::jsonb END,
         'options', CASE WHEN i % 13 = 0 THEN '[{"name": "size", "values": ["m"]}, {"name": "COLOR", "values": ["red", "blue"]}]'::jsonb END)) END
FROM generate_series(1, 260) AS i`

	// The first one has up to 5,000 products, the others two to forty. Positions repeat.
	collectionProducts = `
INSERT INTO collection_products (collection_id, product_id, position)
SELECT DISTINCT ON (c, p) pg_temp.key('collection', c), pg_temp.key('product', p), (p * 31 + c) % 499
FROM generate_series(1, 130) AS c
CROSS JOIN LATERAL generate_series(1, CASE c WHEN 1 THEN least(5000, $1::bigint / 2) ELSE 2 + c % 39 END) AS k
CROSS JOIN LATERAL (SELECT 1 + (c * 977 + k * CASE c WHEN 1 THEN 2 ELSE 13 END) % $1::bigint) AS chosen (p)`

	productOptions = `
INSERT INTO product_options (product_id, position, name, option_values)
SELECT p.id, o.position, o.name, o.option_values
FROM products p
CROSS JOIN LATERAL (SELECT substr(p.slug, 9)::bigint AS i) AS own
CROSS JOIN LATERAL (VALUES
  (1, 'Color', (ARRAY['{Red,Green}', '{red,Blue}', '{Black}'])[1 + i % 3]::text[]),
  (2, 'Size', '{S,M,L}'::text[])
) AS o (position, name, option_values)
WHERE i % 4 >= o.position`

	images = `
INSERT INTO images (id, product_id, position, url, alt_text, width, height)
SELECT pg_temp.key('image', i * 1000 + k), p.id, k / 2, '/images/' || i || '-' || k || '.svg', p.title, 600, CASE WHEN k % 3 > 0 THEN 400 END
FROM products p
CROSS JOIN LATERAL (SELECT substr(p.slug, 9)::bigint AS i) AS own
CROSS JOIN LATERAL generate_series(1, CASE WHEN i = 1 THEN 150 ELSE i % 3 END) AS k`

	variants = `
INSERT INTO variants (id, product_id, position, title, sku, currency, price_minor, compare_at_price_minor, option_values,
                      image_id, inventory_tracked, sell_when_out_of_stock, available_quantity)
SELECT pg_temp.key('variant', i * 1000 + k), p.id, k / 3, 'Variant ' || k,
       CASE WHEN i % 5 > 0 THEN 'SKU-' || i % 50000 || '-' || k END,
       (ARRAY['EUR', 'USD', 'EUR', 'INR', 'EUR'])[1 + i % 5],
       CASE WHEN i % 13 > 0 THEN 99 + 100 * (i * 37 % 200) + k % 2 * 500 END, CASE WHEN i % 6 = 0 THEN 99999 END, '{}',
       CASE WHEN k = 1 AND i % 3 > 0 THEN pg_temp.key('image', i * 1000 + 1) END,
       i % 7 > 0, i % 9 = 0, CASE WHEN i % 7 > 0 THEN i % 8 - 1 END
FROM products p
CROSS JOIN LATERAL (SELECT substr(p.slug, 9)::bigint AS i) AS own
CROSS JOIN LATERAL generate_series(1, CASE WHEN i = 1 THEN 130 WHEN i % 23 = 0 THEN 0 ELSE 1 + i % 3 END) AS k`

	reviews = `
INSERT INTO reviews (id, product_id, customer_id, rating, title, body, status, source, source_key, created_at, updated_at)
SELECT pg_temp.key('review', i * 1000 + k), p.id,
       CASE WHEN (i + k) % 9 > 0 THEN pg_temp.key('customer', 1 + (i * 3 + k) % greatest(50, $1::bigint / 20)) END,
       1 + (i + k * k) % 5, 'Review ' || k, 'It does what it says.',
       CASE WHEN (i + k) % 12 = 0 THEN 'PENDING' ELSE 'PUBLISHED' END, 'test', i || '-' || k, at, at
FROM products p
CROSS JOIN LATERAL (SELECT substr(p.slug, 9)::bigint AS i) AS own
CROSS JOIN LATERAL generate_series(1, CASE WHEN i = 1 THEN 250 WHEN i % 3 = 0 THEN 0 ELSE i % 5 END) AS k
CROSS JOIN LATERAL (SELECT timestamptz '2026-02-01 00:00Z' + interval '1 day' * ((i + k) % 40) AS at) AS written`
)
