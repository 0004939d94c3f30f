package app

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"souk/internal/cache/remote"
	"souk/internal/changefeed"
	"souk/internal/coherence"
	"souk/internal/follower"
	"souk/internal/telemetry"
)

const (
	// stateInterval is how often an instance looks whether its caches are in use.
	stateInterval = 100 * time.Millisecond
	// firstProof is how long an instance that starts may need until its caches are in use. Until
	// then it does not say that they are out. Another leader is there within three seconds.
	firstProof = 5 * time.Second
)

// cacheState is what an instance knows of its caches, for its log and its metrics.
type cacheState struct {
	clock                    *coherence.Clock
	metrics                  *telemetry.Metrics
	log                      *slog.Logger
	hasRedis, leads, leftOut atomic.Bool
	outbox                   atomic.Bool // is followed, and not the log

	mu     sync.Mutex
	unable string // why this instance cannot follow the log; empty: it can, as far as is known
	feed   error  // of the last call
}

// observer is told what this instance's follower does.
func (s *cacheState) observer() follower.Observer {
	ctx := context.Background()
	return follower.Observer{
		Leads:     func(yes bool) { s.leads.Store(yes); s.cannotLead("") },
		Epoch:     func(reason string) { s.metrics.CacheEpoch(ctx, reason) },
		Published: func(commits, tags int, _ time.Duration) { s.metrics.CachePublished(ctx, commits, tags) },
		Way:       s.outbox.Store,
		Unable:    s.cannotLead,
	}
}

func (s *cacheState) cannotLead(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unable = reason
}

// hooks are told what becomes of the calls to Redis.
func (s *cacheState) hooks() remote.Hooks {
	ctx := context.Background()
	return remote.Hooks{
		Hits:    func(n int) { s.metrics.CacheRedisKeys(ctx, true, n) },
		Misses:  func(n int) { s.metrics.CacheRedisKeys(ctx, false, n) },
		Failed:  func(call string, _ error) { s.metrics.CacheRedisFailed(ctx, call) },
		Dropped: func(n int) { s.metrics.CacheRedisDropped(ctx, n) },
		Read:    func(bytes int) { s.metrics.CacheRedisBytes(ctx, true, bytes) },
		Written: func(bytes int) { s.metrics.CacheRedisBytes(ctx, false, bytes) },
		LeftOut: func(out bool) {
			s.leftOut.Store(out)
			if out {
				s.log.Warn("redis left out of caches", "reason", "it does not respond in time")
			} else {
				s.log.Info("redis in use for caches again")
			}
		},
	}
}

// snapshot returns what metrics say of the caches, but for their memory.
func (s *cacheState) snapshot() telemetry.CacheState {
	heard := -1.0
	if ago, ok := s.clock.Heard(); ok {
		heard = ago.Seconds()
	}
	return telemetry.CacheState{
		Trusted: s.clock.Now().Trusted(), HeardSeconds: heard, Leads: s.leads.Load(), Outbox: s.outbox.Load(),
		RedisUp: s.hasRedis.Load() && !s.leftOut.Load(),
	}
}

// watch logs when the caches come into use, and when they no longer are, until ctx ends.
func (s *cacheState) watch(ctx context.Context) {
	ticks := time.NewTicker(stateInterval)
	defer ticks.Stop()
	began := time.Now()
	said, known := false, false
	for {
		trusted := s.clock.Now().Trusted()
		if trusted && !said {
			s.cannotLead("") // somebody can
			s.log.Info("caches in use", "epoch", s.clock.Now().Epoch().String(), "outbox", s.outbox.Load())
		}
		if !trusted && (said || !known && time.Since(began) > firstProof) {
			s.log.Warn("caches out", "reason", s.reason())
			known = true
		}
		said, known = trusted, known || trusted
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}

// reason returns why the caches are not in use.
func (s *cacheState) reason() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.feed != nil {
		return "what carries changes cannot be reached: " + s.feed.Error()
	}
	if _, heard := s.clock.Heard(); !heard {
		return cmp.Or(s.unable, "no instance follows the primary's log")
	}
	return cmp.Or(s.unable, "for a second, nothing has proved that all changes were heard: whoever follows the primary's log has ended, or is late")
}

// watchedFeed tells a state whether the feed works. Each instance sets nonces all the time.
type watchedFeed struct {
	changefeed.Feed
	state *cacheState
}

func (f watchedFeed) SetNonce(ctx context.Context, n coherence.Nonce) error {
	err := f.Feed.SetNonce(ctx, n)
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	f.state.feed = err
	return err
}
