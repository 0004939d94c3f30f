package randquery

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// The values: nil, bool, int, float64 and string are as in Go, a list is []any.
type (
	enumValue     string
	variableValue string
	objectValue   []objectField
	objectField   struct {
		name  string
		value any
	}
)

// arguments writes the arguments of a field.
func (w *writer) arguments(on *ast.Definition, f *ast.FieldDefinition, s *scope) string {
	var args []string
	for _, a := range f.Arguments {
		at := Place{Of: on.Name + "." + f.Name, Name: a.Name, Named: a.Type.Name()}
		if a.Type.NonNull && a.DefaultValue == nil || w.gives(at) {
			args = append(args, a.Name+": "+literal(w.value(a.Type, at, a.DefaultValue != nil, 2, s)))
		}
	}
	if len(args) == 0 {
		return ""
	}
	w.Shuffle(len(args), func(i, j int) { args[i], args[j] = args[j], args[i] })
	return "(" + strings.Join(args, ", ") + ")"
}

// value makes a value of a type. s is nil where there can be no variables.
func (w *writer) value(t *ast.Type, at Place, byDefault bool, depth int, s *scope) any {
	switch {
	case s != nil && w.one(4):
		return variableValue(w.variable(t, at, byDefault, s))
	case !t.NonNull && w.one(6):
		return nil
	case t.Elem != nil && w.one(8): // which stands for a list of one
		return w.value(ast.NonNullNamedType(t.Name(), nil), at, false, depth, nil)
	case t.Elem != nil:
		list := []any{}
		for range w.IntN(4) {
			list = append(list, w.value(t.Elem, at, false, depth, s))
		}
		return list
	}
	switch d := w.schema.Types[t.NamedType]; d.Kind {
	case ast.Enum:
		return enumValue(pick(w, d.EnumValues...).Name)
	case ast.InputObject:
		return w.object(d, depth, s)
	}
	return w.scalar(at)
}

// gives reports whether something is given that may be left out.
func (w *writer) gives(at Place) bool {
	if w.options.Give != nil {
		return w.options.Give(w.Rand, at)
	}
	return w.one(3)
}

func (w *writer) object(d *ast.Definition, depth int, s *scope) any {
	object := objectValue{}
	if d.Directives.ForName("oneOf") != nil {
		f := pick(w, d.Fields...)
		only := *f.Type
		only.NonNull = true
		return objectValue{{f.Name, w.value(&only, Place{Of: d.Name, Name: f.Name, Named: f.Type.Name()}, false, depth-1, nil)}}
	}
	for _, f := range d.Fields {
		at := Place{Of: d.Name, Name: f.Name, Named: f.Type.Name()}
		deep := depth <= 0 && w.schema.Types[at.Named].Kind == ast.InputObject
		if f.Type.NonNull && f.DefaultValue == nil || !deep && w.gives(at) {
			object = append(object, objectField{f.Name, w.value(f.Type, at, f.DefaultValue != nil, depth-1, s)})
		}
	}
	w.Shuffle(len(object), func(i, j int) { object[i], object[j] = object[j], object[i] })
	return object
}

func (w *writer) scalar(at Place) any {
	if w.options.Scalar != nil {
		if v, ok := w.options.Scalar(w.Rand, at); ok {
			return v
		}
	}
	switch at.Named {
	case "Int":
		return w.IntN(8) - 1
	case "Float":
		return pick[any](w, 0.5, -1e10, 3)
	case "Boolean":
		return w.one(2)
	case "ID":
		return pick[any](w, "1", "none", 7)
	}
	return pick(w, "", "a", "Zoë \"\\\n\t\u2028", "2024-01-01T00:00:00Z")
}

// variable is declared by each operation that uses it.
type variable struct {
	name, typ, declaration string
}

// variable returns the name of a variable for a place of a type: one that is there, or a
// new one with or without a default, which is given, null, or left out.
func (w *writer) variable(t *ast.Type, at Place, byDefault bool, s *scope) string {
	for _, v := range w.variables {
		if (v.typ == t.String() || v.typ == t.String()+"!") && w.one(2) {
			s.variables[v] = true
			return v.name
		}
	}
	// Where no null may be, a variable that can be null needs a default.
	declared, hasDefault := *t, w.one(4)
	declared.NonNull = !w.one(2)
	if t.NonNull && !declared.NonNull && !byDefault {
		hasDefault = true
	}
	value := declared
	value.NonNull = declared.NonNull || t.NonNull && !byDefault
	v := &variable{name: fmt.Sprint("v", len(w.variables)), typ: declared.String()}
	v.declaration = "$" + v.name + ": " + v.typ
	if hasDefault {
		v.declaration += " = " + literal(w.value(&value, at, false, 1, nil))
	}
	if !hasDefault && declared.NonNull || !w.one(3) {
		w.given[v.name] = plain(w.value(&value, at, false, 1, nil))
	}
	w.variables = append(w.variables, v)
	s.variables[v] = true
	return v.name
}

// literal writes a value as a document has it.
func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case enumValue:
		return string(v)
	case variableValue:
		return "$" + string(v)
	case string:
		text, _ := json.Marshal(v) // a string does not fail
		return string(text)
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = literal(v[i])
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		object := objectValue{}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			object = append(object, objectField{name, v[name]})
		}
		return literal(object)
	case objectValue:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = v[i].name + ": " + literal(v[i].value)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(v)
}

// plain returns a value as JSON's types have it.
func plain(v any) any {
	switch v := v.(type) {
	case enumValue:
		return string(v)
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
		return v
	case objectValue:
		object := make(map[string]any, len(v))
		for _, f := range v {
			object[f.name] = plain(f.value)
		}
		return object
	}
	return v
}
