package memory_test

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"souk/internal/cache/codec"
	"souk/internal/cache/memory"
	"souk/internal/coherence"
	"souk/store"
)

func key(text string) memory.Key { return sha256.Sum256([]byte(text)) }

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// eventually waits for the maintenance of a cache.
func eventually(t *testing.T, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, 5*time.Second, time.Millisecond)
}

func TestItemsAreKept(t *testing.T) {
	c := memory.New(1 << 20)
	_, ok := c.Get(key("a"))
	require.False(t, ok)
	item := memory.Item{Value: "x", Entry: coherence.Entry{Epoch: coherence.Epoch{1}, At: 7, Tags: []coherence.Tag{1, 2}}, Bytes: 17}
	c.Put(key("a"), item)
	kept, ok := c.Get(key("a"))
	require.True(t, ok)
	require.Equal(t, item, kept)
	require.Equal(t, 1, c.Len())
	eventually(t, func() bool { return c.Bytes() > 17 })

	item.Value = "y"
	c.Put(key("a"), item)
	kept, _ = c.Get(key("a"))
	require.Equal(t, "y", kept.Value)
	require.Equal(t, 1, c.Len())

	c.Clear()
	_, ok = c.Get(key("a"))
	require.False(t, ok)
	eventually(t, func() bool { return c.Bytes() == 0 && c.Len() == 0 })
}

func TestLargeItemIsNotKept(t *testing.T) {
	c := memory.New(1 << 20)
	c.Put(key("a"), memory.Item{Bytes: 10})
	c.Put(key("a"), memory.Item{Bytes: 1 << 20 / 32})
	_, ok := c.Get(key("a"))
	require.False(t, ok, "the older one must not come back")
	c.Put(key("b"), memory.Item{Bytes: -1})
	_, ok = c.Get(key("b"))
	require.False(t, ok)
}

func TestAskedForItemsOutliveAFlood(t *testing.T) {
	const maximum = 1 << 20
	c := memory.New(maximum)
	ask := func(what string, from, to int) (hits int) {
		for i := from; i < to; i++ {
			key := key(what + strconv.Itoa(i))
			if _, ok := c.Get(key); ok {
				hits++
			} else {
				c.Put(key, memory.Item{Bytes: 1000})
			}
		}
		return hits
	}
	ask("first", 0, 2000) // otter counts from when the cache is half full
	eventually(t, func() bool { return c.Bytes() > maximum*9/10 && c.Bytes() <= maximum })
	eventually(t, func() bool { return ask("popular", 0, 100) == 100 })
	for flood := range 100 {
		ask("once", 200*flood, 200*flood+200)
		ask("popular", 0, 100)
	}
	require.Greater(t, ask("popular", 0, 100), 90)
	eventually(t, func() bool { return c.Bytes() <= maximum })
}

func TestConcurrentUse(t *testing.T) {
	c := memory.New(256 << 10)
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			d := rand.New(rand.NewPCG(uint64(worker), 0))
			for range 20_000 {
				key := key(strconv.Itoa(d.IntN(2000)))
				if item, ok := c.Get(key); ok {
					if item.Value != key {
						t.Errorf("%s has the value of %v", key, item.Value)
					}
				} else {
					c.Put(key, memory.Item{Value: key, Bytes: 500})
				}
				if d.IntN(10_000) == 0 {
					c.Clear()
				}
			}
		})
	}
	all.Wait()
	eventually(t, func() bool { return c.Bytes() <= 256<<10 })
}

