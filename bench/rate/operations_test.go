package rate

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// operation is what is sent. The server by hand selects it by its name.
type operation struct {
	name, text string
	variables  map[string]any
}

// operations are those that are measured: one without the database, one object with what
// it belongs to, and a page with all that a shop shows of its products.
func operations(t *testing.T) []operation {
	t.Helper()
	listing, err := os.ReadFile("../../internal/door/testdata/legitimate/listing-with-children.graphql")
	require.NoError(t, err)
	return []operation{
		{name: "Typename", text: "query Typename { __typename }"},
		{
			name: "Product",
			text: `query Product($slug: String!) {
  product(slug: $slug) { id title vendor { name } categories(first: 1) { nodes { name } } }
}`,
			variables: map[string]any{"slug": "product-7"},
		},
		{name: "Listing", text: string(listing)},
	}
}

// body is the body of a request.
func (o operation) body(t *testing.T) []byte {
	t.Helper()
	body, err := json.Marshal(map[string]any{"operationName": o.name, "query": o.text, "variables": o.variables})
	require.NoError(t, err)
	return body
}

// requireEqualAnswers fails unless each operation has the same data from every server.
func requireEqualAnswers(t *testing.T, servers []*server, all []operation) {
	t.Helper()
	for _, o := range all {
		want := servers[0].data(t, o)
		for _, other := range servers[1:] {
			at := firstDifference(want, other.data(t, o))
			require.Negative(t, at, "%s: %s and %s differ after %s", o.name, servers[0].name, other.name, want[max(0, at-200):max(0, at)])
		}
	}
}

// firstDifference is where two texts differ; -1 if they do not.
func firstDifference(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	if len(a) == len(b) {
		return -1
	}
	return min(len(a), len(b))
}
