package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestASchemaWithFaultsGeneratesNothing checks that all errors of a schema are reported
// and that no file changes.
func TestASchemaWithFaultsGeneratesNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	before := map[string]string{
		"go.mod":                     "module souk\n",
		"store/store.go":             "package store\ntype Order struct{}\ntype OrderID [16]byte\ntype Subject string",
		"graph/relay/relay.go":       "package relay",
		"graph/model/model.go":       "package model",
		"graph/model/x.generated.go": "package model // as it was",
		"generated.go":               "package graph // as it was",
		"gqlgen.yml": `
schema: [shop.graphqls]
exec: {filename: generated.go, package: graph}
model: {filename: graph/model/x.generated.go, package: model}
models: {AuditSubjectKind: {model: souk/store.Subject}}`,
		"shop.graphqls": `
directive @noun(kind: Int!, go: String, called: String) on OBJECT
interface Node { id: ID! }
type Order implements Node @noun(kind: 1) { id: ID! }
type Parcel implements Node { id: ID! }
type Crate implements Node @noun(kind: 1) { id: ID! }
enum AuditSubjectKind { ORDER }
type Query { orders: Int }`,
	}
	for name, text := range before {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}

	err := run()
	for _, fault := range []string{
		"Query.orders: no rule",
		"Parcel implements Node but is not registered",
		"already has the kind 1",
		"Crate is registered with @noun, but souk/store has no type Crate",
		"AuditSubjectKind.ORDER: no constant of souk/store.Subject has this value",
	} {
		require.ErrorContains(t, err, fault)
	}
	after := map[string]string{}
	require.NoError(t, filepath.WalkDir(".", func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		after[path] = string(text)
		return err
	}))
	require.Equal(t, before, after)
}
