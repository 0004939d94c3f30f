package main

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestASchemaWithoutRulesGeneratesNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
	write("gqlgen.yml", "schema: [shop.graphqls]\nexec: {filename: generated.go, package: graph}\nmodel: {filename: models.go, package: graph}\n")
	write("shop.graphqls", "type Query { products: Int orders: Int }")
	write("models.go", "package graph // as it was")
	write("generated.go", "package graph // as it was")

	err := run()
	require.ErrorContains(t, err, "Query.products: no rule")
	require.ErrorContains(t, err, "Query.orders: no rule")
	for _, name := range []string{"models.go", "generated.go"} {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Contains(t, string(text), "as it was")
	}
	files, err := filepath.Glob("*")
	require.NoError(t, err)
	require.Len(t, files, 4)
}

func TestOwnersAreKnownByTheirMethod(t *testing.T) {
	const source = `package store
type CustomerID [16]byte
type ByValue struct{}
func (ByValue) OwnedBy() (CustomerID, bool) { return CustomerID{}, false }
type ByPointer struct{}
func (*ByPointer) OwnedBy() (owner CustomerID, ok bool) { return }
type Other struct{}
func (Other) OwnedBy() (string, bool) { return "", false }
type None struct{}`
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, "store.go", source, 0)
	require.NoError(t, err)
	pkg, err := (&types.Config{Importer: importer.Default()}).Check("souk/store", files, []*ast.File{parsed}, nil)
	require.NoError(t, err)
	for name, want := range map[string]bool{"ByValue": true, "ByPointer": true, "Other": false, "None": false} {
		named := pkg.Scope().Lookup(name).Type()
		require.Equal(t, want, isOwned(named), name)
		require.Equal(t, want, isOwned(types.NewPointer(named)), name)
	}
}
