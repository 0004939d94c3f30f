package executor

import (
	"context"
	"errors"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
)

// Types are the object types of a schema, by name. They are generated.
type Types map[string]*Object

// Object is how the fields of an object type are resolved. It is the same for all
// operations and must not change.
type Object struct {
	Name   string
	Fields map[string]*Field
}

// Field is how a field is resolved. It has one of: Append, AppendContext, Children,
// Resolve, Marshal.
type Field struct {
	// Append appends the value of a scalar or an enum, or of a list of them, as JSON. The
	// value is in the parent already. See [ErrNull].
	Append func(b []byte, parent any) ([]byte, error)
	// AppendContext is in the place of Append for scalars whose marshaler takes the context
	// of the field.
	AppendContext func(ctx context.Context, b []byte, parent any) ([]byte, error)

	// Children adds the objects that the parents have already, for each parent in turn.
	Children func(parents []any, out *Values)

	// Resolve calls the resolver for all parents, and returns a slice of their results,
	// one for each parent. If the error is a [graphql.BatchErrors], it has one error for
	// each parent; any other error is that of all parents. The parents of root fields are
	// one nil.
	Resolve func(ctx context.Context, parents []any, args map[string]any) (results any, err error)
	// AppendResult appends the result for parent i, of a scalar or an enum.
	AppendResult func(b []byte, results any, i int) ([]byte, error)
	// AppendResultContext is in the place of AppendResult, as AppendContext is of Append.
	AppendResultContext func(ctx context.Context, b []byte, results any, i int) ([]byte, error)
	// ResultChildren adds the results, if they are objects, of each parent in turn, from one
	// on.
	ResultChildren func(results any, from int, out *Values)

	// Method means that Resolve calls a method of each parent.
	Method bool

	// Args coerces the arguments; nil means that there are none.
	Args func(ctx context.Context, raw map[string]any) (map[string]any, error)

	// Marshal leaves a root field to gqlgen's own code.
	Marshal func(ctx context.Context, field graphql.CollectedField) graphql.Marshaler
}

// What Append and AppendResult return for a value that is null where the schema does not
// allow it. What they appended does not count then.
var (
	// ErrNull is for a null that the resolver returned.
	ErrNull = errors.New("must not be null")
	// ErrNullElement is for a null pointer, of a field or of an element of its list.
	ErrNullElement = errors.New("the requested element is null which the schema does not allow")
)

// Parents returns the parents of a field as what they are.
func Parents[T any](parents []any) []*T {
	typed := make([]*T, len(parents))
	for i, p := range parents {
		typed[i] = p.(*T)
	}
	return typed
}

// Batch returns the results of the batch resolver of a field as [Field].Resolve does.
func Batch[T any](field string, parents []any, results []T, err error) (any, error) {
	each, ok := any(err).(graphql.BatchErrors) // not one that is wrapped, as with gqlgen
	switch {
	case err != nil && !ok:
		return nil, err
	case len(results) != len(parents):
		return nil, fmt.Errorf("batch resolver %s returned %d results for %d parents", field, len(results), len(parents))
	case ok && len(each.Errors()) != len(parents):
		return nil, fmt.Errorf("batch resolver %s returned %d errors for %d parents", field, len(each.Errors()), len(parents))
	}
	return results, err
}

// Each calls a method of each parent, and returns the results as [Field].Resolve does. A
// panic is the error of its parent.
func Each[P, T any](ctx context.Context, parents []any, method func(P) (T, error)) (any, error) {
	results, failed := make([]T, len(parents)), graphql.BatchErrorList(nil)
	for i, parent := range parents {
		err := guardPanic(ctx, func() (err error) {
			results[i], err = method(parent.(P))
			return err
		})
		if err != nil {
			if failed == nil {
				failed = make(graphql.BatchErrorList, len(parents))
			}
			failed[i] = err
		}
	}
	if failed == nil {
		return results, nil
	}
	return results, failed
}

// One returns the result of a root field as [Field].Resolve does.
func One[T any](result T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return []T{result}, nil
}

// Values are the objects of a field, for all its parents: a stream in which each parent
// has one value, and each list is followed by its elements.
type Values struct {
	tokens  []int32
	field   *field
	batches []*batch // by the index of the type among those of the field
	objects int
	parents int     // how many there are, as a guess at the objects
	failed  []error // of the resolver, by parent

	hides  func(object any) error
	hidden error // of an object that was hidden
}

// The tokens. A list is its length.
const (
	nullToken   int32 = -1
	nilToken    int32 = -2 // the null of an interface
	hiddenToken int32 = -3
	objectToken int32 = -4 // and below: an object of the first, second … type
)

// Failed reports whether the resolver failed for parent i, which then has no value.
func (v *Values) Failed(i int) bool { return v.failed != nil && v.failed[i] != nil }

// Null adds a null pointer.
func (v *Values) Null() { v.tokens = append(v.tokens, nullToken) }

// Nil adds the null of an interface.
func (v *Values) Nil() { v.tokens = append(v.tokens, nilToken) }

// List adds a list of n values, which must follow.
func (v *Values) List(n int) { v.tokens = append(v.tokens, int32(n)) }

// Object adds an object, a pointer, of a type.
func (v *Values) Object(typeName string, object any) {
	if v.hides != nil {
		if err := v.hides(object); err != nil {
			v.hidden = err
			v.tokens = append(v.tokens, hiddenToken)
			return
		}
	}
	at := v.field.typeIndex(typeName)
	if v.batches == nil {
		v.batches = make([]*batch, len(v.field.possible))
	}
	b := v.batches[at]
	if b == nil {
		b = &batch{selection: v.field.selectionOf(at), objects: make([]any, 0, v.parents)}
		v.batches[at] = b
	}
	v.tokens = append(v.tokens, objectToken-int32(at))
	b.objects = append(b.objects, object)
	v.objects++
}

// end returns where the value ends that begins with token at; false if it is not complete.
func (v *Values) end(at int) (int, bool) {
	for open := 1; open > 0; open-- {
		if at == len(v.tokens) {
			return 0, false
		}
		open += int(max(v.tokens[at], 0))
		at++
	}
	return at, true
}

// cut takes back the tokens from one on, with their objects.
func (v *Values) cut(from int) {
	for _, token := range v.tokens[from:] {
		if token <= objectToken {
			b := v.batches[objectToken-token]
			b.objects = b.objects[:len(b.objects)-1]
			v.objects--
		}
	}
	v.tokens = v.tokens[:from]
}
