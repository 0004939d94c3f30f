package store

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Together runs n reads at the same time. The first statements of all of them are sent in
// one round trip; if a read needs more statements, these go alone. read gets a reader of
// its own, which it must not keep.
func (r *Reader) Together(ctx context.Context, n int, read func(r *Reader, i int)) {
	if n == 1 {
		read(r, 0)
		return
	}
	shared := &trip{reader: &Reader{response: r.response, view: r.view}, missing: n}
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

	mu         sync.Mutex
	missing    int // reads that have neither joined nor left
	statements []*passenger
}

// passenger is a statement on a trip.
type passenger struct {
	statement string
	args      pgx.StrictNamedArgs
	collect   func(pgx.Rows) error
	arrived   bool // collect has succeeded
	done      chan struct{}
}

// join sends a statement with those of the other reads. joined is false if the reader is
// on no trip, or no more, or if the statement has to be sent again: it failed, or another
// one before it did.
func (r *Reader) join(ctx context.Context, statement string, args pgx.StrictNamedArgs, collect func(pgx.Rows) error) (joined bool, err error) {
	t := r.trip
	if t == nil {
		return false, nil
	}
	r.trip = nil
	p := &passenger{statement: statement, args: args, collect: collect, done: make(chan struct{})}
	t.add(ctx, p)
	<-p.done
	return p.arrived, nil
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
	last := t.missing == 0
	t.mu.Unlock()
	if !last {
		return
	}
	if len(t.statements) > 1 {
		t.send(ctx)
	}
	for _, p := range t.statements {
		close(p.done)
	}
}

// send sends the statements. The first one that fails ends the round trip, and those after
// it have not run; their reads then send them alone.
func (t *trip) send(ctx context.Context) {
	_ = t.reader.read(ctx, func(pool *pgxpool.Pool) error {
		conn, err := acquire(ctx, pool)
		if err != nil {
			return err
		}
		defer conn.Release()
		batch := &pgx.Batch{}
		for _, p := range t.statements {
			p.arrived = false
			batch.Queue(p.statement, p.args)
		}
		results := conn.SendBatch(ctx, batch)
		defer results.Close()
		for _, p := range t.statements {
			rows, err := results.Query()
			if err != nil {
				return err
			}
			err = p.collect(rows)
			rows.Close()
			if err != nil {
				return err
			}
			p.arrived = true
		}
		return results.Close()
	})
}
