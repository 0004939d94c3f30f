package codec_test

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/cache/codec"
	"souk/store"
)

var sentence = strings.Repeat("A jacket of waxed cotton, for rain and wind. ", 20)

func manyWords(seed uint64) dice {
	return dice{rand.New(rand.NewPCG(seed, 1)), []string{"", "a", "é", "jacket", "waxed-cotton-jacket", sentence, "\x00\xff"}}
}

type named int8

type everything struct {
	Bool          bool
	Int8          named
	Int16         int16
	Int32         int32
	Int64         int64
	Int           int
	Uint8         uint8
	Uint16        uint16
	Uint32        uint32
	Uint64        uint64
	Uint          uint
	Float32       float32
	Float64       float64
	Bytes         []byte
	NamedBytes    []named
	Arrays        [2][3]string
	Slices        [][]string
	Pointers      **string
	Times         []time.Time
	PointedTime   *time.Time
	Nothing       struct{}
	NothingToo    [0]string
	ArrayPointers [3]*[4]byte
}

// roundTrips checks that values of a type survive, together in one buffer as well.
func roundTrips[V any](t *testing.T) {
	t.Helper()
	t.Run(reflect.TypeFor[V]().String(), func(t *testing.T) {
		c, err := codec.Of[V]()
		require.NoError(t, err)
		d := manyWords(2)
		for range 500 {
			value := random[V](d)
			b := c.Append([]byte("before"), value)
			require.Equal(t, "before", string(b[:6]))
			back, err := c.Decode(b[6:])
			require.NoError(t, err)
			if !reflect.DeepEqual(value, back) { // require.Equal takes a nil slice for an empty one
				require.Equal(t, value, back)
				t.Fatal("a slice is nil, or is not")
			}
			clear(b)
			require.Equal(t, value, back, "the value shares the caller's bytes")
			require.GreaterOrEqual(t, c.Size(value), int(reflect.TypeFor[V]().Size())-8) // a pointer itself takes nothing
		}
	})
}

func TestValuesSurvive(t *testing.T) {
	roundTrips[everything](t)
	roundTrips[store.Count](t)
	roundTrips[store.Product](t)
	roundTrips[*store.Product](t)
	roundTrips[store.Variant](t)
	roundTrips[store.Image](t)
	roundTrips[store.Review](t)
	roundTrips[store.Category](t)
	roundTrips[store.Vendor](t)
	roundTrips[store.Author](t)
	roundTrips[store.ProductOption](t)
	roundTrips[[]*store.ProductOption](t)
	roundTrips[store.Collection](t)
	roundTrips[store.Facets](t)
	roundTrips[store.Page[store.Product]](t)
	roundTrips[store.Page[store.Variant]](t)
	roundTrips[store.Page[store.Review]](t)
	roundTrips[store.Page[store.Category]](t)
	roundTrips[store.Page[store.Vendor]](t)
	roundTrips[store.Page[store.Collection]](t)
	roundTrips[string](t)
	roundTrips[store.ProductID](t)
}

func TestTimesKeepTheInstant(t *testing.T) {
	c, err := codec.Of[time.Time]()
	require.NoError(t, err)
	now := time.Now()
	for _, value := range []time.Time{{}, now, now.UTC(), now.In(time.FixedZone("elsewhere", 3600))} {
		back, err := c.Decode(c.Append(nil, value))
		require.NoError(t, err)
		require.True(t, back.Equal(value), value)
	}
	back, err := c.Decode(c.Append(nil, now))
	require.NoError(t, err)
	require.Equal(t, now.Round(0), back) // without the monotonic clock
}

type list struct{ Next *list }

func TestTypesAreRefusedThatCannotBeReadBack(t *testing.T) {
	refuses[map[string]int](t, "map")
	refuses[struct{ F func() }](t, "func")
	refuses[struct{ C *chan int }](t, "chan")
	refuses[[]any](t, "interface")
	refuses[struct{ hidden int }](t, "hidden: an unexported field")
	refuses[store.Order](t, "unexported")
	refuses[list](t, "contains itself")
	refuses[[]struct{}](t, "written as nothing")
	refuses[complex128](t, "complex128")
}

func refuses[V any](t *testing.T, why string) {
	t.Helper()
	_, err := codec.Of[V]()
	require.ErrorContains(t, err, why)
}

func shape[V any](t *testing.T) uint64 {
	t.Helper()
	c, err := codec.Of[V]()
	require.NoError(t, err)
	return c.Shape()
}

func TestChangesOfATypeChangeItsShape(t *testing.T) {
	type inner struct{ X int }
	shapes := []uint64{
		shape[struct{ A, B string }](t),
		shape[struct{ B, A string }](t),
		shape[struct{ A, C string }](t),
		shape[struct{ A, B, C string }](t),
		shape[struct{ A, B []string }](t),
		shape[struct{ A, B *string }](t),
		shape[struct{ A, B [3]byte }](t),
		shape[struct{ A, B [4]byte }](t),
		shape[struct{ A, B int }](t),
		shape[struct{ A, B int64 }](t),
		shape[struct{ A inner }](t),
		shape[struct{ A struct{ X int64 } }](t),
		shape[struct{ A []inner }](t),
		shape[time.Time](t),
		shape[store.Page[store.Product]](t),
		shape[store.Page[store.Variant]](t),
	}
	seen := map[uint64]int{}
	for i, s := range shapes {
		first, twice := seen[s]
		require.False(t, twice, "types %d and %d", first, i)
		seen[s] = i
	}
	require.Equal(t, shape[store.Product](t), shape[store.Product](t))
}

// TestEveryDamageIsFound changes every bit, and cuts everywhere.
func TestEveryDamageIsFound(t *testing.T) {
	c, err := codec.Of[store.Page[store.Product]]()
	require.NoError(t, err)
	d := manyWords(3)
	d.words = d.words[:5]
	b := c.Append(nil, random[store.Page[store.Product]](d))
	for i := range b {
		_, err := c.Decode(b[:i])
		require.ErrorIs(t, err, codec.ErrDamaged)
		for bit := range 8 {
			b[i] ^= 1 << bit
			_, err := c.Decode(b)
			require.ErrorIs(t, err, codec.ErrDamaged)
			b[i] ^= 1 << bit
		}
	}
	_, err = c.Decode(append(b, 0))
	require.ErrorIs(t, err, codec.ErrDamaged)

	other, err := codec.Of[store.Page[store.Variant]]()
	require.NoError(t, err)
	_, err = other.Decode(other.Append(nil, store.Page[store.Variant]{}))
	require.NoError(t, err)
	_, err = c.Decode(other.Append(nil, store.Page[store.Variant]{}))
	require.ErrorIs(t, err, codec.ErrDamaged, "the bytes would fit, and are of another type")
}
