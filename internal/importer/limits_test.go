package importer

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/migrations"
)

// What one statement for thousands of records cannot take must cost the row that
// has it, not the import.
func TestValuesThatPostgresCannotTakeCostTheirRowAlone(t *testing.T) {
	s := newShop(t)
	tags := make([]string, 200_000)
	for i := range tags {
		tags[i] = strings.Repeat(string(rune('a'+i%26)), 1+i%9) + strings.Repeat("x", i%7) + string(rune('a'+i/26%26)) + string(rune('a'+i/676%26))
	}
	report := s.shopify("Handle,Title,Tags,Variant Price,Variant Inventory Tracker,Variant Inventory Qty\n" +
		"tagged,Tagged,\"" + strings.Join(tags, ",") + "\",1,,\n" +
		"many,Many,,1,shopify,9223372036854775807\n" +
		"fine,Fine,,1,shopify,5\n")
	require.Equal(t, map[string]int64{"quantity": 1}, report.Rejected)
	require.Equal(t, map[string]int64{"length": 1}, report.Warnings)
	require.Equal(t, Count{Stored: 3}, report.Products)
	require.Equal(t, Count{Stored: 2}, report.Variants)

	report = s.run(Options{Format: FormatShopifyInventory, Paths: []string{s.file("inventory.csv",
		"Handle,Option1 Value,Location,On hand,Committed\n"+
			"fine,Default Title,Here,-9223372036854775807,9223372036854775807\n"+
			"fine,Default Title,There,7,0\n")}})
	require.Equal(t, map[string]int64{"quantity": 1}, report.Rejected)
	require.Equal(t, Count{Stored: 1, Removed: 1}, report.Levels, "the total without a location")
	s.consistent()
}

func TestRejectsAreNeverWrittenOverAnInput(t *testing.T) {
	const products = "Handle,Title,Variant Price\nmug,Mug,five\n"
	folder := t.TempDir()
	path := filepath.Join(folder, "rejects.csv")
	second := filepath.Join(folder, "rejects-2.csv")
	require.NoError(t, os.WriteFile(path, []byte(products), 0o600))
	require.NoError(t, os.WriteFile(second, []byte(products), 0o600))
	for _, input := range []string{path, second, folder} {
		_, err := Run(t.Context(), Options{
			DatabaseURL: "postgres://127.0.0.1:1/none", Format: FormatShopifyProducts, Paths: []string{input}, Rejects: path,
		})
		require.ErrorContains(t, err, "give --rejects another name")
	}
	_, err := Run(t.Context(), Options{
		DatabaseURL: "postgres://127.0.0.1:1/none", Format: FormatShopifyProducts, Paths: []string{path},
		Rejects: filepath.Join(folder, "nowhere", "rejects.csv"),
	})
	require.ErrorContains(t, err, "there is no folder")
	for _, file := range []string{path, second} {
		kept, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, products, string(kept))
	}
}

func TestAnImportIntoADatabaseWithoutTheSchemaSaysWhatToDo(t *testing.T) {
	s := newShop(t)
	require.NoError(t, migrations.Require(t.Context(), s.conn))
	require.NoError(t, migrations.Down(t.Context(), s.url))
	report, err := Run(t.Context(), Options{
		DatabaseURL: s.url, Format: FormatShopifyProducts, Paths: []string{s.file("products.csv", "Handle,Title\n")},
	})
	require.Error(t, err)
	require.Regexp(t, `the database lacks 1 of \d+ migrations: run souk migrate up`, err.Error())
	require.True(t, report.Failed)

	never, err := pgx.Connect(t.Context(), s.url)
	require.NoError(t, err)
	defer never.Close(context.WithoutCancel(t.Context()))
	_, err = never.Exec(t.Context(), `DROP TABLE goose_db_version`)
	require.NoError(t, err)
	require.ErrorContains(t, migrations.Require(t.Context(), never), "run souk migrate up")
}

// Records with long texts go on in small batches, or 128 bodies of some megabytes
// would be held at once in each place between the reader and Postgres.
func TestLongTextsAreNotHeldInLargeBatches(t *testing.T) {
	body := strings.Repeat("x", batchBytes/2)
	r := &run{reader: records(func(_ context.Context, emit func(Record) error) error {
		for range 9 {
			if err := emit(&Product{Key: "key", Title: "Title", DescriptionHTML: body}); err != nil {
				return err
			}
		}
		return nil
	}), forms: map[string]form{}, report: newReport(Options{}, 1)}
	batches := make(chan []Record, 9)
	require.NoError(t, r.readFiles(t.Context(), []string{os.DevNull}, batches))
	close(batches)
	for batch := range batches {
		require.LessOrEqual(t, len(batch), 2)
	}
}

func TestPruneRemovesNothingWhenARowWasRejected(t *testing.T) {
	s := newShop(t)
	const header = "Handle,Title,Option1 Name,Option1 Value,Variant Price\n"
	s.shopify(header + "mug,Mug,Size,S,1\nmug,,,M,2\nmug,,,L,3\n")
	prune := func(rows string) *Report {
		return s.run(Options{Format: FormatShopifyProducts, Prune: true, Paths: []string{s.file("products.csv", header+rows)}})
	}
	report := prune("mug,Mug,Size,S,1\nmug,,,M,two\n")
	require.True(t, report.NotPruned)
	require.Zero(t, report.Variants.Removed)
	require.Equal(t, 3, one[int](s, `SELECT count(*)::int FROM variants`))
	report = prune("mug,Mug,Size,S,1\nmug,,,M,2\n")
	require.False(t, report.NotPruned)
	require.EqualValues(t, 1, report.Variants.Removed)
}

func TestAFileThatWasCutOffSaysSo(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	for i := range 10_000 {
		_, err := fmt.Fprintf(w, "handle-%d,Title %d\n", i, i*i)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	in, err := NewInput("products.csv.gz", bytes.NewReader(packed.Bytes()[:packed.Len()/2]))
	require.NoError(t, err)
	_, err = io.ReadAll(in.Body())
	require.ErrorContains(t, err, "damaged or incomplete")
}
