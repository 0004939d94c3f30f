package documents

import (
	"context"
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
	done  chan struct{} // closed when the rest is set
	known Known
	found bool
	err   error
}

// find returns the document with a name. With an error it may have been found.
func (l *lookups) find(ctx context.Context, name string) (Known, bool, error) {
	asked := l.join(name)
	select {
	case <-asked.done:
		return asked.known, asked.found, asked.err
	case <-ctx.Done():
		return Known{}, false, ctx.Err()
	}
}

func (l *lookups) join(name string) *lookup {
	l.mu.Lock()
	defer l.mu.Unlock()
	if asked, ok := l.waiting[name]; ok {
		return asked
	}
	if l.waiting == nil {
		l.waiting = map[string]*lookup{}
	}
	asked := &lookup{done: make(chan struct{})}
	l.waiting[name] = asked
	l.queue = append(l.queue, name)
	if !l.working {
		l.working = true
		go l.work()
	}
	return asked
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

// next takes names out of the queue. Whoever asks for one of them from now on may need a
// newer answer.
func (l *lookups) next() (names []string, asked []*lookup) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := min(len(l.queue), maxAsked)
	names, l.queue = l.queue[:n:n], l.queue[n:]
	for _, name := range names {
		asked = append(asked, l.waiting[name])
		delete(l.waiting, name)
	}
	l.working = n > 0
	return names, asked
}
