package plans

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/store"
)

const (
	// pageLimit is the largest page that the API gives.
	pageLimit = 100
	// nestedLimit is the length of a page under each of many parents.
	nestedLimit = 10
	// deepRow is where a cursor lies that is deep in a list.
	deepRow = 20_000
)

// planCall is a call of the store and what its statements may do. Statements are
// judged by one rule whether the call sends one or several.
type planCall struct {
	name string
	rule planRule
	do   func(ctx context.Context, s *store.Reader) error
	// view is what the reader shows.
	view store.View
	// write, when set, stands in for do.
	write func(ctx context.Context, s *store.Store) error
}

// planKeys are the keys of rows that the calls ask for.
type planKeys struct {
	products   []store.ProductID // the fullest first
	categories []store.CategoryID
	filled     []store.CategoryID // the one with the most products first
	listings   []store.Listing    // of the filled categories
	related    []store.Listing    // of the products
	vendors    []store.VendorID
	variants   []store.VariantID
	images     []store.ImageID
	reviews    []store.ReviewID
	customers  []store.CustomerID // the one with the most reviews first
	people     planPeople
	collected  []*store.Collection // manual, the fullest first
	smart      []*store.Collection
	sku        string
	slugs      map[string]string // by table
}

func readPlanKeys(t *testing.T, conn *pgx.Conn) planKeys {
	t.Helper()
	const active = `FROM products p WHERE p.status = 'ACTIVE' AND p.related_scope_id IS NOT NULL ORDER BY p.slug <> 'product-1', md5(p.slug) LIMIT 100`
	k := planKeys{
		products: readKeys[store.ProductID](t, conn, `SELECT p.id `+active),
		categories: readKeys[store.CategoryID](t, conn, `
SELECT parent_id FROM categories WHERE parent_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 100`),
		filled: readKeys[store.CategoryID](t, conn, `
SELECT scope_id FROM product_listings JOIN categories c ON c.id = scope_id GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 100`),
		vendors: readKeys[store.VendorID](t, conn, `
SELECT vendor_id FROM products WHERE vendor_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 100`),
		variants: readKeys[store.VariantID](t, conn, `SELECT id FROM variants ORDER BY md5(id::text) LIMIT 100`),
		images:   readKeys[store.ImageID](t, conn, `SELECT id FROM images ORDER BY md5(id::text) LIMIT 100`),
		reviews:  readKeys[store.ReviewID](t, conn, `SELECT id FROM reviews ORDER BY md5(id::text) LIMIT 100`),
		customers: readKeys[store.CustomerID](t, conn, `
SELECT customer_id FROM reviews WHERE customer_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 100`),
		people: readPlanPeople(t, conn),
		slugs:  map[string]string{},
	}
	k.collected, k.smart = readCollections(t, conn)
	for _, c := range k.filled {
		k.listings = append(k.listings, store.InCategory(c))
	}
	for i, scope := range readKeys[store.ScopeID](t, conn, `SELECT p.related_scope_id `+active) {
		k.related = append(k.related, store.RelatedTo(&store.Product{ID: k.products[i], RelatedScopeID: &scope}))
	}
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT sku FROM variants WHERE sku IS NOT NULL LIMIT 1`).Scan(&k.sku))
	for table, where := range map[string]string{ // a shopper must find them
		"products":      `WHERE status = 'ACTIVE'`,
		"product_slugs": `WHERE product_id IN (SELECT id FROM products WHERE status = 'ACTIVE')`,
		"categories":    "", "vendors": "", "collections": "",
	} {
		var slug string
		require.NoError(t, conn.QueryRow(t.Context(), `SELECT slug FROM `+table+` `+where+` LIMIT 1`).Scan(&slug))
		k.slugs[table] = slug
	}
	return k
}

func readKeys[K ~[16]byte](t *testing.T, conn *pgx.Conn, statement string) []K {
	t.Helper()
	rows, err := conn.Query(t.Context(), statement)
	require.NoError(t, err)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	require.NoError(t, err)
	require.NotEmpty(t, ids, statement)
	keys := make([]K, len(ids))
	for i, id := range ids {
		keys[i] = K(id)
	}
	return keys
}

// lister reads the page of each parent and returns the places of the first
// parent's rows.
type lister func(ctx context.Context, s *store.Reader, parents int, p store.PageRequest) ([]store.Position, error)

// listCalls are the calls of one list in one order: each way, from the ends and
// from a cursor deep inside, for one parent and for many.
func listCalls(t *testing.T, s *store.Reader, name string, rule planRule, many int, list lister) []planCall {
	t.Helper()
	places, err := list(t.Context(), s, 1, store.PageRequest{Limit: deepRow})
	require.NoError(t, err)
	require.NotEmpty(t, places, name)
	// The middle of a list that is shorter.
	shallow, deep := places[len(places)/20], places[len(places)-1]
	if len(places) < deepRow {
		deep = places[len(places)/2]
	}
	var calls []planCall
	for _, parents := range []int{1, many} {
		for stretch, page := range map[string]store.PageRequest{
			"first":                {},
			"after a deep cursor":  {After: deep},
			"last":                 {Backward: true},
			"before a deep cursor": {Backward: true, Before: deep},
			"between two cursors":  {After: shallow, Before: deep},
		} {
			page.Limit = pageLimit
			if parents > 1 {
				page.Limit = nestedLimit
			}
			own := rule
			own.buffersPer = parents
			if own.sorted == 0 {
				own.sorted = (page.Limit + 1) * parents
			}
			calls = append(calls, planCall{
				name: fmt.Sprintf("%s %s, %d parents", name, stretch, parents), rule: own,
				do: func(ctx context.Context, s *store.Reader) error {
					_, err := list(ctx, s, parents, page)
					return err
				},
			})
		}
		if many == 1 {
			break
		}
	}
	return calls
}

// placesOf adapts a list method of the store.
func placesOf[T any](pages []store.Page[T], err error) ([]store.Position, error) {
	if err != nil {
		return nil, err
	}
	return pages[0].Positions, nil
}

func placesOfOne[T any](page store.Page[T], err error) ([]store.Position, error) {
	return page.Positions, err
}

// in is the list in an order.
func (list lister) in(o store.Order) lister {
	return func(ctx context.Context, s *store.Reader, parents int, p store.PageRequest) ([]store.Position, error) {
		p.Order = o
		return list(ctx, s, parents, p)
	}
}

var productOrders = []store.Order{
	store.ProductsByNewest, store.ProductsByOldest, store.ProductsByTitle, store.ProductsByTitleDesc,
	store.ProductsByPrice, store.ProductsByPriceDesc, store.ProductsByRating, store.ProductsByRatingAsc,
}

// plainLists are the lists without filter and search, in each order.
func plainLists(t *testing.T, s *store.Reader, k planKeys) []planCall {
	t.Helper()
	var calls []planCall
	add := func(name string, many int, order store.Order, list lister) {
		calls = append(calls, listCalls(t, s, name, planRule{}, many, list.in(order))...)
	}
	products := func(listings []store.Listing) lister {
		return func(ctx context.Context, s *store.Reader, n int, p store.PageRequest) ([]store.Position, error) {
			return placesOf(s.ListProducts(ctx, listings[:n], store.ProductFilter{}, p))
		}
	}
	vendors := make([]store.Listing, len(k.vendors))
	for i, v := range k.vendors {
		vendors[i] = store.OfVendor(v)
	}
	for _, o := range productOrders {
		add("products by "+o.Name(), 1, o, products([]store.Listing{store.WholeShop()}))
		add("category's products by "+o.Name(), len(k.listings), o, products(k.listings))
		add("vendor's products by "+o.Name(), len(vendors), o, products(vendors))
	}
	add("related products", len(k.related), store.ProductsByRating, products(k.related))
	for _, o := range []store.Order{store.ReviewsByNewest, store.ReviewsByOldest, store.ReviewsByRating, store.ReviewsByRatingAsc} {
		add("reviews by "+o.Name(), len(k.products), o, func(ctx context.Context, s *store.Reader, n int, p store.PageRequest) ([]store.Position, error) {
			return placesOf(s.ListReviews(ctx, k.products[:n], p))
		})
	}
	add("variants", len(k.products), store.VariantsByPosition, func(ctx context.Context, s *store.Reader, n int, p store.PageRequest) ([]store.Position, error) {
		return placesOf(s.ListVariants(ctx, k.products[:n], p))
	})
	add("images", len(k.products), store.ImagesByPosition, func(ctx context.Context, s *store.Reader, n int, p store.PageRequest) ([]store.Position, error) {
		return placesOf(s.ListImages(ctx, k.products[:n], p))
	})
	add("children", len(k.categories), store.CategoriesByName, func(ctx context.Context, s *store.Reader, n int, p store.PageRequest) ([]store.Position, error) {
		return placesOf(s.ListChildCategories(ctx, k.categories[:n], p))
	})
	add("vendors", 1, store.VendorsByName, func(ctx context.Context, s *store.Reader, _ int, p store.PageRequest) ([]store.Position, error) {
		return placesOfOne(s.ListVendors(ctx, p))
	})
	yes, no := true, false
	for name, isRoot := range map[string]*bool{"all": nil, "top": &yes, "lower": &no} {
		add(name+" categories", 1, store.CategoriesByName, func(ctx context.Context, s *store.Reader, _ int, p store.PageRequest) ([]store.Position, error) {
			return placesOfOne(s.ListCategories(ctx, store.CategoryFilter{IsRoot: isRoot}, p))
		})
	}
	// A product has few categories, and names are of the categories: they are
	// sorted, and no index could save it.
	calls = append(calls, listCalls(t, s, "product's categories", planRule{sorted: -1, buffers: 10_000}, len(k.products),
		lister(func(ctx context.Context, s *store.Reader, n int, p store.PageRequest) ([]store.Position, error) {
			return placesOf(s.ListProductCategories(ctx, k.products[:n], p))
		}).in(store.CategoriesByName))...)
	return calls
}

// batches are what loaders and single lookups read.
func batches(k planKeys) []planCall {
	var calls []planCall
	// Rows may be sorted once they are found.
	add := func(name string, keys int, do func(ctx context.Context, s *store.Reader, n int) error) {
		for _, n := range []int{1, keys} {
			calls = append(calls, planCall{
				name: fmt.Sprintf("%s of %d", name, n),
				rule: planRule{keys: n, sorted: 10 * n, buffersPer: n},
				do:   func(ctx context.Context, s *store.Reader) error { return do(ctx, s, n) },
			})
			if keys == 1 {
				break
			}
		}
	}
	add("products", len(k.products), func(ctx context.Context, s *store.Reader, n int) error {
		return second(s.ProductsByIDs(ctx, k.products[:n]))
	})
	add("options", len(k.products), func(ctx context.Context, s *store.Reader, n int) error {
		return second(s.OptionsByProductIDs(ctx, k.products[:n]))
	})
	add("variants", len(k.variants), func(ctx context.Context, s *store.Reader, n int) error {
		return second(s.VariantsByIDs(ctx, k.variants[:n]))
	})
	add("images", len(k.images), func(ctx context.Context, s *store.Reader, n int) error {
		return second(s.ImagesByIDs(ctx, k.images[:n]))
	})
	add("reviews", len(k.reviews), func(ctx context.Context, s *store.Reader, n int) error {
		return second(s.ReviewsByIDs(ctx, k.reviews[:n]))
	})
	add("authors", len(k.customers), func(ctx context.Context, s *store.Reader, n int) error {
		return second(s.AuthorsByIDs(ctx, k.customers[:n]))
	})
	add("categories", len(k.categories), func(ctx context.Context, s *store.Reader, n int) error {
		return second(s.CategoriesByIDs(ctx, k.categories[:n]))
	})
	add("vendors", len(k.vendors), func(ctx context.Context, s *store.Reader, n int) error {
		return second(s.VendorsByIDs(ctx, k.vendors[:n]))
	})
	add("shop by key", 1, func(ctx context.Context, s *store.Reader, _ int) error {
		return second(s.ShopsByIDs(ctx, []store.ShopID{{}}))
	})
	add("shop", 1, func(ctx context.Context, s *store.Reader, _ int) error { return second(s.Shop(ctx)) })
	add("product by slug", 1, func(ctx context.Context, s *store.Reader, _ int) error {
		return second(s.ProductBySlug(ctx, k.slugs["products"]))
	})
	add("product by old slug", 1, func(ctx context.Context, s *store.Reader, _ int) error {
		return second(s.ProductBySlug(ctx, k.slugs["product_slugs"]))
	})
	add("category by slug", 1, func(ctx context.Context, s *store.Reader, _ int) error {
		return second(s.CategoryBySlug(ctx, k.slugs["categories"]))
	})
	add("vendor by slug", 1, func(ctx context.Context, s *store.Reader, _ int) error {
		return second(s.VendorBySlug(ctx, k.slugs["vendors"]))
	})
	add("variants by SKU", 1, func(ctx context.Context, s *store.Reader, _ int) error {
		return second(s.VariantsBySKU(ctx, k.sku, 10))
	})
	return calls
}

// lengths are the counts of lists.
func lengths(k planKeys) []planCall {
	var calls []planCall
	add := func(name string, rule planRule, keys int, do func(ctx context.Context, s *store.Reader, n int) error) {
		for _, n := range []int{1, keys} {
			calls = append(calls, planCall{
				name: fmt.Sprintf("count of %s of %d", name, n), rule: rule,
				do: func(ctx context.Context, s *store.Reader) error { return do(ctx, s, n) },
			})
			if keys == 1 {
				break
			}
		}
	}
	add("reviews", planRule{}, len(k.products), func(ctx context.Context, s *store.Reader, n int) error {
		return second(s.CountReviews(ctx, k.products[:n]))
	})
	add("variants", planRule{}, len(k.products), func(ctx context.Context, s *store.Reader, n int) error {
		return second(s.CountVariants(ctx, k.products[:n]))
	})
	add("images", planRule{}, len(k.products), func(ctx context.Context, s *store.Reader, n int) error {
		return second(s.CountImages(ctx, k.products[:n]))
	})
	add("product's categories", planRule{}, len(k.products), func(ctx context.Context, s *store.Reader, n int) error {
		return second(s.CountProductCategories(ctx, k.products[:n]))
	})
	add("children", planRule{}, len(k.categories), func(ctx context.Context, s *store.Reader, n int) error {
		return second(s.CountChildCategories(ctx, k.categories[:n]))
	})
	add("category's products", planRule{}, len(k.listings), func(ctx context.Context, s *store.Reader, n int) error {
		return second(s.CountProducts(ctx, k.listings[:n], store.ProductFilter{}))
	})
	add("products", planRule{}, 1, func(ctx context.Context, s *store.Reader, _ int) error {
		return second(s.CountProducts(ctx, []store.Listing{store.WholeShop()}, store.ProductFilter{}))
	})
	// These count whole tables.
	add("vendors", planRule{scans: true}, 1, func(ctx context.Context, s *store.Reader, _ int) error { return second(s.CountVendors(ctx)) })
	add("categories", planRule{scans: true}, 1, func(ctx context.Context, s *store.Reader, _ int) error {
		return second(s.CountCategories(ctx, store.CategoryFilter{}))
	})
	return calls
}

func second[V any](_ V, err error) error { return err }
