package telemetry

import (
	"context"
	"log/slog"
	"net/url"
	"os"

	"go.opentelemetry.io/otel/trace"
)

// NewLogger returns the logger of a Telemetry with the same options.
func NewLogger(o Options) *slog.Logger {
	if o.LogWriter == nil {
		o.LogWriter = os.Stderr
	}
	settings := &slog.HandlerOptions{Level: o.LogLevel}
	out := newLines(o.LogWriter, settings)
	if o.LogText {
		out = slog.NewTextHandler(o.LogWriter, settings)
	}
	return slog.New(Correlate(out))
}

// Correlate returns a handler that adds to each record the IDs of its request
// and its trace.
func Correlate(h slog.Handler) slog.Handler { return correlated{h} }

type correlated struct{ slog.Handler }

func (h correlated) Handle(ctx context.Context, r slog.Record) error {
	if id := RequestID(ctx); id != "" {
		r.AddAttrs(slog.String("request_id", id))
	}
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		r.AddAttrs(
			slog.String("trace_id", span.TraceID().String()),
			slog.String("span_id", span.SpanID().String()),
		)
	}
	return h.Handler.Handle(ctx, r)
}

func (h correlated) WithAttrs(attrs []slog.Attr) slog.Handler {
	return correlated{h.Handler.WithAttrs(attrs)}
}

func (h correlated) WithGroup(name string) slog.Handler {
	return correlated{h.Handler.WithGroup(name)}
}

// tracesURL returns the collector's address for traces. The variable holds a
// base URL, to which a client adds the signal's path, according to the OTLP
// specification.
func tracesURL(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return endpoint // the exporter reports it
	}
	return u.JoinPath("v1", "traces").String()
}