func heap() int64 {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func words(d *rand.Rand, n int) string {
	var b strings.Builder
	for b.Len() < n {
		b.WriteString([]string{"jacket ", "of ", "cotton ", "rain ", "and "}[d.IntN(5)])
	}
	return strings.Clone(b.String()[:n])
}

func product(d *rand.Rand) *store.Product {
	amount, vendor := d.Int64N(1e6), store.VendorID{byte(d.IntN(256))}
	currency := strings.Clone("EUR")
	return &store.Product{
		Slug: words(d, 10+d.IntN(30)), Title: words(d, 10+d.IntN(50)), Description: words(d, d.IntN(1500)),
		Status: store.ProductStatus(strings.Clone("ACTIVE")), Tags: []string{words(d, 8), words(d, 12)},
		VendorID: &vendor, Currency: &currency, PriceMinMinor: &amount, PriceMaxMinor: &amount,
		RatingHistogram: []int{1, 2, 3, 4, 5}, CreatedAt: time.Now(), Version: 3,
	}
}

// filler returns the n-th value of a kind, as a database's driver makes it.
type filler func(d *rand.Rand) (value any, bytes int)

func sized[V any](t *testing.T, made func(d *rand.Rand) V, decoded bool) filler {
	c, err := codec.Of[V]()
	require.NoError(t, err)
	return func(d *rand.Rand) (any, int) {
		value := made(d)
		if decoded {
			value, err = c.Decode(c.Append(nil, value))
			require.NoError(t, err)
		}
		return value, c.Size(value)
	}
}

// TestHeapIsWithinTheMaximum fills caches twice over, with values of sizes from tens of
// bytes to tens of kilobytes, and measures the heap.
func TestHeapIsWithinTheMaximum(t *testing.T) {
	count := func(d *rand.Rand) store.Count { return store.Count{N: d.IntN(1000)} }
	vendor := func(d *rand.Rand) *store.Vendor {
		return &store.Vendor{Slug: words(d, 12), Name: words(d, 5+d.IntN(20))}
	}
	page := func(d *rand.Rand) (p store.Page[store.Product]) {
		for range 1 + d.IntN(20) {
			p.Items = append(p.Items, product(d))
			p.Positions = append(p.Positions, store.Position{words(d, 29), words(d, 36)})
		}
		return p
	}
	for name, made := range map[string]filler{
		"counts":            sized(t, count, false),
		"counts, decoded":   sized(t, count, true),
		"vendors":           sized(t, vendor, false),
		"vendors, decoded":  sized(t, vendor, true),
		"products":          sized(t, product, false),
		"products, decoded": sized(t, product, true),
		"pages":             sized(t, page, false),
		"pages, decoded":    sized(t, page, true),
	} {
		for _, maximum := range []int64{3 << 20, 10 << 20} {
			t.Run(fmt.Sprintf("%s in %d MiB", name, maximum>>20), func(t *testing.T) {
				d := rand.New(rand.NewPCG(5, 5))
				before := heap()
				c := memory.New(maximum)
				for put, i := int64(0), 0; put < 2*maximum; i++ {
					value, bytes := made(d)
					put += int64(bytes) + 200
					c.Put(key(strconv.Itoa(i)), memory.Item{
						Value: value, Bytes: bytes, Entry: coherence.Entry{Tags: make([]coherence.Tag, 1+d.IntN(4))},
					})
				}
				eventually(t, func() bool { return c.Bytes() <= maximum })
				held := heap() - before
				t.Logf("%d items, estimated %.1f %%, measured %.1f %%", c.Len(),
					100*float64(c.Bytes())/float64(maximum), 100*float64(held)/float64(maximum))
				require.InDelta(t, 1, float64(held)/float64(maximum), 0.1)
				runtime.KeepAlive(c)
			})
		}
	}
}

func TestGetDoesNotAllocate(t *testing.T) {
	c := memory.New(1 << 20)
	c.Put(key("key"), memory.Item{Value: "x"})
	require.Zero(t, testing.AllocsPerRun(1000, func() { c.Get(key("key")) }))
}

func BenchmarkCache(b *testing.B) {
	const n = 10_000
	c := memory.New(64 << 20)
	keys := make([]memory.Key, n)
	for i := range keys {
		keys[i] = key(strconv.Itoa(i))
		c.Put(keys[i], memory.Item{Value: &keys[i], Bytes: 1000})
	}
	b.Run("get one", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.Get(keys[0])
		}
	})
	b.Run("get", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			c.Get(keys[i%n])
		}
	})
	b.Run("get in parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				c.Get(keys[i%n])
			}
		})
	})
	b.Run("miss", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.Get(key("product:none"))
		}
	})
	b.Run("put", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			c.Put(keys[i%n], memory.Item{Value: &keys[0], Bytes: 1000})
		}
	})
	full := memory.New(4 << 20)
	b.Run("put when full", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			full.Put(keys[i%n], memory.Item{Value: &keys[0], Bytes: 1000})
		}
	})
}
