package edge_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/edge"
	"souk/internal/telemetry"
)

// BenchmarkMiddleware measures what the edge adds to each request: to a tiny
// answer, and to a listing of 37 KB with and without compression.
func BenchmarkMiddleware(b *testing.B) {
	var listing strings.Builder
	random := rand.New(rand.NewPCG(1, 2)) // names that compress about as real ones do
	for listing.Len() < 37<<10 {
		fmt.Fprintf(&listing, `{"id":"%x","title":"Linen shirt %d","price":{"amount":"%d.90","currencyCode":"EUR"}},`,
			random.Uint64(), random.IntN(1000), random.IntN(100))
	}
	for name, tc := range map[string]struct{ answer, accept string }{
		"tiny":           {`{"data":{"__typename":"Query"}}`, "gzip"},
		"listing, plain": {listing.String(), ""},
		"listing, gzip":  {listing.String(), "gzip"},
	} {
		b.Run(name, func(b *testing.B) {
			reports, err := telemetry.New(b.Context(), telemetry.Options{LogWriter: io.Discard})
			require.NoError(b, err)
			defer func() { _ = reports.Stop(b.Context()) }()
			server, err := edge.NewServer(edge.Options{
				Telemetry: reports,
				GraphQL:   http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, tc.answer) }),
			})
			require.NoError(b, err)
			h := server.Handler()
			b.ReportAllocs()
			for b.Loop() {
				request := httptest.NewRequest(http.MethodPost, "/graphql", http.NoBody)
				request.Header.Set("Content-Type", "application/json")
				request.Header.Set("Accept-Encoding", tc.accept)
				h.ServeHTTP(httptest.NewRecorder(), request)
			}
		})
	}
}
