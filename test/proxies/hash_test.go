package proxies

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/test/harness"
	"souk/test/shop"
)

// hashed is what Apollo Client sends of a document with useGETForHashedQueries.
type hashed struct{ text, hash string }

func hashOf(text string) hashed {
	sum := sha256.Sum256([]byte(text))
	return hashed{text, hex.EncodeToString(sum[:])}
}

// extensions name the document.
func (h hashed) extensions() string {
	return fmt.Sprintf(`{"persistedQuery":{"version":1,"sha256Hash":"%s"}}`, h.hash)
}

// address asks for the document by its hash.
func (h hashed) address() string {
	return "/graphql?operationName=Page&variables=%7B%7D&extensions=" + url.QueryEscape(h.extensions())
}

// registration is the body that brings the text.
func (h hashed) registration(t testing.TB) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": h.text, "operationName": "Page", "extensions": json.RawMessage(h.extensions())})
	require.NoError(t, err)
	return string(body)
}

// TestAMissIsNotKept asks for a hash that nobody has registered, registers it, and asks again: a
// proxy that had kept the miss would give it to everybody for as long as it keeps pages.
func TestAMissIsNotKept(t *testing.T) {
	t.Parallel()
	forEachProxy(t, func(t *testing.T, start func(*harness.Server) client) {
		proxy := start(origin(t, shop.New(t)))
		page := hashOf(`query Page ` + listing)
		for range 3 {
			missed := proxy.send(t, http.MethodGet, page.address(), "")
			require.JSONEq(t, `{"errors":[{"message":"PersistedQueryNotFound","extensions":{"code":"PERSISTED_QUERY_NOT_FOUND"}}]}`, missed.body)
			require.Contains(t, missed.header.Get("Cache-Control"), "no-store")
			require.Empty(t, missed.header.Get("ETag"))
			require.False(t, missed.cached())
		}
		registered := proxy.send(t, http.MethodPost, "/graphql", page.registration(t), "Content-Type", "application/json")
		require.Contains(t, registered.body, "Linen Shirt")
		require.False(t, registered.cached())
		found := proxy.send(t, http.MethodGet, page.address(), "")
		require.Equal(t, registered.body, found.body)
		require.False(t, found.cached())
		again := proxy.send(t, http.MethodGet, page.address(), "")
		require.Equal(t, registered.body, again.body)
		require.True(t, again.cached())
	})
}
