package door

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/config"
	"souk/internal/dbtest"
	"souk/internal/door"
	"souk/internal/door/hostile"
	"souk/test/catalogue"
	"souk/test/harness"
)

// What one hostile request may cost, by process CPU and bytes allocated, with the
// client that sends it; and what its answer may have.
const (
	mostCPU    = 10 * time.Millisecond
	mostBytes  = 8 << 20
	mostAnswer = 64 << 10
)

// way is how a document is sent.
type way struct {
	name string
	send func(t *testing.T, server *harness.Server, h hostile.Document) *http.Request
}

func ways() []way {
	return []way{
		{"POST", func(t *testing.T, server *harness.Server, h hostile.Document) *http.Request {
			body, err := json.Marshal(map[string]any{"query": h.Text, "operationName": h.Operation()})
			require.NoError(t, err)
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/graphql", bytes.NewReader(body))
			require.NoError(t, err)
			request.Header.Set("Content-Type", "application/json")
			return request
		}},
		{"GET", func(t *testing.T, server *harness.Server, h hostile.Document) *http.Request {
			address := server.URL + "/graphql?operationName=" + h.Operation() + "&query=" + url.QueryEscape(h.Text)
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
			require.NoError(t, err)
			return request
		}},
	}
}

// TestHostileDocuments sends each hostile document in each way, in development, where
// the most is allowed. SHOW=1 prints what each costs.
func TestHostileDocuments(t *testing.T) {
	server := harness.Start(t, catalogue.New(t, 1000), func(s *harness.Setup) {
		s.Config.Env = config.Development
		s.Config.Limits.DocumentCache = 1 // each is new each time
	})
	all := ways()
	if !dbtest.Full() {
		all = all[:1]
	}
	for _, way := range all {
		for _, h := range hostile.Documents() {
			t.Run(way.name+"/"+h.Name, func(t *testing.T) {
				spent := send(t, func() *http.Request { return way.send(t, server, h) })
				if os.Getenv("SHOW") != "" {
					fmt.Printf("%-4s %-60.60s %7d B %8s %9d B %3d %6d B %d %s\n", way.name, h.Name, len(h.Text), spent.cpu.Round(10*time.Microsecond), spent.allocated, spent.status, len(spent.answer), spent.errors, spent.code)
				}
				tooLarge := []int{http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong, http.StatusRequestHeaderFieldsTooLarge}
				if h.Code != "" && !slices.Contains(tooLarge, spent.status) {
					require.Equal(t, h.Code, spent.code, "%s", spent.answer)
				}
				spent.check(t)
			})
		}
	}
}

// spent is what a request cost and got.
type spent struct {
	cpu       time.Duration
	allocated uint64
	status    int
	answer    []byte
	errors    int
	code      string
}

// send makes a request several times and returns what it costs: the least CPU, as other work of the
// process may be counted too, and the median of the bytes.
func send(t *testing.T, request func() *http.Request) spent {
	t.Helper()
	const rounds = 5
	var out spent
	var cpu []time.Duration
	var allocated []uint64
	for range rounds {
		r := request()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := cpuTime()
		response, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		out.answer, err = io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		cpu = append(cpu, cpuTime()-began)
		runtime.ReadMemStats(&after)
		allocated = append(allocated, after.TotalAlloc-before.TotalAlloc)
		out.status = response.StatusCode
	}
	slices.Sort(cpu)
	slices.Sort(allocated)
	out.cpu, out.allocated = cpu[0], allocated[rounds/2]
	var answer struct {
		Errors []struct{ Extensions struct{ Code string } }
	}
	if json.Unmarshal(out.answer, &answer) == nil && len(answer.Errors) > 0 {
		out.errors, out.code = len(answer.Errors), answer.Errors[0].Extensions.Code
	}
	return out
}

func (s spent) check(t *testing.T) {
	t.Helper()
	require.LessOrEqual(t, len(s.answer), mostAnswer)
	require.LessOrEqual(t, s.errors, door.DefaultLimits().Errors)
	require.Less(t, s.status, 500)
	if raceDetector {
		return // it costs ten times as much
	}
	require.Less(t, s.cpu, mostCPU)
	require.Less(t, s.allocated, uint64(mostBytes))
}
