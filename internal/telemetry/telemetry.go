// Package telemetry provides logs, metrics and traces for operators. One
// Telemetry value owns all three. Nothing is global and nothing registers
// itself, so two servers can run in one process and each counts its own
// requests.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// scope names the instrumentation in exported traces and metrics.
const scope = "souk"

// Options say where telemetry goes. The zero value logs JSON at level info to
// standard error and exports no traces.
type Options struct {
	// Service and Version identify this build in traces. Service defaults to "souk".
	Service, Version string
	// LogWriter receives the log; nil means standard error, where it is up to 5 ms late
	// until Stop.
	LogWriter io.Writer
	// LogLevel is the minimum level that is written; the zero value is info.
	LogLevel slog.Level
	// LogText writes readable lines instead of JSON.
	LogText bool
	// OTLPEndpoint is the base URL of an OpenTelemetry collector, as in
	// OTEL_EXPORTER_OTLP_ENDPOINT: http://host:4318. Empty: no traces are made.
	OTLPEndpoint string
	// ErrorCodes are the codes that errors in responses can have, and FallbackReasons
	// those of reads on the primary instead of a replica. Their counters are there at
	// zero from the start.
	ErrorCodes, FallbackReasons []string
	// JobKinds and JobOutcomes are those that jobs can have, likewise.
	JobKinds, JobOutcomes []string
	// CacheResults are those that keys of reads can have in caches, and CacheEpochReasons are why
	// an epoch of the caches can begin, likewise.
	CacheResults, CacheEpochReasons []string
	// CacheSampleOutcomes are those of comparing a cached value with the primary, likewise.
	CacheSampleOutcomes []string
	// SpanExporter replaces the collector; tests use it to read their spans.
	SpanExporter sdktrace.SpanExporter
}

// Telemetry owns the logger, the metrics and the tracer of one server.
type Telemetry struct {
	// Logger adds the request and trace IDs of the context to each record.
	Logger *slog.Logger
	// Metrics has a method for each measurement.
	Metrics *Metrics
	// Tracer starts spans; it costs nothing while traces are off.
	Tracer trace.Tracer

	registry *prometheus.Registry
	// The providers are functions here: with their types as fields, each package
	// that has a Telemetry would compile the generic code of the SDK once more, 2 s
	// of CPU each.
	stopTraces func(context.Context) error // nil while traces are off
	stopMeters func(context.Context) error
	stopLog    func()
	stopOnce   sync.Once
	stopErr    error
}

// New starts telemetry. Stop it last, after everything that reports to it.
func New(ctx context.Context, o Options) (*Telemetry, error) {
	if o.Service == "" {
		o.Service = scope
	}
	stopLog := func() {}
	if o.LogWriter == nil {
		lines := newBehind(os.Stderr)
		o.LogWriter, stopLog = lines, lines.stop
	}
	t := &Telemetry{
		Logger:   NewLogger(o),
		stopLog:  stopLog,
		Tracer:   untraced{},
		registry: prometheus.NewRegistry(),
	}
	if err := t.startMetrics(); err != nil {
		return nil, fmt.Errorf("start metrics: %w", err)
	}
	t.Metrics.startAtZero(ctx, o)
	if err := t.startTraces(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("start traces: %w", err), t.Stop(ctx))
	}
	return t, nil
}

// untraced is the tracer while traces are off. It makes no spans, and leaves a context as it
// is: the caller's trace, if it has one, is still that of the log.
type untraced struct{ noop.Tracer }

// Start returns the span that is in ctx, which may be the caller's and records nothing.
func (untraced) Start(ctx context.Context, _ string, _ ...trace.SpanStartOption) (context.Context, trace.Span) {
	return ctx, trace.SpanFromContext(ctx)
}

func (t *Telemetry) startMetrics() error {
	t.registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	exporter, err := otelprom.New(
		otelprom.WithRegisterer(t.registry),
		otelprom.WithTranslationStrategy(otlptranslator.UnderscoreEscapingWithSuffixes),
		otelprom.WithoutScopeInfo(),
		otelprom.WithoutTargetInfo(),
	)
	if err != nil {
		return err
	}
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter))
	t.stopMeters = meters.Shutdown
	t.Metrics, err = newMetrics(meters.Meter(scope))
	return err
}

func (t *Telemetry) startTraces(ctx context.Context, o Options) error {
	var export sdktrace.TracerProviderOption
	switch {
	case o.SpanExporter != nil:
		export = sdktrace.WithSyncer(o.SpanExporter)
	case o.OTLPEndpoint != "":
		exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(tracesURL(o.OTLPEndpoint)))
		if err != nil {
			return err
		}
		export = sdktrace.WithBatcher(exporter)
	default:
		return nil
	}
	traces := sdktrace.NewTracerProvider(export, sdktrace.WithResource(resource.NewSchemaless(
		semconv.ServiceName(o.Service),
		semconv.ServiceVersion(o.Version),
	)))
	t.Tracer, t.stopTraces = traces.Tracer(scope), traces.Shutdown
	return nil
}

// MetricsHandler serves the metrics in the Prometheus text format.
func (t *Telemetry) MetricsHandler() http.Handler {
	return promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{
		EnableOpenMetrics: true, ErrorLog: slog.NewLogLogger(t.Logger.Handler(), slog.LevelWarn),
	})
}

// Stop writes and sends buffered data and ends the exporters. It may be called more than
// once; ctx bounds the sending.
func (t *Telemetry) Stop(ctx context.Context) error {
	t.stopOnce.Do(func() {
		if t.stopTraces != nil {
			t.stopErr = t.stopTraces(ctx)
		}
		if t.stopMeters != nil {
			t.stopErr = errors.Join(t.stopErr, t.stopMeters(ctx))
		}
		t.stopLog()
	})
	return t.stopErr
}
