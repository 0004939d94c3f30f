package proxies

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/test/harness"
	"souk/test/shop"
)

const listing = `{ products(first: 5) { nodes { id title priceRange { min { amount } } vendor { name } variants(first: 2) { nodes { sku } } } } }`

// large is a listing that is worth compressing.
const large = `{ products { nodes { id slug title description descriptionHtml options { name values } variants { nodes { id sku title price { amount currencyCode } } } images { nodes { url } } } } }`

// TestAPageIsAskedForOnce gets a page from the proxy again and again, in several ways.
func TestAPageIsAskedForOnce(t *testing.T) {
	t.Parallel()
	forEachProxy(t, func(t *testing.T, start func(*harness.Server) client) {
		server := origin(t, shop.New(t))
		proxy := start(server)
		first := proxy.get(t, listing)
		require.Equal(t, http.StatusOK, first.status, first.body)
		require.False(t, first.cached())
		require.Equal(t, "public, max-age=60, stale-while-revalidate=60", first.header.Get("Cache-Control"))
		require.Empty(t, first.header.Get("Surrogate-Key"), "readers need not know it")
		direct := newClient(t, server.URL).get(t, listing)
		require.Equal(t, direct.body, first.body)
		require.NotEmpty(t, direct.header.Get("Surrogate-Key"))

		second := proxy.get(t, listing)
		require.True(t, second.cached())
		require.Equal(t, first.body, second.body)
		require.Equal(t, first.header.Get("ETag"), second.header.Get("ETag"))
		head := proxy.send(t, http.MethodHead, address(listing), "")
		require.True(t, head.cached())
		require.Empty(t, head.body)
		known := proxy.get(t, listing, "If-None-Match", first.header.Get("ETag"))
		require.Equal(t, http.StatusNotModified, known.status)
		require.Empty(t, known.body)
		require.Equal(t, 2, statuses(server, http.StatusOK), "the proxy's first and the direct one:\n%s", server.Log)

		// Each representation is its own.
		for range 2 {
			other := proxy.get(t, listing, "Accept", "application/graphql-response+json")
			require.Contains(t, other.header.Get("Content-Type"), "application/graphql-response+json")
			require.NotEqual(t, first.header.Get("ETag"), other.header.Get("ETag"))
			packed := proxy.get(t, large, "Accept-Encoding", "gzip")
			require.Equal(t, "gzip", packed.header.Get("Content-Encoding"))
			plain := proxy.get(t, large)
			require.Empty(t, plain.header.Get("Content-Encoding"))
			require.Contains(t, plain.body, "Linen Shirt")
			require.Contains(t, proxy.get(t, listing).header.Get("Content-Type"), "application/json")
		}
		// A POST is never kept.
		for range 2 {
			posted := proxy.send(t, http.MethodPost, "/graphql", `{"query":"{ shop { name } }"}`, "Content-Type", "application/json")
			require.Equal(t, "no-store", posted.header.Get("Cache-Control"))
			require.False(t, posted.cached())
		}
		require.Equal(t, http.StatusMethodNotAllowed, proxy.get(t, `mutation { shopUpdate(input: {}) { shop { id } } }`).status)
	})
}

// TestAPageIsRevalidated lets a page be kept for a second, and reads it until the proxy has asked
// whether it still holds.
func TestAPageIsRevalidated(t *testing.T) {
	t.Parallel()
	forEachProxy(t, func(t *testing.T, start func(*harness.Server) client) {
		server := origin(t, shop.New(t), shortly)
		proxy := start(server)
		first := proxy.get(t, listing)
		require.Equal(t, "public, max-age=1, stale-while-revalidate=1", first.header.Get("Cache-Control"))
		require.Eventually(t, func() bool {
			page := proxy.get(t, listing)
			require.Equal(t, http.StatusOK, page.status)
			require.Equal(t, first.body, page.body)
			return statuses(server, http.StatusNotModified) > 0
		}, harness.Patience, 20*harness.Tick, "a page that has not changed is not sent again")
		require.Equal(t, 1, statuses(server, http.StatusOK))
		require.Eventually(t, func() bool { return proxy.get(t, listing).cached() }, harness.Patience, 20*harness.Tick)

		shirt := `mutation { productUpdate(input: {id: "` + shop.ShirtID + `", title: "Another shirt"}) { product { title } userErrors { message } } }`
		require.Empty(t, server.As(t, auth.Principal{Kind: auth.Staff, Permissions: auth.Permissions{auth.CatalogueWrite}}).Query(t, shirt, nil).At("productUpdate", "userErrors"))
		require.Eventually(t, func() bool { return strings.Contains(proxy.get(t, listing).body, "Another shirt") },
			harness.Patience, 20*harness.Tick, "a page that has changed is")
	})
}

// TestAFailureIsNotKept asks for what fails, and again when it works.
func TestAFailureIsNotKept(t *testing.T) {
	t.Parallel()
	forEachProxy(t, func(t *testing.T, start func(*harness.Server) client) {
		db := shop.New(t)
		harness.Execute(t, db.PrimaryURL, `UPDATE shop SET currency = NULL`)
		proxy := start(origin(t, db))
		const query = `{ products(filter: {price: {min: "1"}}) { totalCount } }` // in the shop's currency
		for range 3 {
			failed := proxy.get(t, query)
			require.Contains(t, failed.body, `"errors"`)
			require.Equal(t, "private, no-store", failed.header.Get("Cache-Control"))
			require.False(t, failed.cached())
		}
		harness.Execute(t, db.PrimaryURL, `UPDATE shop SET currency = 'EUR'`)
		worked := proxy.get(t, query)
		require.NotContains(t, worked.body, `"errors"`)
		require.False(t, worked.cached())
		again := proxy.get(t, query)
		require.True(t, again.cached())
		require.Equal(t, worked.body, again.body)
	})
}

// TestALongAddressPassesTheProxy has the longest address that works, and one that is longer.
func TestALongAddressPassesTheProxy(t *testing.T) {
	t.Parallel()
	forEachProxy(t, func(t *testing.T, start func(*harness.Server) client) {
		proxy := start(origin(t, shop.New(t)))
		long := address(`{ shop { name } }`) + "&x="
		long += strings.Repeat("y", 8000-len(long))
		for _, cached := range []bool{false, true} {
			got := proxy.send(t, http.MethodGet, long, "")
			require.Equal(t, http.StatusOK, got.status, got.body)
			require.Equal(t, cached, got.cached())
		}
		got := proxy.send(t, http.MethodGet, long+"y", "")
		require.Equal(t, http.StatusRequestURITooLong, got.status)
		require.Contains(t, got.body, "ADDRESS_TOO_LONG")
	})
}
