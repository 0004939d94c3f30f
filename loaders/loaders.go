// Package loaders makes all reads of a response, and batches them, so that a field
// costs one statement for all its parents, however long the lists above it are and in
// whatever order the executor calls the resolvers.
//
// kinds.go lists what can be read. Each read goes to the [Source] of the response.
//
// There is no timer. When a field delivers its objects (the products of a page,
// the reviews of all those products), they are recorded under the field's path
// in the query: response names and the types that they are on. GraphQL
// guarantees that all objects delivered at one path have the same selection
// with the same arguments. So the first of them whose child field is resolved
// loads that field for all of them, and the others take their share. See
// [Field].
package loaders

import (
	"context"
	"time"

	"souk/store"
)

// Observer is called for each batch with the field, the number of parents or
// keys, and the duration.
type Observer interface {
	Batch(ctx context.Context, field string, keys int, took time.Duration, err error)
}

// Loaders are what one response loads with. They know what its fields have delivered.
// Never share them between responses: callers may see different data, and one that is
// made later must see what has changed.
type Loaders struct {
	source   Source
	writer   func(store.Origin) *store.Writer
	observer Observer
	fields   fields
}

// New returns the loaders of one response, which read from source. writer makes the
// writers of a mutation: after a change by one of them, source must show it. writer may
// be nil if the response changes nothing, and observer may be nil.
func New(source Source, writer func(store.Origin) *store.Writer, observer Observer) *Loaders {
	return &Loaders{source: source, writer: writer, observer: observer}
}

// Writer returns a writer for a change. All later reads of the response see the change.
func (l *Loaders) Writer(origin store.Origin) *store.Writer { return l.writer(origin) }

type contextKey struct{}

// With returns a context that carries the loaders of a response.
func With(ctx context.Context, l *Loaders) context.Context {
	return context.WithValue(ctx, contextKey{}, l)
}

// For returns the loaders of the response that ctx belongs to.
func For(ctx context.Context) *Loaders {
	return ctx.Value(contextKey{}).(*Loaders)
}
