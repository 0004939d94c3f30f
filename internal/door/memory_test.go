package door

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

func ownDoor(t *testing.T, cache int64) *Door {
	t.Helper()
	files, err := filepath.Glob("../../graph/schema/*.graphqls")
	require.NoError(t, err)
	var sources []*ast.Source
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		sources = append(sources, &ast.Source{Name: file, Input: string(text)})
	}
	limits := DefaultLimits()
	limits.DocumentCache = cache
	d, err := New(gqlparser.MustLoadSchema(sources...), limits, Options{})
	require.NoError(t, err)
	return d
}

// TestDocumentsWeighWhatTheyHold compares the estimate with the heap.
func TestDocumentsWeighWhatTheyHold(t *testing.T) {
	d := ownDoor(t, 0)
	for name, text := range map[string]string{
		"a page":                    `query($n: Int) { products(first: $n, filter: {minRating: 3}) { edges { cursor node { id title vendor { name } variants(first: 3) { nodes { id sku price { amount currencyCode } } } } } pageInfo { endCursor } } }`,
		"many leaves":               "{ products { nodes { " + strings.Repeat("id title slug ", 300) + " } } }",
		"a list of IDs":             "{ nodes(ids: [" + strings.Repeat("1 ", 400) + "]) { id } }",
		"fragments":                 "{ products { nodes { ...A ...B } } } fragment A on Product { id title ...B } fragment B on Product { slug vendor { id name } }",
		"a long string":             `{ products(search: "` + strings.Repeat("a", 50_000) + `") { nodes { id } } }`,
		"a block string":            "{ products(search: \"\"\"" + strings.Repeat("a\n", 20_000) + "\"\"\") { nodes { id } } }",
		"a string of escapes":       `{ products(search: "` + strings.Repeat(`\n`, 20_000) + `") { nodes { id } } }`,
		"a fragment in many places": `{ products { nodes { ...A vendor { products { nodes { ...A } } } relatedProducts { nodes { ...A relatedProducts { nodes { ...A } } } } } } } fragment A on Product { ` + strings.Repeat("id title slug ", 10) + "}",
		"inline fragments":          "{ products { nodes { " + strings.Repeat("... on Product { id } ", 300) + " } } }",
	} {
		t.Run(name, func(t *testing.T) {
			const copies = 200
			kept := make([]*Document, copies)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			for i := range kept {
				doc, err := d.Document(strings.Clone(text))
				require.NoError(t, err)
				d.planOf(doc, doc.Tree.Operations[0])
				kept[i] = doc
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			real := float64(after.HeapAlloc-before.HeapAlloc) / copies
			held, _ := sizeOf(kept[0])
			t.Logf("%d bytes of %.0f", held, real)
			require.Greater(t, float64(held), 0.7*real)
			require.Less(t, float64(held), 2.5*real)
			runtime.KeepAlive(kept)
		})
	}
}

// TestFloodKeepsKnownDocuments has apps send their documents again and again while
// somebody sends new ones, each twice.
func TestFloodKeepsKnownDocuments(t *testing.T) {
	const bytes = 4 << 20
	d := ownDoor(t, bytes)
	app := func(i int) string {
		return fmt.Sprintf("query App%d { products { nodes { id title vendor { id name } } } }", i)
	}
	const apps = 100
	for range 5 {
		for i := range apps {
			_, err := d.Document(app(i))
			require.NoError(t, err)
		}
	}
	hits := 0
	for i := range 20_000 {
		text := fmt.Sprintf("query Flood%d { products { nodes { id title slug description vendor { id name } } } }", i)
		for range 2 {
			_, err := d.Document(text)
			require.NoError(t, err)
		}
		if i%10 == 0 {
			text := app(i / 10 % apps)
			if _, known := d.memory.get(KeyOf(text)); known {
				hits++
			}
			_, err := d.Document(text)
			require.NoError(t, err)
		}
	}
	t.Logf("%d of 2,000 times", hits)
	require.Greater(t, hits, 1200)
	require.LessOrEqual(t, d.memory.cache.WeightedSize(), uint64(bytes))
}

func TestLargeDocumentsAreNotKept(t *testing.T) {
	d := ownDoor(t, 1<<20)
	text := "{ products { nodes { " + strings.Repeat("id title slug ", 300) + " } } }"
	_, err := d.Document(text)
	require.NoError(t, err)
	_, known := d.memory.get(KeyOf(text))
	require.False(t, known)
}
