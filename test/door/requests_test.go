package door

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"souk/internal/config"
	"souk/internal/edge/reply"
	"souk/test/catalogue"
	"souk/test/harness"
)

// anyInput is a document that takes a variable of each kind and reads little.
const anyInput = `query ($filter: ProductFilter, $search: String, $n: Int = 1) {
  products(first: $n, filter: $filter, search: $search) { nodes { id } } }`

// hostileRequest is a request that asks for too much, or for nothing that there is, around
// a harmless document.
type hostileRequest struct {
	name    string
	body    string      // of a POST
	query   string      // of a GET, if there is no body
	headers http.Header // beside the usual ones, or instead of them
	status  int
	code    string // of the answer's first error; "" if it has none
}

// TestHostileRequests sends each request, in development, where the most is allowed.
// SHOW=1 prints what each costs.
func TestHostileRequests(t *testing.T) {
	server := harness.Start(t, catalogue.New(t, 1000), func(s *harness.Setup) { s.Config.Env = config.Development })
	groups := map[string][]hostileRequest{
		"variables": hostileVariables(), "bodies": hostileBodies(t), "addresses": hostileAddresses(), "headers": hostileHeaders(),
	}
	for group, requests := range groups {
		for _, h := range requests {
			t.Run(group+"/"+h.name, func(t *testing.T) {
				spent := send(t, func() *http.Request { return h.request(t, server) })
				if os.Getenv("SHOW") != "" {
					fmt.Printf("%-50.50s %7d B %8s %9d B %3d %6d B %d %s\n", h.name, len(h.body)+len(h.query), spent.cpu, spent.allocated, spent.status, len(spent.answer), spent.errors, spent.code)
				}
				require.Equal(t, h.status, spent.status, "%.500s", spent.answer)
				require.Equal(t, h.code, spent.code, "%.500s", spent.answer)
				require.NotRegexp(t, harness.Leaks, string(spent.answer))
				spent.check(t)
			})
		}
	}
	// Nothing that a client sent is a fault of the server.
	require.NotContains(t, server.Log.String(), "level=ERROR")
}

func (h hostileRequest) request(t *testing.T, server *harness.Server) *http.Request {
	t.Helper()
	method, address, body := http.MethodPost, server.URL+"/graphql", io.Reader(strings.NewReader(h.body))
	if h.body == "" {
		method, address, body = http.MethodGet, address+"?"+h.query, nil
	}
	r, err := http.NewRequestWithContext(t.Context(), method, address, body)
	require.NoError(t, err)
	r.Header.Set("Accept", string(reply.GraphQL)) // which has a status for each refusal
	if h.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, values := range h.headers {
		r.Header[name] = values
	}
	return r
}

