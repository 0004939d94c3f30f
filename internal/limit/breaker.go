package limit

import (
	"sync/atomic"
	"time"
)

// breaker keeps callers from a failed Redis, except one per retryInterval. The
// zero value lets all callers pass.
type breaker struct {
	// retryAt is when the next caller may pass, in nanoseconds since 1970; 0
	// while all may.
	retryAt atomic.Int64
}

// try reports whether this caller may use Redis.
func (b *breaker) try(now time.Time) bool {
	at := b.retryAt.Load()
	if at == 0 {
		return true
	}
	return now.UnixNano() >= at && b.retryAt.CompareAndSwap(at, now.Add(retryInterval).UnixNano())
}

// succeeded reports whether this ends an outage.
func (b *breaker) succeeded() bool { return b.retryAt.Load() != 0 && b.retryAt.Swap(0) != 0 }

// failed reports whether this begins an outage.
func (b *breaker) failed(now time.Time) bool {
	return b.retryAt.Swap(now.Add(retryInterval).UnixNano()) == 0
}
