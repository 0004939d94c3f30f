package cache

import (
	"context"
	"time"
)

// What many wait for becomes wrong for all instances at the same moment. So before a value is read
// that a cache had until it changed, the instance takes a lease in Redis, and those that do not get
// it wait for the value, for a short time: no more than reading it may cost.
const (
	leaseTTL  = 250 * time.Millisecond
	leaseWait = 40 * time.Millisecond
	leaseTick = 4 * time.Millisecond
)

// lease waits for what other instances are reading of the own flights. What does not come is read.
func (p *partOf[K, V]) lease(ctx context.Context) {
	remote := p.call.cache.Remote
	if remote == nil || len(p.stale) == 0 {
		return
	}
	wanted := make([]boarded, 0, len(p.own))
	keys := make([]string, 0, len(p.own))
	for _, b := range p.own {
		if p.stale[b.place] {
			wanted = append(wanted, b)
			keys = append(keys, p.remoteKey(b.place))
		}
	}
	if len(keys) == 0 {
		return
	}
	others := wanted[:0]
	for i, granted := range remote.Lease(ctx, keys, leaseTTL) {
		if !granted {
			others = append(others, wanted[i])
		}
	}
	if len(others) > 0 {
		p.count(ctx, Leased, p.await(ctx, others))
	}
}

// await waits until values come that other instances are reading, and returns how many have.
func (p *partOf[K, V]) await(ctx context.Context, others []boarded) (came int) {
	ctx, cancel := context.WithTimeout(ctx, leaseWait)
	defer cancel()
	ticks := time.NewTicker(leaseTick)
	defer ticks.Stop()
	for waiting := others; len(waiting) > 0; {
		select {
		case <-ctx.Done():
			return came
		case <-ticks.C:
		}
		keys := make([]string, len(waiting))
		for i, b := range waiting {
			keys[i] = p.remoteKey(b.place)
		}
		left := waiting[:0]
		for i, value := range p.call.cache.Remote.GetMany(ctx, keys) {
			b := waiting[i]
			item, ok := p.decode(value)
			if !ok || !p.takeOne(b.place, &item) {
				left = append(left, b)
				continue
			}
			p.call.cache.memory.Put(p.keys[b.place], item)
			p.call.cache.flights.land(p.keys[b.place], b.flight, &item)
			p.disembark(b)
			came++
		}
		waiting = left
	}
	return came
}

// disembark removes a place whose value has come from those that are read.
func (p *partOf[K, V]) disembark(b boarded) {
	for i := range p.own {
		if p.own[i] == b {
			p.own = append(p.own[:i], p.own[i+1:]...)
			return
		}
	}
}
