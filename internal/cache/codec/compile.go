package codec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"
)

// coder writes and reads the values of one type. The values are addressable.
type coder struct {
	append func(w *writer, v reflect.Value)
	// decode sets a zero value. It reports whether it could.
	decode func(r *reader, v reflect.Value) bool
	// behind estimates the bytes of memory that a value refers to. nil: it refers to none.
	behind func(v reflect.Value) int
	// least is the smallest number of bytes that a value is written as. It bounds the length
	// of a slice that the rest of the bytes can hold.
	least int
}

var timeType = reflect.TypeFor[time.Time]()

// compile returns the coder of a type that is a part of others.
func compile(t reflect.Type, within []reflect.Type) (*coder, error) {
	if t == timeType {
		return timeCoder, nil
	}
	if slices.Contains(within, t) {
		return nil, fmt.Errorf("%v contains itself", t)
	}
	within = append(within, t)
	switch t.Kind() {
	case reflect.Bool:
		return boolCoder, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return intCoder, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return uintCoder, nil
	case reflect.Float32, reflect.Float64:
		return floatCoder, nil
	case reflect.String:
		return stringCoder, nil
	case reflect.Pointer:
		return compilePointer(t, within)
	case reflect.Slice:
		return compileSlice(t, within)
	case reflect.Array:
		return compileArray(t, within)
	case reflect.Struct:
		return compileStruct(t, within)
	default:
		return nil, fmt.Errorf("%v is a %v", t, t.Kind())
	}
}

var boolCoder = &coder{
	append: func(w *writer, v reflect.Value) { w.flag(v.Bool()) },
	decode: func(r *reader, v reflect.Value) bool {
		flag, ok := r.flag()
		v.SetBool(flag)
		return ok
	},
	least: 1,
}

var intCoder = &coder{
	append: func(w *writer, v reflect.Value) { w.rest = binary.AppendVarint(w.rest, v.Int()) },
	decode: func(r *reader, v reflect.Value) bool {
		n, ok := r.varint()
		if !ok || v.OverflowInt(n) {
			return false
		}
		v.SetInt(n)
		return true
	},
	least: 1,
}

var uintCoder = &coder{
	append: func(w *writer, v reflect.Value) { w.uvarint(v.Uint()) },
	decode: func(r *reader, v reflect.Value) bool {
		n, ok := r.uvarint()
		if !ok || v.OverflowUint(n) {
			return false
		}
		v.SetUint(n)
		return true
	},
	least: 1,
}

// floatCoder writes a float32 as the float64 of the same value.
var floatCoder = &coder{
	append: func(w *writer, v reflect.Value) {
		w.rest = binary.LittleEndian.AppendUint64(w.rest, math.Float64bits(v.Float()))
	},
	decode: func(r *reader, v reflect.Value) bool {
		b, ok := r.next(8)
		if !ok {
			return false
		}
		f := math.Float64frombits(binary.LittleEndian.Uint64(b))
		v.SetFloat(f)
		return !v.OverflowFloat(f)
	},
	least: 8,
}

var stringCoder = &coder{
	append: func(w *writer, v reflect.Value) {
		text := v.String()
		w.uvarint(uint64(len(text)))
		w.text = append(w.text, text...)
	},
	decode: func(r *reader, v reflect.Value) bool {
		text, ok := r.string()
		v.SetString(text)
		return ok
	},
	behind: func(v reflect.Value) int { return allocated(uintptr(v.Len()), false) },
	least:  1,
}

// timeCoder writes the seconds since 1970, the nanoseconds, and whether the time is a local
// one. Any other is in UTC.
var timeCoder = &coder{
	append: func(w *writer, v reflect.Value) {
		at := v.Addr().Interface().(*time.Time)
		rest := uint64(at.Nanosecond()) << 1
		if at.Location() == time.Local {
			rest |= 1
		}
		w.rest = binary.AppendVarint(w.rest, at.Unix())
		w.uvarint(rest)
	},
	decode: func(r *reader, v reflect.Value) bool {
		seconds, ok := r.varint()
		if !ok {
			return false
		}
		rest, ok := r.uvarint()
		if !ok || rest>>1 >= uint64(time.Second) {
			return false
		}
		at := time.Unix(seconds, int64(rest>>1))
		if rest&1 == 0 {
			at = at.UTC()
		}
		*v.Addr().Interface().(*time.Time) = at
		return true
	},
	least: 2,
}

