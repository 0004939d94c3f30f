package graph

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

func TestSDLIsTheSchemaThatClientsSee(t *testing.T) {
	text := SDL()
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: text})
	require.NoError(t, err)
	shown := New(nil).Schema()
	for name, def := range shown.Types {
		read := schema.Types[name]
		require.NotNil(t, read, name)
		require.Equal(t, def.Description, read.Description, name)
		require.Len(t, read.Fields, len(def.Fields), name)
		for i, field := range def.Fields {
			require.Equal(t, field.Type.String(), read.Fields.ForName(field.Name).Type.String(), "%s.%s", name, field.Name)
			require.Equal(t, field.Description, read.Fields[i].Description, "%s.%s", name, field.Name)
			require.Len(t, read.Fields[i].Arguments, len(field.Arguments), "%s.%s", name, field.Name)
		}
	}
	require.NotNil(t, schema.Types["Query"].Fields.ForName("apiKeys").Directives.ForName("access"), "what introspection cannot carry")
	require.NotNil(t, schema.Types["Money"].Directives.ForName("cost"))
	require.NotContains(t, text, "@noun", "what only the generator reads")
	require.NotContains(t, text, "@patch")
	require.NotContains(t, text, "@id(")
}

func TestTheSchemasFileIsCurrent(t *testing.T) {
	file, err := os.ReadFile("schema.graphql")
	require.NoError(t, err)
	require.Equal(t, SDL(), string(file), "run make generate")
}
