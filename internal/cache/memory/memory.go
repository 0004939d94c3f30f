// Package memory is the tier of the cache that is in the process. It keeps values within a
// number of bytes of the heap, and does not know whether they are still right: who takes one
// out judges it by its entry.
package memory

import (
	"math"
	"unsafe"

	"github.com/maypok86/otter/v2"

	"souk/internal/coherence"
)

// Key names an item: a hash.
type Key [32]byte

// Item is a value with what makes it judgeable. Nothing in it may be changed once it is kept.
type Item struct {
	Value any
	Entry coherence.Entry
	// Bytes is what the value takes of the heap, with all that it refers to.
	Bytes int
}

const (
	// largestShare is the part of the memory that one item may take. A larger one would
	// evict many that are asked for.
	largestShare = 64
	// perItem is what an item takes besides its value, its key and its tags: 80 bytes for
	// itself, 96 for otter's node, and its share of the hash table and of the frequencies, which
	// TestHeapIsWithinTheMaximum measures.
	perItem = 208
	// leastMaximum holds the tables of an empty cache a few times over.
	leastMaximum = 64 << 10
)

// Cache keeps items within a maximum number of bytes. It is safe for concurrent use.
//
// otter admits by frequency (W-TinyLFU): an item that was not asked for more often than
// the one that it would replace is dropped soon. It evicts on goroutines of its own, so for
// a moment after a Put the cache can be above its maximum.
type Cache struct {
	// items are pointers: otter copies a value three times, which took half the time of a
	// look-up.
	items   *otter.Cache[Key, *Item]
	largest int
}

// New returns a cache that takes at most so many bytes of the heap, or 64 KiB if that is
// more.
func New(maximum int64) *Cache {
	maximum = max(maximum, leastMaximum)
	return &Cache{
		largest: int(min(maximum/largestShare, math.MaxUint32)),
		items: otter.Must(&otter.Options[Key, *Item]{
			MaximumWeight: uint64(maximum),
			Weigher:       func(_ Key, item *Item) uint32 { return uint32(weight(item)) },
		}),
	}
}

// Get returns what was put under a key last, if it is still there. It does not allocate.
func (c *Cache) Get(key Key) (Item, bool) {
	item, ok := c.items.GetIfPresent(key)
	if !ok {
		return Item{}, false
	}
	return *item, true
}

// Put keeps an item, unless it takes more than a 64th of the maximum: then the key has none.
func (c *Cache) Put(key Key, item Item) {
	if item.Bytes < 0 || weight(&item) > c.largest {
		c.items.Invalidate(key)
		return
	}
	c.items.Set(key, &item)
}

// Bytes returns the estimate of what all items take.
func (c *Cache) Bytes() int64 { return int64(c.items.WeightedSize()) }

// Len returns the number of items.
func (c *Cache) Len() int { return c.items.EstimatedSize() }

// Clear drops all items.
func (c *Cache) Clear() { c.items.InvalidateAll() }

// weight returns the bytes that an item takes.
func weight(item *Item) int {
	const word = 8 // the heap rounds up to it
	tags := cap(item.Entry.Tags) * int(unsafe.Sizeof(coherence.Tag(0)))
	return perItem + tags + word/2 + item.Bytes
}
