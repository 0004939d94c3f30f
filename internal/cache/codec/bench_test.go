package codec_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/cache/codec"
	"souk/store"
)

func BenchmarkCodec(b *testing.B) {
	d := manyWords(4)
	d.words = []string{"jacket", "waxed-cotton-jacket", "Jacket of waxed cotton, for rain and wind"}
	product := random[store.Product](d)
	product.Description = sentence[:400]
	benchmark(b, "product", &product)
	page := store.Page[store.Product]{}
	for i := range 20 {
		p := random[store.Product](d)
		page.Items = append(page.Items, &p)
		page.Positions = append(page.Positions, store.Position{"2026-01-02 03:04:05+00", "00000000-0000-0000-0000-0000000000" + strconv.Itoa(10+i)})
	}
	benchmark(b, "page of 20", page)
	benchmark(b, "count", store.Count{N: 1234})
}

func benchmark[V any](b *testing.B, name string, value V) {
	c, err := codec.Of[V]()
	require.NoError(b, err)
	written := c.Append(nil, value)
	b.Run(name+"/append", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(written)))
		for b.Loop() {
			written = c.Append(written[:0], value)
		}
	})
	b.Run(name+"/decode", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(written)))
		for b.Loop() {
			if _, err := c.Decode(written); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run(name+"/size", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.Size(value)
		}
	})
}
