package codec

import (
	"encoding/binary"
	"sync"
)

// reader takes what coders have written, from the front.
type reader struct {
	rest []byte
	text string
}

var readers = sync.Pool{New: func() any { return new(reader) }}

// next takes n bytes, if there are as many.
func (r *reader) next(n int) ([]byte, bool) {
	if n > len(r.rest) {
		return nil, false
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken, true
}

// flag takes a byte that is 0 or 1.
func (r *reader) flag() (set, ok bool) {
	if len(r.rest) == 0 || r.rest[0] > 1 {
		return false, false
	}
	set = r.rest[0] == 1
	r.rest = r.rest[1:]
	return set, true
}

func (r *reader) uvarint() (uint64, bool) {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 {
		return 0, false
	}
	r.rest = r.rest[size:]
	return n, true
}

func (r *reader) varint() (int64, bool) {
	n, size := binary.Varint(r.rest)
	if size <= 0 {
		return 0, false
	}
	r.rest = r.rest[size:]
	return n, true
}

// string takes a length, and a text of this length.
func (r *reader) string() (string, bool) {
	n, ok := r.uvarint()
	if !ok || n > uint64(len(r.text)) {
		return "", false
	}
	taken := r.text[:n]
	r.text = r.text[n:]
	return taken, true
}

// length takes the length of a slice whose elements have at least so many bytes. set is false
// for nil.
func (r *reader) length(least int) (n int, set, ok bool) {
	more, ok := r.uvarint()
	if !ok || more == 0 {
		return 0, false, ok
	}
	if more-1 > uint64(len(r.rest)/least) {
		return 0, true, false
	}
	return int(more - 1), true, true
}
