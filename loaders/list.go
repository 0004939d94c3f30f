package loaders

import (
	"context"
	"slices"

	"souk/store"
)

// List says how an ordered list that belongs to a key of type K is read: its pages
// and its length.
type List[K comparable, T any] struct {
	name  string
	args  any
	list  func(*store.Reader, context.Context, []K, store.PageRequest) ([]store.Page[T], error)
	count func(*store.Reader, context.Context, []K) ([]store.Count, error)
}

// PageArgs are the arguments of the reads of a list's pages.
type PageArgs struct {
	// List has the arguments of the list, such as a filter. nil: nothing.
	List any
	Page store.PageRequest
}

// Pages returns one page of the list of each key, in the order of keys.
func (l List[K, T]) Pages(ctx context.Context, keys []K, p store.PageRequest) ([]store.Page[T], error) {
	return l.pages(p).LoadMany(ctx, keys)
}

// AskPages hands in what Pages is about to be called for: see [Loader.Ask].
func (l List[K, T]) AskPages(ctx context.Context, keys []K, p store.PageRequest) {
	l.pages(p).Ask(ctx, keys)
}

func (l List[K, T]) pages(p store.PageRequest) Loader[K, store.Page[T]] {
	pages := Loader[K, store.Page[T]]{name: "List" + l.name, args: PageArgs{l.args, p}}
	pages.read = func(r *store.Reader, ctx context.Context, keys []K) ([]store.Page[T], error) {
		return l.list(r, ctx, keys, p)
	}
	return pages
}

// Counts returns the length of the list of each key, in the order of keys.
func (l List[K, T]) Counts(ctx context.Context, keys []K) ([]store.Count, error) {
	return Loader[K, store.Count]{name: "Count" + l.name, args: l.args, read: l.count}.LoadMany(ctx, keys)
}

// list makes a list of the store's methods List… and Count…, without the verbs name.
func list[K comparable, T any](name string,
	list func(*store.Reader, context.Context, []K, store.PageRequest) ([]store.Page[T], error),
	count func(*store.Reader, context.Context, []K) ([]store.Count, error),
) List[K, T] {
	return List[K, T]{name: name, list: list, count: count}
}

// Root is the key of what belongs to no object and exists once, such as the list of
// all vendors.
type Root struct{}

// rootList makes a list that belongs to no object.
func rootList[T any](name string,
	list func(*store.Reader, context.Context, store.PageRequest) (store.Page[T], error),
	count func(*store.Reader, context.Context) (store.Count, error),
) List[Root, T] {
	return List[Root, T]{
		name: name,
		list: func(r *store.Reader, ctx context.Context, keys []Root, p store.PageRequest) ([]store.Page[T], error) {
			page, err := list(r, ctx, p)
			return slices.Repeat([]store.Page[T]{page}, len(keys)), err
		},
		count: func(r *store.Reader, ctx context.Context, keys []Root) ([]store.Count, error) {
			n, err := count(r, ctx)
			return slices.Repeat([]store.Count{n}, len(keys)), err
		},
	}
}

// filteredList makes a function that returns the root list for a filter.
func filteredList[F, T any](name string,
	list func(*store.Reader, context.Context, F, store.PageRequest) (store.Page[T], error),
	count func(*store.Reader, context.Context, F) (store.Count, error),
) func(F) List[Root, T] {
	return func(filter F) List[Root, T] {
		l := rootList(name,
			func(r *store.Reader, ctx context.Context, p store.PageRequest) (store.Page[T], error) {
				return list(r, ctx, filter, p)
			},
			func(r *store.Reader, ctx context.Context) (store.Count, error) { return count(r, ctx, filter) })
		l.args = filter
		return l
	}
}
