package loaders

import (
	"context"
	"reflect"
	"sync"
	"time"

	"souk/store"
)

// Done is a read that has been made.
type Done struct {
	// Name and Keys are those of the Read.
	Name string
	Keys int
	// Objects are what was found: one for a key, or each item of its list.
	Objects int
	// Took is the time until the values were there. Reads that share a round trip wait for
	// one another.
	Took time.Duration
	Err  error
}

// DoneOf returns what became of a read that took so long.
func DoneOf(read Read, took time.Duration) Done {
	objects, err := read.found()
	return Done{read.Name(), read.Len(), objects, took, err}
}

// FromStoreWatched is FromStore for somebody who is told of each call of the source: the
// time that it took, and its reads.
func FromStoreWatched(r *store.Reader, tell func(took time.Duration, reads []Done)) Source {
	return watchedSource{FromStore(r), tell}
}

// watchedSource decorates a source that asks the store. Another one would not know the
// types of the reads that it passes on.
type watchedSource struct {
	next Source
	tell func(time.Duration, []Done)
}

func (s watchedSource) Read(ctx context.Context, reads []Read, last bool) {
	timed := make([]Read, len(reads))
	for i, read := range reads {
		timed[i] = &timedRead{Read: read}
	}
	began := time.Now()
	s.next.Read(ctx, timed, last)
	took := time.Since(began)
	done := make([]Done, len(reads))
	for i, read := range reads {
		done[i] = DoneOf(read, timed[i].(*timedRead).took)
	}
	s.tell(took, done)
}

// objectsIn is the number of objects that a value is: none for nil, and the items of a
// list or of a page.
func objectsIn(value reflect.Value) int {
	switch value.Kind() {
	case reflect.Pointer:
		if value.IsNil() {
			return 0
		}
	case reflect.Slice:
		return value.Len()
	case reflect.Struct:
		if items := value.FieldByName("Items"); items.IsValid() {
			return items.Len()
		}
	}
	return 1
}

// timedRead is a read that takes its time.
type timedRead struct {
	Read
	mu   sync.Mutex
	took time.Duration // of the part that took longest
}

func (t *timedRead) from(ctx context.Context, r *store.Reader, part int) {
	began := time.Now()
	t.Read.from(ctx, r, part)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.took = max(t.took, time.Since(began))
}

// OnKnown sets a function that is told how many keys a field asks for that the response has
// loaded already: before the level, or, outside of the executor, by an earlier call. Set it
// before anything is loaded.
func (l *Loaders) OnKnown(tell func(read string, keys int)) { l.tellKnown = tell }

// BeginLevel says that a level of the execution begins: see OnKnown.
func (l *Loaders) BeginLevel() { l.level.Add(1) }
