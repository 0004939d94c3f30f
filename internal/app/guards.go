package app

import (
	"context"
	"log/slog"
	"time"

	"souk/internal/auth"
	"souk/internal/config"
	"souk/internal/edge/admit"
	"souk/internal/edge/gql"
	"souk/internal/edge/inflight"
	"souk/internal/telemetry"
)

// guards are what keeps the server working when it is asked for more than it can do.
func (a *App) guards(cfg config.Server) (*admit.Admitter, *inflight.Ledger, error) {
	admission, err := admit.New(admit.Options{MaxConcurrency: cfg.MaxConcurrency})
	if err != nil {
		return nil, nil, err
	}
	ledger, err := inflight.New(inflight.Options{ProcessBytes: cfg.AnswerMemory, ConnectionBytes: 2 * cfg.Limits.AnswerBytes})
	if err != nil {
		return nil, nil, err
	}
	stop, err := a.Telemetry.Metrics.ObserveGuards(func() telemetry.Guards {
		admitted, answers := admission.Stat(), ledger.Stat()
		g := telemetry.Guards{
			Limit: admitted.Limit, Running: admitted.InFlight, Waiting: admitted.Waiting,
			Refused: map[string]int64{}, AnswerBytes: answers.Bytes + answers.Waiting, Cut: map[string]int64{},
		}
		for reason, n := range admitted.Refused {
			g.Refused[string(reason)] = n
		}
		for scope, n := range answers.Cuts {
			g.Cut[string(scope)] = n
		}
		for scope, n := range answers.Fulls {
			g.Refused["no_room_for_answer_"+string(scope)] = n
		}
		return g
	})
	if err != nil {
		return nil, nil, err
	}
	a.closers = append(a.closers, func(context.Context) error { stop(); return nil })
	return admission, ledger, nil
}

// caller is who a request counts for.
func caller(ctx context.Context) admit.Caller {
	c := admit.Caller{Network: auth.Network(ctx), Priority: admit.Browsing}
	if !auth.For(ctx).IsAnonymous() {
		c.Priority = admit.SignedIn
	}
	return c
}

// maxLoggedName bounds what a client's name of an operation takes in the log.
const maxLoggedName = 100

// observeOperation counts each request, adds its operation to its line in the log, and
// logs a slow one with its statements.
func (a *App) observeOperation(slow time.Duration) func(context.Context, gql.Outcome) {
	return func(ctx context.Context, o gql.Outcome) {
		a.Telemetry.Metrics.Operation(ctx, o.Name, o.Type, o.Took, o.Codes)
		attrs := operationAttrs(o)
		telemetry.Annotate(ctx, attrs...)
		if slow == 0 || o.Took < slow || ctx.Err() != nil {
			return
		}
		var statements []any
		for _, use := range telemetry.Statements(ctx) {
			statements = append(statements, slog.Group(use.Name, slog.Int("calls", use.Calls), slog.Float64("ms", millis(use.Took))))
		}
		attrs = append(attrs, slog.Float64("duration_ms", millis(o.Took)), slog.Group("statements", statements...))
		a.Telemetry.Logger.LogAttrs(ctx, slog.LevelWarn, "slow operation", attrs...)
	}
}

func operationAttrs(o gql.Outcome) []slog.Attr {
	const hashDigits = 16
	attrs := make([]slog.Attr, 0, 6)
	if o.Type != "" {
		attrs = append(attrs, slog.String("operation", o.Name[:min(len(o.Name), maxLoggedName)]), slog.String("operation_type", o.Type))
	}
	if o.Document != "" {
		attrs = append(attrs, slog.String("document", o.Document[:hashDigits]))
	}
	if o.Requested > 0 {
		attrs = append(attrs, slog.Int64("cost", o.Requested), slog.Int64("cost_actual", o.Actual))
	}
	if len(o.Codes) > 0 {
		attrs = append(attrs, slog.Any("error_codes", o.Codes))
	}
	return attrs
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
