package changefeed

import (
	"context"
	"slices"
	"sync"

	"souk/internal/coherence"
)

// localKeeps is how many messages a Local keeps for who begins to follow: entries that are
// older than these are not kept in a process either.
const localKeeps = 1000

// Local is a feed within a process.
type Local struct {
	mu      sync.Mutex
	kept    []coherence.Message
	before  int           // how many messages there were before those
	changed chan struct{} // closed with the next message
	nonces  map[uint64]uint64
}

// NewLocal returns an empty feed.
func NewLocal() *Local {
	return &Local{changed: make(chan struct{}), nonces: map[uint64]uint64{}}
}

// Publish appends a message.
func (l *Local) Publish(ctx context.Context, m coherence.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept = append(l.kept, m)
	if surplus := len(l.kept) - localKeeps; surplus > 0 {
		l.kept = slices.Delete(l.kept, 0, surplus)
		l.before += surplus
	}
	close(l.changed)
	l.changed = make(chan struct{})
	return nil
}

// Last returns the newest message.
func (l *Local) Last(context.Context) (coherence.Message, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.kept) == 0 {
		return coherence.Message{}, false, nil
	}
	return l.kept[len(l.kept)-1], true, nil
}

// Follow calls take with each message until ctx ends. Who is slower than the messages come
// misses some, which their positions tell.
func (l *Local) Follow(ctx context.Context, take func(coherence.Message)) error {
	for next := 0; ; {
		l.mu.Lock()
		next = max(next, l.before)
		found, changed := slices.Clone(l.kept[next-l.before:]), l.changed
		l.mu.Unlock()
		for _, m := range found {
			take(m)
		}
		next += len(found)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// SetNonce says that an instance waits for its nonce.
func (l *Local) SetNonce(_ context.Context, n coherence.Nonce) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.nonces[n.Instance] = n.Number
	return nil
}

// Nonces returns the nonces that instances have set.
func (l *Local) Nonces(context.Context) ([]coherence.Nonce, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]coherence.Nonce, 0, len(l.nonces))
	for instance, number := range l.nonces {
		all = append(all, coherence.Nonce{Instance: instance, Number: number})
	}
	return all, nil
}
