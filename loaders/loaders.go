// Package loaders makes all reads of a response, and batches them, so that a field
// costs one statement for all its parents, however long the lists above it are and in
// whatever order the executor calls the resolvers.
//
// kinds.go lists what can be read. Each read goes to the [Source] of the response.
//
// There is no timer. A resolver gets all objects of a level of the query at once, asks for
// what it needs of them, and waits; when all resolvers of the level wait, the executor lets
// the loaders read ([Loaders.Dispatch]). Keys of one kind are one read, whichever fields
// asked for them, the reads of a level share one round trip, and what the response has
// loaded already is not read again. A response has a dataloader, which collects what its
// fields ask for, and a memory for each kind.
package loaders

import (
	"context"
	"sync"
	"sync/atomic"

	"souk/store"

	"github.com/graph-gophers/dataloader/v7"
)

// Loaders are what one response loads with. They know what it has loaded. Never share them
// between responses: callers may see different data, and one that is made later must see
// what has changed.
type Loaders struct {
	source Source
	writer func(store.Origin) *store.Writer

	tellKnown func(read string, keys int) // see OnKnown; nil: nobody is told
	level     atomic.Int64                // see BeginLevel

	alone     sync.Mutex                           // held by who loads outside of the executor
	mu        sync.Mutex                           // of what is below
	memories  map[string][]any                     // of the types *memory, by name
	collector *dataloader.Loader[asking, struct{}] // nil until somebody asks for something
	loaded    dataloader.Thunk[struct{}]           // waits for the next round; nil: nobody has asked for anything
	last      bool                                 // of the round that is being read
}

// New returns the loaders of one response, which read from source. writer makes the
// writers of a mutation; it may be nil if the response changes nothing. After a change,
// source must show it, and Forget must be called.
func New(source Source, writer func(store.Origin) *store.Writer) *Loaders {
	return &Loaders{source: source, writer: writer}
}

// Writer returns a writer for a change. All later reads of the response see the change.
func (l *Loaders) Writer(origin store.Origin) *store.Writer { return l.writer(origin) }

// Forget drops what has been loaded, because something has changed.
func (l *Loaders) Forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.memories)
}

type contextKey struct{}

// With returns a context that carries the loaders of a response.
func With(ctx context.Context, l *Loaders) context.Context {
	return context.WithValue(ctx, contextKey{}, l)
}

// For returns the loaders of the response that ctx belongs to.
func For(ctx context.Context) *Loaders {
	return ctx.Value(contextKey{}).(*Loaders)
}
