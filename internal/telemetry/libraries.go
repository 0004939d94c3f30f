package telemetry

import (
	"log/slog"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
)

// LogOpenTelemetry sets where OpenTelemetry logs what it does in the background, such as
// spans that a collector did not accept. The library has one logger for the process, and
// otherwise writes lines of its own form to standard error. So only a main function calls
// this, once.
func LogOpenTelemetry(log *slog.Logger) {
	otel.SetLogger(logr.FromSlogHandler(log.Handler()))
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		log.Warn("opentelemetry failed", "error", err)
	}))
}
