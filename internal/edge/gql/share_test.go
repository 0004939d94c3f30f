package gql_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/stretchr/testify/require"

	"souk/internal/edge/gql"
)

// TestWhatIsShared lets a middleware allow all that it is asked about to be kept.
func TestWhatIsShared(t *testing.T) {
	_, log := newLog(t.Context())
	extension := false
	share := func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
		if shared := gql.SharedOf(ctx); shared != nil {
			shared.MaxAge, shared.Tags = time.Minute, []string{"souk"}
		}
		answer := next(ctx)
		return func(ctx context.Context) *graphql.Response {
			response := answer(ctx)
			if response != nil && extension {
				response.Extensions = map[string]any{"a": 1}
			}
			return response
		}
	}
	api := newServer(t, log.logger, aShop, func(exec *executor.Executor, _ *gql.Options) { exec.AroundOperations(share) })
	const public, private = "public, max-age=60, stale-while-revalidate=60", "private, no-store"
	query := func(more ...string) string { return address(append([]string{"query", "{ products }"}, more...)...) }
	for name, tc := range map[string]struct {
		request string
		headers []string
		policy  string
	}{
		"a GET":                      {query(), nil, public},
		"a GET of Apollo":            {query("extensions", `{"clientLibrary":{"name":"@apollo/client","version":"4"}}`), nil, public},
		"a POST":                     {`{"query":"{ products }"}`, nil, "no-store"},
		"a mutation by GET":          {address("query", "mutation { buy }"), nil, private},
		"a token":                    {query(), []string{"Authorization", "Bearer x"}, private},
		"a change in a header":       {query(), []string{"Souk-Consistency", "x"}, private},
		"a change in the extensions": {query("extensions", `{"consistency":{"token":"x"}}`), nil, private},
		"costs":                      {query("extensions", `{"cost":true}`), nil, private},
		"an explanation":             {query("extensions", `{"explain":true}`), nil, private},
		"an error beside the data":   {address("query", "{ boom }"), nil, private},
		"no document":                {address("query", "{"), nil, private},
	} {
		t.Run(name, func(t *testing.T) {
			got := ask(t, api, tc.request, tc.headers...)
			require.Equal(t, tc.policy, got.Header().Get("Cache-Control"))
			require.Equal(t, tc.policy == public, got.Header().Get("ETag") != "")
			require.Equal(t, tc.policy == public, got.Header().Get("Surrogate-Key") != "")
		})
	}
	t.Run("costs for everybody", func(t *testing.T) {
		costs := newServer(t, log.logger, aShop, func(exec *executor.Executor, o *gql.Options) {
			o.Costs = true
			exec.AroundOperations(share)
		})
		got := ask(t, costs, query())
		require.Contains(t, got.Body.String(), `"extensions"`)
		require.Equal(t, private, got.Header().Get("Cache-Control"))
		require.Empty(t, got.Header()["Etag"])
	})
	extension = true
	require.Equal(t, private, ask(t, api, query()).Header().Get("Cache-Control"), "it says something about this answer alone")
}

func TestAMutationByGETIsNotAllowed(t *testing.T) {
	_, log := newLog(t.Context())
	got := ask(t, newServer(t, log.logger, aShop), address("query", "mutation { buy }"))
	require.Equal(t, http.StatusMethodNotAllowed, got.Code)
	require.Equal(t, http.MethodPost, got.Header().Get("Allow"))
	require.Contains(t, got.Body.String(), "A mutation needs POST.")
}

func TestAListOfRequestsIsToldWhatWouldDo(t *testing.T) {
	_, log := newLog(t.Context())
	got := ask(t, newServer(t, log.logger, aShop), `[{"query":"{ products }"},{"query":"{ products }"}]`)
	require.Equal(t, http.StatusBadRequest, got.Code)
	require.Contains(t, got.Body.String(), "Batching is off: send one request for each operation; over HTTP/2 they share a connection.")
}
