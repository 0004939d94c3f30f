package edge_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"

	"souk/internal/edge"
	"souk/internal/edge/origin"
	"souk/internal/telemetry"
)

func TestRequestID(t *testing.T) {
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, telemetry.RequestID(r.Context()))
	}, nil)
	for name, tc := range map[string]struct {
		sent string
		kept bool
	}{
		"a sane one is kept":                {"web-7f3A_b.1", true},
		"a missing one is made":             {"", false},
		"one with spaces is replaced":       {"a b", false},
		"one with quotes is replaced":       {`a"b`, false},
		"one that is too long is replaced":  {strings.Repeat("a", 65), false},
		"one of the longest length is kept": {strings.Repeat("a", 64), true},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.send(http.MethodPost, "/graphql", nil, "X-Request-Id", tc.sent)
			require.Equal(t, got.Header.Get("X-Request-Id"), got.body, "the handler sees what the client gets")
			if tc.kept {
				require.Equal(t, tc.sent, got.body)
			} else {
				require.NotEqual(t, tc.sent, got.body)
				require.Len(t, got.body, 26)
			}
		})
	}
}

func TestAccessLogSaysWhatHappenedAndNotWhatWasAsked(t *testing.T) {
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("fail") {
			w.WriteHeader(http.StatusBadGateway)
		}
		_, _ = io.WriteString(w, "12345")
	}, nil)
	s.send(http.MethodPost, "/graphql?query={secretField}", strings.NewReader(`{"query":"{secretField}"}`), "X-Request-Id", "one")
	s.send(http.MethodGet, "/graphql?fail", nil, "X-Request-Id", "two")
	s.send(http.MethodGet, "/nowhere", nil, "X-Request-Id", "three")
	s.send(http.MethodGet, "/livez", nil, "X-Request-Id", "four")

	byID := make(map[string]map[string]any)
	for _, line := range s.accessLines(4) {
		byID[line["request_id"].(string)] = line
	}
	first := byID["one"]
	require.Equal(t, "INFO", first["level"])
	require.Equal(t, "/graphql", first["route"])
	require.Equal(t, "POST", first["method"])
	require.EqualValues(t, 200, first["status"])
	require.EqualValues(t, 5, first["bytes"])
	require.Equal(t, "127.0.0.1", first["remote_address"])
	require.Positive(t, first["duration_ms"])
	require.Len(t, first["trace_id"], 32)
	require.NotContains(t, s.log.String(), "secretField")

	require.Equal(t, "ERROR", byID["two"]["level"])
	require.Equal(t, "WARN", byID["three"]["level"])
	require.Equal(t, "unmatched", byID["three"]["route"])
	require.Equal(t, "DEBUG", byID["four"]["level"])
}

func TestTraceContinuesTheCallers(t *testing.T) {
	s := start(t, ok, nil)
	s.send(http.MethodPost, "/graphql", nil, "Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	s.accessLines(1)
	require.Eventually(t, func() bool { return len(s.spans.GetSpans()) == 1 }, waitTime, tick)
	span := s.spans.GetSpans()[0]
	require.Equal(t, "POST /graphql", span.Name)
	require.Equal(t, trace.SpanKindServer, span.SpanKind)
	require.Equal(t, "0af7651916cd43dd8448eb211c80319c", span.SpanContext.TraceID().String())
	require.Equal(t, "b7ad6b7169203331", span.Parent.SpanID().String())
}

func TestPanicIsAnAnswerWithARequestID(t *testing.T) {
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("begun") {
			_, _ = io.WriteString(w, `{"data":`)
			require.NoError(t, http.NewResponseController(w).Flush())
		}
		panic("db password is hunter2")
	}, nil)

	got := s.send(http.MethodPost, "/graphql", nil, "X-Request-Id", "req-1")
	require.Equal(t, http.StatusInternalServerError, got.StatusCode)
	require.JSONEq(t, `{"errors":[{"message":"Internal error. If it happens again, quote request ID req-1.",
		"extensions":{"code":"INTERNAL","requestId":"req-1"}}]}`, got.body)

	lines := s.log.lines(t, "panic")
	require.Len(t, lines, 1)
	require.Equal(t, "db password is hunter2", lines[0]["panic"])
	require.Contains(t, lines[0]["stack"], "middleware_test.go")
	require.EqualValues(t, 500, s.accessLines(1)[0]["status"])

	// What has begun cannot become an error, and must not look complete.
	response, err := http.Get("http://" + s.Addr() + "/graphql?begun")
	require.NoError(t, err)
	defer response.Body.Close()
	_, err = io.ReadAll(response.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

// TestAHandlerCanTakeTheConnection through all of the middleware, compression too.
func TestAHandlerCanTakeTheConnection(t *testing.T) {
	s := start(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if !assert.NoError(t, err) {
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
	}, nil)
	got := s.send(http.MethodPost, "/graphql", nil)
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Equal(t, "hi", got.body)
}

func TestBodyLimit(t *testing.T) {
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		_ = json.NewEncoder(w).Encode(len(body))
	}, nil)
	const limit = 256 << 10
	for name, chunked := range map[string]bool{"with its length stated": false, "in chunks": true} {
		t.Run(name, func(t *testing.T) {
			body := func(size int) io.Reader {
				if chunked {
					return io.MultiReader(strings.NewReader(strings.Repeat("x", size)))
				}
				return strings.NewReader(strings.Repeat("x", size))
			}
			require.Equal(t, "262144\n", s.send(http.MethodPost, "/graphql", body(limit)).body)

			got := s.send(http.MethodPost, "/graphql", body(limit+1))
			require.Equal(t, http.StatusRequestEntityTooLarge, got.StatusCode)
			require.Contains(t, got.body, "limit of 256 KB")
			require.Contains(t, got.body, `"code": "BODY_TOO_LARGE"`)
			require.Contains(t, got.body, `"limit": 262144`)
			require.Contains(t, got.body, `"asked": 262145`)
		})
	}
}

