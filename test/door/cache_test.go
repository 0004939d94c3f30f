package door

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"souk/test/catalogue"
	"souk/test/harness"
)

// sent is a request of TestDocumentsAreShared.
type sent struct{ Query, OperationName, body string }

// shared are fifty documents of all forms, each with variables of two kinds: what a
// request has of its own must not get into a document that others use.
func shared(t *testing.T) []sent {
	t.Helper()
	forms := []string{
		`query ($n: Int!, $on: Boolean!) { products(first: $n) { nodes { a#: id title @include(if: $on) } } }`,
		`query ($n: Int!, $on: Boolean!) { products(first: $n) { nodes { ...F } } } fragment F on Product { b#: id vendor @skip(if: $on) { name } }`,
		`query A($n: Int!) { products(first: $n) { totalCount } } query B#($n: Int!, $on: Boolean!) { products(first: $n) { nodes { slug @include(if: $on) } } }`,
		`query ($n: Int!, $on: Boolean!) { c#: products(first: $n) { nodes { ... @defer(if: $on) { title variants(first: 1) { nodes { sku } } } } } }`,
		`query ($n: Int!, $on: Boolean! = false) { d#: unknown(first: $n) products(first: $n) @include(if: $on) { nodes { id } } }`,
	}
	var requests []sent
	for i := range 50 {
		request := sent{Query: strings.ReplaceAll(forms[i%len(forms)], "#", fmt.Sprint(i))}
		if i%len(forms) == 2 {
			request.OperationName = fmt.Sprint("B", i)
		}
		for _, variables := range []map[string]any{{"n": 1 + i%7, "on": true}, {"n": 8 + i%7, "on": false}} {
			body, err := json.Marshal(map[string]any{"query": request.Query, "operationName": request.OperationName, "variables": variables})
			require.NoError(t, err)
			request.body = string(body)
			requests = append(requests, request)
		}
	}
	return requests
}

// TestDocumentsAreShared sends fifty documents from eight clients at once, to a server
// that remembers all of them and to one that forgets most. Run it with the race detector.
func TestDocumentsAreShared(t *testing.T) {
	db := catalogue.New(t, 1000)
	requests := shared(t)
	expected := make([]string, len(requests))
	alone := harness.Start(t, db)
	for i, request := range requests {
		expected[i] = posted(t, alone, request.body)
	}
	distinct := map[string]bool{}
	for _, answer := range expected {
		distinct[answer] = true
	}
	require.Greater(t, len(distinct), 70)
	for name, bytes := range map[string]int64{"remembered": 32 << 20, "forgotten": 100 << 10} {
		t.Run(name, func(t *testing.T) {
			server := harness.Start(t, db, func(s *harness.Setup) { s.Config.Limits.DocumentCache = bytes })
			var clients sync.WaitGroup
			for range 8 {
				clients.Go(func() {
					for _, i := range rand.Perm(len(requests)) {
						assert.Equal(t, expected[i], posted(t, server, requests[i].body), requests[i].body)
					}
				})
			}
			clients.Wait()
		})
	}
}

// posted returns the answer to a body. Any goroutine may call it.
func posted(t *testing.T, server *harness.Server, body string) string {
	response, err := http.Post(server.URL+"/graphql", "application/json", strings.NewReader(body))
	if !assert.NoError(t, err) {
		return ""
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	assert.NoError(t, err)
	return string(answer)
}
