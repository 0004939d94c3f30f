package executor

import (
	"context"
	"sync"
)

// Await returns when what the callers have asked for has been loaded: see
// [Options].Dispatch. A resolver hands in what it needs to its data source, then calls
// Await, and takes what it needs. It must not be called where [Awaits] reports false, nor
// by two goroutines of a resolver at the same time.
func Await(ctx context.Context) { ctx.Value(roundsKey{}).(*rounds).await(ctx) }

// Awaits reports whether ctx is that of a resolver that a [Schema] runs. A data source must
// load at once for any other.
func Awaits(ctx context.Context) bool {
	_, ok := ctx.Value(roundsKey{}).(*rounds)
	return ok
}

type roundsKey struct{}

// rounds lets the resolvers that run at the same time wait for each other.
type rounds struct {
	dispatch func(ctx context.Context, last bool)
	last     bool // no resolver is below those that run

	mu      sync.Mutex
	running int
	waiting int
	loaded  chan struct{} // closed when the round of those who wait is over
}

// start counts resolvers that are about to run.
func (r *rounds) start(n int, last bool) {
	r.mu.Lock()
	r.running += n
	r.last = last
	r.mu.Unlock()
}

// end is called when a resolver has ended. It may have been the last that ran.
func (r *rounds) end(ctx context.Context) {
	r.mu.Lock()
	r.running--
	r.mu.Unlock()
	r.dispatchIfReady(ctx)
}

func (r *rounds) await(ctx context.Context) {
	r.mu.Lock()
	r.running--
	r.waiting++
	if r.loaded == nil {
		r.loaded = make(chan struct{})
	}
	loaded := r.loaded
	r.mu.Unlock()
	r.dispatchIfReady(ctx)
	<-loaded
}

// dispatchIfReady loads what was asked for when nobody runs any more. All who wait run
// again before the next one can end, so that a round has all who can join it.
func (r *rounds) dispatchIfReady(ctx context.Context) {
	r.mu.Lock()
	if r.running > 0 || r.waiting == 0 {
		r.mu.Unlock()
		return
	}
	loaded := r.loaded
	r.running, r.waiting, r.loaded = r.waiting, 0, nil
	r.mu.Unlock()
	defer close(loaded)
	r.dispatch(ctx, r.last)
}
