package cache

import (
	"context"
	"slices"

	"souk/internal/cache/memory"
	"souk/internal/coherence"
	"souk/loaders"
)

type memoryItem = memory.Item

// partOf is a read of a call: see part.
type partOf[K comparable, V any] struct {
	*kindOf[K, V]
	call  *call
	batch *loaders.Batch[K, V]
	keys  []key // of the batch

	// left are the places in the batch that have no value yet.
	left []int
	// stale are the places of which a cache had a value that is no longer right.
	stale map[int]bool
	// flights are those of left: the own ones, and those to wait for.
	own, others []boarded
	// reading is the newest read, and places says where its values belong.
	reading *loaders.Batch[K, V]
	places  []boarded
	again   bool // it repeats one that was answered
}

// boarded is a place in a batch with the flight that brings its value.
type boarded struct {
	place  int
	flight *flight
}

func (k *kindOf[K, V]) begin(c *call, read loaders.Read) part {
	seenBy, ok := k.seenBy(c.view)
	batch, typed := read.(*loaders.Batch[K, V])
	if !ok || !typed || !k.keeps(read.Args()) {
		return nil
	}
	common, ok := keysOf(read, seenBy, c.db.Reader.Choice(k.object), k.form.Shape())
	if !ok {
		return nil
	}
	p := &partOf[K, V]{kindOf: k, call: c, batch: batch, keys: make([]key, len(batch.Keys))}
	for i, id := range batch.Keys {
		hash, ok := k.hash(id)
		if !ok {
			return nil
		}
		p.keys[i] = common.with(hash)
	}
	return p
}

func (p *partOf[K, V]) count(ctx context.Context, result string, keys int) {
	if p.call.ahead {
		if result != Miss {
			return
		}
		result = Ahead
	}
	if keys > 0 {
		p.call.cache.Observe(ctx, p.batch, result, keys)
	}
}

func (p *partOf[K, V]) lookUp(ctx context.Context) {
	p.batch.Values = make([]V, len(p.keys))
	for i, k := range p.keys {
		if !p.known(i, k) {
			p.left = append(p.left, i)
		}
	}
	p.count(ctx, HitMemory, len(p.keys)-len(p.left))
	p.sampleMemory()
}

// known takes a value from the memory, if it is there and right.
func (p *partOf[K, V]) known(place int, k key) bool {
	item, ok := p.call.cache.memory.Get(k)
	if !ok || !p.takeOrNote(place, &item) {
		return false
	}
	p.heat(place, &item)
	return true
}

// takeOrNote takes a value that is right, and notes the place of one that is not.
func (p *partOf[K, V]) takeOrNote(place int, item *memoryItem) bool {
	if p.takeOne(place, item) {
		return true
	}
	if p.stale == nil {
		p.stale = map[int]bool{}
	}
	p.stale[place] = true
	return false
}

// takeOne takes a value that is right.
func (p *partOf[K, V]) takeOne(place int, item *memoryItem) bool {
	if !p.call.cache.Clock.Valid(item.Entry) {
		return false
	}
	p.batch.Values[place] = item.Value.(V)
	return true
}

func (p *partOf[K, V]) missing() []string {
	keys := make([]string, len(p.left))
	for i, place := range p.left {
		keys[i] = p.remoteKey(place)
	}
	return keys
}

func (p *partOf[K, V]) remoteKey(place int) string {
	return p.call.cache.remoteKey(p.keys[place])
}

func (c *Cache) remoteKey(k key) string { return c.Prefix + ":value:" + string(k[:]) }

func (p *partOf[K, V]) take(ctx context.Context, values [][]byte) {
	left := p.left[:0]
	for i, place := range p.left {
		item, ok := p.decode(values[i])
		if !ok || !p.takeOrNote(place, &item) {
			left = append(left, place)
			continue
		}
		p.call.cache.memory.Put(p.keys[place], item)
		p.sampleRemote(place, item)
	}
	p.count(ctx, HitRemote, len(p.left)-len(left))
	p.left = left
}

func (p *partOf[K, V]) join(ctx context.Context) loaders.Read {
	landed := 0
	flights := &p.call.cache.flights
	for _, place := range p.left {
		f, own := flights.join(p.keys[place], p.call)
		switch {
		case !own:
			p.others = append(p.others, boarded{place, f})
		case p.known(place, p.keys[place]): // it has landed since it was looked up
			flights.land(p.keys[place], f, nil)
			landed++
		default:
			p.own = append(p.own, boarded{place, f})
		}
	}
	p.count(ctx, HitMemory, landed)
	p.lease(ctx)
	return p.read(p.own)
}

