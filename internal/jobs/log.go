package jobs

import (
	"context"
	"log/slog"
)

// warnings returns a logger that leaves out what is below a warning: River reports each
// run, which observed does already.
func warnings(log *slog.Logger) *slog.Logger {
	return slog.New(fromWarnings{log.Handler()})
}

type fromWarnings struct{ slog.Handler }

func (h fromWarnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

func (h fromWarnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return fromWarnings{h.Handler.WithAttrs(attrs)}
}

func (h fromWarnings) WithGroup(name string) slog.Handler {
	return fromWarnings{h.Handler.WithGroup(name)}
}
