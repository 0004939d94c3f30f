package telemetry

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Guards is a snapshot of what protects the server from overload.
type Guards struct {
	// Limit is how many operations may run at once, Running do, and Waiting wait.
	Limit, Running, Waiting int
	// Refused counts refused requests by reason.
	Refused map[string]int64
	// AnswerBytes are in memory until their clients have read them.
	AnswerBytes int64
	// Cut counts answers that were ended because their clients read too slowly, by the
	// limit that was reached.
	Cut map[string]int64
}

// ObserveGuards exports the guards. stat is called at each scrape, until stop is
// called.
func (m *Metrics) ObserveGuards(stat func() Guards) (stop func(), err error) {
	var errs [5]error
	var operations, limit, bytes metric.Int64ObservableGauge
	var refused, cut metric.Int64ObservableCounter
	operations, errs[0] = m.meter.Int64ObservableGauge("souk_operations",
		metric.WithDescription("Operations by state, running or waiting. Waiting above zero for long means that the server has more to do than it can."))
	limit, errs[1] = m.meter.Int64ObservableGauge("souk_operations_limit",
		metric.WithDescription("How many operations may run at once. The server moves it to where its throughput is highest."))
	refused, errs[2] = m.meter.Int64ObservableCounter("souk_operations_refused",
		metric.WithDescription("Requests that were refused with 503, by reason. Above zero, add instances, or look for a caller that asks too much."))
	bytes, errs[3] = m.meter.Int64ObservableGauge("souk_answers_in_flight", metric.WithUnit("By"),
		metric.WithDescription("Memory of answers that clients have not read yet."))
	cut, errs[4] = m.meter.Int64ObservableCounter("souk_answers_cut",
		metric.WithDescription("Answers that were ended because their clients read too slowly, by the limit that was reached."))
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	with := func(key, value string) metric.MeasurementOption {
		return metric.WithAttributeSet(attribute.NewSet(attribute.String(key, value)))
	}
	return m.register(func(_ context.Context, o metric.Observer) error {
		g := stat()
		o.ObserveInt64(operations, int64(g.Running), with("state", "running"))
		o.ObserveInt64(operations, int64(g.Waiting), with("state", "waiting"))
		o.ObserveInt64(limit, int64(g.Limit))
		o.ObserveInt64(bytes, g.AnswerBytes)
		for reason, n := range g.Refused {
			o.ObserveInt64(refused, n, with("reason", reason))
		}
		for scope, n := range g.Cut {
			o.ObserveInt64(cut, n, with("limit", scope))
		}
		return nil
	}, operations, limit, refused, bytes, cut)
}
