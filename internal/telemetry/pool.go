package telemetry

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// poolInstruments read pgxpool's own statistics at each scrape.
type poolInstruments struct {
	connections, limit         metric.Int64ObservableGauge
	acquires, waits, cancelled metric.Int64ObservableCounter
	waitTime                   metric.Float64ObservableCounter
}

func (p *poolInstruments) create(meter metric.Meter) error {
	var errs [6]error
	p.connections, errs[0] = meter.Int64ObservableGauge("souk_pool_connections",
		metric.WithDescription("Connections of a pool by state. If acquired stays at souk_pool_connections_max, requests queue."))
	p.limit, errs[1] = meter.Int64ObservableGauge("souk_pool_connections_max",
		metric.WithDescription("The maximum number of connections of a pool."))
	p.acquires, errs[2] = meter.Int64ObservableCounter("souk_pool_acquires",
		metric.WithDescription("Connections that were acquired."))
	p.waits, errs[3] = meter.Int64ObservableCounter("souk_pool_waits",
		metric.WithDescription("Times that a caller had to wait because no connection was idle. If this happens for more than a few in a hundred acquires, the pool is too small or its statements are too slow."))
	p.cancelled, errs[4] = meter.Int64ObservableCounter("souk_pool_acquires_cancelled",
		metric.WithDescription("Callers that gave up waiting for a connection. Above zero, requests fail because there are not enough connections."))
	p.waitTime, errs[5] = meter.Float64ObservableCounter("souk_pool_wait_time", metric.WithUnit("s"),
		metric.WithDescription("Time that callers have waited for a connection. Divided by souk_pool_waits_total it is the mean wait; over 0.01 s it slows responses noticeably."))
	return errors.Join(errs[:]...)
}

// ObservePool exports the pool's statistics under name: primary, replica-1 and
// so on. stat is called at each scrape, until stop is called.
func (m *Metrics) ObservePool(name string, stat func() *pgxpool.Stat) (stop func(), err error) {
	with := func(extra ...attribute.KeyValue) metric.MeasurementOption {
		return metric.WithAttributeSet(attribute.NewSet(append(extra, attribute.String("pool", name))...))
	}
	pool := with()
	acquired := with(attribute.String("state", "acquired"))
	idle := with(attribute.String("state", "idle"))
	constructing := with(attribute.String("state", "constructing"))
	p := &m.pools
	observe := func(_ context.Context, o metric.Observer) error {
		s := stat()
		o.ObserveInt64(p.connections, int64(s.AcquiredConns()), acquired)
		o.ObserveInt64(p.connections, int64(s.IdleConns()), idle)
		o.ObserveInt64(p.connections, int64(s.ConstructingConns()), constructing)
		o.ObserveInt64(p.limit, int64(s.MaxConns()), pool)
		o.ObserveInt64(p.acquires, s.AcquireCount(), pool)
		o.ObserveInt64(p.waits, s.EmptyAcquireCount(), pool)
		o.ObserveInt64(p.cancelled, s.CanceledAcquireCount(), pool)
		o.ObserveFloat64(p.waitTime, s.EmptyAcquireWaitTime().Seconds(), pool)
		return nil
	}
	return m.register(observe, p.connections, p.limit, p.acquires, p.waits, p.cancelled, p.waitTime)
}

type replicaInstruments struct {
	lag metric.Float64ObservableGauge
	fit metric.Int64ObservableGauge
}

func (r *replicaInstruments) create(meter metric.Meter) error {
	var errs [2]error
	r.lag, errs[0] = meter.Float64ObservableGauge("souk_replica_lag", metric.WithUnit("s"),
		metric.WithDescription("How far a replica lags behind the primary. Above 1 s shoppers see old stock. Reads move to the primary above SOUK_MAX_REPLICA_LAG. Absent while the replica does not respond."))
	r.fit, errs[1] = meter.Int64ObservableGauge("souk_replica_up",
		metric.WithDescription("1 while a replica responds, 0 while it does not."))
	return errors.Join(errs[:]...)
}

// ObserveReplicaLag exports one replica's lag. lag is called at each scrape,
// until stop is called; it must not block, and returns ok=false while the
// replica does not respond.
func (m *Metrics) ObserveReplicaLag(name string, lag func() (seconds float64, ok bool)) (stop func(), err error) {
	replica := metric.WithAttributeSet(attribute.NewSet(attribute.String("replica", name)))
	observe := func(_ context.Context, o metric.Observer) error {
		seconds, ok := lag()
		if !ok {
			o.ObserveInt64(m.replicas.fit, 0, replica)
			return nil
		}
		o.ObserveInt64(m.replicas.fit, 1, replica)
		o.ObserveFloat64(m.replicas.lag, seconds, replica)
		return nil
	}
	return m.register(observe, m.replicas.lag, m.replicas.fit)
}

func (m *Metrics) register(observe metric.Callback, instruments ...metric.Observable) (stop func(), err error) {
	registration, err := m.meter.RegisterCallback(observe, instruments...)
	if err != nil {
		return nil, err
	}
	return func() { _ = registration.Unregister() }, nil // fails only for another meter's registration
}
