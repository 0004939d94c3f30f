package gql_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"souk/internal/door"
	"souk/internal/edge/admit"
	"souk/internal/edge/gql"
	"souk/internal/edge/inflight"
	"souk/internal/telemetry"
)

const aShop = `
	type Query { products(first: Int): Int boom: Int many: Int node: Node }
	type Node { id: ID node: Node }
	type Mutation { buy: Int }
	type Subscription { bought: Int }`

// newServer is our handler over a schema of few fields, which all answer {}; "boom"
// fails as a resolver's panic does in generated code, and "many" fails a hundred times.
func newServer(t testing.TB, log *slog.Logger, sdl string, change ...func(*executor.Executor, *gql.Options)) http.Handler {
	t.Helper()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: sdl})
	exec := executor.New(&graphql.ExecutableSchemaMock{
		SchemaFunc: func() *ast.Schema { return schema },
		ExecFunc: func(ctx context.Context) graphql.ResponseHandler {
			operation := graphql.GetOperationContext(ctx)
			return func(ctx context.Context) *graphql.Response {
				field, _ := operation.Operation.SelectionSet[0].(*ast.Field)
				switch {
				case field == nil: // a fragment
				case field.Name == "boom":
					graphql.AddError(ctx, operation.Recover(ctx, "nil map of customer 4711"))
				case field.Name == "many":
					for range 100 {
						graphql.AddErrorf(ctx, "many")
					}
				}
				return &graphql.Response{Data: []byte(`{}`)}
			}
		},
	})
	exec.SetErrorPresenter(gql.Presenter(log))
	exec.SetRecoverFunc(gql.Recover)
	admission, err := door.New(schema, door.DefaultLimits(), door.Options{Suggest: true})
	require.NoError(t, err)
	everyone, err := admit.New(admit.Options{})
	require.NoError(t, err)
	unbounded, err := inflight.New(inflight.Options{})
	require.NoError(t, err)
	options := gql.Options{Executor: exec, Door: admission, Admission: everyone, InFlight: unbounded, Introspection: true}
	for _, c := range change {
		c(exec, &options)
	}
	return gql.NewHandler(options)
}

// ask sends one request to a handler. An address that begins with "?" is a GET.
func ask(t testing.TB, h http.Handler, request string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(request))
	if strings.HasPrefix(request, "?") {
		r = httptest.NewRequest(http.MethodGet, "/graphql"+request, nil)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r.WithContext(telemetry.WithRequestID(t.Context(), "req-9")))
	return answer
}

// address is the query string of a GET: names and values in turn.
func address(pairs ...string) string {
	var fields []string
	for i := 0; i < len(pairs); i += 2 {
		fields = append(fields, pairs[i]+"="+url.QueryEscape(pairs[i+1]))
	}
	return "?" + strings.Join(fields, "&")
}

