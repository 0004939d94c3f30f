package changefeed

import (
	"context"
	"sync"
	"time"

	"souk/internal/coherence"
)

const (
	// nonceInterval is how often an instance sets a nonce. Each that comes back proves
	// coherence.TrustFor, so several may get lost.
	nonceInterval = 100 * time.Millisecond
	nonceTimeout  = 500 * time.Millisecond

	retryInterval = 100 * time.Millisecond
)

// Listen has a clock consume what a feed carries, until ctx ends. isOurs says whether the
// primary has an epoch. While the feed fails, the clock is behind, and stops to trust its caches by
// itself.
func Listen(ctx context.Context, feed Feed, clock *coherence.Clock, isOurs func(context.Context, coherence.Epoch) bool) {
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { setNonces(ctx, feed, clock) })
	for wait(ctx, 0) {
		_ = feed.Follow(ctx, func(m coherence.Message) {
			clock.Consume(m, func(e coherence.Epoch) bool { return isOurs(ctx, e) })
		})
		wait(ctx, retryInterval)
	}
}

func setNonces(ctx context.Context, feed Feed, clock *coherence.Clock) {
	for wait(ctx, nonceInterval) {
		ctx, cancel := context.WithTimeout(ctx, nonceTimeout)
		_ = feed.SetNonce(ctx, clock.Nonce())
		cancel()
	}
}

// wait waits, and reports whether ctx has not ended.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return ctx.Err() == nil
	}
}
