package executor

import (
	"context"
	"errors"
	"io"
	"math"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
)

// AppendNull appends a null.
func AppendNull(b []byte) []byte { return append(b, "null"...) }

// AppendString appends a JSON string as graphql.MarshalString writes it.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue // all bytes of characters that are longer are above
		}
		b = append(b, s[start:i]...)
		start = i + 1
		switch c {
		case '\t':
			b = append(b, '\\', 't')
		case '\r':
			b = append(b, '\\', 'r')
		case '\n':
			b = append(b, '\\', 'n')
		case '\\', '"':
			b = append(b, '\\', c)
		default:
			const digits = "0123456789ABCDEF"
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&0xf])
		}
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// AppendInt appends an integer.
func AppendInt[I ~int | ~int8 | ~int16 | ~int32 | ~int64](b []byte, n I) []byte {
	return strconv.AppendInt(b, int64(n), 10)
}

// AppendBoolean appends true or false.
func AppendBoolean(b []byte, v bool) []byte { return strconv.AppendBool(b, v) }

// errInfinite has the text that gqlgen has for it.
var errInfinite = errors.New("cannot marshal infinite no NaN float values")

// AppendFloat appends a number as graphql.MarshalFloatContext writes it, which has no form
// for infinities.
func AppendFloat(b []byte, f float64) ([]byte, error) {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return b, errInfinite
	}
	return strconv.AppendFloat(b, f, 'g', -1, 64), nil
}

// AppendMarshaler appends what a scalar's own code writes.
func AppendMarshaler(b []byte, m graphql.Marshaler) []byte {
	w := writer{b}
	m.MarshalGQL(&w)
	return w.bytes
}

type writer struct{ bytes []byte }

var _ io.StringWriter = (*writer)(nil)

func (w *writer) Write(p []byte) (int, error) {
	w.bytes = append(w.bytes, p...)
	return len(p), nil
}

func (w *writer) WriteString(s string) (int, error) {
	w.bytes = append(w.bytes, s...)
	return len(s), nil
}

// AppendContextMarshaler appends what a scalar's own code writes that takes a context.
func AppendContextMarshaler(ctx context.Context, b []byte, m graphql.ContextMarshaler) ([]byte, error) {
	w := writer{b}
	err := m.MarshalGQLContext(ctx, &w)
	return w.bytes, err
}

// AppendList appends a list of scalars or enums that cannot be null, each with one. The
// list is null if one of them fails.
func AppendList[V any](b []byte, list []V, one func([]byte, V) ([]byte, error)) ([]byte, error) {
	return appendList(b, list, one, false)
}

// AppendListWithNulls is AppendList for elements that can be null: those that fail are.
func AppendListWithNulls[V any](b []byte, list []V, one func([]byte, V) ([]byte, error)) ([]byte, error) {
	return appendList(b, list, one, true)
}

func appendList[V any](b []byte, list []V, one func([]byte, V) ([]byte, error), nulls bool) ([]byte, error) {
	var failed *listError
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		start := len(b)
		var err error
		if b, err = one(b, v); err == nil {
			continue
		}
		if failed == nil {
			failed = &listError{}
		}
		if null := failed.add(i, err); null && nulls {
			b = AppendNull(b[:start])
		} else if null {
			failed.null = true
		}
	}
	if b = append(b, ']'); failed != nil {
		return b, failed
	}
	return b, nil
}

// listError is what has failed within a list.
type listError struct {
	elements []elementError
	null     bool // the list is null; else what was appended counts
}

// elementError is the error of an element. The innermost index is the first.
type elementError struct {
	indexes []int
	err     error
}

func (e *listError) Error() string { return e.elements[0].err.Error() }

// add adds what has failed in element i, and reports whether the element is null.
func (e *listError) add(i int, err error) (null bool) {
	inner, ok := errors.AsType[*listError](err)
	if !ok {
		e.elements = append(e.elements, elementError{[]int{i}, err})
		return true
	}
	for _, element := range inner.elements {
		e.elements = append(e.elements, elementError{append(element.indexes, i), element.err})
	}
	return inner.null
}

// AppendEnum appends the name of an enum's value, and "" for a value that has none, as
// gqlgen does.
func AppendEnum[V comparable](b []byte, names map[V]string, v V) []byte {
	return AppendString(b, names[v])
}