// TestStatusAndMediaType has for each kind of answer the status in both media types.
func TestStatusAndMediaType(t *testing.T) {
	_, log := newLog(t.Context())
	api := newServer(t, log.logger, aShop)
	tooMany := `{"query":"{ products }","variables":{"n":[` + strings.Repeat("1,", 500) + `1]}}`
	for name, tc := range map[string]struct {
		request       string
		json, graphql int
		code, message string // "" of an answer without errors
	}{
		"data":                    {`{"query":"{ products }"}`, 200, 200, "", ""},
		"data by GET":             {address("query", "{ products }"), 200, 200, "", ""},
		"null for all the rest":   {`{"query":"{ products }","variables":null,"extensions":null,"operationName":null}`, 200, 200, "", ""},
		"unknown keys":            {`{"query":"{ products }","id":[{}],"extensions":{"clientLibrary":{"name":"x","version":"1"}}}`, 200, 200, "", ""},
		"unknown parameters":      {address("query", "{ products }", "utm", "a", "utm", "b"), 200, 200, "", ""},
		"empty parameters":        {address("query", "{ products }", "variables", "", "extensions", "", "operationName", ""), 200, 200, "", ""},
		"deferred":                {`{"query":"{ ... @defer { products } }"}`, 200, 200, "", ""},
		"a panic of a resolver":   {`{"query":"{ boom }"}`, 200, 200, "INTERNAL", "quote request ID req-9"},
		"syntax":                  {`{"query":"{ products( }"}`, 200, 400, "GRAPHQL_PARSE_FAILED", "Expected Name"},
		"no operation":            {`{"query":" # nothing"}`, 200, 400, "GRAPHQL_VALIDATION_FAILED", "No operation"},
		"an unknown field":        {`{"query":"{ prodcts }"}`, 200, 400, "GRAPHQL_VALIDATION_FAILED", "Did you mean"},
		"a literal of no Int":     {`{"query":"{ products(first: \"x\") }"}`, 200, 400, "GRAPHQL_VALIDATION_FAILED", "Int cannot represent"},
		"a wrong variable":        {`{"query":"query($n:Int){products(first:$n)}","variables":{"n":"x"}}`, 200, 400, "BAD_USER_INPUT", "Variable `$n`: cannot use string as Int"},
		"a missing variable":      {`{"query":"query($n:Int!){products(first:$n)}"}`, 200, 400, "BAD_USER_INPUT", "Variable `$n`: must be defined"},
		"an unknown operation":    {`{"query":"query A { products }","operationName":"B"}`, 200, 400, "GRAPHQL_VALIDATION_FAILED", "no operation `B`"},
		"a subscription":          {`{"query":"subscription { bought }"}`, 200, 400, "GRAPHQL_VALIDATION_FAILED", "no subscriptions"},
		"too long a list":         {tooMany, 200, 400, "LIST_TOO_LONG", "501 items in one list; the limit is 500"},
		"a mutation by GET":       {address("query", "mutation { buy }"), 405, 405, "BAD_USER_INPUT", "A mutation needs POST"},
		"a mutation among two":    {address("query", "query A { products } mutation B { buy }", "operationName", "B"), 405, 405, "BAD_USER_INPUT", "A mutation needs POST"},
		"too long an address":     {address("query", "{ products } #"+strings.Repeat("x", 256<<10)), 413, 413, "BODY_TOO_LARGE", "limit of 256 KB"},
		"too large a body":        {`{"query":"{ products } #` + strings.Repeat("x", 256<<10) + `"}`, 413, 413, "BODY_TOO_LARGE", "limit of 256 KB"},
		"nothing":                 {``, 400, 400, "BAD_USER_INPUT", "its JSON ends early"},
		"no address":              {`?`, 400, 400, "BAD_USER_INPUT", "has no `query` and no `documentId`. Send a text, {\"query\": \"{ … }\"} or ?query={…}, or the ID of a registered document."},
		"no query":                {`{}`, 400, 400, "BAD_USER_INPUT", "has no `query`"},
		"an empty query":          {`{"query":""}`, 400, 400, "BAD_USER_INPUT", "has no `query`"},
		"null for the query":      {`{"query":null}`, 400, 400, "BAD_USER_INPUT", "has no `query`"},
		"an empty query by GET":   {address("query", ""), 400, 400, "BAD_USER_INPUT", "has no `query`"},
		"a number for the query":  {`{"query":4711}`, 400, 400, "BAD_USER_INPUT", `"query" is not a string`},
		"a list for the name":     {`{"query":"{ products }","operationName":["hunter2"]}`, 400, 400, "BAD_USER_INPUT", `"operationName" is not a string`},
		"a text for variables":    {`{"query":"{ products }","variables":"hunter2"}`, 400, 400, "BAD_USER_INPUT", `"variables" is not an object`},
		"a list for extensions":   {`{"query":"{ products }","extensions":[]}`, 400, 400, "BAD_USER_INPUT", `"extensions" is not an object`},
		"no JSON":                 {`hunter2`, 400, 400, "BAD_USER_INPUT", "The request body is not a valid GraphQL request: it is not JSON, at byte 0"},
		"a text":                  {`"hunter2"`, 400, 400, "BAD_USER_INPUT", "it is not an object"},
		"null":                    {`null`, 400, 400, "BAD_USER_INPUT", "it is not an object"},
		"a mark of byte order":    {"\ufeff" + `{"query":"{ products }"}`, 400, 400, "BAD_USER_INPUT", "it is not JSON"},
		"a batch":                 {`[{"query":"{ products }"}]`, 400, 400, "BAD_USER_INPUT", "Batching is off"},
		"two objects":             {`{"query":"{ products }"}{"query":"{ products }"}`, 400, 400, "BAD_USER_INPUT", "more after its JSON object"},
		"garbage behind":          {`{"query":"{ products }"} hunter2`, 400, 400, "BAD_USER_INPUT", "it is not JSON"},
		"the same key twice":      {`{"query":"{ products }","query":"{ hunter2 }"}`, 400, 400, "BAD_USER_INPUT", "the same key twice"},
		"the same key in an item": {`{"query":"{ products }","variables":{"a":[{"hunter2":1,"hunter2":2}]}}`, 400, 400, "BAD_USER_INPUT", "the same key twice"},
		"the same key escaped":    {`{"query":"{ products }","qu\u0065ry":"{ hunter2 }"}`, 400, 400, "BAD_USER_INPUT", "the same key twice"},
		"a key in another case":   {`{"query":"{ products }","QUERY":"{ hunter2 }"}`, 400, 400, "BAD_USER_INPUT", "has the key `query` in another case"},
		"a key that folds to one": {`{"query":"{ products }","exten\u017fions":{}}`, 400, 400, "BAD_USER_INPUT", "has the key `extensions` in another case"},
		"no UTF-8":                {"{\"query\":\"{ products } # \xff\"}", 400, 400, "BAD_USER_INPUT", "not valid UTF-8"},
		"half a pair":             {`{"query":"{ products } # \ud83d"}`, 400, 400, "BAD_USER_INPUT", "it is not JSON"},
		"an unfinished body":      {`{"query":"{ products }","variables":{"a":[{`, 400, 400, "BAD_USER_INPUT", "its JSON ends early"},
		"a parameter twice":       {address("query", "{ products }", "query", "{ hunter2 }"), 400, 400, "BAD_USER_INPUT", "the parameter `query` twice"},
		"a parameter in capitals": {address("query", "{ products }", "Query", "{ hunter2 }"), 400, 400, "BAD_USER_INPUT", "has the key `query` in another case"},
		"a wrong address":         {"?query=%zz", 400, 400, "BAD_USER_INPUT", "query string is not valid"},
		"no UTF-8 by GET":         {address("query", "{ products } # \xff"), 400, 400, "BAD_USER_INPUT", "The parameter `query` is not valid UTF-8"},
		"two objects by GET":      {address("query", "{ products }", "variables", "{}{}"), 400, 400, "BAD_USER_INPUT", "The parameter `variables` has more after"},
		"a list by GET":           {address("query", "{ products }", "variables", "[]"), 400, 400, "BAD_USER_INPUT", `"variables" is not an object`},
		"too deep by GET":         {address("query", "{ products }", "variables", `{"a":`+strings.Repeat("[", 33)+strings.Repeat("]", 33)+`}`), 200, 400, "TOO_DEEP", "33 levels"},
	} {
		t.Run(name, func(t *testing.T) {
			for media, status := range map[string]int{"application/json": tc.json, "application/graphql-response+json": tc.graphql} {
				got := ask(t, api, tc.request, "Accept", media)
				require.Equal(t, status, got.Code, got.Body)
				require.Equal(t, media+"; charset=utf-8", got.Header().Get("Content-Type"))
				requireError(t, got, tc.code, tc.message)
				if status == http.StatusMethodNotAllowed {
					require.Equal(t, "POST", got.Header().Get("Allow"))
				}
			}
		})
	}
	require.Contains(t, log.String(), "customer 4711", "the log has the panic")
}

