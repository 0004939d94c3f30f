package codec

import (
	"encoding/binary"
	"reflect"
	"sync"
)

// writer takes what coders write: the texts of strings apart from the rest, so that a reader
// keeps a copy of the texts alone.
type writer struct{ rest, text []byte }

// writers have buffers for texts.
var writers = sync.Pool{New: func() any { return new(writer) }}

// flag writes a byte that is 0 or 1.
func (w *writer) flag(set bool) {
	if set {
		w.rest = append(w.rest, 1)
	} else {
		w.rest = append(w.rest, 0)
	}
}

// uvarint writes a number, seven bits in each byte.
func (w *writer) uvarint(n uint64) { w.rest = binary.AppendUvarint(w.rest, n) }

// length writes 0 for a nil slice, and otherwise one more than the length.
func (w *writer) length(slice reflect.Value) {
	if slice.IsNil() {
		w.flag(false)
	} else {
		w.uvarint(uint64(slice.Len()) + 1)
	}
}
