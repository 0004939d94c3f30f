package jobs

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"souk/graph/relay"
	"souk/internal/dbtest"
	"souk/store"
)

// enough is a number of products that takes a job, of three parts.
const enough = 600

// many is what the promise says in a full run, and enough in a short one. With 45,000
// products a test takes half a minute, so only those have them that look at the time.
func many() int {
	if dbtest.Full() {
		return 45_000
	}
	return enough
}

// The keys of what the tests change.
var (
	bigVendor   = uuid.MustParse("01900000-0000-7000-8000-00000000a001")
	rootTop     = uuid.MustParse("01900000-0000-7000-8000-00000000b001")
	bigCategory = uuid.MustParse("01900000-0000-7000-8000-00000000b002")
	otherTop    = uuid.MustParse("01900000-0000-7000-8000-00000000b003")
)

// Their global IDs.
func vendorID() string   { return relay.ID(store.VendorID(bigVendor)) }
func categoryID() string { return relay.ID(store.CategoryID(bigCategory)) }
func rootID() string     { return relay.ID(store.CategoryID(rootTop)) }
func otherID() string    { return relay.ID(store.CategoryID(otherTop)) }

// bigShopOf returns a database in which the vendor and the category have n products, all of
// them up to date, and another vendor has some that nothing may change.
func bigShopOf(t testing.TB, n int) *dbtest.DB {
	t.Helper()
	return dbtest.Named(t, fmt.Sprint("big shop of ", n), func(ctx context.Context, url string) error {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
		for _, statement := range []string{bigShopNames, bigShopProducts, bigShopCategories, bigShopVariants, bigShopDerived} {
			values := []any{}
			if statement != bigShopNames {
				values = append(values, n)
			}
			if _, err := conn.Exec(ctx, statement, values...); err != nil {
				return fmt.Errorf("fill the shop: %w", err)
			}
		}
		return nil
	})
}

const (
	bigShopNames = `
INSERT INTO vendors (id, slug, name)
VALUES ('01900000-0000-7000-8000-00000000a001', 'big', 'Bergmann'), ('01900000-0000-7000-8000-00000000a002', 'small', 'Kleinert');
INSERT INTO categories (id, slug, name, parent_id, ancestor_ids)
VALUES ('01900000-0000-7000-8000-00000000b001', 'top', 'Everything', NULL, '{}'),
       ('01900000-0000-7000-8000-00000000b002', 'big', 'Haberdashery', '01900000-0000-7000-8000-00000000b001', '{01900000-0000-7000-8000-00000000b001}'),
       ('01900000-0000-7000-8000-00000000b003', 'other', 'Elsewhere', NULL, '{}')`

	bigShopProducts = `
INSERT INTO products (id, slug, title, description, vendor_id, tags)
SELECT ('01900000-0000-7000-9000-' || lpad(to_hex(i), 12, '0'))::uuid, 'product-' || i, 'Thing ' || i,
       repeat('some words of a description that goes on ', 8) || i,
       CASE WHEN i <= $1 THEN '01900000-0000-7000-8000-00000000a001' ELSE '01900000-0000-7000-8000-00000000a002' END::uuid, ARRAY['tag' || i % 50]
FROM generate_series(1, $1::int + 300) AS i`

	bigShopCategories = `
INSERT INTO product_categories (product_id, category_id)
SELECT p.id, '01900000-0000-7000-8000-00000000b002'
FROM products p
WHERE p.vendor_id = '01900000-0000-7000-8000-00000000a001' AND $1 > 0`

	bigShopVariants = `
INSERT INTO variants (id, product_id, position, currency, price_minor)
SELECT gen_random_uuid(), p.id, 0, 'EUR', 1000 + $1
FROM products p`

	bigShopDerived = `
SELECT refresh_products(part.ids)
FROM (SELECT array_agg(p.id) AS ids FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM products WHERE $1 > 0) AS p GROUP BY n / 500) AS part`
)
