package main

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"path"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	gql "github.com/vektah/gqlparser/v2/ast"
)

// schemaOf parses a schema and adds the directives and types that every schema has.
func schemaOf(t *testing.T, text string) *gql.Schema {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&gql.Source{Name: "test.graphqls", Input: `
directive @noun(kind: Int!, go: String, called: String) on OBJECT
directive @id(of: String!) on INPUT_FIELD_DEFINITION
directive @patch(go: String) on INPUT_OBJECT
scalar Long
interface Node { id: ID! }
type UserError { message: String! }
type Query { any: Int }
` + text})
	require.NoError(t, err)
	return schema
}

// goPackage type-checks a package with the declarations.
func goPackage(t *testing.T, packagePath, declarations string) *types.Package {
	t.Helper()
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, "test.go", "package "+path.Base(packagePath)+"\n"+declarations, 0)
	require.NoError(t, err)
	pkg, err := (&types.Config{Importer: importer.Default()}).Check(packagePath, files, []*ast.File{parsed}, nil)
	require.NoError(t, err)
	return pkg
}

func messages(faults []error) []string {
	var texts []string
	for _, f := range faults {
		texts = append(texts, f.Error())
	}
	return texts
}

func TestNounsAreSortedByKind(t *testing.T) {
	found, faults := readNouns(schemaOf(t, `
type AuditEvent implements Node @noun(kind: 14) { id: ID! }
type ApiKey implements Node @noun(kind: 11, called: "an API key") { id: ID! }
type ProductVariant implements Node @noun(kind: 2, go: "Variant", called: "a variant") { id: ID! }
type Session @noun(kind: 255) { id: ID! }
type Money { amount: Int }`))
	require.Empty(t, faults)
	require.Equal(t, nouns{
		{Type: "ProductVariant", Go: "Variant", Kind: 2, Called: "a variant", Node: true},
		{Type: "ApiKey", Go: "APIKey", Kind: 11, Called: "an API key", Node: true},
		{Type: "AuditEvent", Go: "AuditEvent", Kind: 14, Called: "an audit event", Node: true},
		{Type: "Session", Go: "Session", Kind: 255, Called: "a session"},
	}, found)
}

func TestAllInvalidNounsAreReported(t *testing.T) {
	found, faults := readNouns(schemaOf(t, `
type A implements Node @noun(kind: 1) { id: ID! }
type B implements Node @noun(kind: 1) { id: ID! }
type C implements Node @noun(kind: 0) { id: ID! }
type D implements Node @noun(kind: 256) { id: ID! }
type E implements Node { id: ID! }
type F implements Node @noun(kind: 2, go: "A") { id: ID! }`))
	require.Equal(t, []string{
		"B: A already has the kind 1; each type needs its own kind",
		"C: @noun needs a kind from 1 to 255",
		"D: @noun needs a kind from 1 to 255",
		"E implements Node but is not registered; add @noun with a kind that no other type has",
		"F: A already has the Go name A; set `go` of @noun",
	}, messages(faults))
	require.Len(t, found, 5, "a wrong kind has no further faults: the type is a noun")
}

func TestNounNeedsItsTypesInTheStore(t *testing.T) {
	pkgs := goPackages{storePath: goPackage(t, storePath, "type Vendor struct{}\ntype VendorID [16]byte\ntype Role struct{}")}
	require.Equal(t, []string{"Role is registered with @noun, but souk/store has no type RoleID"},
		messages(checkNouns(nouns{{Type: "Vendor", Go: "Vendor"}, {Type: "Role", Go: "Role"}}, pkgs)))
}

func TestNamesAreSplitIntoWords(t *testing.T) {
	for name, want := range map[string]string{
		"APIKey": "API_KEY", "ApiKey": "API_KEY", "Variant": "VARIANT", "AuditEvent": "AUDIT_EVENT", "Line2Text": "LINE2_TEXT", "ID": "ID",
	} {
		require.Equal(t, want, constantCase(name))
	}
	require.Equal(t, "an image", called("Image"))
	require.Equal(t, "a product variant", called("ProductVariant"))
}
