package plans

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
	"souk/store"
)

// What follows are the reads whose cost is not that of a page: searches, filtered
// lists, which may look at many rows for each that they return, and facets, which
// look at all.

// selective bounds what a search that finds few products may read. Without the
// index of words it reads 370,000 buffers.
var selective = planRule{sorted: -1, buffers: 2_000}

var everyFacet = store.FacetSet{Categories: true, Vendors: true, Prices: true, Ratings: true, Availability: true, Options: true}

func searches(t *testing.T, s *store.Reader) []planCall {
	t.Helper()
	shop := []store.Listing{store.WholeShop()}
	var calls []planCall
	for name, text := range map[string]string{"a rare word": "bracelfos", "a typing error": "bracelfoz", "two words": "armchair bracelfos"} {
		found, err := s.ExpandSearch(t.Context(), text)
		require.NoError(t, err)
		require.NotEmpty(t, found.Query)
		f := store.ProductFilter{Search: &found}
		calls = append(calls,
			planCall{name: "expand " + name, rule: selective, do: func(ctx context.Context, s *store.Reader) error {
				return second(s.ExpandSearch(ctx, text))
			}},
			planCall{name: "search for " + name, rule: selective, do: func(ctx context.Context, s *store.Reader) error {
				return second(s.ListProducts(ctx, shop, f, store.PageRequest{Order: store.ProductsByMatch, Limit: pageLimit}))
			}},
			planCall{name: "search for " + name + ", the newest first", rule: selective, do: func(ctx context.Context, s *store.Reader) error {
				return second(s.ListProducts(ctx, shop, f, store.PageRequest{Order: store.ProductsByNewest, Limit: pageLimit}))
			}},
			planCall{name: "count of " + name, rule: selective, do: func(ctx context.Context, s *store.Reader) error {
				return second(s.CountProducts(ctx, shop, f))
			}},
			planCall{name: "facets of " + name, rule: planRule{sorted: -1}, do: func(ctx context.Context, s *store.Reader) error {
				return second(s.ProductFacets(ctx, shop, f, everyFacet))
			}})
	}
	return calls
}

func filtered(k planKeys) []planCall {
	least, most := int64(5_000), int64(6_000)
	rating := 4.5
	category := k.filled[0]
	shop := []store.Listing{store.WholeShop()}
	var calls []planCall
	for name, f := range map[string]store.ProductFilter{
		"":                       {},
		" of a category":         {Category: &category},
		" of a vendor":           {Vendors: k.vendors[:1]},
		" of two vendors":        {Vendors: k.vendors[:2]},
		" of a price":            {Price: &store.PriceFilter{Currency: "INR", MinMinor: &least, MaxMinor: &most}},
		" well rated":            {MinRating: &rating},
		" in stock":              {Availability: []store.Availability{store.InStock}},
		" of a colour":           {Options: []store.OptionFilter{{Name: "color", Values: []string{"Black"}}}},
		" of a category + price": {Category: &category, Price: &store.PriceFilter{Currency: "EUR", MinMinor: &least}},
	} {
		for _, o := range []store.Order{store.ProductsByNewest, store.ProductsByPrice} {
			calls = append(calls, planCall{name: "products" + name + " by " + o.Name(), rule: planRule{sorted: -1}, do: func(ctx context.Context, s *store.Reader) error {
				return second(s.ListProducts(ctx, shop, f, store.PageRequest{Order: o, Limit: pageLimit}))
			}})
		}
		calls = append(calls,
			planCall{name: "count of products" + name, rule: planRule{sorted: -1}, do: func(ctx context.Context, s *store.Reader) error {
				return second(s.CountProducts(ctx, shop, f))
			}},
			// The whole shop's listings are a good part of their table.
			planCall{name: "facets of products" + name, rule: planRule{sorted: -1, scans: true}, do: func(ctx context.Context, s *store.Reader) error {
				return second(s.ProductFacets(ctx, shop, f, everyFacet))
			}})
	}
	return calls
}

// noticesDroppedIndexes shows that the checks see what they are there for. It
// leaves the database without the indexes.
func noticesDroppedIndexes(t *testing.T, db *dbtest.DB, conn *pgx.Conn, k planKeys, sizes tableSizes) {
	t.Helper()
	calls := map[string]planCall{
		"product_listings_title": {name: "products by title", rule: planRule{sorted: pageLimit + 1, buffersPer: 1}, do: func(ctx context.Context, s *store.Reader) error {
			return second(s.ListProducts(ctx, []store.Listing{store.WholeShop()}, store.ProductFilter{}, store.PageRequest{Order: store.ProductsByTitle, Limit: pageLimit}))
		}},
		"reviews_by_newest": {name: "reviews by age", rule: planRule{sorted: pageLimit + 1, buffersPer: 1}, do: func(ctx context.Context, s *store.Reader) error {
			return second(s.ListReviews(ctx, k.products[:1], store.PageRequest{Order: store.ReviewsByNewest, Limit: pageLimit}))
		}},
		"images_by_product": {name: "images", rule: planRule{sorted: pageLimit + 1, buffersPer: 1}, do: func(ctx context.Context, s *store.Reader) error {
			return second(s.ListImages(ctx, k.products[:1], store.PageRequest{Order: store.ImagesByPosition, Limit: pageLimit}))
		}},
		"variants_by_sku": {name: "variants by SKU", rule: planRule{sorted: 10, buffersPer: 1}, do: func(ctx context.Context, s *store.Reader) error {
			return second(s.VariantsBySKU(ctx, k.sku, 10))
		}},
		"products_by_search": {name: "search", rule: selective, do: func(ctx context.Context, s *store.Reader) error {
			f := store.ProductFilter{Search: &store.Search{Query: "'bracelfos'", Exact: "'bracelfos'"}}
			return second(s.CountProducts(ctx, []store.Listing{store.WholeShop()}, f))
		}},
	}
	for index, call := range calls {
		s := openExplained(t, db.PrimaryURL, "force_custom_plan")
		faults, _ := faultsOf(t, s, call, sizes)
		require.Empty(t, faults, "with %s", index)
		_, err := conn.Exec(t.Context(), `DROP INDEX `+index)
		require.NoError(t, err)
		faults, _ = faultsOf(t, s, call, sizes)
		require.NotEmpty(t, faults, "without %s", index)
		t.Logf("without %s: %s", index, faults[0])
	}
}
