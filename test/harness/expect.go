package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"souk/store"
)

const (
	// Patience is how long a test waits for what is to happen soon.
	Patience = 20 * time.Second
	// Tick is how often it looks.
	Tick = 5 * time.Millisecond
)

// Leaks are what no answer may hold: SQL, driver, Go and file-system text.
var Leaks = regexp.MustCompile(`(?i)select |insert |sqlstate|\bpgx\b|\bpgconn\b|postgres|relation "|column "|syntax error at or near|` +
	`\.go\b|goroutine|runtime error|panic|souk/|/root|/tmp|127\.0\.0\.1|dial tcp|connection refused|json: |unmarshal|nil pointer`)

// LeaveNothing fails the test when a goroutine that it started outlives it. Call
// it first: what it defers must run last. The test must not be parallel.
func LeaveNothing(t *testing.T) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		goleak.VerifyNone(t, before)
	})
}

// Reply is an answer to a request of any form.
type Reply struct {
	Body string
	Answer
}

// Fetch posts a body as it is, or gets an address when the body is "". It sends
// no credential.
func Fetch(t testing.TB, server *Server, address, body string) *Reply {
	t.Helper()
	method := http.MethodPost
	if body == "" {
		method = http.MethodGet
	}
	request, err := http.NewRequestWithContext(t.Context(), method, server.URL+address, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	r := &Reply{Body: string(text)}
	require.NoError(t, json.Unmarshal(text, &r.Answer), r.Body)
	r.Status, r.Header = response.StatusCode, response.Header
	return r
}

// Body is a query as a request's body.
func Body(query string, variables map[string]any) string {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		panic(err) // strings and numbers alone
	}
	return string(body)
}

// Dotted writes a path of an answer: "products.nodes.0".
func Dotted(path []any) string {
	var steps []string
	for _, step := range path {
		steps = append(steps, fmt.Sprint(step))
	}
	return strings.Join(steps, ".")
}

// ReaderMethods are the names of the reads of the store.
func ReaderMethods() []string {
	var names []string
	methods := reflect.TypeFor[*store.Reader]()
	for i := range methods.NumMethod() {
		m := methods.Method(i)
		if m.Type.NumIn() > 1 && m.Type.In(1) == reflect.TypeFor[context.Context]() && m.Type.NumOut() == 2 {
			names = append(names, m.Name)
		}
	}
	return names
}
