package cache

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"souk/internal/coherence"
	"souk/loaders"
)

// What is asked for all the time is read again as soon as a change has made it wrong, and not only
// when the next one asks.
const (
	// aheadOneIn is which part of the hits is looked at, by chance.
	aheadOneIn = 16
	// aheadHot is how many of these make a value hot: in half a minute, at a usual rate, some
	// hundred hits. aheadForget is when half of them are forgotten.
	aheadHot    = 4
	aheadForget = 30 * time.Second
	// aheadKeys bounds how many values are watched.
	aheadKeys = 512
	// aheadTick is how often it is looked whether they are right.
	aheadTick = 20 * time.Millisecond
	// aheadPause is how long a value is left alone after it was read: one that changes all the
	// time is not worth it.
	aheadPause = 200 * time.Millisecond
	// aheadReaders is how many reads are made at once.
	aheadReaders = 2
	aheadTimeout = 2 * time.Second
)

// ahead has the values that are hot. It is safe for concurrent use.
type ahead struct {
	mu    sync.Mutex
	known map[key]*hotValue
}

// hotValue is a value that may be hot.
type hotValue struct {
	hits  int
	entry coherence.Entry
	next  time.Time // before this it is not read
	again reread
}

// reread reads a value again, and returns its entry. ok is false if it was not kept.
type reread func(ctx context.Context) (e coherence.Entry, ok bool)

// hit counts a hit of a value.
func (a *ahead) hit(k key, entry coherence.Entry, again func() reread) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w := a.known[k]
	if w == nil {
		if len(a.known) >= aheadKeys {
			return
		}
		if a.known == nil {
			a.known = map[key]*hotValue{}
		}
		w = &hotValue{again: again()}
		a.known[k] = w
	}
	w.hits++
	w.entry = entry
}

// forget halves all counts.
func (a *ahead) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for k, w := range a.known {
		if w.hits /= 2; w.hits == 0 {
			delete(a.known, k)
		}
	}
}

// wrong returns the hot values that are wrong, for which it is time.
func (a *ahead) wrong(clock *coherence.Clock) (all []*hotValue) {
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, w := range a.known {
		if w.hits >= aheadHot && now.After(w.next) && !clock.Valid(w.entry) {
			w.next = now.Add(aheadPause)
			all = append(all, w)
		}
	}
	return all
}

// read reads a value again.
func (a *ahead) read(ctx context.Context, w *hotValue) {
	ctx, cancel := context.WithTimeout(ctx, aheadTimeout)
	defer cancel()
	entry, ok := w.again(ctx)
	if !ok {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	w.entry = entry
}

// RefreshAhead reads hot values again when they have changed, until ctx ends. It does nothing
// without Options.Open.
func (c *Cache) RefreshAhead(ctx context.Context) {
	if c.Open == nil {
		return
	}
	waiting := make(chan *hotValue)
	var reading sync.WaitGroup
	for range aheadReaders {
		reading.Go(func() {
			for w := range waiting {
				c.ahead.read(ctx, w)
			}
		})
	}
	defer reading.Wait()
	defer close(waiting)
	look, forget := time.NewTicker(aheadTick), time.NewTicker(aheadForget)
	defer look.Stop()
	defer forget.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-forget.C:
			c.ahead.forget()
			continue
		case <-look.C:
		}
		if !c.Clock.Now().Trusted() {
			continue
		}
		for _, w := range c.ahead.wrong(c.Clock) {
			select {
			case waiting <- w:
			case <-ctx.Done():
				return
			}
		}
	}
}

// heat counts one of the hits of the memory by chance.
func (p *partOf[K, V]) heat(place int, item *memoryItem) {
	c := p.call.cache
	if c.Open == nil || rand.IntN(aheadOneIn) != 0 {
		return
	}
	c.ahead.hit(p.keys[place], item.Entry, func() reread { return p.reread(place) })
}

// reread returns what reads a value again, as a response does that has no token.
func (p *partOf[K, V]) reread(place int) reread {
	c, like, primary := p.call.cache, p.call.db.Reader, p.call.primary
	at, loader, id := p.keys[place], p.batch.Loader, p.batch.Keys[place]
	return func(ctx context.Context) (coherence.Entry, bool) {
		again := &source{cache: c, db: c.Open(like), view: like.View(), primary: primary, ahead: true}
		again.Read(ctx, []loaders.Read{&loaders.Batch[K, V]{Loader: loader, Keys: []K{id}}}, true)
		item, ok := c.memory.Get(at)
		return item.Entry, ok
	}
}
