package proxies

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/test/harness"
	"souk/test/shop"
)

// BenchmarkPage gets one page from the server by POST and by GET, by its text and by its hash, with
// caches, and by its hash from each proxy. The client is in the same process as the server, so both share the processors.
func BenchmarkPage(b *testing.B) {
	db := shop.New(b)
	server := origin(b, db, harness.WithCaches(b, db))
	server.AwaitCaches(b)
	body, err := json.Marshal(map[string]string{"query": large})
	require.NoError(b, err)
	page := hashOf(`query Page ` + large)
	registered := newClient(b, server.URL).send(b, http.MethodPost, "/graphql", page.registration(b), "Content-Type", "application/json")
	require.Equal(b, http.StatusOK, registered.status, registered.body)
	get := func(url, address string) func() (*http.Request, error) {
		return func() (*http.Request, error) { return http.NewRequest(http.MethodGet, url+address, nil) }
	}
	post := func() (*http.Request, error) {
		request, err := http.NewRequest(http.MethodPost, server.URL+"/graphql", strings.NewReader(string(body)))
		if err == nil {
			request.Header.Set("Content-Type", "application/json")
		}
		return request, err
	}
	for _, bench := range []struct {
		name    string
		request func() (*http.Request, error)
	}{
		{"POST/text", post},
		{"GET/text", get(server.URL, address(large))},
		{"GET/hash", get(server.URL, page.address())},
		{"nginx/hash", get(nginx(b, server, asDeployed), page.address())},
		{"varnish/hash", get(varnish(b, server, asDeployed), page.address())},
	} {
		b.Run(bench.name, func(b *testing.B) {
			c := newClient(b, server.URL)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					request, err := bench.request()
					if err != nil {
						b.Error(err)
						return
					}
					response, err := c.http.Do(request)
					if err != nil {
						b.Error(err)
						return
					}
					_, err = io.Copy(io.Discard, response.Body)
					_ = response.Body.Close()
					if err != nil || response.StatusCode != http.StatusOK {
						b.Error(err, response.StatusCode)
						return
					}
				}
			})
		})
	}
}