func compilePointer(t reflect.Type, within []reflect.Type) (*coder, error) {
	to, err := compile(t.Elem(), within)
	if err != nil {
		return nil, err
	}
	pointee := allocated(t.Elem().Size(), to.behind != nil)
	return &coder{
		append: func(w *writer, v reflect.Value) {
			w.flag(!v.IsNil())
			if !v.IsNil() {
				to.append(w, v.Elem())
			}
		},
		decode: func(r *reader, v reflect.Value) bool {
			set, ok := r.flag()
			if !ok || !set {
				return ok
			}
			made := reflect.New(t.Elem())
			v.Set(made)
			return to.decode(r, made.Elem())
		},
		behind: func(v reflect.Value) int {
			switch {
			case v.IsNil():
				return 0
			case to.behind == nil:
				return pointee
			}
			return pointee + to.behind(v.Elem())
		},
		least: 1,
	}, nil
}

func compileSlice(t reflect.Type, within []reflect.Type) (*coder, error) {
	of, err := compile(t.Elem(), within)
	if err != nil {
		return nil, err
	}
	if of.least == 0 {
		return nil, fmt.Errorf("the elements of %v are written as nothing", t)
	}
	empty, size := reflect.MakeSlice(t, 0, 0), t.Elem().Size()
	c := &coder{
		append: func(w *writer, v reflect.Value) {
			w.length(v)
			for i := range v.Len() {
				of.append(w, v.Index(i))
			}
		},
		decode: func(r *reader, v reflect.Value) bool {
			n, set, ok := r.length(of.least)
			if !ok || !set {
				return ok
			}
			if v.Set(empty); n > 0 {
				v.Grow(n)
				v.SetLen(n)
			}
			for i := range n {
				if !of.decode(r, v.Index(i)) {
					return false
				}
			}
			return true
		},
		behind: func(v reflect.Value) int {
			sum := allocated(uintptr(v.Cap())*size, of.behind != nil)
			if of.behind != nil {
				for i := range v.Len() {
					sum += of.behind(v.Index(i))
				}
			}
			return sum
		},
		least: 1,
	}
	if t.Elem().Kind() == reflect.Uint8 {
		ofBytes(c)
	}
	return c, nil
}

// ofBytes makes the coder of a slice of bytes write them as they are.
func ofBytes(c *coder) {
	c.append = func(w *writer, v reflect.Value) {
		w.length(v)
		w.rest = append(w.rest, v.Bytes()...)
	}
	c.decode = func(r *reader, v reflect.Value) bool {
		n, set, ok := r.length(1)
		if !ok || !set {
			return ok
		}
		b, ok := r.next(n)
		v.SetBytes(append([]byte{}, b...))
		return ok
	}
}

func compileArray(t reflect.Type, within []reflect.Type) (*coder, error) {
	n := t.Len()
	if t.Elem().Kind() == reflect.Uint8 {
		return &coder{
			append: func(w *writer, v reflect.Value) { w.rest = append(w.rest, v.Bytes()...) },
			decode: func(r *reader, v reflect.Value) bool {
				b, ok := r.next(n)
				copy(v.Bytes(), b)
				return ok
			},
			least: n,
		}, nil
	}
	of, err := compile(t.Elem(), within)
	if err != nil {
		return nil, err
	}
	c := &coder{
		append: func(w *writer, v reflect.Value) {
			for i := range n {
				of.append(w, v.Index(i))
			}
		},
		decode: func(r *reader, v reflect.Value) bool {
			for i := range n {
				if !of.decode(r, v.Index(i)) {
					return false
				}
			}
			return true
		},
		least: n * of.least,
	}
	if of.behind != nil {
		c.behind = func(v reflect.Value) (sum int) {
			for i := range n {
				sum += of.behind(v.Index(i))
			}
			return sum
		}
	}
	return c, nil
}

// field is a field of a struct, with its index.
type field struct {
	*coder
	index int
}

func compileStruct(t reflect.Type, within []reflect.Type) (*coder, error) {
	fields, referring, least := make([]field, t.NumField()), []field(nil), 0
	for i := range fields {
		f := t.Field(i)
		if !f.IsExported() {
			return nil, fmt.Errorf("%v.%s: %w", t, f.Name, errUnexported)
		}
		c, err := compile(f.Type, within)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		fields[i] = field{c, i}
		if least += c.least; c.behind != nil {
			referring = append(referring, fields[i])
		}
	}
	c := &coder{
		append: func(w *writer, v reflect.Value) {
			for i := range fields {
				fields[i].append(w, v.Field(i))
			}
		},
		decode: func(r *reader, v reflect.Value) bool {
			for i := range fields {
				if !fields[i].decode(r, v.Field(i)) {
					return false
				}
			}
			return true
		},
		least: least,
	}
	if referring != nil {
		c.behind = func(v reflect.Value) (sum int) {
			for i := range referring {
				sum += referring[i].behind(v.Field(referring[i].index))
			}
			return sum
		}
	}
	return c, nil
}

// errUnexported is the reason for which a field is refused: reflection cannot set it.
var errUnexported = errors.New("an unexported field cannot be set")