// requireError wants an answer with one error of the code, or without errors for "".
// An error from before the operation has no data beside it.
func requireError(t *testing.T, got *httptest.ResponseRecorder, code, message string) {
	t.Helper()
	body := got.Body.String()
	require.NotContains(t, body, "hunter2")
	require.NotContains(t, body, "4711")
	if length := got.Result().ContentLength; length >= 0 { // net/http states that of a small body
		require.Equal(t, len(body), int(length))
	}
	var answer struct {
		Data   json.RawMessage
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(body), &answer), body)
	if code == "" {
		require.Equal(t, `{"data":{}}`, body)
		return
	}
	require.Len(t, answer.Errors, 1, body)
	require.Equal(t, code, answer.Errors[0].Extensions.Code)
	require.Contains(t, answer.Errors[0].Message, message)
	if code != "INTERNAL" {
		require.NotContains(t, body, `"data"`)
	}
}

func TestARefusalNamesItsLimit(t *testing.T) {
	_, log := newLog(t.Context())
	got := ask(t, newServer(t, log.logger, aShop), `{"query":"{ products }","variables":{"n":`+strings.Repeat("1", 300)+`}}`)
	require.Equal(t, `{"errors":[{"message":"The request has 300 bytes in one number; the limit is 256. Send a shorter one.",`+
		`"extensions":{"asked":300,"code":"NAME_TOO_LONG","limit":256}}]}`, got.Body.String())
}

