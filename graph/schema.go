package graph

import (
	"maps"

	"github.com/99designs/gqlgen/graphql"
)

// New returns the schema with what answers it. Clients do not see the directives
// that only the generator reads.
func New(resolvers ResolverRoot) graphql.ExecutableSchema {
	shown := *parsedSchema
	shown.Directives = maps.Clone(parsedSchema.Directives)
	for _, name := range []string{"noun", "id", "patch"} {
		delete(shown.Directives, name)
	}
	return NewExecutableSchema(Config{Schema: &shown, Resolvers: resolvers})
}
