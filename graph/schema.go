package graph

import (
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"

	"souk/graph/access"
)

// New returns the schema with what answers it. Clients do not see the directives
// that only the generator reads, and see in each description who can use a field. So
// the schema is a copy; reading it again, 3 ms, is the shortest way to one.
func New(resolvers ResolverRoot) graphql.ExecutableSchema {
	shown := gqlparser.MustLoadSchema(sources...)
	for _, name := range []string{"noun", "id", "patch"} {
		delete(shown.Directives, name)
	}
	access.Describe(shown)
	return NewExecutableSchema(Config{Schema: shown, Resolvers: resolvers})
}
