package edge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"

	"souk/internal/edge"
	"souk/internal/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// running is a server on free ports, with its log and its spans.
type running struct {
	*edge.Server
	t     *testing.T
	log   *lockedBuffer
	spans *tracetest.InMemoryExporter
}

// start runs a server whose /graphql is h. change adjusts the options.
func start(t *testing.T, h http.HandlerFunc, change func(*edge.Options)) *running {
	t.Helper()
	r := &running{t: t, log: &lockedBuffer{}, spans: tracetest.NewInMemoryExporter()}
	reports, err := telemetry.New(t.Context(), telemetry.Options{
		LogWriter: r.log, LogLevel: slog.LevelDebug, SpanExporter: r.spans,
	})
	require.NoError(t, err)
	o := edge.Options{Listen: "127.0.0.1:0", OpsListen: "127.0.0.1:0", Telemetry: reports, GraphQL: h}
	if change != nil {
		change(&o)
	}
	r.Server, err = edge.NewServer(o)
	require.NoError(t, err)
	require.NoError(t, r.Start(t.Context()))
	t.Cleanup(func() {
		require.NoError(t, r.Stop(context.Background()))
		require.NoError(t, r.Stop(context.Background()), "a second Stop is harmless")
		require.NoError(t, reports.Stop(context.Background()))
	})
	return r
}

type answer struct {
	*http.Response
	body string
}

// send makes one request on a connection of its own.
func (r *running) send(method, path string, body io.Reader, headers ...string) answer {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), method, "http://"+r.Addr()+path, body)
	require.NoError(r.t, err)
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return do(r.t, request)
}

func do(t *testing.T, request *http.Request) answer {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}}
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{response, string(body)}
}

func (r *running) ops(path string) answer {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, "http://"+r.OpsAddr()+path, nil)
	require.NoError(r.t, err)
	return do(r.t, request)
}

// accessLines returns the access log's lines that are there once n are.
func (r *running) accessLines(n int) []map[string]any {
	r.t.Helper()
	var lines []map[string]any
	require.Eventually(r.t, func() bool {
		lines = r.log.lines(r.t, "request")
		return len(lines) >= n
	}, waitTime, tick, "the line is written after the client has its answer")
	return lines
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// lines returns the JSON lines with that message.
func (l *lockedBuffer) lines(t *testing.T, message string) []map[string]any {
	t.Helper()
	var found []map[string]any
	for line := range strings.Lines(l.String()) {
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &fields), line)
		if fields["msg"] == message {
			found = append(found, fields)
		}
	}
	return found
}
