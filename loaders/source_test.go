package loaders

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/fault"
	"souk/store"
)

// from returns the context of a response that reads from source.
func from(t *testing.T, source Source) context.Context {
	return With(t.Context(), New(source, nil))
}

// operation returns the context of a response that reads without a database.
func operation(t *testing.T) context.Context { return from(t, inTurn{}) }

// inTurn is a source without a database.
type inTurn struct{}

func (inTurn) Read(ctx context.Context, reads []Read, _ bool) {
	for _, read := range reads {
		for part := range read.parts() {
			read.from(ctx, nil, part)
		}
	}
}

// recorder keeps what it is asked for, and passes it on.
type recorder struct {
	next  Source
	calls [][]Read
}

func (s *recorder) Read(ctx context.Context, reads []Read, last bool) {
	s.calls = append(s.calls, reads)
	s.next.Read(ctx, reads, last)
}

func names(reads []Read) []string {
	var names []string
	for _, read := range reads {
		names = append(names, read.Name())
	}
	return names
}

// known is a decorator like a cache: it has some of the rows, and before it reads the
// others it reads at which moment they are read.
type known struct {
	next   Source
	rows   map[int]*row
	moment Loader[Root, int]
}

func (s known) Read(ctx context.Context, reads []Read, last bool) {
	down := []Read{&Batch[Root, int]{Loader: s.moment, Keys: []Root{{}}}}
	var fill []func()
	for _, read := range reads {
		b, ok := read.(*Batch[int, *row])
		if !ok {
			down = append(down, read)
			continue
		}
		rest := &Batch[int, *row]{Loader: b.Loader}
		for _, key := range b.Keys {
			if s.rows[key] == nil {
				rest.Keys = append(rest.Keys, key)
			}
		}
		down = append(down, rest)
		fill = append(fill, func() {
			found := rest.Values
			for _, key := range b.Keys {
				if s.rows[key] == nil {
					s.rows[key], found = found[0], found[1:]
				}
				b.Values = append(b.Values, s.rows[key])
			}
		})
	}
	s.next.Read(ctx, down, last)
	for _, f := range fill {
		f()
	}
}

func TestASourceAnswersKeysAndAddsReads(t *testing.T) {
	rows := byKey("rows", func(_ *store.Reader, _ context.Context, keys []int) ([]*row, error) {
		found := make([]*row, len(keys))
		for i, key := range keys {
			found[i] = &row{Key: key, Value: "read"}
		}
		return found, nil
	}, keyOf)
	words := each("words", nil, func(_ *store.Reader, _ context.Context, key string) (string, error) { return key + "!", nil })
	moment := each("moment", nil, func(*store.Reader, context.Context, Root) (int, error) { return 7, nil })

	database := &recorder{next: inTurn{}}
	source := known{database, map[int]*row{2: {2, "known"}}, moment}
	some := &Batch[int, *row]{Loader: rows, Keys: []int{1, 2, 3}}
	others := &Batch[string, string]{Loader: words, Keys: []string{"a", "b"}}
	source.Read(t.Context(), []Read{some, others}, true)
	require.Equal(t, []*row{{1, "read"}, {2, "known"}, {3, "read"}}, some.Values)
	require.Equal(t, []string{"a!", "b!"}, others.Values)
	require.Len(t, database.calls, 1, "one round trip can answer them")
	require.Equal(t, []string{"moment", "rows", "words"}, names(database.calls[0]))
	require.Equal(t, 2, database.calls[0][1].Len(), "only the keys that are missing")

	got, err := rows.LoadMany(from(t, source), []int{3, 2})
	require.NoError(t, err)
	require.Equal(t, []*row{{3, "read"}, {2, "known"}}, got)
	require.Zero(t, database.calls[1][1].Len())
}

