package codec

import "sync"

const (
	tiny      = 16       // bytes; smaller objects without pointers share a block
	largest   = 32 << 10 // bytes of the largest object that the runtime takes from a size class
	page      = 8 << 10  // bytes; larger objects are whole pages
	unheaded  = 512      // bytes; larger objects with pointers have a header
	headBytes = 8
)

// allocated returns how many bytes of the heap an object takes.
func allocated(size uintptr, pointers bool) int {
	n := int(size)
	if n < tiny && !pointers {
		return n
	}
	if pointers && n > unheaded {
		n += headBytes
	}
	if n > largest {
		return (n + page - 1) / page * page
	}
	return int(classes()[(n+7)/8])
}

// classes are the bytes that the runtime takes for an object, by the eighths of its size. It
// says so as the capacity of a slice.
var classes = sync.OnceValue(func() []uint16 {
	sizes := make([]uint16, largest/8+1)
	for n := 1; n <= largest; {
		class := min(cap(append([]byte(nil), make([]byte, n)...)), largest)
		for ; n <= class; n++ {
			sizes[(n+7)/8] = uint16(class)
		}
	}
	return sizes
})
