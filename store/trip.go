package store

import (
	"context"
	"sync"
)

// Together runs n reads at the same time. The first statements of all of them are sent in
// one round trip; if a read needs more statements, these go alone. read gets a reader of
// its own, which it must not keep. last says that the response reads nothing after it, as
// far as is known; if it does, that may show another moment.
func (r *Reader) Together(ctx context.Context, n int, last bool, read func(r *Reader, i int)) {
	shared := &trip{reader: r, missing: n, last: last}
	if n == 1 {
		own := &Reader{response: r.response, view: r.view, trip: shared}
		defer own.leave(ctx)
		read(own, 0)
		return
	}
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			own := &Reader{response: r.response, view: r.view, trip: shared}
			defer own.leave(ctx)
			read(own, i)
		})
	}
	all.Wait()
}

// trip is a round trip with the statements of several reads.
type trip struct {
	reader *Reader
	last   bool

	mu         sync.Mutex
	missing    int // reads that have neither joined nor left
	statements []*passenger
}

// passenger is a statement on a trip.
type passenger struct {
	*query
	done chan struct{}
	err  error // of one that is not to be sent again
}

// join sends a statement with those of the other reads. joined is false if the reader is
// on no trip, or no more, or if the statement has to be sent again: it failed, or another
// one before it did.
func (r *Reader) join(ctx context.Context, q *query) (joined bool, err error) {
	t := r.trip
	if t == nil {
		return false, nil
	}
	r.trip = nil
	p := &passenger{query: q, done: make(chan struct{})}
	t.add(ctx, p)
	<-p.done
	return p.arrived || p.err != nil, p.err
}

// leave is called when a read has ended, which may not have sent a statement.
func (r *Reader) leave(ctx context.Context) {
	if t := r.trip; t != nil {
		r.trip = nil
		t.add(ctx, nil)
	}
}

// add counts a read that joins or leaves. The last one sends the statements of all.
func (t *trip) add(ctx context.Context, p *passenger) {
	t.mu.Lock()
	t.missing--
	if p != nil {
		t.statements = append(t.statements, p)
	}
	ready := t.missing == 0
	t.mu.Unlock()
	if !ready {
		return
	}
	defer func() { // also after a panic
		for _, p := range t.statements {
			close(p.done)
		}
	}()
	if len(t.statements) == 0 {
		return
	}
	queries := make([]*query, len(t.statements))
	for i, p := range t.statements {
		queries[i] = p.query
	}
	t.blame(ctx, t.reader.send(ctx, queries, t.last))
}

// blame gives an error to those that need not be sent again: all, if the time is up or the
// server is gone, and otherwise the first that has not arrived. (If Postgres does not know a
// column, it may be any of them: all are prepared before the first is sent.)
func (t *trip) blame(ctx context.Context, err error) {
	if err == nil || isBehindSchema(err) && len(t.statements) > 1 {
		return
	}
	forAll := ctx.Err() != nil || isUnreachable(err)
	for _, p := range t.statements {
		if !p.arrived {
			p.err = err
			if !forAll {
				return
			}
		}
	}
}
