// Package listing measures the operations that shoppers send most, on a whole server.
package listing

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/config"
	"souk/test/catalogue"
	"souk/test/harness"
)

// BenchmarkOperation sends operations one after the other, over HTTP. The bytes, the
// allocations and the CPU are those of the server and of the client, which has about 60
// allocations.
func BenchmarkOperation(b *testing.B) {
	db := catalogue.New(b, 20_000)
	listing, err := os.ReadFile(filepath.Join("..", "..", "internal", "door", "testdata", "legitimate", "listing-with-children.graphql"))
	require.NoError(b, err)
	for _, executor := range []config.Executor{config.Gqlgen, config.BreadthFirst} {
		server := harness.Start(b, db, harness.WithoutLimits, func(s *harness.Setup) { s.Config.Executor = executor })
		for _, query := range []struct{ name, text string }{
			{"typename", "{ __typename }"},
			{"product", `{ product(slug: "product-7") { id title vendor { name } categories(first: 1) { nodes { name } } } }`},
			{"listing", string(listing)},
		} {
			b.Run(query.name+"/"+string(executor), func(b *testing.B) {
				body := harness.Body(query.text, nil)
				b.ReportAllocs()
				var size int
				runtime.GC()
				before := cpuTime(b)
				for b.Loop() {
					response, err := http.Post("http://"+server.App.Addr()+"/graphql", "application/json", strings.NewReader(body))
					require.NoError(b, err)
					answer, err := io.ReadAll(response.Body)
					require.NoError(b, err)
					require.NoError(b, response.Body.Close())
					require.Equal(b, http.StatusOK, response.StatusCode, "%s", answer)
					size = len(answer)
				}
				b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N)/1e3, "cpu-µs/op")
				b.ReportMetric(float64(size), "B/answer")
			})
		}
	}
}

// cpuTime is what the process has used so far. It depends less on what else the machine does
// than the time that has passed.
func cpuTime(tb testing.TB) time.Duration {
	var used syscall.Rusage
	require.NoError(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
