// Package cache answers reads of the loaders from memory or from Redis, and keeps what they
// read from the databases. It is a [loaders.Source] in front of another.
//
// kinds.go lists what is kept, and what each value depends on. Whether a value is still right is
// decided by package coherence, at each look-up: a change deletes nothing here.
//
// Values are shared by all responses. Nobody may change what a read returned.
package cache

import (
	"context"
	"time"

	"souk/internal/cache/memory"
	"souk/internal/coherence"
	"souk/loaders"
	"souk/store"
)

// Remote is a tier outside of the process. Its errors are misses.
type Remote interface {
	// GetMany returns the values of keys in their order; nil: it has none.
	GetMany(ctx context.Context, keys []string) [][]byte
	// Lease asks for the right to read what the keys are of, and returns for each whether the
	// caller has it: nobody else got it within ttl. If the tier does not know, everybody has it.
	Lease(ctx context.Context, keys []string, ttl time.Duration) []bool
	// Put keeps a value. It does not wait.
	Put(key string, value []byte, ttl time.Duration)
}

// Options are what a cache is made of.
type Options struct {
	// Clock decides which values are right. It must be fed.
	Clock *coherence.Clock
	// MaxBytes bounds the memory of the tier within the process.
	MaxBytes int64
	// Remote is the tier that instances share; nil: there is none.
	Remote Remote
	// Prefix is that of the keys of the remote tier, so that shops can share it.
	Prefix string
	// Sampling says which hits are compared with the primary, while Sample runs.
	Sampling Sampling
	// Open returns a database for a read that no response waits for. It may be a replica; its
	// reader has the view of another and selects what that does. nil: nothing is refreshed ahead.
	Open func(like *store.Reader) Database
	// Observe, if it is set, is told what became of keys of a read, with the read's context.
	Observe func(ctx context.Context, read loaders.Read, result string, keys int)
}

// The results that Observe is told.
const (
	// HitMemory and HitRemote are values of the tiers.
	HitMemory = "hit_memory"
	HitRemote = "hit_redis"
	// Shared are values that another response was reading already.
	Shared = "shared"
	// Leased are values that another instance was reading already.
	Leased = "leased"
	// Miss are values that a database was asked for.
	Miss = "miss"
	// Refused are values that were read and not kept, as they may be missing a change.
	Refused = "refused"
	// Ahead are values that a database was asked for before anybody wanted them.
	Ahead = "ahead"
	// Bypassed are keys of reads that are not kept, or of a response that the caches cannot
	// serve.
	Bypassed = "bypass"
)

// Results returns all results, for metrics.
func Results() []string {
	return []string{HitMemory, HitRemote, Shared, Leased, Miss, Refused, Ahead, Bypassed}
}

// remoteTTL is how long Redis keeps a value: longer than it is asked for again, if it is.
// It bounds memory; a wrong value is never used.
const remoteTTL = time.Hour

// Cache keeps values. It is safe for concurrent use.
type Cache struct {
	Options
	memory  *memory.Cache
	flights flights
	ahead   ahead
	sampler *sampler // nil: nothing is compared
}

// New makes a cache.
func New(o Options) *Cache {
	if o.Observe == nil {
		o.Observe = func(context.Context, loaders.Read, string, int) {}
	}
	if o.Sampling.Tell == nil {
		o.Sampling.Tell = func(Sampled) {}
	}
	return &Cache{Options: o, memory: memory.New(o.MaxBytes), sampler: newSampler(o.Sampling)}
}

// Memory returns what the tier within the process holds: bytes of the heap, by estimate, and values.
func (c *Cache) Memory() (bytes int64, values int) { return c.memory.Bytes(), c.memory.Len() }

// Database is where a response reads what no cache has: a reader that witnesses what it sees
// (see [store.Reader.Witness]), and the source that reads with it.
type Database struct {
	Reader *store.Reader
	Source loaders.Source
}

// Source returns the source of one response. token is a position that the response must not
// read behind. primary returns a database that is the primary; it is called at most once, when a
// replica turns out to lag.
func (c *Cache) Source(db Database, token store.LSN, primary func() Database) loaders.Source {
	return &source{cache: c, db: db, view: db.Reader.View(), token: coherence.Position(token), primary: primary}
}
