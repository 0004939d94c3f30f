package cache

import (
	"context"

	"souk/internal/coherence"
	"souk/loaders"
	"souk/store"
)

// source is what one response reads from.
type source struct {
	cache   *Cache
	db      Database
	view    store.View
	token   coherence.Position
	primary func() Database
	ahead   bool // nobody waits for it: see RefreshAhead

	onPrimary *Database // after primary was called
}

// call is one call of Read.
type call struct {
	*source
	moment coherence.Moment // of its beginning
}

// part is a read of a call whose values are kept. Its methods are called in this order.
type part interface {
	// lookUp takes the values that the memory has.
	lookUp(ctx context.Context)
	// missing returns the keys of those that it has not.
	missing() []string
	// take takes what the remote tier has for them.
	take(ctx context.Context, values [][]byte)
	// join returns the read of what nobody else reads either; nil: nothing.
	join(ctx context.Context) loaders.Read
	// keep takes what was read, and returns the read of what must be read from the primary
	// instead, as it was not recent enough; nil: nothing.
	keep(ctx context.Context, seen []coherence.Snapshot) loaders.Read
	// abandon ends what others wait for, if it is not kept.
	abandon()
	// wait takes what others have read, and returns the read of what did not come; nil:
	// nothing. What is read is kept as before.
	wait(ctx context.Context) loaders.Read
}

// Read answers what the caches have, and reads the rest.
func (s *source) Read(ctx context.Context, reads []loaders.Read, last bool) {
	c := &call{s, s.cache.Clock.Now()} // before anything is looked up
	if !c.moment.Trusted() || !c.moment.Reached(s.token) {
		s.bypass(ctx, reads)
		s.db.Source.Read(ctx, reads, last)
		s.db.Reader.Seen()
		return
	}
	parts, others := c.split(ctx, reads)
	for _, p := range parts {
		p.lookUp(ctx)
	}
	c.askRemote(ctx, parts)
	defer func() { // also after a panic: others wait
		for _, p := range parts {
			p.abandon()
		}
	}()
	c.read(ctx, parts, each(others, parts, func(p part) loaders.Read { return p.join(ctx) }), last)
	c.read(ctx, parts, each(nil, parts, func(p part) loaders.Read { return p.wait(ctx) }), last)
}

// each adds to reads what some of the parts return.
func each(reads []loaders.Read, parts []part, next func(part) loaders.Read) []loaders.Read {
	for _, p := range parts {
		if read := next(p); read != nil {
			reads = append(reads, read)
		}
	}
	return reads
}

// split returns the parts of a call, and the reads that are not kept.
func (c *call) split(ctx context.Context, reads []loaders.Read) (parts []part, others []loaders.Read) {
	parts = make([]part, 0, len(reads))
	for _, read := range reads {
		if k := kinds[read.Name()]; k != nil {
			if p := k.begin(c, read); p != nil {
				parts = append(parts, p)
				continue
			}
		}
		others = append(others, read)
	}
	c.bypass(ctx, others)
	return parts, others
}

func (s *source) bypass(ctx context.Context, reads []loaders.Read) {
	for _, read := range reads {
		s.cache.Observe(ctx, read, Bypassed, read.Len())
	}
}

// askRemote asks the remote tier for everything that is missing, in one round trip.
func (c *call) askRemote(ctx context.Context, parts []part) {
	if c.cache.Remote == nil {
		return
	}
	var keys []string
	counts := make([]int, len(parts))
	for i, p := range parts {
		missing := p.missing()
		keys, counts[i] = append(keys, missing...), len(missing)
	}
	if len(keys) == 0 {
		return
	}
	values := c.cache.Remote.GetMany(ctx, keys)
	for i, p := range parts {
		p.take(ctx, values[:counts[i]])
		values = values[counts[i]:]
	}
}

// read reads from the response's database, and once more from the primary what a replica did
// not have yet.
func (c *call) read(ctx context.Context, parts []part, reads []loaders.Read, last bool) {
	if len(reads) == 0 {
		return
	}
	again := c.readFrom(ctx, c.db, parts, reads, last)
	if len(again) > 0 && c.lags() {
		c.readFrom(ctx, *c.onPrimary, parts, again, last)
	}
}

// lags makes the primary known, unless the response reads from it already.
func (c *call) lags() bool {
	if c.onPrimary == nil && c.primary != nil {
		db := c.primary()
		c.onPrimary = &db
	}
	return c.onPrimary != nil
}

// readFrom reads from a database, and returns the reads that were not recent enough.
func (c *call) readFrom(ctx context.Context, db Database, parts []part, reads []loaders.Read, last bool) (again []loaders.Read) {
	db.Source.Read(ctx, reads, last)
	seen := snapshots(db.Reader.Seen())
	return each(nil, parts, func(p part) loaders.Read { return p.keep(ctx, seen) })
}

func snapshots(seen []*store.Snapshot) []coherence.Snapshot {
	all := make([]coherence.Snapshot, len(seen))
	for i, s := range seen {
		all[i] = coherence.Snapshot{
			Epoch: coherence.Epoch(s.Epoch), Standby: s.Standby, Replayed: coherence.Position(s.Replayed),
			Min: s.Min, Max: s.Max, Running: s.Running,
		}
	}
	return all
}
