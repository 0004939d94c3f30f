package door

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/config"
	"souk/test/harness"
	"souk/test/shop"
)

// TestTheLogKnowsOperations sends one operation of each kind and reads their lines.
func TestTheLogKnowsOperations(t *testing.T) {
	server := harness.Start(t, shop.New(t), func(s *harness.Setup) {
		s.Config.Env, s.Config.SlowOperation = config.Production, time.Nanosecond
	})
	server.Query(t, `query Page { products(first: 2) { nodes { title vendor { name } } } }`, nil)
	server.Do(t, `query Staff { customers(first: 2) { nodes { id } } }`, nil)
	server.Do(t, `query Wrong { nothing }`, nil)
	server.Do(t, `query Dear { products(first: 100) { nodes { relatedProducts(first: 100) { nodes { relatedProducts(first: 100) { nodes { id } } } } } } }`, nil)

	page := lineOf(t, server, "request", "Page")
	require.Equal(t, "query", page["operation_type"])
	require.Len(t, page["document"], 16)
	require.InDelta(t, 24, page["cost"], 0)
	require.InDelta(t, 24, page["cost_actual"], 0)
	require.NotContains(t, page, "error_codes")
	require.Equal(t, []any{"UNAUTHENTICATED"}, lineOf(t, server, "request", "Staff")["error_codes"])
	require.Equal(t, []any{"COST_TOO_HIGH"}, lineOf(t, server, "request", "Dear")["error_codes"])
	require.Contains(t, server.Log.String(), `"error_codes":["GRAPHQL_VALIDATION_FAILED"]`)

	slow := lineOf(t, server, "slow operation", "Page")
	statements, _ := slow["statements"].(map[string]any)
	require.Contains(t, statements, "ListProducts")
	require.InDelta(t, 1, statements["ListProducts"].(map[string]any)["calls"], 0)
	require.Contains(t, statements, "VendorsByIDs")

	status, metrics := server.Get(t, server.OpsURL+"/metrics")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, metrics, `operation="Page"`)
	require.NotContains(t, metrics, `operation="Staff"`, "a name that never succeeded has no series of its own")
	for _, series := range []string{
		`souk_graphql_errors_total{code="COST_TOO_HIGH",type="query"} 1`, `souk_graphql_errors_total{code="TOO_DEEP",type=""} 0`, `souk_graphql_errors_total{code="OVERLOADED",type="query"} 0`,
		`souk_operations_limit`, `souk_operations_refused_total{reason="queue_full"} 0`, `souk_answers_cut_total{limit="process"} 0`,
	} {
		require.Contains(t, metrics, series)
	}
}

// lineOf returns the line with that message of an operation, which is written after
// the client has its answer.
func lineOf(t *testing.T, server *harness.Server, message, operation string) (found map[string]any) {
	t.Helper()
	require.Eventually(t, func() bool {
		for line := range strings.Lines(server.Log.String()) {
			var fields map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &fields), line)
			if fields["msg"] == message && fields["operation"] == operation {
				found = fields
				return true
			}
		}
		return false
	}, 5*time.Second, 5*time.Millisecond, "%s of %s", message, operation)
	return found
}
