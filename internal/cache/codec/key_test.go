package codec_test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/cache/codec"
	"souk/loaders"
	"souk/store"
)

// keyed returns random arguments of lists, as the loaders have them, and the cases that are
// easily confused.
func keyed(d dice) []any {
	zero, minusZero, one := 0.0, math.Copysign(0, -1), 1.0
	values := []any{
		nil, 0, int64(0), uint8(0), false, "", "0", []string(nil),
		[]string{},
		[]string{""},
		[]string{"", ""},
		[]string{"ab", "c"},
		[]string{"a", "bc"},
		[2]string{"a", "bc"},
		zero, minusZero, &zero, &minusZero, &one,
		(*float64)(nil), new(float64),
		store.ProductID{},
		store.VendorID{},
		&store.ProductID{},
		struct{ A, B any }{1, nil},
		struct{ A, B any }{nil, 1},
		[]any{nil},
		[]any{[]any(nil)},
		[]any{[]any{}},
		struct{ a []any }{[]any{1}},
		loaders.PageArgs{},
		loaders.PageArgs{List: loaders.ProductArgs{}},
		loaders.PageArgs{List: &loaders.ProductArgs{}},
		struct{ A, B *int }{new(int), nil},
		struct{ A, B *int }{nil, new(int)},
		struct{ A, B *int }{},
		struct{ A, B *int }{new(int), new(int)},
		struct{ A any }{},
		struct{ A any }{""},
		struct{ A any }{(*int)(nil)},
		struct{ A any }{new(int)},
		time.Unix(1, 0), time.Unix(1, 0).UTC(), &time.Time{}, time.Unix(2, 0).UTC(),
		complex(0, minusZero), complex(minusZero, 1), complex(0, 1),
	}
	for range 60 {
		values = append(values,
			loaders.PageArgs{Page: random[store.PageRequest](d)},
			loaders.PageArgs{List: random[loaders.ProductArgs](d), Page: random[store.PageRequest](d)},
			loaders.PageArgs{List: random[store.ProductFilter](d)},
			random[loaders.FacetArgs](d),
			random[store.ProductFilter](d),
			random[store.PageRequest](d),
			random[store.Order](d),
			random[store.PriceFilter](d),
			random[*store.Search](d),
		)
	}
	return values
}

func TestKeysAreEqualWhereValuesAre(t *testing.T) {
	d := dice{rand.New(rand.NewPCG(1, 2)), []string{"", "a"}}
	// The second copies are made of other memory.
	values := append(keyed(d), keyed(dice{rand.New(rand.NewPCG(1, 2)), d.words})...)
	keys := make([]string, len(values))
	for i, value := range values {
		key, ok := codec.Key(value)
		require.True(t, ok, "%#v", value)
		keys[i] = key
	}
	equal := 0
	for i, a := range values {
		for j, b := range values {
			same := reflect.DeepEqual(a, b)
			if same != (keys[i] == keys[j]) {
				t.Fatalf("%#v and %#v are equal: %v; keys %q and %q", a, b, same, keys[i], keys[j])
			}
			if same && i != j {
				equal++
			}
		}
	}
	require.Greater(t, equal, len(values), "hardly any values are equal")
}

type node struct{ next *node }

func typeA() any { type local struct{ X int }; return local{} }
func typeB() any { type local struct{ X int }; return local{} }

func TestValuesWithoutAKey(t *testing.T) {
	circle := &node{}
	circle.next = circle
	for _, value := range []any{
		map[string]int{},
		func() {}, make(chan int), math.NaN(),
		[]any{complex(0, math.NaN())},
		circle,
		struct{ f func() }{},
		loaders.PageArgs{List: map[string]int(nil)},
	} {
		_, ok := codec.Key(value)
		require.False(t, ok, "%T", value)
	}
	_, ok := codec.Key(typeA())
	require.True(t, ok)
	_, ok = codec.Key(typeB())
	require.False(t, ok, "two types cannot be told apart")
}

func BenchmarkKey(b *testing.B) {
	low, category := int64(1000), store.CategoryID{1}
	filter := store.ProductFilter{
		Category: &category, Vendors: []store.VendorID{{2}, {3}},
		Price:   &store.PriceFilter{Currency: "EUR", MinMinor: &low},
		Options: []store.OptionFilter{{Name: "Size", Values: []string{"M", "L"}}},
	}
	page := store.PageRequest{Order: store.ProductsByNewest, Limit: 21, After: store.Position{"2026-01-02 03:04:05+00", "00000000-0000-0000-0000-000000000001"}}
	for name, value := range map[string]any{
		"page":          loaders.PageArgs{Page: page},
		"filtered page": loaders.PageArgs{List: loaders.ProductArgs{Filter: filter}, Page: page},
		"facets":        loaders.FacetArgs{ProductArgs: loaders.ProductArgs{Filter: filter}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				codec.Key(value)
			}
		})
	}
}
