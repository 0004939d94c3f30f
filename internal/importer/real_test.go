package importer

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
)

// realImport is an import of a published file, and the counts that the data's own
// description gives for it.
type realImport struct {
	format, path, currency, source   string
	rows, products, variants, levels int64
}

func realImports() []realImport {
	return []realImport{
		{FormatShopifyProducts, "shopify/bike-parts.csv.gz", "USD", "bike-parts", 6618, 1244, 4969, 0},
		{FormatShopifyProducts, "shopify/jewelry-vnd.csv.gz", "VND", "jewelry", 2307, 1243, 1654, 0},
		{FormatShopifyProducts, "shopify/furniture-bedroom.csv.gz", "USD", "bedroom", 3958, 898, 1161, 0},
		{FormatShopifyProducts, "shopify/furniture-bedroom-sets.csv.gz", "USD", "bedroom-sets", 2309, 438, 550, 0},
		{FormatShopifyProducts, "shopify/hair-extensions.csv.gz", "USD", "hair", 565, 84, 445, 0},
		{FormatShopifyProducts, "shopify/bags.csv.gz", "EUR", "bags", 115, 27, 95, 0},
		{FormatShopifyProducts, "shopify/partners-*.csv", "USD", "partners", 84, 60, 66, 0},
		{FormatShopifyInventory, "shopify-inventory/bags-inventory.csv", "", "bags", 67, 0, 0, 67},
	}
}

// TestRealShopsAreImportedTwice imports nine product exports and the inventory that
// goes with one of them, and then all again. The cut leaves out the four exports of
// more than a thousand rows.
func TestRealShopsAreImportedTwice(t *testing.T) {
	data := realData(t)
	s := newShop(t)
	imports := dbtest.Sample(realImports(), func(i realImport) bool { return i.rows <= 1000 })
	run := func(i realImport) *Report {
		return s.run(Options{
			Format: i.format, Currency: i.currency, Source: i.source,
			Paths: []string{filepath.Join(data, filepath.FromSlash(i.path))},
		})
	}
	for _, i := range imports {
		report := run(i)
		require.Zero(t, report.TotalRejected(), "%s: %v", i.path, report.Faults)
		require.Equal(t, i.rows, report.Rows, i.path)
		require.Equal(t, i.products, report.Products.Stored, i.path)
		require.Equal(t, i.variants, report.Variants.Stored, i.path)
		require.Zero(t, report.Variants.Duplicates, i.path)
		if i.format == FormatShopifyInventory {
			require.Equal(t, i.levels, report.Levels.Stored, i.path)
		}
	}
	if dbtest.Full() {
		s.hasTheOdditiesOfTheLargeShops()
	}
	s.consistent()

	before := s.hashes()
	for _, i := range imports {
		report := run(i)
		require.Zero(t, report.Products.Changed+report.Variants.Changed+report.Images.Changed+report.Levels.Changed, i.path)
	}
	require.Equal(t, before, s.hashes())
}

func (s *shop) hasTheOdditiesOfTheLargeShops() {
	s.t.Helper()
	require.Equal(s.t, "1050000 VND", one[string](s, `
		SELECT price_min_minor || ' ' || currency FROM products WHERE source_key = 'multi-circle-interwine-silver-ring'`))
	require.Zero(s.t, one[int](s, `SELECT count(*)::int FROM products WHERE description_html ~* '<(script|iframe|style)'`))
	require.Positive(s.t, one[int](s, `SELECT count(*)::int FROM products WHERE description_html ~* '<table'`))
	// 23 rows have a count below zero, 18 of them of variants that are not tracked.
	require.Equal(s.t, 5, one[int](s, `
		SELECT count(*)::int FROM variants v JOIN products p ON p.id = v.product_id
		WHERE p.source = 'bike-parts' AND v.available_quantity < 0`))
}

// TestRealShopIsCancelledAndGoesOn cancels an import after its first chunk and runs
// it again. The cut does so with a smaller shop.
func TestRealShopIsCancelledAndGoesOn(t *testing.T) {
	file, products, variants, chunk := "hair-extensions.csv.gz", int64(84), int64(445), 20
	if dbtest.Full() {
		file, products, variants, chunk = "bike-parts.csv.gz", 1244, 4969, 300
	}
	data := realData(t)
	s := newShop(t)
	ctx, cancel := context.WithCancel(t.Context())
	options := Options{
		DatabaseURL: s.url, Format: FormatShopifyProducts, ChunkProducts: chunk,
		Paths:      []string{filepath.Join(data, "shopify", file)},
		afterChunk: func(int) { cancel() },
	}
	report, err := Run(ctx, options)
	require.ErrorIs(t, err, context.Canceled)
	require.EqualValues(t, chunk, report.Products.Stored)
	s.consistent()
	options.afterChunk = nil
	report = s.run(options)
	require.Equal(t, Count{Stored: products - int64(chunk), Unchanged: int64(chunk)}, report.Products)
	require.Equal(t, variants, report.Variants.Stored+report.Variants.Unchanged)
	s.consistent()
}

// TestRealTaxonomies imports Shopify's, and Google's beside it. The cut leaves out
// Google's.
func TestRealTaxonomies(t *testing.T) {
	data := realData(t)
	s := newShop(t)
	options := Options{Format: FormatTaxonomy, Paths: []string{filepath.Join(data, "taxonomy", "shopify-categories.en.txt.gz")}}
	report := s.run(options)
	require.Equal(t, Count{Stored: 10595}, report.Categories)
	require.Equal(t, 26, one[int](s, `SELECT count(*)::int FROM categories WHERE parent_id IS NULL`))
	require.Equal(t, 10595, one[int](s, `SELECT count(DISTINCT source_key)::int FROM categories`))
	require.Equal(t, Count{Unchanged: 10595}, s.run(options).Categories)
	if !dbtest.Full() {
		return
	}
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
