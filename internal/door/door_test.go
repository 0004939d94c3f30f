package door_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"souk/internal/door"
)

// schema is Souk's own.
func schema(t testing.TB) *ast.Schema {
	t.Helper()
	files, err := filepath.Glob("../../graph/schema/*.graphqls")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var sources []*ast.Source
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		sources = append(sources, &ast.Source{Name: file, Input: string(text)})
	}
	loaded, gqlErr := gqlparser.LoadSchema(sources...)
	require.NoError(t, gqlErr)
	return loaded
}

func newDoor(t testing.TB, change ...func(*door.Limits)) *door.Door {
	t.Helper()
	limits := door.DefaultLimits()
	for _, c := range change {
		c(&limits)
	}
	d, err := door.New(schema(t), limits, door.Options{Suggest: true})
	require.NoError(t, err)
	return d
}

func withoutMemory(l *door.Limits) { l.DocumentCache = 0 }