func TestABatchThatASourceDoesNotAnswerIsAnError(t *testing.T) {
	rows := byKey("rows", func(*store.Reader, context.Context, []int) ([]*row, error) { return nil, nil }, keyOf)
	forgetful := &recorder{next: sourceFunc(func(context.Context, []Read) {})}
	_, err := rows.LoadMany(from(t, forgetful), []int{1, 2})
	require.EqualError(t, err, "rows: 0 values for 2 keys")
}

type sourceFunc func(context.Context, []Read)

func (f sourceFunc) Read(ctx context.Context, reads []Read, _ bool) { f(ctx, reads) }

func TestLookUpOfWhatDoesNotExistIsNil(t *testing.T) {
	broken := errors.New("connection lost")
	l := lookUp("rows", func(_ *store.Reader, _ context.Context, key int) (*row, error) {
		switch key {
		case 1:
			return &row{Key: 1}, nil
		case 2:
			return nil, fault.NotFound("there is no row 2")
		default:
			return nil, broken
		}
	})
	got, err := l.LoadMany(operation(t), []int{2, 1})
	require.NoError(t, err)
	require.Equal(t, []*row{nil, {Key: 1}}, got)
	_, err = l.Load(operation(t), 3)
	require.ErrorIs(t, err, broken)

	// An error of one key is that key's.
	b := &Batch[int, *row]{Loader: l, Keys: []int{1, 3, 2}}
	inTurn{}.Read(t.Context(), []Read{b}, true)
	for i, want := range []error{nil, broken, nil} {
		_, err := b.Value(i)
		require.Equal(t, want, err)
	}
}

// A Source may make one read of two with the same name and equal arguments, and may
// keep what it has read for them.
func TestReadsThatMeanTheSameHaveEqualArguments(t *testing.T) {
	newest := store.PageRequest{Order: store.ProductsByNewest, Limit: 20}
	next := newest
	next.After = store.Position{"2026-01-01", "x"}
	rating := func(least float64) store.ProductFilter { return store.ProductFilter{MinRating: &least} }
	listings := []store.Listing{store.WholeShop()}
	root, roots := true, false
	pages := func(f store.ProductFilter, p store.PageRequest) func(context.Context) {
		return func(ctx context.Context) { _, _ = Products(store.WholeShop().Kind(), f).Pages(ctx, listings, p) }
	}
	facets := func(f store.ProductFilter, wanted store.FacetSet) func(context.Context) {
		return func(ctx context.Context) { _, _ = Facets(store.WholeShop().Kind(), f, wanted).LoadMany(ctx, listings) }
	}
	categories := func(isRoot *bool) func(context.Context) {
		return func(ctx context.Context) {
			_, _ = Categories(store.CategoryFilter{IsRoot: isRoot}).Counts(ctx, []Root{{}})
		}
	}
	variants := func(limit int) func(context.Context) {
		return func(ctx context.Context) { _, _ = VariantsBySKU(limit).Load(ctx, "sku") }
	}
	for name, of := range map[string]struct{ one, same, other func(context.Context) }{
		"cursors":  {pages(rating(4), newest), pages(rating(4), newest), pages(rating(4), next)},
		"filters":  {pages(rating(4), newest), pages(rating(4), newest), pages(rating(3), newest)},
		"facets":   {facets(rating(4), store.FacetSet{Prices: true}), facets(rating(4), store.FacetSet{Prices: true}), facets(rating(4), store.FacetSet{})},
		"pointers": {categories(&root), categories(new(root)), categories(&roots)},
		"limits":   {variants(2), variants(2), variants(3)},
	} {
		t.Run(name, func(t *testing.T) {
			var args [3]any
			for i, load := range []func(context.Context){of.one, of.same, of.other} {
				load(from(t, sourceFunc(func(_ context.Context, reads []Read) { args[i] = reads[0].Args() })))
			}
			require.NotNil(t, args[0])
			require.True(t, reflect.DeepEqual(args[0], args[1]))
			require.False(t, reflect.DeepEqual(args[0], args[2]))
		})
	}
}
