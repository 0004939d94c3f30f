package gql_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"souk/internal/edge/gql"
	"souk/internal/telemetry"
)

// newServer is gqlgen's own server over a schema of two fields; "boom" fails as
// a resolver's panic does in generated code.
func newServer(log *slog.Logger) http.Handler {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `type Query { products(first: Int): Int boom: Int }`})
	server := handler.New(&graphql.ExecutableSchemaMock{
		SchemaFunc: func() *ast.Schema { return schema },
		ExecFunc: func(ctx context.Context) graphql.ResponseHandler {
			operation := graphql.GetOperationContext(ctx)
			if operation.Operation.SelectionSet[0].(*ast.Field).Name == "boom" {
				graphql.AddError(ctx, operation.Recover(ctx, "nil map of customer 4711"))
			}
			return graphql.OneShot(&graphql.Response{Data: []byte(`{}`)})
		},
	})
	server.AddTransport(transport.GET{})
	server.AddTransport(transport.POST{})
	server.SetErrorPresenter(gql.Presenter(log))
	server.SetRecoverFunc(gql.Recover)
	return server
}

func TestErrorsOverHTTP(t *testing.T) {
	_, log := newLog(t.Context())
	api := newServer(log.logger)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		api.ServeHTTP(w, r.WithContext(telemetry.WithRequestID(r.Context(), "req-9")))
	}))
	defer server.Close()

	for name, tc := range map[string]struct{ body, code, message string }{
		"syntax":              {`{"query":"{ products( }"}`, "GRAPHQL_PARSE_FAILED", "Expected Name"},
		"an unknown field":    {`{"query":"{ prodcts }"}`, "GRAPHQL_VALIDATION_FAILED", "Did you mean"},
		"no operation":        {`{"query":""}`, "GRAPHQL_VALIDATION_FAILED", "No operation"},
		"a wrong variable":    {`{"query":"query($n:Int){products(first:$n)}","variables":{"n":"x"}}`, "BAD_USER_INPUT", "Variable `$n`: cannot use string as Int"},
		"a missing variable":  {`{"query":"query($n:Int!){products(first:$n)}"}`, "BAD_USER_INPUT", "Variable `$n`: must be defined"},
		"a literal of no Int": {`{"query":"{ products(first: \"x\") }"}`, "GRAPHQL_VALIDATION_FAILED", "Int cannot represent"},
		"a body of no JSON":   {`hunter2`, "BAD_USER_INPUT", "not a valid GraphQL request"},
		"a panic":             {`{"query":"{ boom }"}`, "INTERNAL", "quote request ID req-9"},
	} {
		t.Run(name, func(t *testing.T) {
			response, err := http.Post(server.URL, "application/json", strings.NewReader(tc.body))
			require.NoError(t, err)
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			require.NotContains(t, string(body), "hunter2")
			require.NotContains(t, string(body), "4711")

			var answer struct {
				Errors []struct {
					Message    string
					Extensions struct{ Code string }
				}
			}
			require.NoError(t, json.Unmarshal(body, &answer), string(body))
			require.NotEmpty(t, answer.Errors, string(body))
			require.Equal(t, tc.code, answer.Errors[0].Extensions.Code)
			require.Contains(t, answer.Errors[0].Message, tc.message)
		})
	}
	require.Contains(t, log.String(), "customer 4711", "the log has the panic")
}
