package codec

import (
	"encoding/binary"
	"math"
	"reflect"
	"strconv"
	"strings"
	"sync"
)

// deepest is how many pointers, interfaces, structs and slices within each other a key has at
// most. A value that points to itself has more.
const deepest = 64

// Key writes a value such that two values have the same key if and only if
// reflect.DeepEqual says that they are equal. The key is the same in all processes, as long as
// the types of the value do not change. ok is false if the value contains a map, a
// function, a channel or an unsafe pointer, even a nil one, or NaN, which equals nothing, or if
// it points to itself.
//
// A type is known by its path, its name and its structure. Two functions can declare
// types that have all of these in common: then only the first one that a process meets has keys.
func Key(value any) (key string, ok bool) {
	var space [512]byte
	if value == nil {
		return "\x00", true
	}
	b, ok := appendKeyOf(space[:0], reflect.ValueOf(value), 0)
	return string(b), ok
}

// appendKeyOf appends the type of a value and the value.
func appendKeyOf(b []byte, v reflect.Value, depth int) ([]byte, bool) {
	mark := markOf(v.Type())
	if mark == "" {
		return b, false
	}
	return appendKey(append(b, mark...), v, depth)
}

// appendKey appends a value whose type is known. What it appends says where it ends.
func appendKey(b []byte, v reflect.Value, depth int) ([]byte, bool) {
	if depth > deepest {
		return b, false
	}
	switch v.Kind() {
	case reflect.Bool:
		return appendFlag(b, v.Bool()), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return binary.AppendVarint(b, v.Int()), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return binary.AppendUvarint(b, v.Uint()), true
	case reflect.Float32, reflect.Float64:
		return appendFloat(b, v.Float())
	case reflect.Complex64, reflect.Complex128:
		b, ok := appendFloat(b, real(v.Complex()))
		b, alsoOK := appendFloat(b, imag(v.Complex()))
		return b, ok && alsoOK
	case reflect.String:
		text := v.String()
		return append(binary.AppendUvarint(b, uint64(len(text))), text...), true
	case reflect.Pointer:
		if v.IsNil() {
			return append(b, 0), true
		}
		return appendKey(append(b, 1), v.Elem(), depth+1)
	case reflect.Interface:
		if v.IsNil() {
			return append(b, 0), true
		}
		return appendKeyOf(b, v.Elem(), depth+1)
	case reflect.Slice:
		if v.IsNil() {
			return append(b, 0), true
		}
		return appendElements(binary.AppendUvarint(b, uint64(v.Len())+1), v, depth)
	case reflect.Array:
		return appendElements(b, v, depth)
	case reflect.Struct:
		ok := true
		for i := 0; ok && i < v.NumField(); i++ {
			b, ok = appendKey(b, v.Field(i), depth+1)
		}
		return b, ok
	default:
		return b, false
	}
}

func appendElements(b []byte, v reflect.Value, depth int) (_ []byte, ok bool) {
	ok = true
	for i := 0; ok && i < v.Len(); i++ {
		b, ok = appendKey(b, v.Index(i), depth+1)
	}
	return b, ok
}

func appendFlag(b []byte, flag bool) []byte {
	if flag {
		return append(b, 1)
	}
	return append(b, 0)
}

// appendFloat appends the same for both zeros, which are equal.
func appendFloat(b []byte, f float64) ([]byte, bool) {
	if f == 0 { // also if it is −0
		f = 0
	}
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(f)), !math.IsNaN(f)
}

var marks struct {
	sync.Map            // reflect.Type to its mark, a string
	mu       sync.Mutex // guards taken
	taken    map[string]reflect.Type
}

// markOf returns what stands for a type, which is never empty, does not begin with a zero, and
// says where it ends. It is "" for a type whose mark another one has taken.
func markOf(t reflect.Type) string {
	if mark, ok := marks.Load(t); ok {
		return mark.(string)
	}
	marks.mu.Lock()
	defer marks.mu.Unlock()
	name := nameOf(t)
	mark := string(binary.AppendUvarint(nil, uint64(len(name)))) + name
	mark = string(binary.LittleEndian.AppendUint64([]byte(mark), shapeOf(t)))
	if first, ok := marks.taken[mark]; ok && first != t {
		mark = ""
	} else if marks.taken == nil {
		marks.taken = map[string]reflect.Type{mark: t}
	} else {
		marks.taken[mark] = t
	}
	marks.Store(t, mark)
	return mark
}

// nameOf returns the name of a type with the paths of the packages that declare it and its
// parts.
func nameOf(t reflect.Type) string {
	if t.Name() != "" {
		return t.PkgPath() + "." + t.Name()
	}
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + nameOf(t.Elem())
	case reflect.Slice:
		return "[]" + nameOf(t.Elem())
	case reflect.Array:
		return "[" + strconv.Itoa(t.Len()) + "]" + nameOf(t.Elem())
	case reflect.Struct:
		var b strings.Builder
		for i := range t.NumField() {
			f := t.Field(i)
			b.WriteString(f.PkgPath + "." + f.Name + " " + nameOf(f.Type) + " " + strconv.Quote(string(f.Tag)) + ";")
		}
		return "struct{" + b.String() + "}"
	default:
		return t.String() // has no key
	}
}