func TestAnAnswerHasFewErrorsAndSaysHowManyMore(t *testing.T) {
	_, log := newLog(t.Context())
	var answer struct {
		Errors     []any
		Extensions map[string]any
	}
	got := ask(t, newServer(t, log.logger, aShop), `{"query":"{ many }"}`)
	require.NoError(t, json.Unmarshal(got.Body.Bytes(), &answer))
	require.Len(t, answer.Errors, door.DefaultLimits().Errors)
	require.Equal(t, map[string]any{"errorsLeftOut": 90.0}, answer.Extensions)
}

// TestWhatSurroundsAnOperationCanDeclineIt lets a middleware answer in its place.
func TestWhatSurroundsAnOperationCanDeclineIt(t *testing.T) {
	_, log := newLog(t.Context())
	for code, status := range map[string]int{"BAD_USER_INPUT": 200, "FORBIDDEN": 200, "TIMEOUT": 503, "UNAVAILABLE": 503, "INTERNAL": 500} {
		api := newServer(t, log.logger, aShop, func(exec *executor.Executor, _ *gql.Options) {
			exec.AroundOperations(func(context.Context, graphql.OperationHandler) graphql.ResponseHandler {
				return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{{Message: "No.", Extensions: map[string]any{"code": code}}}})
			})
		})
		got := ask(t, api, `{"query":"{ products }"}`)
		require.Equal(t, status, got.Code, code)
		require.Equal(t, `{"errors":[{"message":"No.","extensions":{"code":"`+code+`"}}]}`, got.Body.String())
	}
}

// TestTheExecutorNeverParses sees the tree of the door in the operation, and its text.
func TestTheExecutorNeverParses(t *testing.T) {
	_, log := newLog(t.Context())
	var seen []*graphql.OperationContext
	api := newServer(t, log.logger, aShop, func(exec *executor.Executor, o *gql.Options) {
		exec.SetParserTokenLimit(1) // it would fail
		o.Introspection = false
		exec.AroundOperations(func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
			seen = append(seen, graphql.GetOperationContext(ctx))
			return next(ctx)
		})
	})
	got := ask(t, api, `{"query":"query A { node { ... @defer(label: \"x\") { id } ...F @defer(if: true) } } fragment F on Node { ... on Node @defer { id } }",
		"variables":{"n":1.50},"operationName":"A","extensions":{"a":1}}`, "Souk-Test", "x")
	require.Equal(t, `{"data":{}}`, got.Body.String())
	require.Len(t, seen, 1)
	op := seen[0]
	require.Equal(t, "A", op.OperationName)
	require.Equal(t, "x", op.Headers.Get("Souk-Test"))
	require.Equal(t, map[string]any{"a": json.Number("1")}, op.Extensions)
	require.True(t, op.DisableIntrospection)
	node := op.Operation.SelectionSet[0].(*ast.Field)
	require.Empty(t, node.SelectionSet[0].(*ast.InlineFragment).Directives, "@defer is answered inline")
	require.Empty(t, node.SelectionSet[1].(*ast.FragmentSpread).Directives)
	require.Empty(t, op.Doc.Fragments[0].SelectionSet[0].(*ast.InlineFragment).Directives)
}

