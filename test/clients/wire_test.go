package clients

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/config"
	"souk/test/harness"
	"souk/test/shop"
)

const (
	shopQuery = `{"query":"{ shop { name } }"}`
)

// exchange is a request, and what must come back.
type exchange struct {
	request
	status int
	media  string // Content-Type; "" is not compared
	code   string // of the error; "" means that there is none
	says   string // a part of the error's message, or of the body without one
	header []string
}

func (e exchange) run(t *testing.T, server *harness.Server) {
	t.Helper()
	g := send(t, server, e.request)
	require.Equal(t, e.status, g.StatusCode, g.body)
	if e.media != "" {
		require.Equal(t, e.media, g.Header.Get("Content-Type"))
	}
	require.Equal(t, e.code, g.code(), g.body)
	if e.code != "" {
		require.Contains(t, g.errors[0].Message, e.says)
		require.NotContains(t, g.body, `"data"`, "a refused request has no data, not even null")
		require.Contains(t, g.Header.Get("Cache-Control"), "no-store")
	} else {
		require.Contains(t, g.body, e.says)
	}
	for i := 0; i < len(e.header); i += 2 {
		require.Equal(t, e.header[i+1], g.Header.Get(e.header[i]), e.header[i])
	}
}

func accepting(value string) request {
	return request{body: shopQuery, headers: []string{"Accept", value}}
}

// TestTheMediaTypeOfAnAnswer negotiates it. The type with the highest q wins; of equal ones,
// the first of the list.
func TestTheMediaTypeOfAnAnswer(t *testing.T) {
	server := harness.Start(t, shop.New(t))
	for name, media := range map[string]string{
		"application/json":                  plainJSON,
		"*/*":                               plainJSON,
		"application/graphql-response+json": graphqlJSON,
		acceptApollo:                        graphqlJSON,
		acceptUrql:                          graphqlJSON,
		"application/json;q=0.9, application/graphql-response+json":                                   graphqlJSON,
		"application/graphql-response+json;q=0.5, application/json":                                   plainJSON,
		"application/json;q=0, application/graphql-response+json":                                     graphqlJSON,
		"application/json, application/graphql-response+json":                                         plainJSON,
		"application/json, multipart/mixed":                                                           plainJSON, // GraphiQL
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8":                             plainJSON, // a browser
		"multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json;q=0.9": graphqlJSON,
	} {
		t.Run("of "+name, func(t *testing.T) {
			exchange{request: accepting(name), status: http.StatusOK, media: media, says: `"name":`}.run(t, server)
			get := request{address: inAddress("query", "{ shop { name } }"), headers: []string{"Accept", name}}
			exchange{request: get, status: http.StatusOK, media: media, says: `"name":`}.run(t, server)
		})
	}
	for _, name := range []string{"text/html", "image/png", "application/json;q=0", "text/event-stream"} {
		t.Run("is not "+name, func(t *testing.T) {
			exchange{request: accepting(name), status: http.StatusNotAcceptable, media: plainJSON, code: "BAD_USER_INPUT", says: "Accept"}.run(t, server)
		})
	}
}

