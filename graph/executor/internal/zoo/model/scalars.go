package model

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
)

// MarshalText writes a Text, a scalar that has functions for a Go type which has no
// methods.
func MarshalText(s string) graphql.Marshaler { return graphql.MarshalString(s) }

// UnmarshalText reads a Text.
func UnmarshalText(v any) (string, error) { return graphql.UnmarshalString(v) }

// Grade is a scalar with a function that appends it.
type Grade int

// MarshalGrade writes "grade 3".
func MarshalGrade(g Grade) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = w.Write(AppendGrade(nil, g)) })
}

// AppendGrade appends what MarshalGrade writes.
func AppendGrade(b []byte, g Grade) []byte {
	return append(strconv.AppendInt(append(b, `"grade `...), int64(g), 10), '"')
}

// UnmarshalGrade is there because gqlgen wants it.
func UnmarshalGrade(any) (Grade, error) { return 0, errors.New("a grade is no input") }

// MarshalGhost writes a number, for which 0 is null; it panics at 1.
func MarshalGhost(n int) graphql.Marshaler {
	switch n {
	case 0:
		return graphql.Null
	case 1:
		panic("a ghost")
	}
	return graphql.MarshalInt(n)
}

// UnmarshalGhost is there because gqlgen wants it.
func UnmarshalGhost(any) (int, error) { return 0, errors.New("a ghost is no input") }

// MarshalWeight writes a weight; its context tells it the field. Negative weights fail.
func MarshalWeight(kg float64) graphql.ContextMarshaler {
	return graphql.ContextWriterFunc(func(ctx context.Context, w io.Writer) error {
		if kg < 0 {
			return errors.New("a weight cannot be negative")
		}
		_, err := fmt.Fprintf(w, `"%g kg of %s"`, kg, graphql.GetFieldContext(ctx).Field.Alias)
		return err
	})
}

// UnmarshalWeight reads a weight.
func UnmarshalWeight(_ context.Context, v any) (float64, error) {
	kg, err := graphql.UnmarshalFloat(v)
	if err == nil && kg < 0 {
		err = errors.New("a weight cannot be negative")
	}
	return kg, err
}

// Tag is a scalar with methods.
type Tag struct{ Name string }

// MarshalGQL writes the tag. It panics for "panic".
func (t Tag) MarshalGQL(w io.Writer) {
	if t.Name == "panic" {
		panic("a tag")
	}
	graphql.MarshalString("#" + t.Name).MarshalGQL(w)
}

// UnmarshalGQL reads a tag, which cannot be "panic".
func (t *Tag) UnmarshalGQL(v any) (err error) {
	if t.Name, err = graphql.UnmarshalString(v); t.Name == "panic" {
		panic("a tag")
	}
	return err
}

// Stamp is a scalar with methods that take a context.
type Stamp struct{ No int }

// MarshalGQLContext writes the stamp. A negative one fails, after it has written a part.
func (s Stamp) MarshalGQLContext(ctx context.Context, w io.Writer) error {
	if s.No < 0 {
		return fmt.Errorf("there is no stamp %d", s.No)
	}
	_, err := fmt.Fprintf(w, `{"no":%d,"object":%q}`, s.No, graphql.GetFieldContext(ctx).Object)
	return err
}

// UnmarshalGQLContext reads a stamp.
func (s *Stamp) UnmarshalGQLContext(_ context.Context, v any) (err error) {
	s.No, err = graphql.UnmarshalInt(v)
	return err
}

// Nick is a scalar without code of its own.
type Nick string

// MarshalEven is there because gqlgen wants it.
func MarshalEven(n int) graphql.Marshaler { return graphql.MarshalInt(n) }

// UnmarshalEven reads an even number. It refuses others, and panics at 13.
func UnmarshalEven(v any) (int, error) {
	n, err := graphql.UnmarshalInt(v)
	switch {
	case err != nil:
		return 0, err
	case n == 13:
		panic("thirteen")
	case n%2 != 0:
		return 0, fmt.Errorf("%d is odd", n)
	}
	return n, nil
}

// Colour is an enum whose values are bound to constants.
type Colour string

// The colours.
const (
	Red   Colour = "#f00"
	Green Colour = "#0f0"
	Blue  Colour = "#00f"
)

// Size is an enum whose values are bound to numbers.
type Size int

// The sizes.
const (
	Small Size = iota + 1
	Large
)

// JSON is v as JSON.
func JSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}
