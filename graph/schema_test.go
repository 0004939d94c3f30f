package graph

import (
	"testing"

	"github.com/99designs/gqlgen/graphql/introspection"
	"github.com/stretchr/testify/require"
)

func TestTheGeneratorsDirectivesAreNotShown(t *testing.T) {
	shown := func() (names []string) {
		for _, d := range introspection.WrapSchema(New(nil).Schema()).Directives() {
			names = append(names, d.Name)
		}
		return names
	}
	require.ElementsMatch(t, []string{"access", "deprecated", "include", "skip", "specifiedBy", "oneOf", "defer"}, shown())
	require.NotNil(t, parsedSchema.Directives["noun"], "the schema itself keeps them")
	require.NotNil(t, New(nil).Schema().Types["Vendor"].Directives.ForName("noun"))
}