// TestARequestThatIsNotGraphQLOverHTTP is refused before anything runs, and told what is
// wrong.
func TestARequestThatIsNotGraphQLOverHTTP(t *testing.T) {
	server := harness.Start(t, shop.New(t))
	post := func(body string, headers ...string) request {
		return request{method: http.MethodPost, body: body, headers: headers}
	}
	get := func(parameters ...string) request { return request{address: inAddress(parameters...)} }
	const (
		bad   = http.StatusBadRequest
		input = "BAD_USER_INPUT"
	)
	for name, e := range map[string]exchange{
		"a mutation by GET":             {request: get("query", "mutation { __typename }"), status: 405, code: input, says: "POST", header: []string{"Allow", "POST"}},
		"a GET without a query":         {request: request{address: "/graphql"}, status: bad, code: input, says: "query"},
		"a GET with an empty query":     {request: get("query", ""), status: bad, code: input, says: "query"},
		"PUT":                           {request: request{method: http.MethodPut}, status: 405, code: input, says: "POST", header: []string{"Allow", "GET, HEAD, POST, OPTIONS"}},
		"two objects in the body":       {request: post(shopQuery + `{"query":"{ shop { id } }"}`), status: bad, code: input, says: "more after"},
		"garbage behind the body":       {request: post(shopQuery + "xyz"), status: bad, code: input, says: "body"},
		"two objects in variables=":     {request: get("query", "{ shop { name } }", "variables", "{}{}"), status: bad, code: input, says: "more after"},
		"garbage behind variables=":     {request: get("query", "{ shop { name } }", "variables", "{}x"), status: bad, code: input, says: "variables"},
		"another case of query":         {request: post(`{"QUERY":"{ shop { name } }"}`), status: bad, code: input, says: "another case"},
		"both cases of query":           {request: post(`{"query":"{ shop { name } }","Query":"{ shop { id } }"}`), status: bad, code: input, says: "another case"},
		"another case in the address":   {request: get("Query", "{ shop { name } }"), status: bad, code: input, says: "another case"},
		"invalid UTF-8":                 {request: post("{\"query\":\"{ shop { name } }\",\"operationName\":\"\xff\"}"), status: bad, code: input, says: "UTF-8"},
		"invalid UTF-8 in variables=":   {request: get("query", "query($a: String) { shop { name } }", "variables", "{\"a\":\"\xff\"}"), status: bad, code: input, says: "UTF-8"},
		"UTF-16":                        {request: post(shopQuery, "Content-Type", "application/json; charset=utf-16"), status: 415, code: input, says: "UTF-8"},
		"ISO 8859-1":                    {request: post(shopQuery, "Content-Type", "application/json; charset=iso-8859-1"), status: 415, code: input, says: "UTF-8"},
		"a form":                        {request: post("query=x", "Content-Type", "application/x-www-form-urlencoded"), status: 415, code: input, says: "application/json"},
		"text":                          {request: post(shopQuery, "Content-Type", "text/plain"), status: 415, code: input, says: "application/json"},
		"an unknown Content-Encoding":   {request: post(shopQuery, "Content-Encoding", "x-unknown"), status: 415, code: input, says: "Content-Encoding", header: []string{"Accept-Encoding", "identity"}},
		"a compressed body":             {request: post(shopQuery, "Content-Encoding", "gzip"), status: 415, code: input, says: "Content-Encoding", header: []string{"Accept-Encoding", "identity"}},
		"a list":                        {request: post("[" + shopQuery + "]"), status: bad, code: input, says: "atching"},
		"null":                          {request: post("null"), status: bad, code: input, says: "object"},
		"an empty body":                 {request: post(""), status: bad, code: input, says: "body"},
		"a body with a byte order mark": {request: post("\ufeff" + shopQuery), status: bad, code: input, says: "body"},
	} {
		t.Run(name, func(t *testing.T) {
			for accept, media := range map[string]string{"application/json": plainJSON, acceptApollo: graphqlJSON} {
				e := e
				e.media, e.headers = media, append([]string{"Accept", accept}, e.headers...)
				e.run(t, server)
			}
		})
	}
}

// TestWhatTheEdgeRefusesIsReadByClients makes each refusal that stands before GraphQL.
// Apollo reads none of them as application/json, and all of them in the type that it asks for.
func TestWhatTheEdgeRefusesIsReadByClients(t *testing.T) {
	db := shop.New(t)
	server := harness.Start(t, db)
	small := harness.Start(t, db, func(s *harness.Setup) { s.Config.Limits.BodyBytes = 1 << 10 })
	busy := harness.Start(t, db, func(s *harness.Setup) { s.Config.RequestTimeout = time.Nanosecond })
	token := []string{"Authorization", "Bearer x"}
	for name, tc := range map[string]struct {
		server *harness.Server
		exchange
	}{
		"401": {server, exchange{
			request: request{body: shopQuery, headers: token}, status: 401, code: "UNAUTHENTICATED",
			header: []string{"Cache-Control", "private, no-store", "WWW-Authenticate", `Bearer error="invalid_token"`},
		}},
		"405": {server, exchange{request: request{method: http.MethodDelete}, status: 405, code: "BAD_USER_INPUT"}},
		"413": {small, exchange{request: request{body: strings.Repeat(" ", 1<<10) + shopQuery}, status: 413, code: "BODY_TOO_LARGE"}},
		"415": {server, exchange{request: request{body: shopQuery, headers: []string{"Content-Type", "text/plain"}}, status: 415, code: "BAD_USER_INPUT"}},
		"503": {busy, exchange{request: request{body: shopQuery}, status: 503, code: "TIMEOUT"}},
	} {
		t.Run(name, func(t *testing.T) {
			for accept, media := range map[string]string{"*/*": plainJSON, acceptApollo: graphqlJSON, acceptUrql: graphqlJSON} {
				e := tc.exchange
				e.media, e.headers = media, append([]string{"Accept", accept}, tc.request.headers...)
				e.run(t, tc.server)
			}
		})
	}
}

