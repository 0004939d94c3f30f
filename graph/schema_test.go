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
	require.ElementsMatch(t, []string{"access", "deprecated", "include", "skip", "specifiedBy", "oneOf", "defer", "cost", "listSize", "semanticNonNull", "cacheControl"}, shown())
	require.NotNil(t, parsedSchema.Directives["noun"], "the schema itself keeps them")
	require.NotNil(t, New(nil).Schema().Types["Vendor"].Directives.ForName("noun"))
}

func TestDescriptionsSayWhoAFieldIsFor(t *testing.T) {
	status := New(nil).Schema().Types["Review"].Fields.ForName("status").Description
	require.Equal(t, "Whether others can see the review. For the customer who owns it, and for staff and API keys with the permission `REVIEWS_MODERATE`.", status)
	require.Equal(t, status, New(nil).Schema().Types["Review"].Fields.ForName("status").Description, "once in each schema")
	require.Equal(t, "Whether others can see the review.", parsedSchema.Types["Review"].Fields.ForName("status").Description)
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(nil)
	}
}
