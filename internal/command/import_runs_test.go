package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/graph/relay"
	"souk/internal/dbtest"
	"souk/internal/importer"
	"souk/store"
)

func TestImportIsListedAndUndoneAtTheCommandLine(t *testing.T) {
	db := dbtest.New(t)
	path := filepath.Join(t.TempDir(), "products.csv")
	require.NoError(t, os.WriteFile(path, []byte("Handle,Title,Variant Price\nmug,Mug,5\n"), 0o600))
	report, err := importer.Run(t.Context(), importer.Options{
		DatabaseURL: db.PrimaryURL, Format: importer.FormatShopifyProducts, Paths: []string{path}, Currency: "EUR", Actor: "ann@till",
	})
	require.NoError(t, err)

	primary := Primary{DatabaseURL: db.PrimaryURL}
	list := func() string {
		var out strings.Builder
		require.NoError(t, (&importRuns{Primary: primary, Limit: 5, Out: &out}).Run(t.Context()))
		return out.String()
	}
	require.Regexp(t, report.RunID+` .* shopify-products +shopify +done +1 +0 +ann@till +until \d{4}-\d\d-\d\d +/.*products.csv`, list())

	var out strings.Builder
	require.NoError(t, (&importUndo{Primary: primary, ID: "last", DryRun: true, Out: &out}).Run(t.Context()))
	require.Contains(t, out.String(), "would undo the import run "+report.RunID)
	require.Contains(t, list(), "done")
	out.Reset()
	require.NoError(t, (&importUndo{Primary: primary, ID: report.RunID, JSON: true, Out: &out}).Run(t.Context()))
	require.Contains(t, out.String(), `"removed": 2`)
	require.Regexp(t, `undone .* no +/`, list())
	require.ErrorContains(t, (&importUndo{Primary: primary, ID: "last", Out: &out}).Run(t.Context()), "no import run to undo")
	require.ErrorContains(t, (&importUndo{Primary: primary, ID: report.RunID, Out: &out}).Run(t.Context()), "was undone already")
}

func TestUndoThatLeavesSomethingHasACodeOfItsOwn(t *testing.T) {
	for name, json := range map[string]bool{"in words": false, "as JSON": true} {
		t.Run(name, func(t *testing.T) {
			db := dbtest.New(t)
			path := filepath.Join(t.TempDir(), "products.csv")
			require.NoError(t, os.WriteFile(path, []byte("Handle,Title,Variant Price\nmug,Mug,5\n"), 0o600))
			_, err := importer.Run(t.Context(), importer.Options{
				DatabaseURL: db.PrimaryURL, Format: importer.FormatShopifyProducts, Paths: []string{path}, Currency: "EUR",
			})
			require.NoError(t, err)
			conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
			require.NoError(t, err)
			defer conn.Close(t.Context())
			_, err = conn.Exec(t.Context(), `UPDATE products SET title = 'Beaker'`)
			require.NoError(t, err)
			var out strings.Builder
			undo := &importUndo{Primary: Primary{DatabaseURL: db.PrimaryURL}, ID: "last", JSON: json, Out: &out}
			require.Equal(t, Exit(3), undo.Run(t.Context()))
			require.Contains(t, out.String(), "title")
		})
	}
}

func TestRunIDs(t *testing.T) {
	key := uuid.Must(uuid.NewV7())
	for text, want := range map[string]uuid.UUID{
		"last": uuid.Nil, key.String(): key, strings.ToUpper(key.String()): key, relay.ID(store.ImportRunID(key)): key,
	} {
		id, err := runID(text)
		require.NoError(t, err, text)
		require.Equal(t, want, id)
	}
	for _, text := range []string{"", "products.csv", uuid.Nil.String(), relay.ID(store.ProductID(key))} {
		_, err := runID(text)
		require.ErrorContains(t, err, "souk import runs", text)
	}
}

func TestFlagsAboutUndoAndEdits(t *testing.T) {
	yes, no := true, false
	for args, want := range map[string]importer.Options{
		"":                          {},
		"--keep-edits":              {},
		"--overwrite":               {Overwrite: true},
		"--undoable":                {Undoable: &yes},
		"--no-undoable --overwrite": {Undoable: &no, Overwrite: true},
	} {
		var cli struct {
			Import Import `cmd:""`
		}
		parser, err := kong.New(&cli)
		require.NoError(t, err)
		_, err = parser.Parse(append([]string{"import", "shopify-products", "--database-url=x", "f.csv"}, strings.Fields(args)...))
		require.NoError(t, err, args)
		var got importer.Options
		cli.Import.ShopifyProducts.into(&got)
		require.NotEmpty(t, got.Actor)
		got.Actor = ""
		require.Equal(t, want, got, args)
	}
}
