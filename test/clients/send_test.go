package clients

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/test/harness"
)

// Media types of an answer, as the header Content-Type has them.
const (
	plainJSON   = "application/json; charset=utf-8"
	graphqlJSON = "application/graphql-response+json; charset=utf-8"
)

// What clients send in Accept.
const (
	acceptApollo = "application/graphql-response+json,application/json;q=0.9"
	acceptUrql   = "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
)

// request is one request to /graphql. Without a method, a body makes it a POST.
type request struct {
	method, address, body string
	headers               []string // names and values in turn
}

// got is an answer.
type got struct {
	*http.Response
	body   string
	errors []graphqlError
}

type graphqlError struct {
	Message    string
	Extensions map[string]any
}

// code is the code of the first error.
func (g got) code() string {
	if len(g.errors) == 0 {
		return ""
	}
	code, _ := g.errors[0].Extensions["code"].(string)
	return code
}

// send makes a request with exactly the headers that it names. A POST has the content type
// of JSON, unless it names another.
func send(t *testing.T, server *harness.Server, r request) got {
	t.Helper()
	if r.method == "" {
		r.method = http.MethodGet
		if r.body != "" {
			r.method = http.MethodPost
		}
	}
	if r.address == "" {
		r.address = "/graphql"
	}
	made, err := http.NewRequestWithContext(t.Context(), r.method, server.URL+r.address, strings.NewReader(r.body))
	require.NoError(t, err)
	if r.method == http.MethodPost {
		made.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(r.headers); i += 2 {
		if r.headers[i] == "Host" {
			made.Host = r.headers[i+1]
		}
		made.Header.Set(r.headers[i], r.headers[i+1])
	}
	return do(t, &http.Transport{DisableKeepAlives: true, DisableCompression: true}, made)
}

func do(t *testing.T, transport *http.Transport, r *http.Request) got {
	t.Helper()
	client := http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	g := got{Response: response, body: string(body)}
	if strings.Contains(response.Header.Get("Content-Type"), "json") && len(body) > 0 {
		var answer struct{ Errors []graphqlError }
		require.NoError(t, json.Unmarshal(body, &answer), g.body)
		g.errors = answer.Errors
	}
	return g
}

// inAddress is a GET's address with the parameters: names and values in turn.
func inAddress(parameters ...string) string {
	values := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		values.Set(parameters[i], parameters[i+1])
	}
	return "/graphql?" + values.Encode()
}
