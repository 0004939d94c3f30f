package nplusone

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// hubCustomer has a hundred of everything, and is the newest customer.
var hubCustomer = uuid.MustParse("00000000-0000-7000-8000-00000000c0de")

// fillChains makes a shop in which whatever is a parent has children, the same
// number at every place: 220 category chains of nine levels whose middle
// categories come first by name, with two children each from there on; products
// in the lower ones, each with a vendor, two variants with pictures, options,
// reviews by customers; and one product, "hub", with a hundred of everything. Those
// who buy and those who sell have what is theirs: see chainPeople.
func fillChains(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for i, statement := range slices.Concat(chains, chainCollections, chainPeople, []string{`SELECT refresh_products(ARRAY(SELECT id FROM products))`, `ANALYZE`}) {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("statement %d: %w", i, err)
		}
	}
	return nil
}

var chains = []string{
	`CREATE FUNCTION pg_temp.uid(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
	 AS $$ SELECT md5(kind || ':' || n)::uuid $$`,

	// A third of the chains hang on nothing, the others on the category "hub",
	// which has three more above it.
	`CREATE TEMP TABLE chain AS
	 SELECT n, n > 110 AS below_hub FROM generate_series(1, 220) AS n`,
	`INSERT INTO categories (id, slug, name, parent_id, ancestor_ids)
	 SELECT pg_temp.uid('above', level), CASE level WHEN 3 THEN 'hub' ELSE 'above-' || level END, 'Z above ' || level,
	        CASE WHEN level > 0 THEN pg_temp.uid('above', level - 1) END,
	        ARRAY(SELECT pg_temp.uid('above', above) FROM generate_series(0, level - 1) AS above)
	 FROM generate_series(0, 3) AS level`,

	// Levels 0 to 3 lead down to the middle, 4; 5 to 8 go on below it. Each level
	// from 5 on has two categories, of which the first has the next level's.
	`INSERT INTO categories (id, slug, name, parent_id, ancestor_ids)
	 SELECT pg_temp.uid('category', chain.n * 100 + level * 10 + twin),
	        format('c-%s-%s-%s', chain.n, level, twin),
	        format('%s %s level %s twin %s', CASE level WHEN 4 THEN 'A' ELSE 'B' END, lpad(chain.n::text, 4, '0'), level, twin),
	        CASE WHEN level > 0 THEN pg_temp.uid('category', chain.n * 100 + (level - 1) * 10)
	             WHEN below_hub THEN pg_temp.uid('above', 3) END,
	        ARRAY(SELECT pg_temp.uid('above', above) FROM generate_series(0, 3) AS above WHERE below_hub)
	        || ARRAY(SELECT pg_temp.uid('category', chain.n * 100 + above * 10) FROM generate_series(0, level - 1) AS above)
	 FROM chain, generate_series(0, 8) AS level, generate_series(0, 1) AS twin
	 WHERE twin = 0 OR level > 4
	 ORDER BY level`,

	`INSERT INTO vendors (id, slug, name)
	 SELECT pg_temp.uid('vendor', n), 'v-' || n, 'Vendor ' || lpad(n::text, 4, '0') FROM chain
	 UNION ALL
	 SELECT pg_temp.uid('vendor', 0), 'hub', 'Z hub'`,

	// Three products in a chain, so that each has two to be related to; and 100 of
	// the vendor "hub", of which the oldest is the product "hub". It is in a
	// hundred categories.
	`INSERT INTO products (id, slug, title, vendor_id, tags, attributes, description, created_at)
	 SELECT pg_temp.uid('product', n * 10 + i), format('p-%s-%s', n, i), format('Product %s %s', n, i),
	        pg_temp.uid('vendor', n), '{tag}', '[{"key": "k", "name": "K", "value": "v"}]', 'Words', '2026-01-01'::timestamptz + (n * 10 + i) * interval '1 minute'
	 FROM chain, generate_series(1, 3) AS i`,
	`INSERT INTO products (id, slug, title, vendor_id, created_at)
	 SELECT pg_temp.uid('hub', i), CASE i WHEN 1 THEN 'hub' ELSE 'hub-' || i END, 'Hub ' || i, pg_temp.uid('vendor', 0),
	        '2025-01-01'::timestamptz + i * interval '1 minute'
	 FROM generate_series(1, 100) AS i`,

	`INSERT INTO product_categories (product_id, category_id)
	 SELECT pg_temp.uid('product', n * 10 + i), pg_temp.uid('category', n * 100 + 80 + twin)
	 FROM chain, generate_series(1, 3) AS i, generate_series(0, 1) AS twin
	 UNION ALL
	 SELECT pg_temp.uid('hub', i), pg_temp.uid('category', n * 100 + 80)
	 FROM chain, generate_series(1, 100) AS i
	 WHERE n <= 100 AND (i = 1 OR n IN (i, i - 1))`,

	`INSERT INTO product_options (product_id, position, name, option_values)
	 SELECT id, 1, 'Size', CASE slug WHEN 'hub' THEN ARRAY(SELECT n::text FROM generate_series(1, 100) AS n) ELSE '{1,2}' END
	 FROM products`,

	`INSERT INTO images (id, product_id, position, url, alt_text)
	 SELECT md5(id::text || n)::uuid, id, n, '/images/' || n, 'A picture'
	 FROM products, generate_series(1, CASE slug WHEN 'hub' THEN 100 ELSE 2 END) AS n`,

	`INSERT INTO variants (id, product_id, position, title, sku, currency, price_minor, option_values, image_id)
	 SELECT md5('variant' || id || n)::uuid, id, n, 'Size ' || n, slug || '-' || n, 'EUR', 1000 + n, ARRAY[n::text],
	        md5(id::text || n)::uuid
	 FROM products, generate_series(1, CASE slug WHEN 'hub' THEN 100 ELSE 2 END) AS n`,

	`INSERT INTO customers (id, display_name) SELECT pg_temp.uid('customer', n), 'Customer ' || n FROM generate_series(0, 500) AS n`,

	`INSERT INTO reviews (id, product_id, customer_id, rating, title, created_at)
	 SELECT md5('review' || id || n)::uuid, id, pg_temp.uid('customer', (row_number() OVER ()) % 500), 1 + n % 5, 'Review',
	        '2026-02-01'::timestamptz + n * interval '1 hour'
	 FROM products, generate_series(1, CASE slug WHEN 'hub' THEN 100 ELSE 3 END) AS n`,
}

