package faults

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/consistency"
	"souk/test/harness"
	"souk/test/shop"
)

// post sends a query with headers and extensions.
func post(t testing.TB, server *harness.Server, header http.Header, extensions map[string]any, query string) *harness.Answer {
	t.Helper()
	return server.Send(t, header, map[string]any{"query": query, "extensions": extensions})
}

// withToken asks with a token in the header, as nobody: who staff are is read from
// the primary.
func withToken(t testing.TB, server *harness.Server, token, query string) *harness.Answer {
	t.Helper()
	return post(t, server.With(""), http.Header{consistency.Header: {token}}, nil, query)
}

// retitle changes the shirt's title and returns the token of the answer.
func retitle(t testing.TB, server *harness.Server, title string) (token string) {
	t.Helper()
	answer := server.Query(t, shop.ProductUpdate, map[string]any{"input": map[string]any{"id": shop.ShirtID, "title": title}})
	require.Equal(t, title, answer.At("productUpdate", "product", "title"))
	return tokenOf(t, answer)
}

func tokenOf(t testing.TB, answer *harness.Answer) string {
	t.Helper()
	token := answer.Header.Get(consistency.Header)
	require.NotEmpty(t, token)
	require.Contains(t, string(answer.Raw), `"consistency":{"token":"`+token+`"}`)
	return token
}

// waysToTheShirt are queries that show its title, each by another statement.
var waysToTheShirt = map[string]string{
	"by ID":             `{ product(id: "` + shop.ShirtID + `") { title } }`,
	"by slug":           `{ product(slug: "linen-shirt") { title } }`,
	"as a node":         `{ node(id: "` + shop.ShirtID + `") { ... on Product { title } } }`,
	"among nodes":       `{ nodes(ids: ["` + shop.ShirtID + `"]) { ... on Product { title } } }`,
	"in the list":       `{ products(first: 50) { nodes { title } } }`,
	"of its vendor":     `{ vendor(slug: "loom") { products(first: 50) { nodes { title } } } }`,
	"of its categories": `{ product(slug: "linen-shirt") { categories { nodes { products(first: 50) { nodes { title } } } } } }`,
	"by its variants":   `{ product(slug: "linen-shirt") { variants { nodes { product { title } } } } }`,
}

func TestAClientReadsWhatItWrote(t *testing.T) {
	db := shop.New(t)
	server := harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite, auth.CatalogueRead))
	resume := db.PauseReplica(t)
	token := retitle(t, server, "Flax shirt")
	for name, query := range waysToTheShirt {
		t.Run("with the token "+name+" it is new", func(t *testing.T) {
			for range 20 {
				answer := withToken(t, server, token, query)
				require.Empty(t, answer.Errors)
				require.Contains(t, string(answer.Raw), "Flax shirt")
				require.NotContains(t, string(answer.Raw), "Linen Shirt")
			}
			inBody := post(t, server, http.Header{}, map[string]any{"consistency": map[string]any{"token": token}}, query)
			require.Contains(t, string(inBody.Raw), "Flax shirt")
		})
		t.Run("without the token "+name+" it is old", func(t *testing.T) {
			require.Contains(t, string(server.Query(t, query, nil).Raw), "Linen Shirt")
		})
	}
	t.Run("the newest of several changes counts", func(t *testing.T) {
		answer := server.Query(t, `mutation {
			a: productUpdate(input: {id: "`+shop.ShirtID+`", title: "First shirt"}) { product { title } }
			b: productUpdate(input: {id: "`+shop.ShirtID+`", title: "Second shirt"}) { product { title } }
		}`, nil)
		require.Contains(t, string(withToken(t, server, tokenOf(t, answer), waysToTheShirt["by ID"]).Raw), "Second shirt")
	})
	resume()
	require.NoError(t, db.WaitReplica(t.Context()))
	t.Run("once it is replayed the replica serves it again", func(t *testing.T) {
		require.Eventually(t, func() bool {
			before := harness.Reads(t, db.PrimaryURL)
			withToken(t, server, token, waysToTheShirt["by ID"])
			return harness.Reads(t, db.PrimaryURL) == before
		}, harness.Patience, harness.Tick)
	})
}

func TestTokensAreOnlyOurs(t *testing.T) {
	keys := harness.Keys(t)
	another, err := consistency.New(bytes.Repeat([]byte{1}, consistency.SecretBytes))
	require.NoError(t, err)
	db := shop.New(t)
	ours := func(s *harness.Setup) { s.Config.Keys = keys }
	server := harness.Start(t, db, ours, harness.AsStaff(auth.CatalogueWrite))
	token := retitle(t, server, "Flax shirt")
	const query = `{ product(slug: "linen-shirt") { title } }`
	for name, wrong := range map[string]string{
		"another shop's": another.Issue(7), "damaged": "A" + token[:len(token)-1], "no token": "x", "long": strings.Repeat(token, 20),
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			answer := withToken(t, server, wrong, query)
			require.Len(t, answer.Errors, 1)
			require.Equal(t, "BAD_USER_INPUT", answer.Errors[0].Extensions["code"])
			require.Contains(t, answer.Errors[0].Message, "omit Souk-Consistency")
			require.Nil(t, answer.Data)
		})
	}
	t.Run("a token of the wrong form is refused", func(t *testing.T) {
		answer := post(t, server, http.Header{}, map[string]any{"consistency": map[string]any{"token": 7}}, query)
		require.Equal(t, "BAD_USER_INPUT", answer.Errors[0].Extensions["code"])
	})
	t.Run("another instance with the same keys reads them", func(t *testing.T) {
		second := harness.Start(t, db, ours)
		require.Contains(t, string(withToken(t, second, token, query).Raw), "Flax shirt")
	})
	t.Run("a query answers without a token", func(t *testing.T) {
		answer := server.Query(t, query, nil)
		require.Empty(t, answer.Header.Get(consistency.Header))
		require.NotContains(t, string(answer.Raw), "consistency")
	})
	t.Run("a refused change answers without a token", func(t *testing.T) {
		answer := server.Query(t, shop.ProductUpdate, map[string]any{"input": map[string]any{"id": shop.ShirtID, "title": "x", "expectedVersion": 1}})
		require.Empty(t, answer.Header.Get(consistency.Header))
	})
	t.Run("a browser may send and see it", func(t *testing.T) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, server.URL+"/graphql", nil)
		require.NoError(t, err)
		request.Header.Set("Origin", "http://localhost:3000")
		request.Header.Set("Access-Control-Request-Method", "POST")
		request.Header.Set("Access-Control-Request-Headers", "content-type,idempotency-key,souk-consistency")
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Contains(t, response.Header.Get("Access-Control-Allow-Headers"), "souk-consistency")
		answer := post(t, server, http.Header{"Origin": {"http://localhost:3000"}}, nil, query)
		require.Contains(t, answer.Header.Get("Access-Control-Expose-Headers"), consistency.Header)
	})
}
