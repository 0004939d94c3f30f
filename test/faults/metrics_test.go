package faults

import (
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/fault"
	"souk/store"
	"souk/test/harness"
	"souk/test/shop"
)

// TestCountersAreThereFromTheStart reads the metrics of a server that has served nothing.
func TestCountersAreThereFromTheStart(t *testing.T) {
	server := harness.Start(t, shop.New(t))
	_, text := server.Get(t, server.OpsURL+"/metrics")
	for _, kind := range []string{"query", "mutation"} {
		for _, code := range append(fault.Codes(), "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED") {
			require.Contains(t, text, `souk_graphql_errors_total{code="`+string(code)+`",type="`+kind+`"} 0`)
		}
	}
	for _, reason := range store.FallbackReasons() {
		require.Contains(t, text, `souk_replica_fallbacks_total{reason="`+reason+`"} 0`)
	}
	for _, pool := range []string{"primary", "replica-1"} {
		require.Regexp(t, `souk_sql_connects_total{outcome="ok",pool="`+pool+`"} [1-9]`, text)
		for _, outcome := range []string{"error", "timeout", "cancelled"} {
			require.Contains(t, text, `souk_sql_connects_total{outcome="`+outcome+`",pool="`+pool+`"} 0`)
		}
	}
	require.Contains(t, text, "souk_http_requests_in_flight 0")
}
