package remote

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
)

const (
	// A breaker opens when half of the last calls have failed.
	lastCalls   = 10
	failedCalls = lastCalls / 2
	// longestTrouble is how long calls may fail before the breaker opens, however few they are.
	longestTrouble = 500 * time.Millisecond
)

// breaker decides whether Redis is left out. It is open while it is.
type breaker struct {
	calls circuitbreaker.CircuitBreaker[any]
	// open is what callers look at: that of the library takes a lock, and lets callers
	// probe.
	open atomic.Bool
	// opened wakes the goroutine that probes.
	opened chan struct{}

	began time.Time
	// since is when the first call failed after the last one that did not, in nanoseconds from
	// began; 0: none has.
	since atomic.Int64
}

func newBreaker(c Config) *breaker {
	b := &breaker{opened: make(chan struct{}, 1), began: time.Now().Add(-1)}
	b.calls = circuitbreaker.NewBuilder[any]().
		WithFailureThresholdRatio(failedCalls, lastCalls).
		WithSuccessThreshold(1).
		WithDelay(c.Retry).
		WithJitterFactor(0.25).
		OnOpen(func(circuitbreaker.StateChangedEvent) { b.opens(c.Hooks.LeftOut) }).
		OnClose(func(circuitbreaker.StateChangedEvent) {
			b.since.Store(0)
			c.Hooks.LeftOut(false) // before a caller can open it again
			b.open.Store(false)
		}).
		Build()
	return b
}

// opens is called too when a probe has failed, after which the breaker is as open as before.
func (b *breaker) opens(leftOut func(bool)) {
	if !b.open.Swap(true) {
		leftOut(true)
	}
	select {
	case b.opened <- struct{}{}:
	default:
	}
}

// closed reports whether Redis may be called.
func (b *breaker) closed() bool { return !b.open.Load() }

// succeeded and failed are of calls that began while the breaker was closed. If it has opened
// since, they say nothing new.
func (b *breaker) succeeded() {
	if b.closed() {
		if b.since.Load() != 0 {
			b.since.Store(0)
		}
		b.calls.RecordSuccess()
	}
}

func (b *breaker) failed() {
	if !b.closed() {
		return
	}
	now := int64(time.Since(b.began))
	if !b.since.CompareAndSwap(0, now) && time.Duration(now-b.since.Load()) >= longestTrouble {
		b.calls.Open()
		return
	}
	b.calls.RecordFailure()
}

// permit waits until a call is to find out whether Redis responds. ok is false if the context
// has ended.
func (b *breaker) permit(ctx context.Context) (ok bool) {
	select {
	case <-ctx.Done():
		return false
	case <-b.opened:
	}
	for {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(b.calls.RemainingDelay()):
		}
		if b.calls.TryAcquirePermit() {
			return true
		}
	}
}

func (b *breaker) probed(responds bool) {
	if responds {
		b.calls.RecordSuccess()
	} else {
		b.calls.RecordFailure()
	}
}
