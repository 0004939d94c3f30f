package documents

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/documents"
	"souk/test/harness"
)

// object is JSON that a test sends.
type object = map[string]any

// reply is what came back.
type reply struct {
	status  int
	header  http.Header
	body    string
	decoded any
}

// at follows names and indexes into the answer.
func (r reply) at(path ...any) any { return harness.At(r.decoded, path...) }

func (r reply) code() any { return r.at("errors", 0, "extensions", "code") }

func send(t testing.TB, server *harness.Server, r *http.Request, headers ...string) reply {
	t.Helper()
	if r.Method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	if server.Credential() != "" {
		r.Header.Set("Authorization", "Bearer "+server.Credential())
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	got := reply{status: response.StatusCode, header: response.Header, body: string(text)}
	if len(text) > 0 {
		require.NoError(t, json.Unmarshal(text, &got.decoded), "%s", text)
	}
	return got
}

// post sends a body to /graphql, or to a path below it.
func post(t testing.TB, server *harness.Server, path string, body object, headers ...string) reply {
	t.Helper()
	text, err := json.Marshal(body)
	require.NoError(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/graphql"+path, strings.NewReader(string(text)))
	require.NoError(t, err)
	return send(t, server, r, headers...)
}

// get sends the same parameters in an address.
func get(t testing.TB, server *harness.Server, path string, parameters object, headers ...string) reply {
	t.Helper()
	values := url.Values{}
	for name, value := range parameters {
		text, ok := value.(string)
		if !ok {
			encoded, err := json.Marshal(value)
			require.NoError(t, err)
			text = string(encoded)
		}
		values.Set(name, text)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/graphql"+path+"?"+values.Encode(), nil)
	require.NoError(t, err)
	return send(t, server, r, headers...)
}

// way is POST or GET.
type way = func(testing.TB, *harness.Server, string, object, ...string) reply

var ways = map[string]way{"POST": post, "GET": get}

// persisted are the extensions of automatic persisted queries.
func persisted(hash string) object {
	return object{"persistedQuery": object{"version": 1, "sha256Hash": hash}}
}

// counted is a document of its own for each name.
func counted(name string) (text, hash string) {
	text = "query " + name + " { products(first: 1) { totalCount } }"
	return text, documents.HashOf(text)
}

func hashOf(text string) string { return documents.HashOf(text) }

// parsed is how many texts a server has parsed.
func parsed(t testing.TB, server *harness.Server) int {
	t.Helper()
	_, metrics := server.Get(t, server.OpsURL+"/metrics")
	found := regexp.MustCompile(`(?m)^souk_documents_parsed_total(?:\{[^}]*\})? (\d+)$`).FindStringSubmatch(metrics)
	require.NotNil(t, found)
	n, err := strconv.Atoi(found[1])
	require.NoError(t, err)
	return n
}
