package remote

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// A pipeline has at most so many values, and ends after so many bytes: a megabyte takes
	// 8 ms on a network of 1 Gbit/s.
	pipelineItems = 256
	pipelineBytes = 1 << 20
	// shortening is the part of its life by which a value's is shortened at most. Values
	// that were written together do not expire together.
	shortening = 0.1
)

type item struct {
	key   string
	value []byte
	life  time.Duration
}

func (i item) bytes() int { return len(i.key) + len(i.value) }

// Put writes a value that lives for at most ttl, at least a millisecond. It does not wait:
// the value is written soon, or dropped. Neither is told. The value must not be changed
// afterwards.
func (t *Tier) Put(key string, value []byte, ttl time.Duration) {
	life := ttl - time.Duration(rand.Float64()*shortening*float64(ttl))
	if !t.breaker.closed() || ttl < time.Millisecond || !t.queue.add(item{key, value, max(life, time.Millisecond)}) {
		t.config.Hooks.Dropped(1)
	}
}

// write writes what waits, until the context ends.
func (t *Tier) write(ctx context.Context) {
	for ctx.Err() == nil {
		batch, bytes, ok := t.queue.take(ctx)
		if !ok {
			break
		}
		t.flush(ctx, batch, bytes)
		t.queue.written()
	}
	if left := t.queue.drop(); left > 0 {
		t.config.Hooks.Dropped(left)
	}
}

func (t *Tier) flush(ctx context.Context, batch []item, bytes int) {
	if !t.breaker.closed() {
		t.config.Hooks.Dropped(len(batch))
		return
	}
	call, cancel := context.WithTimeout(ctx, t.config.Timeout)
	defer cancel()
	pipeline := t.client.Pipeline()
	for _, i := range batch {
		pipeline.Set(call, i.key, i.value, i.life)
	}
	commands, err := pipeline.Exec(call)
	if answer := redis.Error(nil); errors.As(err, &answer) {
		// Redis responds. It has no memory left, for example.
		t.config.Hooks.Failed("set", err)
		t.breaker.succeeded()
	} else {
		t.report("set", ctx, err)
	}
	dropped := 0
	for i, command := range commands {
		if command.Err() != nil {
			dropped++
			bytes -= batch[i].bytes()
		}
	}
	if dropped > 0 {
		t.config.Hooks.Dropped(dropped)
	}
	if bytes > 0 {
		t.config.Hooks.Written(bytes)
	}
}

// queue has the values that wait to be written. It is a slice: the values are taken many at a
// time.
type queue struct {
	maxBytes, maxItems int
	added              chan struct{} // has one after items were added

	mu      sync.Mutex
	items   []item
	bytes   int
	writing bool
	closed  bool
	empty   chan struct{} // closed when a closed queue has become empty, and nothing is being written
}

func newQueue(c Config) *queue {
	return &queue{maxBytes: c.QueueBytes, maxItems: c.QueueItems, added: make(chan struct{}, 1), empty: make(chan struct{})}
}

// add reports whether there was room.
func (q *queue) add(i item) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || len(q.items) >= q.maxItems || q.bytes+i.bytes() > q.maxBytes {
		return false
	}
	q.items = append(q.items, i)
	q.bytes += i.bytes()
	q.signal()
	return true
}

func (q *queue) signal() {
	select {
	case q.added <- struct{}{}:
	default:
	}
}

// take waits for values. ok is false if the context has ended.
func (q *queue) take(ctx context.Context) (batch []item, bytes int, ok bool) {
	select {
	case <-ctx.Done():
		return nil, 0, false
	case <-q.added:
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for n < len(q.items) && n < pipelineItems && bytes < pipelineBytes {
		bytes += q.items[n].bytes()
		n++
	}
	batch = slices.Clone(q.items[:n])
	q.items = slices.Delete(q.items, 0, n)
	q.bytes -= bytes
	q.writing = n > 0
	if len(q.items) > 0 {
		q.signal()
	}
	return batch, bytes, true
}

// written is called after what was taken has been written.
func (q *queue) written() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.writing = false
	q.finish()
}

// close lets nothing more in.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.finish()
}

// drop empties the queue and returns how many values it had.
func (q *queue) drop() (n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, q.items, q.bytes = len(q.items), nil, 0
	q.finish()
	return n
}

func (q *queue) finish() {
	if q.closed && len(q.items) == 0 && !q.writing {
		select {
		case <-q.empty:
		default:
			close(q.empty)
		}
	}
}

// emptied waits until nothing waits, after close, or until the time is up.
func (q *queue) emptied(limit time.Duration) {
	select {
	case <-q.empty:
	case <-time.After(limit):
	}
}