func TestSecurityHeaders(t *testing.T) {
	s := start(t, ok, nil)
	for _, path := range []string{"/graphql", "/", "/livez", "/nowhere"} {
		h := s.send(http.MethodGet, path, nil).Header
		require.Contains(t, h.Get("Content-Security-Policy"), "frame-ancestors 'none'")
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
		require.Equal(t, "no-referrer", h.Get("Referrer-Policy"))
	}
}

func TestCORS(t *testing.T) {
	preflight := []string{
		"Origin", "http://localhost:3000", "Access-Control-Request-Method", "POST",
		"Access-Control-Request-Headers", "content-type,souk-consistency",
	}
	t.Run("lets listed origins in", func(t *testing.T) {
		s := start(t, ok, func(o *edge.Options) { o.Origins = &origin.List{Local: true} })
		h := s.send(http.MethodOptions, "/graphql", nil, preflight...).Header
		require.Equal(t, "http://localhost:3000", h.Get("Access-Control-Allow-Origin"))
		require.Contains(t, h.Get("Access-Control-Allow-Headers"), "souk-consistency")

		refused := s.send(http.MethodPost, "/graphql", strings.NewReader(strings.Repeat("x", 256<<10+1)), "Origin", "http://localhost:3000")
		require.Equal(t, http.StatusRequestEntityTooLarge, refused.StatusCode)
		require.Equal(t, "http://localhost:3000", refused.Header.Get("Access-Control-Allow-Origin"), "the page can read why it was refused")
		require.Contains(t, refused.Header.Get("Access-Control-Expose-Headers"), "X-Request-Id")
	})
	t.Run("lets none in without a list", func(t *testing.T) {
		h := start(t, ok, nil).send(http.MethodOptions, "/graphql", nil, preflight...).Header
		require.Empty(t, h.Get("Access-Control-Allow-Origin"))
	})
}

func TestGzip(t *testing.T) {
	long := strings.Repeat(`{"title":"Linen shirt"},`, 200)
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/graphql-response+json")
		if r.URL.Query().Has("short") {
			_, _ = io.WriteString(w, long[:24])
			return
		}
		_, _ = io.WriteString(w, long)
	}, nil)

	packed := s.send(http.MethodPost, "/graphql", nil, "Accept-Encoding", "gzip")
	require.Equal(t, "gzip", packed.Header.Get("Content-Encoding"))
	require.Contains(t, packed.Header.Values("Vary"), "Accept-Encoding")
	require.Less(t, len(packed.body), len(long)/5)
	reader, err := gzip.NewReader(strings.NewReader(packed.body))
	require.NoError(t, err)
	plain, err := io.ReadAll(reader)
	require.NoError(t, err)
	require.Equal(t, long, string(plain))

	require.Equal(t, long, s.send(http.MethodPost, "/graphql", nil).body)
	require.Empty(t, s.send(http.MethodPost, "/graphql?short", nil, "Accept-Encoding", "gzip").Header.Get("Content-Encoding"))
}
