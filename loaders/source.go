package loaders

import (
	"context"
	"reflect"

	"souk/store"
)

// Source is what the loaders of a response read from: the database (see [FromStore]), or
// a decorator of another Source. Every read of a response passes through it.
//
// It has one method because all reads have one form: keys of one kind, and a value for
// each key. The method takes several reads so that one round trip can answer them: those
// of all resolvers that run at the same time. A decorator can answer keys itself, pass on fewer of
// them, and add reads of its own.
//
// A Source answers for one caller. Never share it between responses.
type Source interface {
	// Read sets the Values of each Batch, or its Err. The reads do not depend on one
	// another, and one can fail without the others. Reads with the same name and with
	// equal arguments (reflect.DeepEqual) differ only in their keys.
	//
	// last says that the response reads nothing after them, as far as is known.
	Read(ctx context.Context, reads []Read, last bool)
}

// Read is a *Batch of any types. A Source that looks at keys or values asserts the
// type of the Batch: the same name always has the same types.
type Read interface {
	// Name is the name of the store's method that reads: "ProductsByIDs".
	Name() string
	// Args are what all keys have in common, such as a filter or the position of a
	// page. nil: nothing.
	Args() any
	// Len is the number of keys.
	Len() int

	// isLeading reports whether another read depends on this one, in the same resolver.
	isLeading() bool
	// parts is the number of statements that the read can be split into. It makes room
	// for their results, and each of them is read by from, at the same time as others.
	parts() int
	from(ctx context.Context, r *store.Reader, part int)
	failPart(part int, err error)
	fail(err error)
	found() (objects int, err error)
}

// Batch is a number of keys of one kind that are read together.
type Batch[K comparable, V any] struct {
	Loader[K, V]
	// Keys are never changed. A key can occur more than once.
	Keys []K
	// Values has a value for each key, in the order of Keys. What does not exist is
	// the zero value. nil if Err is set.
	Values []V
	// Err is why there are no values.
	Err error
	// Errs has an error for each key that has no value, in the order of Keys. nil: none has
	// an error of its own.
	Errs []error
}

// Len returns the number of keys.
func (b *Batch[K, V]) Len() int { return len(b.Keys) }

func (b *Batch[K, V]) parts() int {
	if b.readOne == nil {
		return 1
	}
	b.Values, b.Errs = make([]V, len(b.Keys)), make([]error, len(b.Keys))
	return len(b.Keys)
}

func (b *Batch[K, V]) from(ctx context.Context, r *store.Reader, part int) {
	if b.readOne != nil {
		b.Values[part], b.Errs[part] = b.readOne(r, ctx, b.Keys[part])
		return
	}
	b.Values, b.Err = b.read(r, ctx, b.Keys)
}

func (b *Batch[K, V]) failPart(part int, err error) {
	if b.readOne == nil {
		b.fail(err)
		return
	}
	b.Errs[part] = err
}

func (b *Batch[K, V]) isLeading() bool { return b.leads }

func (b *Batch[K, V]) fail(err error) { b.Values, b.Errs, b.Err = nil, nil, err }

// found returns how many objects the values are; for who is told of reads.
func (b *Batch[K, V]) found() (objects int, err error) {
	err = b.Err
	for i, value := range b.Values {
		if b.Errs != nil && b.Errs[i] != nil {
			err = b.Errs[i]
			continue
		}
		objects += objectsIn(reflect.ValueOf(value))
	}
	return objects, err
}

// FromStore returns the Source that reads with r, all reads in one round trip.
func FromStore(r *store.Reader) Source { return fromStore{r} }

type fromStore struct{ reader *store.Reader }

func (s fromStore) Read(ctx context.Context, reads []Read, last bool) {
	type part struct{ read, number int }
	var parts []part
	for i, read := range reads {
		for number := range read.parts() {
			parts = append(parts, part{i, number})
		}
	}
	s.reader.Together(ctx, len(parts), last, func(r *store.Reader, i int) {
		read := reads[parts[i].read]
		number := parts[i].number
		defer onPanic(func(err error) { read.failPart(number, err) }) // it may be in a goroutine of its own
		read.from(ctx, r, number)
	})
}
