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

// fields are the paths of an operation that have delivered objects or loaded
// their values. A path consists of response names from the root, each with the
// type that it was selected on and without list indexes:
// "Query:products.ProductConnection:nodes.Product:reviews". The types matter:
// in fragments on different types, one response name can stand for fields with
// different arguments.
type fields struct {
	mu        sync.Mutex
	delivered map[string][]any // by path: what the field there has returned
	loads     map[string]any   // by path: *fieldLoad[P, V]
}

type fieldLoad[P, V any] struct {
	once   sync.Once
	values map[*P]V
	err    error
}

// Deliverer is a value that contains objects, such as a page. It yields each of
// them.
type Deliverer interface{ Delivers(yield func(any)) }

// Field resolves a field for parents. The first call at a path of the query
// runs fetch for all objects that have been delivered there, including the
// parents of later calls. fetch returns one value for each, in their order.
func Field[P, V any](ctx context.Context, parents []*P, fetch func(context.Context, []*P) ([]V, error)) ([]V, error) {
	l := For(ctx)
	fc := graphql.GetFieldContext(ctx)
	path := pathOf(fc)
	own := fieldAt[P, V](&l.fields, path)
	own.once.Do(func() {
		siblings := siblings(&l.fields, path, parents)
		own.values, own.err = run(ctx, l, fc, siblings, fetch)
		delivered := make([]any, 0, len(siblings))
		for _, p := range siblings {
			if value, ok := own.values[p]; ok {
				delivered = append(delivered, value)
			}
		}
		l.fields.deliver(path, delivered)
	})
	if own.err != nil {
		return nil, own.err
	}
	values := make([]V, len(parents))
	var strays []int
	for i, p := range parents {
		value, ok := own.values[p]
		if !ok && p != nil { // a list of parents may contain nil, which has no fields
			strays = append(strays, i)
		}
		values[i] = value
	}
	if len(strays) == 0 {
		return values, nil
	}
	return values, loadStrays(ctx, l, fc, parents, strays, values, fetch)
}

// loadStrays loads the field for parents that were not delivered. Every
// resolver delivers its objects; if one forgets to, this costs a statement but
// gives the right result.
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

// Deliver records what a root field returns, so that the fields below it are
// loaded for all of its objects at once. It returns the value.
func Deliver[V any](ctx context.Context, value V) V {
	For(ctx).fields.deliver(pathOf(graphql.GetFieldContext(ctx)), []any{value})
	return value
}

func (f *fields) deliver(path string, values []any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.delivered == nil {
		f.delivered = map[string][]any{}
	}
	f.delivered[path] = append(f.delivered[path], values...)
}

func fieldAt[P, V any](f *fields, path string) *fieldLoad[P, V] {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.loads == nil {
		f.loads = map[string]any{}
	}
	own, ok := f.loads[path].(*fieldLoad[P, V])
	if !ok {
		own = &fieldLoad[P, V]{}
		f.loads[path] = own
	}
	return own
}

// siblings returns the objects of type P that the nearest field above path has
// delivered, and the parents, each once.
func siblings[P any](f *fields, path string, parents []*P) []*P {
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
	for above := parentPath(path); above != ""; above = parentPath(above) {
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

func parentPath(path string) string {
	return path[:max(0, strings.LastIndexByte(path, '.'))]
}

// pathOf returns the field's path in the query. It runs for each parent, so it
// allocates only the result.
func pathOf(fc *graphql.FieldContext) string {
	var room [32]*graphql.FieldContext
	chain, size := room[:0], 0
	for ; fc != nil; fc = fc.Parent {
		if fc.Field.Field != nil { // otherwise it is an element of a list
			chain = append(chain, fc)
			size += len(fc.Object) + len(fc.Field.Alias) + len(".:")
		}
	}
	var b strings.Builder
	b.Grow(size)
	for i := len(chain) - 1; i >= 0; i-- {
		b.WriteString(chain[i].Object)
		b.WriteByte(':')
		b.WriteString(chain[i].Field.Alias)
		if i > 0 {
			b.WriteByte('.')
		}
	}
	return b.String()
}
