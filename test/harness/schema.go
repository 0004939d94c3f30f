package harness

import (
	"maps"

	gql "github.com/vektah/gqlparser/v2/ast"

	"souk/graph"
)

// OwnTypes returns the types that the schema's files define, by name.
func OwnTypes() map[string]*gql.Definition {
	types := maps.Clone(graph.NewExecutableSchema(graph.Config{}).Schema().Types)
	maps.DeleteFunc(types, func(_ string, d *gql.Definition) bool { return d.BuiltIn })
	return types
}
