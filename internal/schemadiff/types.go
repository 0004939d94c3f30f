package schemadiff

import (
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// fitsOutput reports whether clients that expect a value of one type can read one of
// another: only a null that can no longer come is no surprise.
func fitsOutput(was, is *ast.Type) bool {
	if was.NonNull && !is.NonNull {
		return false
	}
	if was.Elem != nil && is.Elem != nil {
		return fitsOutput(was.Elem, is.Elem)
	}
	return was.Elem == nil && is.Elem == nil && was.NamedType == is.NamedType
}

// fitsInput reports whether what clients send for one type is taken for another: it may
// allow null where it did not. A variable of a type that allows null cannot be used where
// the other does not.
func fitsInput(was, is *ast.Type) bool {
	return fitsOutput(is, was)
}

// isRequired reports whether an argument or a field of an input must be given.
func isRequired(of *ast.Type, fallback *ast.Value) bool { return of.NonNull && fallback == nil }

// levels are those of a field's type at which @semanticNonNull says that null is an error: 0
// is the field itself, 1 an element of its list.
func levels(f *ast.FieldDefinition) []int {
	directive := f.Directives.ForName("semanticNonNull")
	if directive == nil {
		return nil
	}
	argument := directive.Arguments.ForName("levels")
	if argument == nil {
		return []int{0}
	}
	var found []int
	for _, child := range argument.Value.Children {
		if level, err := strconv.Atoi(child.Value.Raw); err == nil {
			found = append(found, level)
		}
	}
	return found
}

func nonNullAt(of *ast.Type, level int) bool {
	for ; of != nil && level > 0; level-- {
		of = of.Elem
	}
	return of != nil && of.NonNull
}

// specification is the address of @specifiedBy; "" without one.
func specification(d *ast.Definition) string {
	directive := d.Directives.ForName("specifiedBy")
	if directive == nil || directive.Arguments.ForName("url") == nil {
		return ""
	}
	return directive.Arguments.ForName("url").Value.Raw
}

func text(v *ast.Value) string {
	if v == nil {
		return "none"
	}
	return v.String()
}
