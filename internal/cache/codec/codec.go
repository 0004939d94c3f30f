// Package codec writes values as bytes, for caches that live outside of the process. It
// knows no type of its own: a [Codec] is compiled once for each type.
//
//	c, err := codec.Of[store.Page[store.Product]]()
//	b := c.Append(nil, page)
//	page, err = c.Decode(b)
//
// The bytes carry no names, so they can only be read by the type that wrote them. [Codec.Shape]
// tells types apart, also two versions of one type: make it a part of the key under which the
// bytes are kept.
//
// [Key] writes the arguments of a read, as a part of such a key.
package codec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"reflect"
)

// ErrDamaged says that bytes were not written by a codec of the same type, or were changed
// since.
var ErrDamaged = errors.New("the bytes are damaged, or are of another type")

// Codec writes and reads values of type V. It is safe for concurrent use.
type Codec[V any] struct {
	root  *coder
	shape uint64
	own   int // bytes of memory of a V that an interface holds
}

const (
	numberSize    = 4         // bytes of the length of the texts, and of the checksum
	largestBuffer = 256 << 10 // bytes of the largest buffer that is kept for other values
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Of compiles the codec of a type. It returns an error if the type has a part that cannot be
// written or read back: a map, a function, a channel, an interface, an unexported field, or
// itself.
func Of[V any]() (*Codec[V], error) {
	t := reflect.TypeFor[V]()
	root, err := compile(t, nil)
	if err != nil {
		return nil, fmt.Errorf("make a codec of %v: %w", t, err)
	}
	c := &Codec[V]{root: root, shape: shapeOf(t)}
	if t.Kind() != reflect.Pointer {
		c.own = allocated(t.Size(), root.behind != nil)
	}
	return c, nil
}

// Shape returns a hash of the structure of the type: the names, types and order of its
// fields, and those of what they consist of.
func (c *Codec[V]) Shape() uint64 { return c.shape }

// Append appends a value to b. A time keeps its nanoseconds, and its location if that is UTC or
// the local one; any other becomes UTC.
//
// The texts of all strings come last, then their length and a checksum.
func (c *Codec[V]) Append(b []byte, v V) []byte {
	begin := len(b)
	w := writers.Get().(*writer)
	w.rest, w.text = b, w.text[:0]
	c.root.append(w, reflect.ValueOf(&v).Elem())
	b = append(w.rest, w.text...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(w.text)))
	if w.rest = nil; cap(w.text) <= largestBuffer {
		writers.Put(w)
	}
	return binary.LittleEndian.AppendUint32(b, c.sum(b[begin:]))
}

// Decode reads a value from what Append has appended. It does not keep b. The value's strings
// share one copy of the texts. The error is ErrDamaged.
func (c *Codec[V]) Decode(b []byte) (V, error) {
	var v V
	content, sum, ok := cutNumber(b)
	if !ok || c.sum(content) != sum || !c.decode(content, &v) {
		return *new(V), ErrDamaged
	}
	return v, nil
}

// decode reports whether the bytes before the checksum are a value.
func (c *Codec[V]) decode(content []byte, v *V) bool {
	content, texts, ok := cutNumber(content)
	if !ok || uint64(texts) > uint64(len(content)) {
		return false
	}
	begin := len(content) - int(texts)
	r := readers.Get().(*reader)
	r.rest, r.text = content[:begin], string(content[begin:])
	ok = c.root.decode(r, reflect.ValueOf(v).Elem()) && len(r.rest) == 0 && r.text == ""
	*r = reader{}
	readers.Put(r)
	return ok
}

// cutNumber splits off the number at the end.
func cutNumber(b []byte) (before []byte, n uint32, ok bool) {
	if len(b) < numberSize {
		return nil, 0, false
	}
	end := len(b) - numberSize
	return b[:end], binary.LittleEndian.Uint32(b[end:]), true
}

// sum differs for the same bytes of another type.
func (c *Codec[V]) sum(content []byte) uint32 {
	return crc32.Update(uint32(c.shape), castagnoli, content)
}

// Size estimates the bytes of memory that a value takes that an interface holds, together
// with all that it refers to.
func (c *Codec[V]) Size(v V) int {
	if c.root.behind == nil {
		return c.own
	}
	return c.own + c.root.behind(reflect.ValueOf(&v).Elem())
}
