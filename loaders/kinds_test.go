package loaders

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/store"
)

// A Source tells reads apart by their names, so two loaders with one name would get
// each other's values from a cache.
func TestEachReadOfTheStoreHasOneLoaderWithItsName(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "kinds.go", nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	var loaded []string
	for _, loader := range declared(file) {
		name, methods := readsOf(loader)
		want := []string{name}
		if strings.HasPrefix(methods[0], "List") {
			want = []string{"List" + name, "Count" + name}
		}
		require.Equal(t, want, methods)
		loaded = append(loaded, methods...)
	}
	require.ElementsMatch(t, readsOfTheStore(), loaded)
}

// declared returns the declarations of loaders and lists: variables and functions.
func declared(file *ast.File) (nodes []ast.Node) {
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			nodes = append(nodes, decl.Body)
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				if values, ok := spec.(*ast.ValueSpec); ok {
					nodes = append(nodes, values.Values[0])
				}
			}
		}
	}
	return nodes
}

// readsOf returns the name that a declaration gives to its reads, and the methods of
// store.Reader that it uses: (*store.Reader).ListVendors, or r.Shop.
func readsOf(loader ast.Node) (name string, methods []string) {
	ast.Inspect(loader, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if n.Kind == token.STRING && name == "" {
				name, _ = strconv.Unquote(n.Value)
			}
		case *ast.SelectorExpr:
			of, isIdent := n.X.(*ast.Ident)
			_, isMethodOf := n.X.(*ast.ParenExpr)
			if isMethodOf || isIdent && of.Name == "r" {
				methods = append(methods, n.Sel.Name)
			}
		}
		return true
	})
	return name, methods
}

// readsOfTheStore returns the names of the methods of store.Reader that read.
func readsOfTheStore() (names []string) {
	for m := range reflect.TypeFor[*store.Reader]().Methods() {
		if m.Type.NumIn() > 1 && m.Type.In(1) == reflect.TypeFor[context.Context]() && m.Type.NumOut() > 0 {
			names = append(names, m.Name)
		}
	}
	return names
}
