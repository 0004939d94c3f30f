package nplusone

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"souk/test/harness"
	"souk/test/shop"
)

// TestNoLevelWaitsForATimer traces a nested query many times and looks at the
// time between the end of a level's statement and the start of the next one's.
// It is our own code's: a timer of milliseconds would show in the median, which a
// busy machine leaves alone.
func TestNoLevelWaitsForATimer(t *testing.T) {
	const runs = 50
	exporter := tracetest.NewInMemoryExporter()
	server := harness.Start(t, shop.New(t), func(s *harness.Setup) { s.Options.SpanExporter = exporter })
	for name, tc := range map[string]struct {
		query  string
		levels []string // the statements, each needing the one before
	}{
		"through nodes": {
			`{ products(first: 5) { nodes { reviews(first: 3) { nodes { author { displayName } product { variants(first: 2) { nodes { image { url } } } } } } } } }`,
			[]string{"ListProducts", "ListReviews", "ProductsByIDs", "ListVariants", "ImagesByIDs"},
		},
		"through edges": {
			`{ products(first: 5) { edges { node { reviews(first: 3) { edges { node { author { displayName } } } } } } } }`,
			[]string{"ListProducts", "ListReviews", "AuthorsByIDs"},
		},
		"down a tree": {
			`{ categories { nodes { children { nodes { ancestors { products(first: 2) { nodes { vendor { name } } } } } } } } }`,
			[]string{"ListCategories", "ListChildCategories", "CategoriesByIDs", "ListProducts", "VendorsByIDs"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			gaps := make([][]time.Duration, len(tc.levels)-1)
			for range runs {
				exporter.Reset()
				server.Query(t, tc.query, nil)
				spans := statementSpans(t, exporter, tc.levels)
				for i := range gaps {
					gaps[i] = append(gaps[i], spans[i+1].StartTime.Sub(spans[i].EndTime))
				}
			}
			for i, gap := range gaps {
				slices.Sort(gap)
				require.Positive(t, gap[0], "%s needs what %s read", tc.levels[i+1], tc.levels[i])
				t.Logf("%s → %s: median %v, longest %v", tc.levels[i], tc.levels[i+1], gap[runs/2], gap[runs-1])
				require.Less(t, gap[runs/2], time.Millisecond)
				// The dataloader's own wait is 16 ms, our backstop 50.
				require.Less(t, gap[runs*9/10], 10*time.Millisecond)
			}
		})
	}
}

// statementSpans returns the only span of each statement.
func statementSpans(t *testing.T, exporter *tracetest.InMemoryExporter, names []string) []tracetest.SpanStub {
	t.Helper()
	byName := map[string][]tracetest.SpanStub{}
	for _, span := range exporter.GetSpans() {
		byName[span.Name] = append(byName[span.Name], span)
	}
	spans := make([]tracetest.SpanStub, len(names))
	for i, name := range names {
		require.Len(t, byName[name], 1, name)
		spans[i] = byName[name][0]
	}
	return spans
}

// TestOneTraceHoldsRequestAndStatements follows a caller's trace down to the SQL.
func TestOneTraceHoldsRequestAndStatements(t *testing.T) {
	exporter := tracetest.NewInMemoryExporter()
	server := harness.Start(t, shop.New(t), func(s *harness.Setup) { s.Options.SpanExporter = exporter })
	exporter.Reset()
	server.Query(t, shop.Storefront, nil)
	var request tracetest.SpanStub
	require.Eventually(t, func() bool { // it ends after its answer is sent
		for _, span := range exporter.GetSpans() {
			if span.Name == "POST /graphql" {
				request = span
			}
		}
		return request.Name != ""
	}, harness.Patience, harness.Tick)
	for _, name := range []string{"ListProducts", "VendorsByIDs", "ListReviews", "AuthorsByIDs", "CountProducts"} {
		span := statementSpans(t, exporter, []string{name})[0]
		require.Equal(t, request.SpanContext.TraceID(), span.SpanContext.TraceID(), name)
		for _, attribute := range span.Attributes {
			if attribute.Key == "souk.pool" {
				require.Equal(t, "replica-1", attribute.Value.AsString())
			}
		}
	}
}
