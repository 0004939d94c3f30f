package app

import (
	"context"
	"sync"
	"time"

	"souk/internal/cache"
	"souk/internal/explain"
	"souk/loaders"
	"souk/store"
)

// recordedSource records each call of a source that has caches.
type recordedSource struct {
	next     loaders.Source
	recorder *explain.Recorder
}

func (s recordedSource) Read(ctx context.Context, reads []loaders.Read, last bool) {
	c := &recordedCall{tiers: map[loaders.Read]*explain.Tiers{}, took: map[string]time.Duration{}}
	began := time.Now()
	s.next.Read(context.WithValue(ctx, callKey{}, c), reads, last)
	took := time.Since(began)
	s.recorder.Round(took, c.batches(reads, took))
}

// recordedCall is what happened in a call.
type recordedCall struct {
	mu    sync.Mutex
	tiers map[loaders.Read]*explain.Tiers
	took  map[string]time.Duration // by read: the longest time in a database
}

type callKey struct{}

// observeKeys counts what became of keys of a read, and records it if the response is explained.
func (a *App) observeKeys(ctx context.Context, read loaders.Read, result string, keys int) {
	a.Telemetry.Metrics.Cache(ctx, read.Name(), result, keys)
	if c, ok := ctx.Value(callKey{}).(*recordedCall); ok {
		c.count(read, result, keys)
	}
}

func (c *recordedCall) count(read loaders.Read, result string, keys int) {
	if result == cache.Bypassed {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	tiers := c.tiers[read]
	if tiers == nil {
		tiers = &explain.Tiers{}
		c.tiers[read] = tiers
	}
	switch result {
	case cache.HitMemory:
		tiers.Memory += keys
	case cache.HitRemote:
		tiers.Redis += keys
	case cache.Shared, cache.Leased:
		tiers.Shared += keys
	case cache.Refused:
		tiers.Refused += keys
	case cache.Ahead, cache.Miss: // see batches: a key that a replica did not have yet is one twice
	}
}

// batches returns the reads of the call. One that no database was asked for took as long as
// the call.
func (c *recordedCall) batches(reads []loaders.Read, took time.Duration) []explain.Batch {
	c.mu.Lock()
	defer c.mu.Unlock()
	recorded := make([]explain.Batch, len(reads))
	for i, read := range reads {
		itself, asked := c.took[read.Name()]
		if !asked {
			itself = took
		}
		recorded[i] = batch(loaders.DoneOf(read, itself))
		if tiers := c.tiers[read]; tiers != nil {
			tiers.Database = read.Len() - tiers.Memory - tiers.Redis - tiers.Shared
			recorded[i].Cache = tiers
		}
	}
	sortBatches(recorded)
	return recorded
}

// timedStore reads from the store, and tells the call how long each read took.
type timedStore struct{ reader *store.Reader }

func (s timedStore) Read(ctx context.Context, reads []loaders.Read, last bool) {
	loaders.FromStoreWatched(s.reader, func(_ time.Duration, done []loaders.Done) {
		c, ok := ctx.Value(callKey{}).(*recordedCall)
		if !ok {
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, r := range done {
			c.took[r.Name] = max(c.took[r.Name], r.Took)
		}
	}).Read(ctx, reads, last)
}