// chainCollections have titles by which the manual ones come first and the smart ones
// last, so that a list has collections of one kind: the two kinds are listed by a
// statement each.
var chainCollections = []string{
	`INSERT INTO collections (id, slug, title, filter)
	 SELECT pg_temp.uid('manual', n), 'manual-' || n, 'A manual ' || lpad(n::text, 4, '0'), NULL::jsonb FROM chain
	 UNION ALL
	 SELECT pg_temp.uid('manual', 0), 'hub', 'M hub', NULL
	 UNION ALL
	 SELECT pg_temp.uid('smart', n), 'smart-' || n, 'S smart ' || lpad(n::text, 4, '0'),
	        jsonb_build_object('vendors', jsonb_build_array(pg_temp.uid('vendor', n), pg_temp.uid('vendor', 0)),
	                           'category', pg_temp.uid('category', n * 100 + 80),
	                           'options', '[{"name": "size", "values": ["1", "3"]}]'::jsonb)
	 FROM chain`,
	`INSERT INTO collection_products (collection_id, product_id, position)
	 SELECT pg_temp.uid('manual', n), pg_temp.uid('product', n * 10 + i), 4 - i FROM chain, generate_series(1, 3) AS i
	 UNION ALL
	 SELECT pg_temp.uid('manual', 0), pg_temp.uid('hub', i), i FROM generate_series(1, 100) AS i`,
}

