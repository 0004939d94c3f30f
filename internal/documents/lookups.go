package documents

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	// maxAsked bounds the names of one statement.
	maxAsked = 500
	// betweenLookups is the time from one statement to the next. So an instance sends at
	// most 200 of them in a second, however many names clients make up. One that asks
	// alone does not wait.
	betweenLookups = 5 * time.Millisecond
	// maxQueued bounds the names that wait, which is a tenth of a second of statements: on a
	// database that is slow, what comes after them fails at once.
	maxQueued = 20 * maxAsked
	// lookupTimeout ends a statement on a database that does not answer.
	lookupTimeout = 5 * time.Second
)

// lookups asks the store for names, one statement at a time. Names that are asked for
// while a statement runs share the next one.
//
// It does not remember that a name is unknown. A client that was told so registers the
// document, perhaps on another instance, and then asks again: that must find it at once.
type lookups struct {
	ask func(ctx context.Context, names []string) (map[string]Known, error)

	mu      sync.Mutex
	queue   []string
	waiting map[string]*lookup
	working bool
}

// lookup is a name that somebody waits for.
type lookup struct {
	waiters int // of lookups.mu

	done  chan struct{} // closed when the rest is set
	known Known
	found bool
	err   error
}

var errQueueFull = errors.New("too many names wait for the database")

// find returns the document with a name. With an error it may have been found.
func (l *lookups) find(ctx context.Context, name string) (Known, bool, error) {
	asked := l.join(name)
	if asked == nil {
		return Known{}, false, errQueueFull
	}
	select {
	case <-asked.done:
		return asked.known, asked.found, asked.err
	case <-ctx.Done():
		l.leave(asked)
		return Known{}, false, ctx.Err()
	}
}

// join returns what to wait for; nil if there are too many names.
func (l *lookups) join(name string) *lookup {
	l.mu.Lock()
	defer l.mu.Unlock()
	if asked, ok := l.waiting[name]; ok {
		asked.waiters++
		return asked
	}
	if len(l.queue) >= maxQueued {
		return nil
	}
	if l.waiting == nil {
		l.waiting = map[string]*lookup{}
	}
	asked := &lookup{waiters: 1, done: make(chan struct{})}
	l.waiting[name] = asked
	l.queue = append(l.queue, name)
	if !l.working {
		l.working = true
		go l.work()
	}
	return asked
}

func (l *lookups) leave(asked *lookup) {
	l.mu.Lock()
	defer l.mu.Unlock()
	asked.waiters--
}

// work asks until nobody waits.
func (l *lookups) work() {
	for {
		names, asked := l.next()
		if len(names) == 0 {
			return
		}
		pause := time.NewTimer(betweenLookups)
		ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout)
		found, err := l.ask(ctx, names)
		cancel()
		for i, name := range names {
			asked[i].known, asked[i].found = found[name]
			asked[i].err = err
			close(asked[i].done)
		}
		<-pause.C
	}
}

// next takes names out of the queue, and leaves out those for which nobody waits any more.
// Whoever asks for one of them from now on may need a newer answer.
func (l *lookups) next() (names []string, asked []*lookup) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.queue) > 0 && len(names) < maxAsked {
		name := l.queue[0]
		l.queue = l.queue[1:]
		if waiting := l.waiting[name]; waiting.waiters > 0 {
			names, asked = append(names, name), append(asked, waiting)
		}
		delete(l.waiting, name)
	}
	l.working = len(names) > 0
	return names, asked
}
