package app

import (
	"context"

	"souk/graph/access"
	"souk/graph/cachecontrol"
	"souk/graph/executor"
	"souk/internal/edge/gql"
	"souk/loaders"
)

// execution is what surrounds the resolvers.
func (a *App) execution(o Options, rules *access.Guard, hints *cachecontrol.Hints) executor.Options {
	options := executor.Options{
		Dispatch: func(ctx context.Context, last bool) { loaders.For(ctx).Dispatch(last) },
		Observe:  a.Telemetry.Metrics.Batch,
		Guarded:  rules.Guarded,
		Judge: func(ctx context.Context) executor.Judge {
			if guard := o.guard(rules); guard != nil {
				return guard.Judge(ctx)
			}
			return nil
		},
		Meter:  func(ctx context.Context) executor.Meter { return gql.MeterOf(ctx) },
		Output: gql.OutputOf,
		// Of each plan once, not of each answer.
		Summarize: func(fields *executor.Selected) any { return hints.Policy(fields.All()) },
		Watch:     watcher,
	}
	if o.Guard != nil { // which may guard other fields from one operation to the next
		options.Guarded = func(string, string) bool { return true }
	}
	return options
}

// guard is what guards the next operation; nil guards nothing.
func (o Options) guard(rules *access.Guard) *access.Guard {
	if o.Guard == nil {
		return rules
	}
	return o.Guard()
}