func hostileVariables() []hostileRequest {
	const (
		badRequest = http.StatusBadRequest
		badInput   = "BAD_USER_INPUT"
	)
	values := []struct {
		name, variables string
		status          int
		code            string
	}{
		{"10,000 items", `{"search": ` + list(10_000, "1") + `}`, badRequest, "LIST_TOO_LONG"},
		{"128,000 items", `{"search": ` + list(128_000, "1") + `}`, badRequest, "LIST_TOO_LONG"},
		{"128,000 items of an unknown variable", `{"unknown": ` + list(128_000, "1") + `}`, badRequest, "LIST_TOO_LONG"},
		{"60 lists of 500 items", `{"search": ` + list(60, list(500, "1")) + `}`, badRequest, "TOO_MANY_VALUES"},
		{"19,000 values for a list of IDs", `{"filter": {"vendors": ` + list(38, list(500, `"1"`)) + `}}`, badRequest, badInput},
		{"40,000 empty objects", `{"search": ` + list(100, list(400, "{}")) + `}`, badRequest, "TOO_MANY_VALUES"},
		{"lists 100,000 deep", `{"search": ` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`, badRequest, "TOO_DEEP"},
		{"lists that do not end", `{"search": ` + strings.Repeat("[", 200_000), badRequest, "TOO_DEEP"},
		{"objects 20,000 deep", `{"search": ` + strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000) + `}`, badRequest, "TOO_DEEP"},
		{"objects in lists, 20,000 deep", `{"search": ` + strings.Repeat(`[{"a":`, 10_000) + "1" + strings.Repeat("}]", 10_000) + `}`, badRequest, "TOO_DEEP"},
		{"as deep as it can be", `{"filter": ` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`, badRequest, badInput},
		{"a number of 200 KB", `{"n": ` + strings.Repeat("9", 200_000) + `}`, badRequest, "NAME_TOO_LONG"},
		{"a fraction of 200 KB", `{"n": 0.` + strings.Repeat("9", 200_000) + `}`, badRequest, "NAME_TOO_LONG"},
		{"a huge number for an Int", `{"n": 1e999999}`, badRequest, badInput},
		{"a number of 200 digits for an Int", `{"n": ` + strings.Repeat("9", 200) + `}`, badRequest, badInput},
		{"a huge number for a Float", `{"filter": {"minRating": 1e999999}}`, badRequest, badInput},
		{"a tiny number for a Float", `{"filter": {"minRating": 1e-999999}}`, http.StatusOK, ""},
		{"a huge number for a String", `{"search": 1e999999}`, badRequest, badInput},
		{"a huge number for a Decimal", `{"filter": {"price": {"currencyCode": "EUR", "min": "1e999999"}}}`, http.StatusOK, badInput},
		{"a Decimal of 100 KB", `{"filter": {"price": {"currencyCode": "EUR", "min": "` + strings.Repeat("9", 100_000) + `"}}}`, http.StatusOK, badInput},
		{"a huge number for an ID", `{"filter": {"category": 1e999999}}`, badRequest, badInput},
		{"an ID of 100 KB", `{"filter": {"category": "` + strings.Repeat("A", 100_000) + `"}}`, http.StatusOK, badInput},
		{"a huge number that nothing takes", `{"unknown": 1e999999}`, http.StatusOK, ""},
		{"a search of 100 KB", `{"search": "` + strings.Repeat("a", 100_000) + `"}`, http.StatusOK, ""},
		{"a search for 20,000 words", `{"search": "` + strings.NewReplacer(`"`, "", ":1,", " ").Replace(keys(20_000)) + `"}`, http.StatusOK, ""},
		{"a string of 200 KB", `{"search": "` + strings.Repeat("a", 200_000) + `"}`, badRequest, "STRING_TOO_LONG"},
		{"a string of 1 MB", `{"search": "` + strings.Repeat("a", 1<<20) + `"}`, http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE"},
		{"a string of 40,000 escapes", `{"search": "` + strings.Repeat(`\u0000`, 40_000) + `"}`, http.StatusOK, badInput},
		{"half a surrogate", `{"search": "\ud800"}`, badRequest, badInput},
		{"20,000 keys", `{` + keys(20_000) + `}`, badRequest, "LIST_TOO_LONG"},
		{"20,000 keys of an input", `{"filter": {` + keys(20_000) + `}}`, badRequest, "LIST_TOO_LONG"},
		{"500 unknown keys of an input", `{"filter": {` + keys(500) + `}}`, badRequest, badInput},
		{"a key of 200 KB", `{"` + strings.Repeat("k", 200_000) + `": 1}`, badRequest, "NAME_TOO_LONG"},
		{"the same key twice", `{"n": 1, "n": 2}`, badRequest, badInput},
		{"the same key twice, once escaped", `{"n": 1, "\u006e": 2}`, badRequest, badInput},
		{"a list instead of an object", `[1]`, badRequest, badInput},
	}
	var requests []hostileRequest
	for _, v := range values {
		document := strconv.Quote(strings.ReplaceAll(anyInput, "\n", " "))
		requests = append(requests, hostileRequest{
			name: "POST of " + v.name, body: `{"query": ` + document + `, "variables": ` + v.variables + `}`, status: v.status, code: v.code,
		})
		get := hostileRequest{name: "GET of " + v.name, query: "query=" + url.QueryEscape(anyInput) + "&variables=" + url.QueryEscape(v.variables), status: v.status, code: v.code}
		switch size := len(get.query); {
		case size > 320<<10: // net/http reads no more
			get.status, get.code = http.StatusRequestHeaderFieldsTooLarge, ""
		case size+len("/graphql?") > 8000:
			get.status, get.code = http.StatusRequestURITooLong, "ADDRESS_TOO_LONG"
		}
		requests = append(requests, get)
	}
	return requests
}

const typename = `"query": "{ __typename }"`

func hostileBodies(t *testing.T) []hostileRequest {
	t.Helper()
	const (
		badRequest = http.StatusBadRequest
		badInput   = "BAD_USER_INPUT"
	)
	encoded := func(encoding string) http.Header { return http.Header{"Content-Encoding": {encoding}} }
	typed := func(media string) http.Header { return http.Header{"Content-Type": {media}} }
	return []hostileRequest{
		{name: "nothing but braces", body: strings.Repeat("{", 250_000), status: badRequest, code: badInput},
		{name: "nothing but blanks", body: strings.Repeat(" ", 250_000), status: badRequest, code: badInput},
		{name: "nothing but zeros", body: strings.Repeat("\x00", 250_000), status: badRequest, code: badInput},
		{name: "a form", body: "query=%7B__typename%7D", status: badRequest, code: badInput},
		{name: "a number", body: strings.Repeat("1", 250_000), status: badRequest, code: badInput},
		{name: "a key of 200 KB", body: `{"` + strings.Repeat("k", 200_000) + `": 1, ` + typename + `}`, status: badRequest, code: "NAME_TOO_LONG"},
		{name: "20,000 keys", body: `{` + keys(20_000) + `, ` + typename + `}`, status: badRequest, code: "LIST_TOO_LONG"},
		{name: "deep under an unknown key", body: `{"a": ` + strings.Repeat("[", 200_000) + `}`, status: badRequest, code: "TOO_DEEP"},
		{name: "many values under an unknown key", body: `{"a": ` + list(60, list(500, "1")) + `, ` + typename + `}`, status: badRequest, code: "TOO_MANY_VALUES"},
		{name: "the same key twice", body: `{` + typename + `, ` + typename + `}`, status: badRequest, code: badInput},
		{name: "a key in another case", body: `{"Query": "{ __typename }"}`, status: badRequest, code: badInput},
		{name: "a key in two cases", body: `{` + typename + `, "VARIABLES": {}}`, status: badRequest, code: badInput},
		{name: "a key with a long s", body: `{` + typename + `, "exten\u017fions": {}}`, status: badRequest, code: badInput},
		{name: "garbage after it", body: `{` + typename + `}` + strings.Repeat("x", 200_000), status: badRequest, code: badInput},
		{name: "two objects", body: `{` + typename + `}{` + typename + `}`, status: badRequest, code: badInput},
		{name: "9,000 objects", body: strings.Repeat(`{`+typename+`}`, 9_000), status: badRequest, code: badInput},
		{name: "a batch of 1,000 operations", body: list(1000, `{`+typename+`}`), status: badRequest, code: badInput},
		{name: "a query that is an object", body: `{"query": {"a": "{ __typename }"}}`, status: badRequest, code: badInput},
		{name: "a name of an operation that is a list", body: `{` + typename + `, "operationName": ["a"]}`, status: badRequest, code: badInput},
		{name: "invalid UTF-8", body: `{"query": "{ __typename }", "a": "` + strings.Repeat("\xff", 1000) + `"}`, status: badRequest, code: badInput},
		{name: "an overlong character", body: `{"query": "{ __typename }", "a": "` + "\xc0\xaf" + `"}`, status: badRequest, code: badInput},
		{name: "a byte order mark", body: "\ufeff{" + typename + `}`, status: badRequest, code: badInput},
		{name: "UTF-16 that says so", body: inUTF16(`{` + typename + `}`), headers: typed("application/json; charset=utf-16"), status: http.StatusUnsupportedMediaType, code: badInput},
		{name: "UTF-16 that does not say so", body: inUTF16(`{` + typename + `}`), status: badRequest, code: badInput},
		{name: "a type of 100 KB", body: `{` + typename + `}`, headers: typed("application/json; charset=utf-8" + strings.Repeat("; a=b", 20_000)), status: http.StatusOK},
		{name: "a gzip bomb", body: gzipBomb(t), headers: encoded("gzip"), status: http.StatusUnsupportedMediaType, code: badInput},
		{name: "a gzip bomb that does not say so", body: gzipBomb(t), status: badRequest, code: badInput},
		{name: "an unknown encoding", body: `{` + typename + `}`, headers: encoded("zap"), status: http.StatusUnsupportedMediaType, code: badInput},
		{name: "1,000 encodings", body: `{` + typename + `}`, headers: http.Header{"Content-Encoding": strings.Split(strings.Repeat("gzip,", 1000), ",")}, status: http.StatusUnsupportedMediaType, code: badInput},
		{name: "a name of an operation of 100 KB", body: `{` + typename + `, "operationName": "` + strings.Repeat("n", 100_000) + `"}`, status: badRequest, code: "NAME_TOO_LONG"},
		{name: "a name of an operation of 250 KB", body: `{` + typename + `, "operationName": "` + strings.Repeat("n", 250_000) + `"}`, status: badRequest, code: "NAME_TOO_LONG"},
		{name: "200 KB of extensions", body: `{` + typename + `, "extensions": {"a": ` + list(30, list(500, `"abcdefgh"`)) + `}}`, status: http.StatusOK},
		{name: "200 KB in one text of extensions", body: `{` + typename + `, "extensions": {"a": "` + strings.Repeat("a", 200_000) + `"}}`, status: badRequest, code: "STRING_TOO_LONG"},
		{name: "deep extensions", body: `{` + typename + `, "extensions": {"a": ` + strings.Repeat("[", 100_000) + `}}`, status: badRequest, code: "TOO_DEEP"},
		{name: "a persisted query of 100 KB", body: `{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "` + strings.Repeat("a", 100_000) + `"}}}`, status: badRequest, code: badInput},
		{name: "a token of 100 KB", body: `{` + typename + `, "extensions": {"consistency": {"token": "` + strings.Repeat("A", 100_000) + `"}}}`, status: badRequest, code: badInput},
		{name: "variables and extensions that are full together", body: `{` + typename + `, "variables": {"a": ` + list(39, list(500, "1")) + `}, "extensions": {"a": ` + list(39, list(500, "1")) + `}}`, status: badRequest, code: "TOO_MANY_VALUES"},
	}
}

func hostileAddresses() []hostileRequest {
	const (
		badRequest = http.StatusBadRequest
		tooLong    = http.StatusRequestURITooLong
		badInput   = "BAD_USER_INPUT"
		document   = "query=%7B__typename%7D"
	)
	return []hostileRequest{
		{name: "300 KB", query: document + "&a=" + strings.Repeat("a", 300_000), status: tooLong, code: "ADDRESS_TOO_LONG"},
		{name: "100,000 parameters", query: document + strings.Repeat("&a", 100_000), status: tooLong, code: "ADDRESS_TOO_LONG"},
		{name: "7 KB of an unknown parameter", query: document + "&a=" + strings.Repeat("a", 7_000), status: http.StatusOK},
		{name: "3,500 parameters", query: document + strings.Repeat("&a", 3_500), status: http.StatusOK},
		{name: "7,000 separators", query: document + strings.Repeat("&", 7_000), status: http.StatusOK},
		{name: "2,500 escapes", query: "query=" + strings.Repeat("%20", 2_500), status: badRequest, code: "GRAPHQL_VALIDATION_FAILED"},
		{name: "a wrong escape", query: document + "&a=%zz", status: badRequest, code: badInput},
		{name: "a semicolon", query: document + ";a=1", status: badRequest, code: badInput},
		{name: "a parameter twice", query: document + "&" + document, status: badRequest, code: badInput},
		{name: "a parameter in another case", query: document + "&Variables=1", status: badRequest, code: badInput},
		{name: "invalid UTF-8", query: document + "&operationName=%ff", status: badRequest, code: badInput},
		{name: "a name of an operation of 7 KB", query: document + "&operationName=" + strings.Repeat("n", 7_000), status: badRequest, code: "NAME_TOO_LONG"},
		{name: "7 KB of extensions", query: document + "&extensions=" + url.QueryEscape(`{"a": `+list(60, list(30, `1`))+`}`), status: http.StatusOK},
		{name: "deep extensions", query: document + "&extensions=" + url.QueryEscape(`{"a": `+strings.Repeat("[", 2_000)), status: badRequest, code: "TOO_DEEP"},
		{name: "extensions with garbage after them", query: document + "&extensions={}{}", status: badRequest, code: badInput},
	}
}

func hostileHeaders() []hostileRequest {
	many := func(name string, n int, value string) http.Header {
		h := http.Header{}
		for i := range n {
			h[fmt.Sprintf(name, i)] = []string{value}
		}
		return h
	}
	repeated := func(name string, n int, value string) http.Header {
		h := http.Header{}
		for range n {
			h[name] = append(h[name], value)
		}
		return h
	}
	const document = "query=%7B__typename%7D"
	var requests []hostileRequest
	for _, h := range []struct {
		name    string
		headers http.Header
		status  int
		code    string
	}{
		{"60 headers of 4 KB", many("X-%d", 60, strings.Repeat("a", 4<<10)), http.StatusOK, ""},
		{"5,000 headers", many("X-%d", 5000, "a"), http.StatusOK, ""},
		{"100,000 addresses", repeated("X-Forwarded-For", 1, strings.Repeat("a,", 100_000)), http.StatusOK, ""},
		{"100 headers of 4 KB", many("X-%d", 100, strings.Repeat("a", 4<<10)), http.StatusRequestHeaderFieldsTooLarge, ""},
		{"60 cookies of 4 KB", repeated("Cookie", 60, strings.Repeat("a=b; ", 800)), http.StatusOK, ""},
		{"an ID of 200 KB", repeated("X-Request-Id", 1, strings.Repeat("a", 200_000)), http.StatusOK, ""},
		{"50,000 media types", repeated("Accept", 1, strings.Repeat("a/b,", 50_000)), http.StatusNotAcceptable, "BAD_USER_INPUT"},
		{"a media type with 50,000 parameters", repeated("Accept", 1, "application/json"+strings.Repeat(";a=b", 50_000)), http.StatusOK, ""},
		{"30,000 encodings of the answer", repeated("Accept-Encoding", 1, strings.Repeat("gzip;q=1,", 30_000)), http.StatusOK, ""},
		{"a credential of 200 KB", repeated("Authorization", 1, "Bearer "+strings.Repeat("a", 200_000)), http.StatusUnauthorized, "UNAUTHENTICATED"},
		{"a credential of 50,000 parts", repeated("Authorization", 1, "Bearer "+strings.Repeat("a.", 50_000)), http.StatusUnauthorized, "UNAUTHENTICATED"},
		{"a header of a credential that is deep", repeated("Authorization", 1, "Bearer "+strings.Repeat("W1tb", 40_000)+".e30.AAAA"), http.StatusUnauthorized, "UNAUTHENTICATED"},
		{"60 tokens of 4 KB", repeated("Souk-Consistency", 60, strings.Repeat("A", 4<<10)), http.StatusBadRequest, "BAD_USER_INPUT"},
		{"a trace of 200 KB", http.Header{"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}, "Tracestate": {strings.Repeat("a=b,", 50_000)}}, http.StatusOK, ""},
	} {
		requests = append(requests,
			hostileRequest{name: "POST with " + h.name, body: `{` + typename + `}`, headers: h.headers, status: h.status, code: h.code},
			hostileRequest{name: "GET with " + h.name, query: document, headers: h.headers, status: h.status, code: h.code})
	}
	origin := repeated("Origin", 1, "https://"+strings.Repeat("a", 200_000))
	return append(requests,
		hostileRequest{name: "POST with an origin of 200 KB", body: `{` + typename + `}`, headers: origin, status: http.StatusForbidden, code: "FORBIDDEN"},
		hostileRequest{name: "GET with an origin of 200 KB", query: document, headers: origin, status: http.StatusOK})
}

// list is JSON of a list with so many of the same item.
func list(n int, item string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + "]"
}

// keys are so many keys of a JSON object with their values.
func keys(n int) string {
	var text strings.Builder
	for i := range n {
		if i > 0 {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, `"%x":1`, i)
	}
	return text.String()
}

func inUTF16(text string) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
		out = binary.BigEndian.AppendUint16(out, unit)
	}
	return string(out)
}

// gzipBomb is 100 KB that are 100 MB of JSON.
func gzipBomb(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	require.NoError(t, err)
	blanks := bytes.Repeat([]byte(" "), 1<<20)
	for range 100 {
		_, err := w.Write(blanks)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return out.String()
}
