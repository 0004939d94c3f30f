package manifest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/documents/manifest"
)

func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return dir
}

func TestEachFormIsRead(t *testing.T) {
	dir := write(t, map[string]string{
		"apollo.json":  `{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"905e","name":"A","type":"query","body":"query A { a }","clientName":"web"},{"id":"b","name":"B","type":"query","body":"query B { b }"}]}`,
		"relay.json":   `{"d41d8cd98f00b204e9800998ecf8427e":"query R { r }"}`,
		"codegen.json": `{"sha256:00ff":"fragment F on T { f } query C { c { ...F } }","z":"query Z { z }"}`,
		"one.graphql":  "query One { one }\n",
	})
	for name, want := range map[string][]manifest.Document{
		"apollo.json":  {{ID: "905e", Text: "query A { a }", Client: "web"}, {ID: "b", Text: "query B { b }"}},
		"relay.json":   {{ID: "d41d8cd98f00b204e9800998ecf8427e", Text: "query R { r }"}},
		"codegen.json": {{ID: "sha256:00ff", Text: "fragment F on T { f } query C { c { ...F } }"}, {ID: "z", Text: "query Z { z }"}},
		"one.graphql":  {{Text: "query One { one }\n"}},
	} {
		path := filepath.Join(dir, name)
		for i := range want {
			want[i].Source = path
		}
		got, err := manifest.Read(path)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestAFolderHasItsFragments(t *testing.T) {
	dir := write(t, map[string]string{
		"pages/list.graphql":     "query List { products { ...Card } }\n",
		"pages/whole.gql":        "query Whole { shop { ...Own } } fragment Own on Shop { name }",
		"parts/card.graphql":     "fragment Card on Product { title ...Price }",
		"parts/price.graphql":    "fragment Price on Product { price } fragment Unused on Product { id }",
		"node_modules/x.graphql": "query Other { other }",
		"readme.md":              "# no",
	})
	got, err := manifest.Read(dir)
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Equal(t, "query List { products { ...Card } }\n\nfragment Card on Product {\n\ttitle\n\t... Price\n}\nfragment Price on Product {\n\tprice\n}\n", got[0].Text)
	require.Equal(t, "query Whole { shop { ...Own } } fragment Own on Shop { name }", got[1].Text)
}

func TestWhatIsNoManifestIsExplained(t *testing.T) {
	for text, want := range map[string]string{
		`[]`:                    "none of the files that Souk reads",
		`{"a": 1}`:              "none of the files that Souk reads",
		`{"a":"{a}","a":"{b}"}`: "duplicate",
		`{"format":"apollo-persisted-query-manifest","version":2,"operations":[]}`:                         "version 2",
		`{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"","body":"{ a }"}]}`: "operation 1 has no id",
		`{"":"{ a }"}`: "no ID",
	} {
		_, err := manifest.Read(filepath.Join(write(t, map[string]string{"m.json": text}), "m.json"))
		require.ErrorContains(t, err, want)
	}
	for name, files := range map[string]map[string]string{
		"no file has the fragment Card": {"a.graphql": "{ products { ...Card } }"},
		"2 files have a fragment Card":  {"a.graphql": "{ products { ...Card } }", "b.graphql": "fragment Card on A { a }", "c.graphql": "fragment Card on B { b }"},
		"has no .graphql files":         {"a.txt": ""},
		"a.graphql:1:":                  {"a.graphql": "{"},
	} {
		_, err := manifest.Read(write(t, files))
		require.ErrorContains(t, err, name)
	}
	_, err := manifest.Read(filepath.Join(t.TempDir(), "none.json"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