// read returns the read of some places; nil: of none.
func (p *partOf[K, V]) read(places []boarded) loaders.Read {
	if len(places) == 0 {
		return nil
	}
	p.places = places
	p.reading = &loaders.Batch[K, V]{Loader: p.batch.Loader, Keys: make([]K, len(places))}
	for i, b := range places {
		p.reading.Keys[i] = p.batch.Keys[b.place]
	}
	return p.reading
}

func (p *partOf[K, V]) keep(ctx context.Context, seen []coherence.Snapshot) loaders.Read {
	if p.reading == nil {
		return nil
	}
	var late []boarded
	for i, b := range p.places {
		item, kept := p.keepOne(i, b, seen)
		if !kept {
			late = append(late, b)
			continue
		}
		p.call.cache.flights.land(p.keys[b.place], b.flight, item)
	}
	p.count(ctx, Miss, len(p.places))
	p.count(ctx, Refused, len(late))
	p.reading, p.again = nil, true
	if !onStandby(seen) {
		return nil // abandon lands those that were refused
	}
	return p.read(late)
}

// keepOne takes the i-th value that was read, and keeps it. kept is false if it may be missing
// a change.
func (p *partOf[K, V]) keepOne(i int, b boarded, seen []coherence.Snapshot) (item *memoryItem, kept bool) {
	value, err := p.reading.Value(i)
	if err != nil {
		if !p.again { // an older value is better than none
			p.fail(b.place, err)
		}
		return nil, true
	}
	p.batch.Values[b.place] = value
	t := tags{list: make([]coherence.Tag, 0, 4+len(p.tables))}
	t.list = append(t.list, p.tables...)
	p.tags(&t, p.batch.Keys[b.place], p.batch.Args(), value)
	if t.none {
		return nil, true
	}
	entry, ok := p.call.cache.Clock.Stamp(p.call.moment, seen, t.list)
	if !ok {
		return nil, false
	}
	item = p.item(stored[V]{entry, value})
	p.call.cache.memory.Put(p.keys[b.place], *item)
	if remote := p.call.cache.Remote; remote != nil {
		remote.Put(p.remoteKey(b.place), p.form.Append(make([]byte, 0, 64+item.Bytes), stored[V]{entry, value}), remoteTTL)
	}
	return item, true
}

// item returns what the memory keeps of a value.
func (k *kindOf[K, V]) item(s stored[V]) *memoryItem {
	return &memoryItem{Value: s.Value, Entry: s.Entry, Bytes: k.form.Size(stored[V]{Value: s.Value})}
}

// decode reads what the remote tier has. ok is false if it has nothing, or something else.
func (k *kindOf[K, V]) decode(value []byte) (item memoryItem, ok bool) {
	if value == nil {
		return item, false
	}
	found, err := k.form.Decode(value)
	if err != nil || slices.ContainsFunc(found.Entry.Tags, func(t coherence.Tag) bool { return !t.Known() }) {
		return item, false
	}
	return *k.item(found), true
}

func onStandby(seen []coherence.Snapshot) bool {
	for _, s := range seen {
		if s.Standby {
			return true
		}
	}
	return false
}

func (p *partOf[K, V]) fail(place int, err error) {
	if p.batch.Errs == nil {
		p.batch.Errs = make([]error, len(p.keys))
	}
	p.batch.Errs[place] = err
}

func (p *partOf[K, V]) abandon() {
	for _, b := range p.own {
		p.call.cache.flights.land(p.keys[b.place], b.flight, nil)
	}
	p.own = nil
}

func (p *partOf[K, V]) wait(ctx context.Context) loaders.Read {
	p.abandon() // before it waits: who is waited for may wait for this call
	var late []boarded
	for _, b := range p.others {
		select {
		case <-ctx.Done():
			p.fail(b.place, ctx.Err())
			continue
		case <-b.flight.done:
		}
		if item := b.flight.item; item == nil || !p.takeOne(b.place, item) {
			late = append(late, b)
		}
	}
	p.count(ctx, Shared, len(p.others)-len(late))
	p.again = false
	return p.read(late)
}
