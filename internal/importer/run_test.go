package importer

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func readRejects(t *testing.T, path string) [][]string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	require.NoError(t, err)
	return rows
}

func TestRejectsAreCorrectedAndImportedAgain(t *testing.T) {
	s := newShop(t)
	rejects := s.file("rejects.csv", "")
	path := s.file("products.csv", "\ufeffHandle,Title,Option1 Name,Option1 Value,Variant Price\r\n"+
		"mug,Mug,Size,S,five\r\n"+
		"mug,,,M,6\r\n"+
		",,,,\r\n"+
		"cup,\"Cup\r\nof tea\",Title,Default Title,2.505\r\n"+
		"jar,J\xe4r,Title,Default Title,3\r\n"+
		"too,few\r\n"+
		"bowl,Bowl,Title,Default Title,-1\r\n"+
		"ghost,,,X,1\r\n")
	report := s.run(Options{Format: FormatShopifyProducts, Paths: []string{path}, Rejects: rejects})
	require.Equal(t, map[string]int64{"price": 2, "encoding": 1, "columns": 1, "reference": 1}, report.Rejected)
	require.Equal(t, map[string]int64{"price": 1}, report.Warnings)
	require.EqualValues(t, 8, report.Rows)
	require.EqualValues(t, 1, report.Blank)
	require.Equal(t, Count{Stored: 2}, report.Products, "no row of the bowl was taken")
	require.Equal(t, Count{Stored: 2}, report.Variants)
	for i, want := range []ReportedFault{
		{Line: 2, Column: "Variant Price", Value: "five", Code: "price"},
		{Line: 6, Column: "Variant Price", Value: "2.505", Code: "price", Warning: true},
		{Line: 7, Column: "Title", Value: "J\ufffdr", Code: "encoding"},
		{Line: 8, Value: "too", Code: "columns"},
		{Line: 9, Column: "Variant Price", Value: "-1", Code: "price"},
		{Line: 10, Column: "Handle", Value: "ghost", Code: "reference"},
	} {
		got := report.Faults[i]
		require.NotEmpty(t, got.Reason)
		want.File, want.Reason, want.Count = path, got.Reason, 1
		require.Equal(t, want, got)
	}

	text, err := os.ReadFile(rejects)
	require.NoError(t, err)
	fixed := strings.NewReplacer("S,five", "S,5", "J\xe4r", "Jär", "Title,-1", "Title,1", "ghost,,,X,", "ghost,Ghost,Size,X,",
		"too,few,,,", "too,Too,Title,Default Title,4", "2.505", "2.51").Replace(string(text))
	report = s.run(Options{Format: FormatShopifyProducts, Paths: []string{s.file("fixed.csv", fixed)}})
	require.Zero(t, report.TotalRejected(), "%v", report.Faults)
	require.Equal(t, []string{"bowl", "cup", "ghost", "jar", "mug", "too"}, list[string](s, `SELECT slug FROM products ORDER BY 1`))
	require.Equal(t, []string{"M", "S"}, one[[]string](s, `SELECT option_values FROM product_options o JOIN products p ON p.id = product_id WHERE p.slug = 'mug'`))
	s.consistent()
}

func TestDryRunReportsWhatWouldHappenAndStoresNothing(t *testing.T) {
	s := newShop(t)
	before := s.hashes()
	options := Options{Format: FormatShopifyProducts, Paths: []string{s.file("products.csv", oddShop)}, DryRun: true}
	dry := s.run(options)
	require.Equal(t, before, s.hashes())
	options.DryRun = false
	require.Equal(t, dry.Counts, s.run(options).Counts)
	options.DryRun = true
	require.EqualValues(t, 3, s.run(options).Products.Unchanged)
}

func TestTwoImportsAtOnceAreRefused(t *testing.T) {
	s := newShop(t)
	_, err := s.conn.Exec(t.Context(), `SELECT pg_advisory_lock($1)`, lockKey)
	require.NoError(t, err)
	_, err = Run(t.Context(), Options{DatabaseURL: s.url, Format: FormatShopifyProducts, Paths: []string{s.file("products.csv", oddShop)}})
	require.ErrorIs(t, err, ErrRunning)
}

func TestKilledImportLeavesAConsistentShopAndGoesOn(t *testing.T) {
	s := newShop(t)
	var text strings.Builder
	text.WriteString("Handle,Title,Vendor,Type,Option1 Name,Option1 Value,Variant Inventory Tracker,Variant Inventory Qty,Variant Price,Image Src\n")
	for i := range 50 {
		n := string(rune('a'+i/10)) + string(rune('a'+i%10))
		text.WriteString("mug-" + n + ",Mug " + n + ",V" + n[:1] + ",Mugs,Size,S,shopify,5,1.50,https://img/" + n + "\nmug-" + n + ",,,,,M,shopify,2,2.50,\n")
	}
	ctx, cancel := context.WithCancel(t.Context())
	options := Options{
		DatabaseURL: s.url, Format: FormatShopifyProducts, Paths: []string{s.file("products.csv", text.String())}, ChunkProducts: 10,
		afterChunk: func(chunk int) {
			if chunk == 2 {
				cancel()
			}
		},
	}
	report, err := Run(ctx, options)
	require.ErrorIs(t, err, context.Canceled)
	require.EqualValues(t, 20, report.Products.Stored, "what was rolled back is not counted")
	var human strings.Builder
	require.NoError(t, report.Render(&human))
	require.Contains(t, human.String(), "\n20 of the 50 products that were read are stored; run the same command again for the rest.\n")
	require.Equal(t, 20, one[int](s, `SELECT count(*)::int FROM products`))
	s.consistent()

	options.afterChunk = nil
	report = s.run(options)
	require.Equal(t, Count{Stored: 30, Unchanged: 20}, report.Products)
	require.Equal(t, Count{Stored: 60, Unchanged: 40}, report.Variants)
	s.consistent()
	before := s.hashes()
	s.run(options)
	require.Equal(t, before, s.hashes())
}

func TestCompressedInputAndReportForms(t *testing.T) {
	s := newShop(t)
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, err := w.Write([]byte(oddShop))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	report := s.run(Options{Format: FormatShopifyProducts, Paths: []string{s.file("products.csv.gz", zipped.String())}})
	require.EqualValues(t, 3, report.Products.Stored)

	var human strings.Builder
	require.NoError(t, report.Render(&human))
	require.Contains(t, human.String(), "Imported 6 rows of 1 file, ")
	data, err := json.Marshal(report)
	require.NoError(t, err)
	require.Contains(t, string(data), `"products":{"stored":3,"changed":0,"unchanged":0,"duplicates":0}`)
}

func TestWrongOptionsAreExplained(t *testing.T) {
	for want, options := range map[string]Options{
		"format \"xml\" is not known": {Format: "xml", Paths: []string{"x"}},
		"no input":                    {Format: FormatTaxonomy},
		"currency \"QQQ\"":            {Format: FormatTaxonomy, Currency: "QQQ"},
		"open input":                  {Format: FormatTaxonomy, Paths: []string{"/does/not/exist"}},
	} {
		_, err := Run(t.Context(), options)
		require.ErrorContains(t, err, want)
	}
}
