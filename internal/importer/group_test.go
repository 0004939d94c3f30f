package importer

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFilesWithOtherColumnsAddTheirFields imports files of one product, each with
// other columns, in one run.
func TestFilesWithOtherColumnsAddTheirFields(t *testing.T) {
	files := map[string]string{
		"a.csv": "Handle,Title,Option1 Name,Option1 Value,Variant SKU\ntee,Tee,Size,S,T-S\ntee,,,M,T-M\n",
		"b.csv": "Variant SKU,Variant Price\nT-S,10\nT-M,11\nNONE,12\n",
		"c.csv": "Handle,Tags,Vendor\ntee,sale,Nord\n",
		"d.csv": "Variant SKU,Variant Price\nT-M,99\n",
		"e.csv": "Handle,Title,Tags\ntee,Another title,other\ncap,Cap,new\n",
	}
	s := newShop(t)
	options := Options{Format: FormatShopifyProducts}
	for _, name := range []string{"a.csv", "b.csv", "c.csv", "d.csv", "e.csv"} {
		options.Paths = append(options.Paths, s.file(name, files[name]))
	}
	options.DryRun = true
	before := s.hashes()
	dry := s.run(options)
	require.Equal(t, before, s.hashes())

	options.DryRun = false
	report := s.run(options)
	require.Equal(t, dry.Counts, report.Counts)
	require.Equal(t, map[string]int64{"reference": 1, "conflict": 1}, report.Rejected)
	require.EqualValues(t, 2, report.Products.Duplicates, "e.csv repeats the title of tee, and c.csv then its tags")
	const products = `SELECT concat_ws(' ', slug, title, tags::text, (SELECT name FROM vendors v WHERE v.id = vendor_id)) FROM products ORDER BY slug`
	want := []string{"cap Cap {new}", "tee Tee {other} Nord"}
	require.Equal(t, want, list[string](s, products), "the first file that has a field counts, and files with titles come first")
	require.Equal(t, []string{"T-S 1000", "T-M 1100"}, list[string](s, `SELECT sku || ' ' || price_minor FROM variants ORDER BY position`))
	require.Equal(t, 1, one[int](s, `SELECT count(*)::int FROM import_runs`))
	require.Subset(t, one[[]string](s, `SELECT fields FROM import_runs`), []string{"title", "tags", "variant.price", "vendor"})
	s.consistent()

	before = s.hashes()
	again := s.run(options)
	require.Equal(t, before, s.hashes(), "the same files again change nothing")
	require.Zero(t, again.Products.Changed+again.Variants.Changed)

	s.undo(report.RunID)
	require.Empty(t, list[string](s, products))
}

// TestDuplicatesOfAllFilesAreCounted has repeated records in the first of two files
// with other columns, and none in the second.
func TestDuplicatesOfAllFilesAreCounted(t *testing.T) {
	s := newShop(t)
	report := s.run(Options{Format: FormatShopifyProducts, Paths: []string{
		s.file("a.csv", "Handle,Title,Variant SKU\ntee,Tee,T\ncap,Cap,C\ntee,Tee,T\n"),
		s.file("b.csv", "Handle,Title,Variant SKU,Vendor\nhat,Hat,H,Nord\n"),
	}})
	require.Equal(t, Count{Stored: 3, Duplicates: 1}, report.Products)
	require.Equal(t, Count{Stored: 3, Duplicates: 1}, report.Variants)

	report = s.run(Options{Format: FormatShopifyInventory, Paths: []string{
		s.file("c.csv", "Handle,Location,On hand\ntee,A,1\ntee,A,1\n"),
		s.file("d.csv", "Handle,Location,On hand,Incoming\ncap,A,2,1\n"),
	}})
	require.Equal(t, Count{Stored: 2, Duplicates: 1}, report.Levels)

	mapping := s.file("reviews.yaml", "source: shopify\nreview: {product: product, key: key, rating: rating, title: title}\n")
	report = s.run(Options{Format: FormatTable, Mapping: mapping, Paths: []string{
		s.file("e.csv", "product,key,rating\ntee,1,5\ntee,1,5\n"),
		s.file("f.csv", "product,key,rating,title\ncap,2,4,Good\n"),
	}})
	require.Equal(t, Count{Stored: 2, Duplicates: 1}, report.Reviews)
}

// TestFilesThatContradictEachOther has two files with other columns about the same
// quantity: the first counts, in each import.
func TestFilesThatContradictEachOther(t *testing.T) {
	s := newShop(t)
	s.shopify("Handle,Title,Variant SKU\ntee,Tee,T\n")
	options := Options{Format: FormatShopifyInventory, Paths: []string{
		s.file("a.csv", "Handle,Location,On hand\ntee,A,1\n"),
		s.file("b.csv", "Handle,Location,On hand,Incoming\ntee,A,2,5\n"),
	}}
	require.Equal(t, Count{Stored: 1, Changed: 1, Duplicates: 1}, s.run(options).Levels)
	require.Equal(t, []string{"1 5"}, list[string](s, `SELECT on_hand || ' ' || incoming FROM inventory_levels`))
	before := s.hashes()
	require.Equal(t, Count{Unchanged: 2, Duplicates: 1}, s.run(options).Levels)
	require.Equal(t, before, s.hashes())
}

// TestDuplicatesAreOfOtherFiles merges a product in each transaction: what an earlier
// one of the same file wrote is no duplicate.
func TestDuplicatesAreOfOtherFiles(t *testing.T) {
	s := newShop(t)
	report := s.run(Options{Format: FormatShopifyProducts, ChunkProducts: 1, Paths: []string{
		s.file("a.csv", "Handle,Title,Option1 Name,Option1 Value,Variant SKU\ntee,Tee,Size,S,T-S\ntee,,,M,T-M\ncap,Cap,Size,S,C\n"),
		s.file("b.csv", "Variant SKU,Variant Price\nT-S,1\nT-M,2\nC,3\n"),
		s.file("c.csv", "Handle,Tags\ntee,a\ncap,b\n"),
	}})
	require.Equal(t, []int64{2, 0}, []int64{report.Products.Stored, report.Products.Duplicates})
	require.Equal(t, []int64{3, 0}, []int64{report.Variants.Stored, report.Variants.Duplicates})
}
