package edge_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/edge/reply"
)

// page answers with a body that caches may keep for a minute. Its size decides whether it is
// compressed.
func page(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		reply.Share(w, r, reply.Shared{MaxAge: time.Minute, Tags: []string{"souk"}}, []byte(body))
		reply.Write(w, r, reply.OK, []byte(body))
	}
}

// TestEachRepresentationHasATag asks for one page in all forms, and again with the tags of each.
func TestEachRepresentationHasATag(t *testing.T) {
	s := start(t, page(strings.Repeat("a page ", 1000)), nil)
	forms := map[string][]string{
		"plain":   {},
		"gzip":    {"Accept-Encoding", "gzip"},
		"zstd":    {"Accept-Encoding", "zstd"},
		"graphql": {"Accept", ofGraphQL},
		"both":    {"Accept", ofGraphQL, "Accept-Encoding", "gzip"},
	}
	tags := map[string]string{}
	for name, headers := range forms {
		got := s.send(http.MethodGet, "/graphql?query={a}", nil, headers...)
		require.Equal(t, http.StatusOK, got.StatusCode)
		tags[name] = got.Header.Get("ETag")
		require.Regexp(t, `^"[\w-]+"$`, tags[name], "it is a strong one")
	}
	for name, headers := range forms {
		for other, tag := range tags {
			got := s.send(http.MethodGet, "/graphql?query={a}", nil, append(headers, "If-None-Match", tag)...)
			if name != other {
				require.NotEqual(t, tags[name], tag)
				require.Equal(t, http.StatusOK, got.StatusCode, "%s has the tag of %s", name, other)
				require.NotEmpty(t, got.body)
				continue
			}
			require.Equal(t, http.StatusNotModified, got.StatusCode, name)
			require.Empty(t, got.body)
			require.Equal(t, tag, got.Header.Get("ETag"))
			require.Equal(t, "public, max-age=60, stale-while-revalidate=60", got.Header.Get("Cache-Control"))
			require.Equal(t, "souk", got.Header.Get("Surrogate-Key"))
			require.Equal(t, []string{"Accept-Encoding, Accept, Authorization, Souk-Consistency"}, got.Header.Values("Vary"))
			require.Empty(t, got.Header.Get("Content-Encoding"))
			require.Empty(t, got.Header.Get("Content-Type"))
		}
	}
	for _, known := range []string{"*", `"x", W/` + tags["plain"]} {
		require.Equal(t, http.StatusNotModified, s.send(http.MethodGet, "/graphql?query={a}", nil, "If-None-Match", known).StatusCode)
	}
	require.Equal(t, http.StatusOK, s.send(http.MethodPost, "/graphql", nil, "If-None-Match", "*").StatusCode)
}

func TestWhatIsNotKeptIsNeverUnchanged(t *testing.T) {
	s := start(t, page("a page"), nil)
	got := s.send(http.MethodGet, "/graphql?query={a}", nil, "If-None-Match", "*", "Authorization", "Bearer x")
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Equal(t, "private, no-store", got.Header.Get("Cache-Control"))
	require.Empty(t, got.Header.Get("ETag"))
}

// TestHEADIsGETWithoutABody compares the headers of both.
func TestHEADIsGETWithoutABody(t *testing.T) {
	for _, body := range []string{"small", strings.Repeat("large ", 1000)} {
		s := start(t, page(body), nil)
		for _, headers := range [][]string{nil, {"Accept-Encoding", "gzip"}, {"If-None-Match", "*"}} {
			get := s.send(http.MethodGet, "/graphql?query={a}", nil, headers...)
			head := s.send(http.MethodHead, "/graphql?query={a}", nil, headers...)
			require.Equal(t, get.StatusCode, head.StatusCode)
			require.Empty(t, head.body)
			for _, h := range []http.Header{get.Header, head.Header} {
				h.Del("Date")
				h.Del("X-Request-Id")
				if len(headers) > 0 { // of compressed data, net/http knows the length of small bodies alone
					h.Del("Content-Length")
				}
			}
			require.Equal(t, get.Header, head.Header)
		}
	}
}

// TestAnAddressOf8000BytesWorks asks with the longest address, and with one that is longer.
func TestAnAddressOf8000BytesWorks(t *testing.T) {
	s := start(t, ok, nil)
	address := func(bytes int) string {
		const path = "/graphql?query={a}&x="
		return path + strings.Repeat("y", bytes-len(path))
	}
	require.Equal(t, http.StatusOK, s.send(http.MethodGet, address(8000), nil).StatusCode)
	got := s.send(http.MethodGet, address(8001), nil, "Accept", ofGraphQL)
	require.Equal(t, http.StatusRequestURITooLong, got.StatusCode)
	require.Equal(t, ofGraphQL+"; charset=utf-8", got.Header.Get("Content-Type"))
	require.Contains(t, got.body, "The address has 8001 bytes; the limit is 8000. Send the query as a POST with a JSON body.")
	require.Contains(t, got.body, `"code": "ADDRESS_TOO_LONG"`)
}

// BenchmarkShare is what it costs to share a listing of 37 KB.
func BenchmarkShare(b *testing.B) {
	body := []byte(strings.Repeat("a listing of 37 KB", 2100))
	r := httptest.NewRequest(http.MethodGet, "/graphql?query="+url.QueryEscape("{a}"), nil)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		reply.Share(httptest.NewRecorder(), r, reply.Shared{MaxAge: time.Minute, Tags: []string{"souk", "products"}}, body)
	}
}
