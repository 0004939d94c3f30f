package faults

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/config"
	"souk/test/harness"
	"souk/test/shop"
)

// TestDeferredFieldsAreInTheOneAnswer asks with and without @defer, and for fields with
// resolvers of their own, which an executor that defers leaves out.
func TestDeferredFieldsAreInTheOneAnswer(t *testing.T) {
	server := harness.Start(t, shop.New(t))
	plain := harness.Fetch(t, server, "/graphql", asked(`{ products(first: 2) { nodes { id description vendor { name } variants(first: 2) { nodes { id sku } } } } }`, nil))
	require.Empty(t, plain.Errors, plain.Body)
	require.Contains(t, plain.Body, `"sku"`)
	for name, query := range map[string]string{
		"in an inline fragment": `{ products(first: 2) { nodes { id ... @defer(label: "x") { description vendor { name } variants(first: 2) { nodes { id ... @defer { sku } } } } } } }`,
		"in a fragment":         `{ products(first: 2) { nodes { id ...F @defer(if: true) } } } fragment F on Product { description vendor { name } ... @defer { variants(first: 2) { nodes { id sku } } } }`,
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, plain.Body, harness.Fetch(t, server, "/graphql", asked(query, nil)).Body)
			require.Equal(t, plain.Body, harness.Fetch(t, server, "/graphql?query="+url.QueryEscape(query), "").Body)
		})
	}
}

func TestIntrospectionIsASetting(t *testing.T) {
	db := shop.New(t)
	for setting, on := range map[config.Introspection]bool{config.IntrospectionOn: true, config.IntrospectionOff: false} {
		t.Run(string(setting), func(t *testing.T) {
			server := harness.Start(t, db, func(s *harness.Setup) { s.Config.Introspection = setting })
			got := harness.Fetch(t, server, "/graphql", asked(`{ __type(name: "Shop") { name } }`, nil))
			if on {
				require.Contains(t, got.Body, `"data":{"__type":{"name":"Shop"}}`)
				return
			}
			require.Equal(t, "FORBIDDEN", got.Errors[0].Extensions["code"], got.Body)
		})
	}
}

func TestAMutationByGETIsNotRun(t *testing.T) {
	server := harness.Start(t, shop.New(t))
	got := harness.Fetch(t, server, "/graphql?query="+url.QueryEscape(`mutation { __typename }`), "")
	require.Equal(t, http.StatusMethodNotAllowed, got.Status)
	require.Equal(t, http.MethodPost, got.Header.Get("Allow"))
}
