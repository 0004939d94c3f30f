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

// BenchmarkPage gets one page from the server by POST and by GET, with caches, and from each
// proxy. The client is in the same process as the server, so both share the processors.
func BenchmarkPage(b *testing.B) {
	db := shop.New(b)
	server := origin(b, db, harness.WithCaches(b, db))
	server.AwaitCaches(b)
	body, err := json.Marshal(map[string]string{"query": large})
	require.NoError(b, err)
	get := func(url string) func() (*http.Request, error) {
		return func() (*http.Request, error) { return http.NewRequest(http.MethodGet, url+address(large), nil) }
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
		{"POST", post}, {"GET", get(server.URL)}, {"nginx", get(nginx(b, server, asDeployed))}, {"varnish", get(varnish(b, server, asDeployed))},
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
