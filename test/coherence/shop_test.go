package coherence

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/graph/relay"
	"souk/store"
)

// How many of each there are. A page of the listing must show all of them.
const (
	plainProducts, toggledProducts, filedProducts, reviewedProducts = 6, 4, 2, 2
	madeProducts, pairs, authors                                    = 3, 2, 4
)

// goods is what is written and read, besides the shop that all tests have.
type goods struct {
	cells     []*cell
	listed    []string // keys of what the listing shows
	customers []uuid.UUID
}

// cell is something that is written by one writer at a time.
type cell struct {
	mu   sync.Mutex
	name string
	// probe is a query that shows what a write has changed first; "": there is none.
	probe string
	// n is the number of the last write.
	n int
	// beginning is what is there before the first one.
	beginning []Change
	ways      []func(n int) action
}

// action is a write.
type action struct {
	way     string
	changes []Change
	// SQL, or a mutation: by a customer, or by staff.
	sql, mutation, customer string
	// after, if it is set, takes the data of the answer.
	after func(data any)
}

// The kinds of the goods' keys.
const (
	kindPlain = iota + 1
	kindToggled
	kindFiled
	kindReviewed
	kindMade
	kindPair
	kindVariant
	kindSecond // variant of a pair
	kindImage
	kindReview
	kindBase    // review of a reviewed product
	kindPrivate // review that is not published
	kindCategory
	kindVendor
	kindCustomer
)

// key is the key of one of the goods.
func key(kind, i int) uuid.UUID {
	return uuid.MustParse(fmt.Sprintf("01910000-0000-7000-8000-0000%04x%04x", kind, i))
}

func id[K relay.Key](kind, i int) string { return relay.ID(K(key(kind, i))) }

func product(kind, i int) string { return id[store.ProductID](kind, i) }

// variantOf numbers the variants as their products.
func variantOf(kind, i int) int { return kind<<8 + i }

// slugs are those of the kinds of products.
var slugs = map[int]string{
	kindPlain: "plain", kindToggled: "toggled", kindFiled: "filed", kindReviewed: "reviewed", kindMade: "made", kindPair: "pair",
}

// named is the text that a write leaves.
func named(n int) string { return fmt.Sprint("n ", n) }

// other is the name of a vendor or category that nobody renames, unless it is the first.
func other(i int) string {
	if i == 0 {
		return named(0)
	}
	return fmt.Sprint("Other ", i)
}

// stock makes the goods.
func stock(t testing.TB, url string) *goods {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	b := &pgx.Batch{}
	g := &goods{}
	for i := range authors {
		g.customers = append(g.customers, key(kindCustomer, i))
		b.Queue(`INSERT INTO customers (id, display_name) VALUES ($1, 'n 0')`, key(kindCustomer, i))
	}
	// The first vendor and category are those of all goods, the others of one product each.
	for i := range 1 + toggledProducts {
		b.Queue(`INSERT INTO vendors (id, slug, name) VALUES ($1, $2, $3)`, key(kindVendor, i), fmt.Sprint("vendor-", i), other(i))
	}
	for i := range 1 + filedProducts {
		b.Queue(`INSERT INTO categories (id, slug, name) VALUES ($1, $2, $3)`, key(kindCategory, i), fmt.Sprint("category-", i), other(i))
	}
	for kind, count := range map[int]int{
		kindPlain: plainProducts, kindToggled: toggledProducts, kindFiled: filedProducts, kindReviewed: reviewedProducts, kindPair: pairs,
	} {
		for i := range count {
			vendor := 0
			if kind == kindToggled {
				vendor = 1 + i
			}
			b.Queue(insertProduct(kind, i, vendor, named(0)))
			g.listed = append(g.listed, product(kind, i)+".title")
		}
	}
	for i := range plainProducts {
		b.Queue(`INSERT INTO product_categories (product_id, category_id) VALUES ($1, $2)`, key(kindPlain, i), key(kindCategory, 0))
		b.Queue(`INSERT INTO images (id, product_id, position, url, alt_text) VALUES ($1, $2, 1, 'https://img.example/1.jpg', 'n 0')`, key(kindImage, i), key(kindPlain, i))
		b.Queue(insertReview(kindReview, i, kindPlain, i, i%authors, named(0), "now()"))
	}
	for i := range authors {
		b.Queue(`INSERT INTO reviews (id, product_id, customer_id, rating, title, body, status) VALUES ($1, $2, $3, 1, '', $4, 'PENDING')`,
			key(kindPrivate, i), key(kindFiled, 0), key(kindCustomer, i), private(1+i))
	}
	for i := range reviewedProducts {
		b.Queue(insertReview(kindBase, i, kindReviewed, i, 0, "base", "now() - interval '1 day'"))
	}
	for i := range pairs {
		b.Queue(`INSERT INTO variants (id, product_id, position, title, currency, barcode) VALUES ($1, $2, 2, 'Second', 'EUR', 'n 0')`, key(kindSecond, i), key(kindPair, i))
		b.Queue(`UPDATE variants SET sku = $2, barcode = 'n 0' WHERE id = $1`, key(kindVariant, variantOf(kindPair, i)), fmt.Sprint("sku-", i))
	}
	b.Queue(`SELECT refresh_products(array_agg(id)) FROM products`)
	require.NoError(t, conn.SendBatch(t.Context(), b).Close())
	g.fillCells()
	return g
}

// insertProduct is SQL that makes a product with a variant.
func insertProduct(kind, i, vendor int, title string) string {
	return fmt.Sprintf(`WITH made AS (INSERT INTO products (id, slug, title, vendor_id, status) VALUES ('%[1]s', '%[2]s-%[3]d', '%[4]s', '%[5]s', 'ACTIVE'))
		INSERT INTO variants (id, product_id, position, title, sku, currency, price_minor) VALUES ('%[6]s', '%[1]s', 1, 'First', '%[2]s-%[3]d', 'EUR', 0)`,
		key(kind, i), slugs[kind], i, title, key(kindVendor, vendor), key(kindVariant, variantOf(kind, i)))
}

// insertReview is SQL that makes a published review.
func insertReview(kind, i, of, number, author int, title, at string) string {
	return fmt.Sprintf(`INSERT INTO reviews (id, product_id, customer_id, rating, title, body, status, created_at) VALUES ('%s', '%s', '%s', 4, '%s', '', 'PUBLISHED', %s)`,
		key(kind, i), key(of, number), key(kindCustomer, author), title, at)
}

// refresh is SQL that brings up to date what is derived of a product.
func refresh(kind, i int) string {
	return fmt.Sprintf(`; SELECT refresh_products(ARRAY['%s'::uuid])`, key(kind, i))
}
