package loaders

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// fields are the places of an operation that have delivered objects or loaded
// their values. A place is the path of response names from the root, each with
// the type that it was selected on and without list indexes:
// "Query:products.ProductConnection:nodes.Product:reviews". The types matter:
// below fragments on different types, one response name may stand for fields
// with different arguments.
type fields struct {
	mu        sync.Mutex
	delivered map[string][]any // by place: what the field there has returned
	loads     map[string]any   // by place: *fieldLoad[P, V]
}

type fieldLoad[P, V any] struct {
	once   sync.Once
	values map[*P]V
	err    error
}

// Deliverer is a value with objects inside, such as a page: it yields each of
// them.
type Deliverer interface{ Delivers(yield func(any)) }

// Field resolves a field for parents. The first call at a place of the query
// runs fetch for all objects that have been delivered there, the parents of
// later calls among them; fetch returns one value for each, in their order.
func Field[P, V any](ctx context.Context, parents []*P, fetch func(context.Context, []*P) ([]V, error)) ([]V, error) {
	l := For(ctx)
	fc := graphql.GetFieldContext(ctx)
	at := place(fc)
	own := fieldAt[P, V](&l.fields, at)
	own.once.Do(func() {
		siblings := siblings(&l.fields, at, parents)
		own.values, own.err = run(ctx, l, fc, siblings, fetch)
		delivered := make([]any, 0, len(siblings))
		for _, p := range siblings {
			if value, ok := own.values[p]; ok {
				delivered = append(delivered, value)
			}
		}
		l.fields.deliver(at, delivered)
	})
	if own.err != nil {
		return nil, own.err
	}
	values := make([]V, len(parents))
	var strays []int
	for i, p := range parents {
		value, ok := own.values[p]
		if !ok && p != nil { // a list of parents may have gaps: nobody looks there
			strays = append(strays, i)
		}
		values[i] = value
	}
	if len(strays) == 0 {
		return values, nil
	}
	return values, loadStrays(ctx, l, fc, parents, strays, values, fetch)
}

// loadStrays loads the field for parents that nothing had announced. Every
// resolver announces what it delivers, so this costs a statement and no wrong
// answer where one forgets to.
func loadStrays[P, V any](ctx context.Context, l *Loaders, fc *graphql.FieldContext, parents []*P, strays []int, values []V,
	fetch func(context.Context, []*P) ([]V, error),
) error {
	rest := make([]*P, len(strays))
	for i, at := range strays {
		rest[i] = parents[at]
	}
	found, err := run(ctx, l, fc, rest, fetch)
	for _, at := range strays {
		values[at] = found[parents[at]]
	}
	return err
}

func run[P, V any](ctx context.Context, l *Loaders, fc *graphql.FieldContext, parents []*P,
	fetch func(context.Context, []*P) ([]V, error),
) (values map[*P]V, err error) {
	began := time.Now()
	defer func() {
		// A panic that passed through sync.Once would leave the other parents
		// with an empty value and no error.
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in %s.%s: %v\n%s", fc.Object, fc.Field.Name, p, debug.Stack())
		}
		if l.observer != nil {
			l.observer.Batch(ctx, fc.Object+"."+fc.Field.Name, len(parents), time.Since(began), err)
		}
	}()
	list, err := fetch(ctx, parents)
	if err != nil {
		return nil, err
	}
	values = make(map[*P]V, len(parents))
	for i, p := range parents {
		values[p] = list[i]
	}
	return values, nil
}

// Deliver announces what a root field returns, so that the fields below it are
// loaded for all of it at once. It returns the value.
func Deliver[V any](ctx context.Context, value V) V {
	For(ctx).fields.deliver(place(graphql.GetFieldContext(ctx)), []any{value})
	return value
}

func (f *fields) deliver(place string, values []any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.delivered == nil {
		f.delivered = map[string][]any{}
	}
	f.delivered[place] = append(f.delivered[place], values...)
}

func fieldAt[P, V any](f *fields, at string) *fieldLoad[P, V] {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.loads == nil {
		f.loads = map[string]any{}
	}
	own, ok := f.loads[at].(*fieldLoad[P, V])
	if !ok {
		own = &fieldLoad[P, V]{}
		f.loads[at] = own
	}
	return own
}

// siblings returns the objects of type P that the nearest field above place has
// delivered, and the parents, each once.
func siblings[P any](f *fields, place string, parents []*P) []*P {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]*P, 0, len(parents))
	seen := make(map[*P]bool, len(parents))
	add := func(items ...*P) {
		for _, item := range items {
			if item != nil && !seen[item] {
				seen[item] = true
				all = append(all, item)
			}
		}
	}
	for above := parentPlace(place); above != ""; above = parentPlace(above) {
		if values, ok := f.delivered[above]; ok {
			for _, value := range values {
				collect(value, add)
			}
			break
		}
	}
	add(parents...)
	return all
}

// collect adds the objects of type P in a delivered value.
func collect[P any](value any, add func(...*P)) {
	switch value := value.(type) {
	case *P:
		add(value)
	case []*P:
		add(value...)
	case Deliverer:
		value.Delivers(func(inner any) { collect(inner, add) })
	}
}

func parentPlace(place string) string {
	return place[:max(0, strings.LastIndexByte(place, '.'))]
}

// place returns where in the query a field stands. It runs for each parent, so
// it allocates the result alone.
func place(fc *graphql.FieldContext) string {
	var room [32]*graphql.FieldContext
	path, size := room[:0], 0
	for ; fc != nil; fc = fc.Parent {
		if fc.Field.Field != nil { // else it is an element of a list
			path = append(path, fc)
			size += len(fc.Object) + len(fc.Field.Alias) + len(".:")
		}
	}
	var b strings.Builder
	b.Grow(size)
	for i := len(path) - 1; i >= 0; i-- {
		b.WriteString(path[i].Object)
		b.WriteByte(':')
		b.WriteString(path[i].Field.Alias)
		if i > 0 {
			b.WriteByte('.')
		}
	}
	return b.String()
}