// TestTheStatusOfARequestError is what decides whether Apollo shows an error: it hides the
// body of application/json with a status other than 2xx, and reads
// application/graphql-response+json with any.
func TestTheStatusOfARequestError(t *testing.T) {
	server := harness.Start(t, shop.New(t))
	for name, tc := range map[string]struct{ body, code string }{
		"of a document that does not parse":    {`{"query":"{"}`, "GRAPHQL_PARSE_FAILED"},
		"of a document that does not validate": {`{"query":"{ nothing }"}`, "GRAPHQL_VALIDATION_FAILED"},
		"of a variable that does not fit":      {`{"query":"query ($id: ID!) { node(id: $id) { id } }","variables":{}}`, "BAD_USER_INPUT"},
		"of an operation that is not there":    {`{"query":"query A { shop { name } }","operationName":"B"}`, "GRAPHQL_VALIDATION_FAILED"},
	} {
		t.Run(name, func(t *testing.T) {
			exchange{request: request{body: tc.body, headers: []string{"Accept", "*/*"}}, status: 200, media: plainJSON, code: tc.code}.run(t, server)
			exchange{request: request{body: tc.body, headers: []string{"Accept", acceptApollo}}, status: 400, media: graphqlJSON, code: tc.code}.run(t, server)
		})
	}
	t.Run("of a field, beside data, is 200 in both", func(t *testing.T) {
		body := `{"query":"{ shop { name } product(id: \"AQGQAAAAAHAAgAAAAAAAAQE\", slug: \"x\") { id } }"}`
		for accept, media := range map[string]string{"*/*": plainJSON, acceptApollo: graphqlJSON} {
			g := send(t, server, request{body: body, headers: []string{"Accept", accept}})
			require.Equal(t, http.StatusOK, g.StatusCode)
			require.Equal(t, media, g.Header.Get("Content-Type"))
			require.Equal(t, "BAD_USER_INPUT", g.code())
			require.Contains(t, g.body, `"data":{"shop"`)
		}
	})
}

// TestSuggestionsFollowIntrospection: a name that a message suggests is a part of the schema.
func TestSuggestionsFollowIntrospection(t *testing.T) {
	db := shop.New(t)
	for setting, suggests := range map[config.Introspection]bool{config.IntrospectionOn: true, config.IntrospectionOff: false} {
		server := harness.Start(t, db, func(s *harness.Setup) { s.Config.Env, s.Config.Introspection = config.Production, setting })
		for _, query := range []string{`{ prodcts { nodes { id } } }`, `{ products(fist: 1) { nodes { id } } }`} {
			g := send(t, server, request{body: harness.Body(query, nil)})
			require.Equal(t, suggests, strings.Contains(g.body, "Did you mean"), g.body)
		}
	}
}

// TestWhatAnAnswerIsCompressedWith prefers gzip. Some clients on Node.js 20 offer zstd,
// which they cannot read, beside it.
func TestWhatAnAnswerIsCompressedWith(t *testing.T) {
	server := harness.Start(t, shop.New(t))
	body := harness.Body(`{ products(first: 20) { nodes { id slug title description descriptionHtml variants(first: 20) { nodes { id sku title } } } } }`, nil)
	for accept, want := range map[string]string{
		"gzip, deflate, br, zstd": "gzip",
		"zstd":                    "zstd",
		"gzip;q=0.5, zstd":        "zstd",
		"gzip;q=0":                "",
		"br":                      "",
	} {
		made, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/graphql", strings.NewReader(body))
		require.NoError(t, err)
		made.Header.Set("Content-Type", "application/json")
		made.Header.Set("Accept-Encoding", accept)
		response, err := http.DefaultClient.Do(made)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, want, response.Header.Get("Content-Encoding"), accept)
		require.Contains(t, strings.Join(response.Header.Values("Vary"), ", "), "Accept-Encoding", accept)
	}
}
