package loaders

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"
	"go.uber.org/goleak"

	"souk/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type (
	shelf struct{ books []*book }
	book  struct{ title string }
	page  []*book
)

func (p page) Delivers(yield func(any)) {
	for _, b := range p {
		yield(b)
	}
}

// operation returns the context of a new operation.
func operation(t testing.TB) context.Context {
	return With(t.Context(), New(FromStore(nil), nil, nil))
}

// at returns the context of a field, down the path of "Type:name" from the
// operation. A number in between is an index of a list, as gqlgen has it.
func at(ctx context.Context, path ...any) context.Context {
	for _, step := range path {
		fc := &graphql.FieldContext{}
		switch step := step.(type) {
		case int:
			fc.Index = &step
		case [2]string:
			fc.Object = step[0]
			fc.Field = graphql.CollectedField{Field: &ast.Field{Name: step[1], Alias: step[1]}}
		}
		ctx = graphql.WithFieldContext(ctx, fc)
	}
	return ctx
}

func field(object, name string) [2]string { return [2]string{object, name} }

// calls records the parents of each fetch and answers with their titles.
type calls struct {
	mu      sync.Mutex
	parents [][]string
}

func (c *calls) fetch(_ context.Context, books []*book) ([]string, error) {
	titles := make([]string, len(books))
	for i, b := range books {
		titles[i] = b.title
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.parents = append(c.parents, titles)
	return titles, nil
}

func TestFieldLoadsAllThatItsListHasDeliveredAtOnce(t *testing.T) {
	ctx, c := operation(t), &calls{}
	a, b := &book{"a"}, &book{"b"}
	list := at(ctx, field("Query", "books"))
	Deliver(list, page{a, b, nil, a})

	for i, parent := range []*book{a, b, a} { // one by one, as through edges{node}
		got, err := Field(at(list, field("Page", "edges"), i, field("Edge", "node"), field("Book", "title")), []*book{parent}, c.fetch)
		require.NoError(t, err)
		require.Equal(t, []string{parent.title}, got)
	}
	require.Equal(t, [][]string{{"a", "b"}}, c.parents, "one load, and each object once")
}

func TestFieldLoadsTheListsOfAllParentsAtOnce(t *testing.T) {
	ctx, c := operation(t), &calls{}
	shelves := []*shelf{{[]*book{{"a"}, {"b"}}}, {nil}, {[]*book{{"c"}}}}
	root := at(ctx, field("Query", "shelves"))
	Deliver(root, shelves)
	for i, s := range shelves {
		books := at(root, i, field("Shelf", "books"))
		lists, err := Field(books, []*shelf{s}, func(_ context.Context, shelves []*shelf) ([]page, error) {
			require.Len(t, shelves, 3)
			lists := make([]page, len(shelves))
			for i, s := range shelves {
				lists[i] = s.books
			}
			return lists, nil
		})
		require.NoError(t, err)
		for j, b := range lists[0] {
			_, err := Field(at(books, j, field("Book", "title")), []*book{b}, c.fetch)
			require.NoError(t, err)
		}
	}
	require.Equal(t, [][]string{{"a", "b", "c"}}, c.parents, "across the lists of different parents")
}

func TestFieldLoadsAParentThatNobodyAnnounced(t *testing.T) {
	ctx, c := operation(t), &calls{}
	a, stray := &book{"a"}, &book{"stray"}
	root := at(ctx, field("Query", "books"))
	Deliver(root, page{a})
	title := at(root, field("Book", "title"))
	_, err := Field(title, []*book{a}, c.fetch)
	require.NoError(t, err)
	got, err := Field(title, []*book{stray, a, {"other"}}, c.fetch)
	require.NoError(t, err)
	require.Equal(t, []string{"stray", "a", "other"}, got)
	require.Equal(t, [][]string{{"a"}, {"stray", "other"}}, c.parents)
}

func TestFieldLeavesGapsAmongItsParents(t *testing.T) {
	ctx, c := operation(t), &calls{}
	a, b := &book{"a"}, &book{"b"}
	root := at(ctx, field("Query", "books"))
	Deliver(root, []*book{a, nil, b})
	got, err := Field(at(root, field("Book", "title")), []*book{a, nil, b}, c.fetch)
	require.NoError(t, err)
	require.Equal(t, []string{"a", "", "b"}, got)
	require.Equal(t, [][]string{{"a", "b"}}, c.parents)
}

// Fragments on different types may give one response name to fields that differ
// in their arguments, and so may what stands below them.
func TestFieldKeepsTheBranchesOfFragmentsApart(t *testing.T) {
	ctx := operation(t)
	root := at(ctx, field("Query", "nodes"))
	a, b := &book{"a"}, &book{"b"}
	Deliver(at(root, 0, field("Shelf", "list")), page{a})
	Deliver(at(root, 1, field("Author", "list")), page{b})
	for _, branch := range []struct {
		on     string
		parent *book
	}{{"Shelf", a}, {"Author", b}} {
		got, err := Field(at(root, 0, field(branch.on, "list"), field("Book", "reviews")), []*book{branch.parent},
			func(_ context.Context, books []*book) ([]string, error) {
				require.Len(t, books, 1)
				return []string{"asked for by " + branch.on}, nil
			})
		require.NoError(t, err)
		require.Equal(t, []string{"asked for by " + branch.on}, got)
	}
}

func TestFieldGivesAnErrorToEachParentAndRunsOnce(t *testing.T) {
	broken := errors.New("the shelf fell down")
	for name, fetch := range map[string]func(context.Context, []*book) ([]string, error){
		"the shelf fell down": func(context.Context, []*book) ([]string, error) { return nil, broken },
		"panic in Book.title": func(context.Context, []*book) ([]string, error) { panic("no such book") },
		"index out of range":  func(context.Context, []*book) ([]string, error) { return []string{"too few"}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			runs := 0
			counted := func(ctx context.Context, books []*book) ([]string, error) {
				runs++
				return fetch(ctx, books)
			}
			books := page{{"a"}, {"b"}}
			ctx := operation(t)
			root := at(ctx, field("Query", "books"))
			Deliver(root, books)
			for i, b := range books {
				got, err := Field(at(root, i, field("Book", "title")), []*book{b}, counted)
				require.ErrorContains(t, err, name)
				require.Nil(t, got)
			}
			require.Equal(t, 1, runs)

			ctx = operation(t)
			_, err := Field(at(ctx, field("Query", "books"), field("Book", "title")), books[:1], (&calls{}).fetch)
			require.NoError(t, err, "another operation is not touched")
		})
	}
}

func TestFieldEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(operation(t))
	books := page{{"a"}, {"b"}}
	root := at(ctx, field("Query", "books"))
	Deliver(root, books)
	var done sync.WaitGroup
	for i, b := range books {
		done.Go(func() {
			_, err := Field(at(root, i, field("Book", "title")), []*book{b}, func(ctx context.Context, _ []*book) ([]string, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			})
			require.ErrorIs(t, err, context.Canceled)
		})
	}
	cancel()
	done.Wait()
}

func TestOperationsNeverSeeEachOthersEntries(t *testing.T) {
	const operations, size = 50, 20
	shared := page{}
	for i := range size {
		shared = append(shared, &book{fmt.Sprint(i)})
	}
	var done sync.WaitGroup
	for user := range operations {
		done.Go(func() {
			ctx := operation(t)
			var fetches atomic.Int32
			root := at(ctx, field("Query", "books"))
			Deliver(root, shared) // the same objects: only the operation tells them apart
			own := byKey("rows", func(_ *store.Reader, _ context.Context, keys []string) ([]*book, error) {
				fetches.Add(1)
				var books []*book
				for _, key := range keys {
					books = append(books, &book{fmt.Sprint(user, " sees ", key)})
				}
				return books, nil
			}, func(b *book) string {
				var who int
				var key string
				_, _ = fmt.Sscanf(b.title, "%d sees %s", &who, &key)
				return key
			})
			var fields sync.WaitGroup
			for i, b := range shared {
				fields.Go(func() {
					got, err := One(at(root, i, field("Book", "view")), []*book{b}, own, func(b *book) string { return b.title })
					require.NoError(t, err)
					require.Equal(t, fmt.Sprint(user, " sees ", b.title), got[0].title)
				})
			}
			fields.Wait()
			require.EqualValues(t, 1, fetches.Load())
		})
	}
	done.Wait()
}

type observer struct {
	field string
	keys  int
	err   error
}

func (o *observer) Batch(_ context.Context, field string, keys int, _ time.Duration, err error) {
	o.field, o.keys, o.err = field, keys, err
}

func TestObserverIsToldOfEachBatch(t *testing.T) {
	o := &observer{}
	ctx := With(t.Context(), New(FromStore(nil), nil, o))
	root := at(ctx, field("Query", "books"))
	books := page{{"a"}, {"b"}}
	Deliver(root, books)
	_, err := Field(at(root, field("Book", "title")), books[:1], (&calls{}).fetch)
	require.NoError(t, err)
	require.Equal(t, &observer{"Book.title", 2, nil}, o)
}
