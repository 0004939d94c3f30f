package app

import (
	"cmp"
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"souk/internal/cache"
	"souk/internal/cache/remote"
	"souk/internal/changefeed"
	"souk/internal/coherence"
	"souk/internal/config"
	"souk/internal/follower"
	"souk/internal/redis"
	"souk/internal/telemetry"
	"souk/loaders"
	"souk/store"
)

// openCache makes what keeps values, and what keeps them right. Each instance follows the
// primary's log as soon as no other one does.
func (a *App) openCache(cfg config.Server, client *redis.Client) (err error) {
	log := a.Telemetry.Logger
	if cfg.CacheBytes == 0 {
		log.Info("caches off", "reason", "SOUK_CACHE_MEMORY_BYTES is 0")
		return nil
	}
	o := cache.Options{
		Clock: coherence.NewClock(rand.Uint64()), MaxBytes: cfg.CacheBytes,
		Observe:  a.observeKeys,
		Sampling: cache.Sampling{OneIn: cfg.CacheSampleOneIn, PerSecond: cfg.CacheSamplesPerSecond, Tell: a.observeSample},
	}
	state := &cacheState{clock: o.Clock, metrics: a.Telemetry.Metrics, log: log}
	feed, err := a.changefeed(cfg, client, &o, state)
	if err != nil {
		return err
	}
	o.Open = a.openLike
	a.cache = cache.New(o)
	log.Info("caches opened", "memory_bytes", cfg.CacheBytes, "shared_in_redis", o.Remote != nil)
	if err := a.observeCache(cfg, state); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		err := follower.Run(ctx, follower.Options{
			URL: cmp.Or(cfg.ReplicationURL, cfg.DatabaseURL), Feed: feed, Log: log, Observe: state.observer(),
		})
		if err != nil {
			state.cannotLead(err.Error())
			log.Error("nothing follows the primary's log, so nothing is kept in caches", "error", err)
		}
	})
	running.Go(func() { changefeed.Listen(ctx, feed, o.Clock, a.isOurs) })
	running.Go(func() { state.watch(ctx) })
	running.Go(func() { a.cache.Sample(ctx) })
	running.Go(func() { a.cache.RefreshAhead(ctx) })
	a.closers = append(a.closers, func(context.Context) error {
		stop()
		running.Wait()
		return nil
	})
	return nil
}

// openLike returns a database for what caches read on their own.
func (a *App) openLike(like *store.Reader) cache.Database {
	reader := a.Store.Reader(like.View(), 0)
	reader.SelectAs(like)
	reader.Witness()
	return cache.Database{Reader: reader, Source: loaders.FromStore(reader)}
}

// observeCache exports the state of the caches.
func (a *App) observeCache(cfg config.Server, state *cacheState) error {
	stop, err := a.Telemetry.Metrics.ObserveCache(func() telemetry.CacheState {
		s := state.snapshot()
		s.MemoryBytes, s.MemoryValues = a.cache.Memory()
		s.MaxMemoryBytes = cfg.CacheBytes
		return s
	})
	if err == nil {
		a.closers = append(a.closers, func(context.Context) error { stop(); return nil })
	}
	return err
}

// observeSample counts a cached value that was compared with the primary, and logs one that was
// used for too long.
func (a *App) observeSample(s cache.Sampled) {
	a.Telemetry.Metrics.CacheSample(context.Background(), s.Outcome, s.Lasted)
	if s.Outcome == cache.SampleLate {
		a.Telemetry.Logger.Error("cached value is too old", "read", s.Read, "key", s.Key, "lasted_ms", millis(s.Lasted))
	}
}

// changefeed returns what carries changes to this instance. With Redis, instances also share
// what they keep.
func (a *App) changefeed(cfg config.Server, client *redis.Client, o *cache.Options, state *cacheState) (changefeed.Feed, error) {
	if client == nil {
		return changefeed.NewLocal(), nil
	}
	o.Prefix = "souk:" + a.Store.Database()
	tier, err := remote.Open(cfg.RedisURL, remote.Config{Hooks: state.hooks()})
	if err != nil {
		return nil, err
	}
	a.closers = append(a.closers, func(context.Context) error { return tier.Close() })
	o.Remote = tier
	state.hasRedis.Store(true)
	return watchedFeed{changefeed.NewRedis(client, o.Prefix), state}, nil
}

// CachesInUse reports whether responses are answered from caches now.
func (a *App) CachesInUse() bool { return a.cache != nil && a.cache.Clock.Now().Trusted() }

// isOurs reports whether the primary says that caches are in an epoch.
func (a *App) isOurs(ctx context.Context, e coherence.Epoch) bool {
	ctx, cancel := context.WithTimeout(ctx, epochTimeout)
	defer cancel()
	ours, err := a.Store.CacheEpoch(ctx)
	return err == nil && coherence.Epoch(ours) == e
}

const epochTimeout = 2 * time.Second

// source returns what a response reads from. One that changes something reads from the primary.
func (a *App) source(ctx context.Context, reader *store.Reader, changes bool, after store.LSN) loaders.Source {
	if a.cache == nil || changes {
		return database(ctx, reader)
	}
	reader.Witness()
	return recorded(ctx, a.cache.Source(cache.Database{Reader: reader, Source: cached(ctx, reader)}, after, func() cache.Database {
		primary := a.Store.Reader(reader.View(), after)
		primary.SelectAs(reader)
		primary.OnPrimary()
		primary.Witness()
		return cache.Database{Reader: primary, Source: cached(ctx, primary)}
	}))
}
