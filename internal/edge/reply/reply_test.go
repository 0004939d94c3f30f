package reply

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEachKindHasAStatusForBothTypes(t *testing.T) {
	for kind := range kinds {
		json, graphql := kind.Status(JSON), kind.Status(GraphQL)
		require.NotZero(t, json, "kind %d", kind)
		require.NotZero(t, graphql, "kind %d", kind)
		if json >= 400 {
			require.Equal(t, json, graphql, "kind %d: only what the operation itself is refused for depends on the type", kind)
		}
	}
}

func TestNegotiate(t *testing.T) {
	browser := "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
	for accept, want := range map[string]Media{
		"":                                   JSON,
		"*/*":                                JSON,
		"application/*":                      JSON,
		"*/*;q=0.1":                          JSON,
		browser:                              JSON,
		"application/json":                   JSON,
		"application/json; charset=utf-8":    JSON,
		"application/json;charset=\"UTF-8\"": JSON,
		"APPLICATION/JSON":                   JSON,
		"application/json, multipart/mixed":  JSON,

		"application/graphql-response+json":                   GraphQL,
		"application/graphql-response+json; charset=utf-8":    GraphQL,
		"application/graphql-response+json, application/json": GraphQL,
		"application/json, application/graphql-response+json": JSON,

		"application/graphql-response+json,application/json;q=0.9":                                         GraphQL, // Apollo 4
		"multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json;q=0.9":      GraphQL, // Apollo 4
		"application/graphql-response+json, application/graphql+json, application/json, text/event-stream": GraphQL, // urql
		`multipart/mixed;boundary="a,b;application/json",application/graphql-response+json`:                GraphQL,

		"application/json;q=0.9, application/graphql-response+json":          GraphQL,
		"application/graphql-response+json;q=0.5, application/json":          JSON,
		"application/graphql-response+json ; Q=0.5 , application/json;q=0.6": JSON,
		"application/json;q=0, application/graphql-response+json":            GraphQL,
		"application/json;q=0, */*":                                          GraphQL,
		"application/graphql-response+json;q=0.5, */*;q=0.1":                 GraphQL,
		"application/graphql-response+json;q=0.5, */*":                       JSON,
		"application/json;q=0.2, application/*;q=0.5":                        GraphQL,
		"application/json;q=0.001":                                           JSON,
		"text/html, application/json;q=0.1":                                  JSON,

		"text/html":            "",
		"image/png":            "",
		"application/json;q=0": "",
		"*/*;q=0":              "",
		"application/json;q=0, application/*;q=0": "",
		"application/json;charset=utf-16":         "",
		"application/json;q=2":                    "",
		"application/json;q=x":                    "",
		"application/json;q=NaN":                  "",
		"application/graphql":                     "",
		",;,":                                     "",
		`"`:                                       "",
		strings.Repeat("a/b,", 100) + "application/json": "",
	} {
		t.Run(accept, func(t *testing.T) {
			got, ok := Negotiate([]string{accept})
			require.Equal(t, want != "", ok)
			if ok {
				require.Equal(t, want, got)
			} else {
				require.Equal(t, JSON, got, "the refusal is readable")
			}
		})
	}
	got, ok := Negotiate(nil)
	require.True(t, ok)
	require.Equal(t, JSON, got)
	got, ok = Negotiate([]string{"text/html", "application/graphql-response+json"})
	require.True(t, ok)
	require.Equal(t, GraphQL, got, "the header may come in several lines")
}

func TestWrite(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
	r.Header.Set("Accept", "application/graphql-response+json")
	w := httptest.NewRecorder()
	Write(w, r, Validation, []byte(`{"errors":[]}`))
	require.Equal(t, http.StatusBadRequest, w.Code)
	require.Equal(t, http.Header{
		"Content-Type":  {"application/graphql-response+json; charset=utf-8"},
		"Cache-Control": {"no-store"}, "Vary": {"Accept, Authorization, Souk-Consistency"},
	}, w.Header())
	require.Equal(t, `{"errors":[]}`, w.Body.String())

	w = httptest.NewRecorder()
	Write(w, r, OK, make([]byte, 2049))
	require.Equal(t, "2049", w.Header().Get("Content-Length"), "net/http states the length of a small body only")
}

// TestOnlyWhatWasSharedIsKept shares an answer that then turns out to be another one, or one to
// somebody.
func TestOnlyWhatWasSharedIsKept(t *testing.T) {
	body := []byte(`{"data":{}}`)
	share := func(method string, kind Kind, headers ...string) http.Header {
		r := httptest.NewRequest(method, "/graphql", nil)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		Share(w, r, Shared{90 * time.Second, []string{"a", "b"}}, body)
		Begin(w, r, kind, len(body))
		return w.Header()
	}
	kept := share(http.MethodGet, OK)
	require.Equal(t, "public, max-age=90, stale-while-revalidate=90", kept.Get("Cache-Control"))
	require.Equal(t, "a b", kept.Get("Surrogate-Key"))
	require.Equal(t, "a,b", kept.Get("Cache-Tag"))
	require.Regexp(t, `^"[0-9a-z]+"$`, kept.Get("ETag"))
	graphql := share(http.MethodGet, OK, "Accept", string(GraphQL))
	require.NotEqual(t, kept.Get("ETag"), graphql.Get("ETag"), "another media type is another representation")
	for name, header := range map[string]http.Header{
		"an error": share(http.MethodGet, Partial), "no room": share(http.MethodGet, Busy), "a POST": share(http.MethodPost, OK),
		"a token": share(http.MethodGet, OK, "Authorization", "Bearer x"), "a change": share(http.MethodGet, OK, "Souk-Consistency", "x"),
	} {
		require.Contains(t, header.Get("Cache-Control"), "no-store", name)
		for _, taken := range []string{"ETag", "Surrogate-Key", "Cache-Tag"} {
			require.Empty(t, header.Get(taken), name)
		}
	}
}

func TestVaryIsOneLine(t *testing.T) {
	const ours = "Accept, Authorization, Souk-Consistency"
	for want, before := range map[string][]string{
		ours:                               nil,
		"Accept-Encoding, " + ours:         {"Accept-Encoding"},
		"Origin, Accept-Encoding, " + ours: {"Origin", "Accept-Encoding"},
	} {
		once := varying(before)
		require.Equal(t, []string{want}, once)
		require.Equal(t, once, varying(once), "an answer in place of another")
	}
}

func TestUnchanged(t *testing.T) {
	for sent, want := range map[string]bool{
		`"a"`: true, `W/"a"`: true, `*`: true, `"b", "a"`: true, `"b",W/"a"`: true, ` "a" `: true, `"x,y", "a"`: true,
		`"b"`: false, `a`: false, ``: false, `"a-gzip"`: false, `"b", "c"`: false, `"x,\"a\""`: false, `w/"a"`: false,
	} {
		require.Equal(t, want, Unchanged([]string{sent}, `"a"`), sent)
	}
	require.True(t, Unchanged([]string{`"b"`, `"a"`}, `"a"`), "the header may come in several lines")
	require.False(t, Unchanged([]string{`*`}, ""), "there is nothing to compare with")
}

// TestASmallAnswerInPlaceOfALargeOne has no length of the large one, which found no room: over
// the network, the client gets all of it.
func TestASmallAnswerInPlaceOfALargeOne(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		Begin(w, r, OK, 100_000)
		Write(w, r, Busy, []byte(`{"errors":[]}`))
	}))
	defer server.Close()
	response, err := server.Client().Get(server.URL)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, `{"errors":[]}`, string(body))
	require.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
}
