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
	require.EqualValues(t, 1, report.Products.Duplicates, "e.csv repeats fields of tee")
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