func TestCachesKeepNoAnswerToSomebody(t *testing.T) {
	_, log := newLog(t.Context())
	api := newServer(t, log.logger, aShop)
	query := address("query", "{ products }")
	for name, tc := range map[string]struct {
		request string
		headers []string
		policy  string
	}{
		"a POST":                           {`{"query":"{ products }"}`, nil, "no-store"},
		"a GET that nobody shares":         {query, nil, "private, no-store"},
		"a GET with a token":               {query, []string{"Authorization", "Bearer x"}, "private, no-store"},
		"a POST with a token":              {`{"query":"{ products }"}`, []string{"Authorization", "Bearer x"}, "private, no-store"},
		"a GET after a change":             {query, []string{"Souk-Consistency", "x"}, "private, no-store"},
		"an error by GET":                  {address("query", "{ prodcts }"), nil, "private, no-store"},
		"an error beside the data by GET":  {address("query", "{ boom }"), nil, "private, no-store"},
		"a request that is none":           {address("query", ""), nil, "private, no-store"},
		"a mutation by GET, with a token":  {address("query", "mutation { buy }"), []string{"Authorization", "Bearer x"}, "private, no-store"},
		"a GET with a credential of Basic": {query, []string{"Authorization", "Basic x"}, "private, no-store"},
	} {
		t.Run(name, func(t *testing.T) {
			header := ask(t, api, tc.request, tc.headers...).Header()
			require.Equal(t, tc.policy, header.Get("Cache-Control"))
			require.Contains(t, header.Get("Vary"), "Accept")
		})
	}
}

func TestAClientThatLeftGetsNothing(t *testing.T) {
	ctx, log := newLog(t.Context())
	api := newServer(t, log.logger, aShop)
	ctx, leave := context.WithCancel(ctx)
	leave()
	got := httptest.NewRecorder()
	api.ServeHTTP(got, httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query":"{ products }"}`)).WithContext(ctx))
	require.Equal(t, 499, got.Code)
	require.Empty(t, got.Body.Bytes())
}

// slow is a body whose client sends no more.
type slow struct{ err error }

func (s slow) Read([]byte) (int, error) { return 0, s.err }

func TestABodyThatCannotBeRead(t *testing.T) {
	ctx, log := newLog(t.Context())
	api := newServer(t, log.logger, aShop)
	for name, tc := range map[string]struct {
		err     error
		status  int
		code    string
		message string
	}{
		"cut":  {io.ErrUnexpectedEOF, 400, "BAD_USER_INPUT", "ended early"},
		"slow": {fmt.Errorf("read tcp: %w", os.ErrDeadlineExceeded), 408, "TIMEOUT", "did not arrive in time"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			if tc.status == http.StatusRequestTimeout {
				cancel() // as net/http does
			}
			got := httptest.NewRecorder()
			api.ServeHTTP(got, httptest.NewRequest(http.MethodPost, "/graphql", slow{tc.err}).WithContext(ctx))
			require.Equal(t, tc.status, got.Code)
			require.Contains(t, got.Body.String(), tc.message)
			require.Contains(t, got.Body.String(), tc.code)
		})
	}
}
