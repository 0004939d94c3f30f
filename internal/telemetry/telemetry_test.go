package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"

	"souk/internal/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, o telemetry.Options) *telemetry.Telemetry {
	t.Helper()
	if o.LogWriter == nil {
		o.LogWriter = io.Discard
	}
	reports, err := telemetry.New(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, reports.Stop(context.Background()))
		require.NoError(t, reports.Stop(context.Background()), "a second Stop is harmless")
	})
	return reports
}

// scrape returns what Prometheus would read.
func scrape(t *testing.T, reports *telemetry.Telemetry) string {
	t.Helper()
	answer := httptest.NewRecorder()
	reports.MetricsHandler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, answer.Code)
	return answer.Body.String()
}

func TestLogLinesCarryTheIDsOfTheirContext(t *testing.T) {
	var out bytes.Buffer
	reports := start(t, telemetry.Options{LogWriter: &out, SpanExporter: tracetest.NewInMemoryExporter()})
	ctx, span := reports.Tracer.Start(telemetry.WithRequestID(t.Context(), "req-1"), "test")
	defer span.End()

	reports.Logger.With("shop", "demo").DebugContext(ctx, "below the level")
	require.Empty(t, out.String())
	reports.Logger.With("shop", "demo").InfoContext(ctx, "hello")

	var line map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &line))
	require.Equal(t, "req-1", line["request_id"])
	require.Equal(t, span.SpanContext().TraceID().String(), line["trace_id"])
	require.Equal(t, "demo", line["shop"])

	out.Reset()
	reports.Logger.Info("outside of a request")
	require.NotContains(t, out.String(), "request_id")
	require.NotContains(t, out.String(), "trace_id")
}

func TestLogTextForDevelopment(t *testing.T) {
	var out bytes.Buffer
	start(t, telemetry.Options{LogWriter: &out, LogText: true, LogLevel: slog.LevelDebug}).Logger.Debug("hello")
	require.Contains(t, out.String(), "level=DEBUG msg=hello")
}

func TestFirstReport(t *testing.T) {
	ctx := telemetry.WithRequestID(t.Context(), "req-1")
	require.True(t, telemetry.FirstReport(ctx, "a"))
	require.False(t, telemetry.FirstReport(ctx, "a"))
	require.True(t, telemetry.FirstReport(ctx, "b"))
	require.True(t, telemetry.FirstReport(telemetry.WithRequestID(t.Context(), "req-2"), "a"))
	require.True(t, telemetry.FirstReport(t.Context(), "a"), "outside of a request all are first")
	require.True(t, telemetry.FirstReport(t.Context(), "a"))

	reported := 0
	for i := range 1000 {
		if telemetry.FirstReport(ctx, fmt.Sprint(i)) {
			reported++
		}
	}
	require.Less(t, reported, 100, "a request's memory of causes is bounded")
}

func TestMetrics(t *testing.T) {
	reports := start(t, telemetry.Options{})
	m, ctx := reports.Metrics, t.Context()
	m.Request(ctx, "POST", "/graphql", 200, 30*time.Millisecond)
	m.InFlight(1)
	m.Operation(ctx, "Page", "query", time.Millisecond, nil)
	m.Operation(ctx, "Page", "query", time.Millisecond, []string{"INTERNAL", "TIMEOUT"})
	m.Batch(ctx, "VariantsByProductID", 50, 2*time.Millisecond, nil)
	m.Batch(ctx, "VariantsByProductID", 1, 2*time.Millisecond, errors.New("boom"))
	m.ReplicaFallback(ctx, "lagging")
	stopNear, err := m.ObserveReplicaLag("replica-1", func() (float64, bool) { return 0.25, true })
	require.NoError(t, err)
	_, err = m.ObserveReplicaLag("replica-2", func() (float64, bool) { return 0, false })
	require.NoError(t, err)

	text := scrape(t, reports)
	for _, series := range []string{
		`souk_http_request_duration_seconds_count{method="POST",route="/graphql",status="200"} 1`,
		`souk_http_request_duration_seconds_bucket{method="POST",route="/graphql",status="200",le="0.05"} 1`,
		`souk_http_requests_in_flight 1`,
		`souk_graphql_operation_duration_seconds_count{operation="Page",outcome="ok",type="query"} 1`,
		`souk_graphql_operation_duration_seconds_count{operation="Page",outcome="error",type="query"} 1`,
		`souk_graphql_errors_total{code="INTERNAL",type="query"} 1`,
		`souk_resolver_batch_keys_sum{loader="VariantsByProductID"} 51`,
		`souk_resolver_batch_keys_bucket{loader="VariantsByProductID",le="1"} 1`,
		`souk_resolver_batch_duration_seconds_count{loader="VariantsByProductID",outcome="ok"} 1`,
		`souk_resolver_batch_duration_seconds_count{loader="VariantsByProductID",outcome="error"} 1`,
		`souk_replica_fallbacks_total{reason="lagging"} 1`,
		`souk_replica_lag_seconds{replica="replica-1"} 0.25`,
		`souk_replica_up{replica="replica-1"} 1`,
		`souk_replica_up{replica="replica-2"} 0`,
		`process_open_fds`,
	} {
		require.Contains(t, text, series)
	}
	require.NotContains(t, text, `souk_replica_lag_seconds{replica="replica-2"}`, "no answer is no lag")
	require.NotContains(t, text, "otel_scope")

	stopNear()
	require.NotContains(t, scrape(t, reports), "replica-1")
	require.NotContains(t, scrape(t, start(t, telemetry.Options{})), "VariantsByProductID", "another server has its own")
}

func TestEveryMetricHasHelp(t *testing.T) {
	reports := start(t, telemetry.Options{})
	reports.Metrics.Request(t.Context(), "GET", "/livez", 200, time.Millisecond)
	for line := range strings.Lines(scrape(t, reports)) {
		if strings.HasPrefix(line, "# HELP souk_") {
			require.Greater(t, len(strings.Fields(line)), 8, line)
		}
	}
}

func TestTracesGoToTheCollectorOnlyWhenOneIsSet(t *testing.T) {
	var paths atomic.Value
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { paths.Store(r.URL.Path) }))
	defer collector.Close()

	off := start(t, telemetry.Options{})
	_, span := off.Tracer.Start(t.Context(), "nothing")
	require.False(t, span.IsRecording())
	span.End()

	on, err := telemetry.New(t.Context(), telemetry.Options{LogWriter: io.Discard, OTLPEndpoint: collector.URL})
	require.NoError(t, err)
	_, span = on.Tracer.Start(t.Context(), "something")
	require.True(t, span.IsRecording())
	span.End()
	require.NoError(t, on.Stop(t.Context()), "Stop sends what is buffered")
	require.Equal(t, "/v1/traces", paths.Load())
}
