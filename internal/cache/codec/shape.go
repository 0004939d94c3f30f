package codec

import (
	"hash/fnv"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// format is the version of what a Codec and Key write. Raise it when that changes.
const format = 1

// shapeOf returns a hash of the structure of a type.
func shapeOf(t reflect.Type) uint64 {
	var b strings.Builder
	b.WriteString(strconv.Itoa(format))
	describe(&b, t, nil)
	h := fnv.New64a()
	_, _ = h.Write([]byte(b.String())) // never fails
	return h.Sum64()
}

// describe writes the structure of a type that is a part of others. Of two structures it
// never writes the same text.
func describe(b *strings.Builder, t reflect.Type, within []reflect.Type) {
	b.WriteString(strconv.Quote(t.Name()) + t.Kind().String())
	if t == timeType {
		return
	}
	if i := slices.Index(within, t); i >= 0 {
		b.WriteString("^" + strconv.Itoa(i))
		return
	}
	within = append(within, t)
	b.WriteByte('{')
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		describe(b, t.Elem(), within)
	case reflect.Array:
		b.WriteString(strconv.Itoa(t.Len()) + " ")
		describe(b, t.Elem(), within)
	case reflect.Struct:
		for i := range t.NumField() {
			b.WriteString(t.Field(i).Name + " ")
			describe(b, t.Field(i).Type, within)
			b.WriteByte(';')
		}
	}
	b.WriteByte('}')
}
