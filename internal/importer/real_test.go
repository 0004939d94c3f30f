package importer

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
)

// TestRealShopsAreImportedTwice imports the nine product exports and the
// inventory that goes with one of them, and again, and cancels a third shop's in
// the middle. The counts are those of the data's own description.
func TestRealShopsAreImportedTwice(t *testing.T) {
	if !dbtest.Full() {
		t.Skip("a long walk")
	}
	data := realData(t)
	s := newShop(t)
	all := func() (reports []*Report) {
		for _, one := range []struct {
			pattern, currency, source string
		}{
			{"bike-parts.csv.gz", "USD", "bike-parts"},
			{"jewelry-vnd.csv.gz", "VND", "jewelry"},
			{"furniture-bedroom.csv.gz", "USD", "bedroom"},
			{"furniture-bedroom-sets.csv.gz", "USD", "bedroom-sets"},
			{"hair-extensions.csv.gz", "USD", "hair"},
			{"bags.csv.gz", "EUR", "bags"},
			{"partners-*.csv", "USD", "partners"},
		} {
			reports = append(reports, s.run(Options{
				Format: FormatShopifyProducts, Currency: one.currency, Source: one.source,
				Paths: []string{filepath.Join(data, "shopify", one.pattern)},
			}))
		}
		return append(reports, s.run(Options{
			Format: FormatShopifyInventory, Source: "bags", Paths: []string{filepath.Join(data, "shopify-inventory", "bags-inventory.csv")},
		}))
	}
	reports := all()
	for i, want := range []struct{ rows, products, variants int64 }{
		{6618, 1244, 4969}, {2307, 1243, 1654}, {3958, 898, 1161}, {2309, 438, 550}, {565, 84, 445}, {115, 27, 95}, {84, 60, 66}, {67, 0, 0},
	} {
		got := reports[i]
		require.Zero(t, got.TotalRejected(), "%v", got.Faults)
		require.Equal(t, want.rows, got.Rows)
		require.Equal(t, want.products, got.Products.Stored)
		require.Equal(t, want.variants, got.Variants.Stored)
		require.Zero(t, got.Variants.Duplicates)
	}
	require.EqualValues(t, 67, reports[7].Levels.Stored)
	require.Equal(t, "1050000 VND", one[string](s, `
		SELECT price_min_minor || ' ' || currency FROM products WHERE source_key = 'multi-circle-interwine-silver-ring'`))
	require.Zero(t, one[int](s, `SELECT count(*)::int FROM products WHERE description_html ~* '<(script|iframe|style)'`))
	require.Positive(t, one[int](s, `SELECT count(*)::int FROM products WHERE description_html ~* '<table'`))
	// 23 rows have a count below zero, 18 of them of variants that are not tracked.
	require.Equal(t, 5, one[int](s, `
		SELECT count(*)::int FROM variants v JOIN products p ON p.id = v.product_id
		WHERE p.source = 'bike-parts' AND v.available_quantity < 0`))
	s.consistent()

	before := s.hashes()
	for _, report := range all() {
		require.Zero(t, report.Products.Changed+report.Variants.Changed+report.Images.Changed+report.Levels.Changed)
	}
	require.Equal(t, before, s.hashes())
}

func TestRealShopIsCancelledAndGoesOn(t *testing.T) {
	if !dbtest.Full() {
		t.Skip("a long walk")
	}
	data := realData(t)
	s := newShop(t)
	ctx, cancel := context.WithCancel(t.Context())
	options := Options{
		DatabaseURL: s.url, Format: FormatShopifyProducts, ChunkProducts: 300,
		Paths:      []string{filepath.Join(data, "shopify", "bike-parts.csv.gz")},
		afterChunk: func(chunk int) { cancel() },
	}
	report, err := Run(ctx, options)
	require.ErrorIs(t, err, context.Canceled)
	require.EqualValues(t, 300, report.Products.Stored)
	s.consistent()
	options.afterChunk = nil
	report = s.run(options)
	require.Equal(t, Count{Stored: 944, Unchanged: 300}, report.Products)
	require.EqualValues(t, 4969, report.Variants.Stored+report.Variants.Unchanged)
	s.consistent()
}

func TestRealTaxonomies(t *testing.T) {
	if !dbtest.Full() {
		t.Skip("a long walk")
	}
	data := realData(t)
	s := newShop(t)
	options := Options{Format: FormatTaxonomy, Paths: []string{filepath.Join(data, "taxonomy", "shopify-categories.en.txt.gz")}}
	report := s.run(options)
	require.Equal(t, Count{Stored: 10595}, report.Categories)
	require.Equal(t, 26, one[int](s, `SELECT count(*)::int FROM categories WHERE parent_id IS NULL`))
	require.Equal(t, 10595, one[int](s, `SELECT count(DISTINCT source_key)::int FROM categories`))
	require.Equal(t, Count{Unchanged: 10595}, s.run(options).Categories)

	german := s.run(Options{
		Format: FormatTaxonomy, Source: "google-de",
		Paths: []string{filepath.Join(data, "taxonomy", "google-taxonomy-with-ids.de-DE.txt.gz")},
	})
	require.EqualValues(t, 5427, german.Rows)
	require.EqualValues(t, 5427, german.Categories.Stored+german.Categories.Unchanged+german.Categories.Changed+german.Categories.Duplicates)
}

func TestRealReviewsFindTheirProducts(t *testing.T) {
	data := filepath.Join(realData(t), "amazon-reviews")
	s := newShop(t)
	cards := s.run(Options{Format: FormatTable, Mapping: "amazon-gift-cards", Paths: []string{filepath.Join(data, "meta_Gift_Cards.json.gz")}})
	require.EqualValues(t, 934, cards.Rows)
	options := Options{Format: FormatTable, Mapping: "amazon-reviews", Paths: []string{filepath.Join(data, "Gift_Cards_5.json.gz")}}
	reviews := s.run(options)
	require.EqualValues(t, 1606, reviews.Rows)
	require.EqualValues(t, 1606, reviews.Reviews.Stored+reviews.Reviews.Duplicates+reviews.TotalRejected())
	require.EqualValues(t, one[int](s, `SELECT count(*)::int FROM reviews`), reviews.Reviews.Stored)
	require.EqualValues(t, one[int](s, `SELECT count(*)::int FROM customers`), reviews.Customers.Stored)
	s.consistent()
	before := s.hashes()
	require.Equal(t, reviews.Reviews.Stored, s.run(options).Reviews.Unchanged)
	require.Equal(t, before, s.hashes())

	// A review of a product that is not in the shop is a fault.
	other := s.run(Options{
		Format: FormatTable, Mapping: "amazon-reviews-csv",
		Paths: []string{filepath.Join(data, "Musical_instruments_reviews.csv.gz")},
	})
	require.Zero(t, other.Reviews.Stored)
	require.Positive(t, other.Rejected["reference"])
}