// chainPeople have two children each, as everything else, and the hub a hundred.
var chainPeople = []string{
	`INSERT INTO customers (id, display_name, email, created_at)
	 VALUES ('00000000-0000-7000-8000-00000000c0de', 'Hub', 'hub@example.com', now() + interval '1 hour')`,
	`INSERT INTO addresses (id, customer_id, name, line1, city, country_code, is_default)
	 SELECT md5('address' || id || n)::uuid, id, 'Name', 'Line', 'City', 'DE', n = 1
	 FROM customers, generate_series(1, CASE display_name WHEN 'Hub' THEN 100 ELSE 2 END) AS n`,
	`INSERT INTO reviews (id, product_id, customer_id, rating, title, status, created_at)
	 SELECT md5('hub review' || i)::uuid, pg_temp.uid('hub', i), '00000000-0000-7000-8000-00000000c0de', 4, 'Mine',
	        CASE WHEN i % 2 = 0 THEN 'REJECTED' ELSE 'PUBLISHED' END, '2026-03-01'::timestamptz + i * interval '1 hour'
	 FROM generate_series(1, 100) AS i`,
	`INSERT INTO reviews (id, product_id, customer_id, rating, title, status, source, source_key, created_at)
	 SELECT md5('pending' || n)::uuid, pg_temp.uid('product', n * 10 + 1), pg_temp.uid('customer', n), 3, 'Waits', 'PENDING', 'test', n,
	        '2026-03-01'::timestamptz + n * interval '1 hour'
	 FROM chain`,

	`INSERT INTO roles (id, name, permissions) SELECT pg_temp.uid('role', n), 'Role ' || n, '{CATALOGUE_READ}' FROM chain`,
	`INSERT INTO staff (id, email, display_name) SELECT pg_temp.uid('staff', n), n || '@staff.example', 'Staff ' || n FROM chain`,
	`INSERT INTO staff_roles (staff_id, role_id)
	 SELECT pg_temp.uid('staff', n), pg_temp.uid('role', 1 + (n + k) % 220) FROM chain, generate_series(0, 1) AS k`,
	`INSERT INTO api_keys (id, key_id, secret_hash, name, permissions, created_by)
	 SELECT pg_temp.uid('key', n), 'key' || n, '', 'Key ' || n, '{CATALOGUE_READ}', pg_temp.uid('staff', n) FROM chain`,
	`INSERT INTO audit_events (id, actor_kind, actor_id, action, subject_kind, subject_id, request_id, changes)
	 SELECT pg_temp.uid('event', n), CASE k WHEN 0 THEN 'STAFF' ELSE 'API_KEY' END, pg_temp.uid(CASE k WHEN 0 THEN 'staff' ELSE 'key' END, n),
	        'productUpdate', 'PRODUCT', pg_temp.uid('product', n * 10 + 1), 'request',
	        '[{"field": "title", "before": "A", "after": "B"}, {"field": "slug", "before": "a", "after": "b"}]'
	 FROM chain, LATERAL (SELECT n % 2) AS kinds (k)`,
	`INSERT INTO import_runs (id, source, format, mode, actor, counts)
	 SELECT pg_temp.uid('import', n), 'shopify', 'shopify-products', 'OVERWRITE', 'ida',
	        '[{"kind": "PRODUCTS", "stored": 1}, {"kind": "VENDORS", "stored": 2}]'
	 FROM chain`,
	`INSERT INTO documents (id, name, hash, text, client, operations)
	 SELECT pg_temp.uid('document', n), 'document-' || n, sha256(('query Q' || n || ' { shop { id } }')::bytea), 'query Q' || n || ' { shop { id } }', 'web', ARRAY['Q' || n]
	 FROM chain`,
	`INSERT INTO document_uses (hash, client_name, client_version, trusted, uses, cost, latencies, last_used_at)
	 SELECT d.hash, 'web', 'v' || k, true, 1, 1, '{1}', now() FROM documents d, generate_series(1, 2) AS k`,
	`INSERT INTO river_job (id, kind, args, metadata, errors)
	 SELECT n + 1, 'products_refresh', '{"version": 1}', '{"progress": {"done": 1, "total": 2}}',
	        ARRAY['{"at": "2026-01-01T00:00:00Z", "attempt": 1, "error": "a", "trace": ""}', '{"at": "2026-01-01T00:00:00Z", "attempt": 2, "error": "b", "trace": ""}']::jsonb[]
	 FROM chain`,

	`INSERT INTO locations (id, name) SELECT pg_temp.uid('location', n), 'Location ' || lpad(n::text, 4, '0') FROM chain`,
	`INSERT INTO inventory_levels (variant_id, location_id, on_hand)
	 SELECT v.id, pg_temp.uid('location', 1 + (ascii(v.id::text) + n) % 220), n
	 FROM variants v, generate_series(1, CASE v.sku WHEN 'hub-1' THEN 100 ELSE 2 END) AS n`,
	`UPDATE variants
	 SET cost_minor = 500, inventory_tracked = true,
	     available_quantity = (SELECT sum(on_hand) FROM inventory_levels WHERE variant_id = variants.id)`,
}
