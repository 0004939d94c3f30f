package store

import (
	"context"
	"slices"
	"sync"
)

// Together runs n reads at the same time. The first statements of all of them are sent in
// one round trip, and once more without one that fails; if a read needs more statements,
// these go alone. read gets a reader of
// its own, which it must not keep. last says that the response reads nothing after it, as
// far as is known; if it does, that may show another moment.
func (r *Reader) Together(ctx context.Context, n int, last bool, read func(r *Reader, i int)) {
	shared := &trip{reader: r, missing: n, last: last}
	ride := func(i int) {
		own := &Reader{response: r.response, view: r.view, trip: shared}
		defer own.leave(ctx)
		read(own, i)
	}
	var others sync.WaitGroup
	for i := range n - 1 {
		others.Go(func() { ride(i) })
	}
	if n > 0 {
		ride(n - 1)
	}
	others.Wait()
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
// on no trip, or no more, or if the statement has to be sent alone.
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
	for waiting := t.statements; len(waiting) > 0; {
		queries := mapSlice(waiting, func(p *passenger) *query { return p.query })
		waiting = blame(ctx, waiting, t.reader.send(ctx, queries, t.last))
	}
}

// blame gives the error of a round trip to those whose it is, and returns those that are sent
// again, together. If the time is up or the server is gone, it is everybody's. If Postgres
// does not know a column, it can be anybody's, since all are prepared before the first is sent:
// each then goes alone. Otherwise it is that of the first that has not arrived.
func blame(ctx context.Context, sent []*passenger, err error) (again []*passenger) {
	left := slices.DeleteFunc(slices.Clone(sent), func(p *passenger) bool { return p.arrived })
	switch {
	case err == nil || len(left) == 0:
		return nil
	case ctx.Err() != nil || isUnreachable(err):
		for _, p := range left {
			p.err = err
		}
		return nil
	case isBehindSchema(err) && len(sent) > 1:
		return nil
	}
	left[0].err = err
	return left[1:]
}
