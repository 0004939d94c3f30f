package app

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/graph"
	"souk/resolvers"
)

// TestColumnsNameTheSchema finds columns that no selection would ever ask for: the store
// has the names of types and fields as texts.
func TestColumnsNameTheSchema(t *testing.T) {
	t.Parallel()
	types := graph.New(&resolvers.Resolver{}).Schema().Types
	files, err := filepath.Glob("../../store/*.go")
	require.NoError(t, err)
	named := regexp.MustCompile(`(columnsOf|onlyFor)\("([A-Za-z.]+)"`)
	nouns, fields := 0, 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		noun := ""
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			object, field, whole := strings.Cut(m[2], ".")
			switch {
			case m[1] == "columnsOf":
				noun = object
				require.Contains(t, types, noun, file)
				nouns++
				continue
			case !whole:
				object, field = noun, object
			}
			require.NotNil(t, types[object].Fields.ForName(field), "%s: %s.%s", file, object, field)
			fields++
		}
	}
	require.Greater(t, nouns, 10)
	require.Greater(t, fields, 5)
}
