package main

import (
	"go/types"
	"strings"

	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2/ast"
)

// checkFields checks that the fields of an input fit the Go struct that it is bound or
// converted to. Otherwise gqlgen would generate a resolver that panics for a field, or
// the method ToStore would not compile.
func (p *plan) checkFields(in *input) {
	t, list := in.takes, in.bulk
	if alias, ok := p.aliases[t]; ok && !in.converted {
		t = alias.generic
	} else if in.bulk {
		t = goType{storePath, "Bulk"}
	}
	if t == (goType{storePath, "Ref"}) {
		return // isRef has compared the types
	}
	fields := p.pkgs.fields(t)
	for _, field := range in.def.Fields {
		bound := fields[strings.ToLower(field.Name)]
		switch {
		case p.isFilter(field) || list && field.Name == "items":
		case bound == nil:
			p.fault("%s.%s: %s has no such field", in.def.Name, field.Name, t)
		case !in.converted:
			p.checkField(in.def, field, t, bound)
		default:
			p.checkConverted(in.def, field, t, bound)
		}
	}
}

// checkField checks a field that gqlgen binds to a Go field. gqlgen adds and removes
// pointers.
func (p *plan) checkField(def *ast.Definition, field *ast.FieldDefinition, in goType, bound *types.Var) {
	value, ok := p.valueType(def, field)
	if !ok {
		return // checkIDs reports it
	}
	withoutPointers := func(text string) string { return strings.ReplaceAll(text, "*", "") }
	if want := value.text(field.Type); withoutPointers(want) != withoutPointers(typeText(bound.Type())) {
		p.faultField(def, field, want, in, bound)
	}
}

// checkConverted checks a field that a method ToStore copies or converts.
func (p *plan) checkConverted(def *ast.Definition, field *ast.FieldDefinition, in goType, bound *types.Var) {
	value, ok := p.valueType(def, field)
	if !ok {
		return // checkIDs reports it
	}
	want := value.text(field.Type)
	if inner := p.inputs[field.Type.Name()]; inner != nil && inner.converted {
		elem := field.Type.Elem
		switch {
		case isOmittable(def, field) || elem == nil && !field.Type.NonNull:
			p.fault("%s.%s: %s is converted, so the field must have the type %s! or, outside of a patch, be a list",
				def.Name, field.Name, inner.def.Name, inner.def.Name)
			return
		case elem != nil && (elem.Elem != nil || !elem.NonNull):
			p.fault("%s.%s: a list of %s must have the type [%s!]", def.Name, field.Name, inner.def.Name, inner.def.Name)
			return
		}
		value = valueType{name: p.storeText(inner)} // ToStore returns values
		want = value.text(field.Type)
	} else if isOmittable(def, field) {
		want = storePath + ".Patch[" + want + "]"
	}
	if want != typeText(bound.Type()) {
		p.faultField(def, field, want, in, bound)
	}
}

func (p *plan) faultField(def *ast.Definition, field *ast.FieldDefinition, want string, in goType, bound *types.Var) {
	got := typeText(bound.Type())
	if bound.Type() == types.Typ[types.Invalid] {
		got = "unknown"
	}
	p.fault("%s.%s has the Go type %s, but the type of %s.%s is %s", def.Name, field.Name, want, in, bound.Name(), got)
}

// valueType is the Go type of a field's values, without lists and pointers.
type valueType struct {
	name string
	// isStruct is whether a list has pointers to it, always whether it has a pointer even
	// if it cannot be null.
	isStruct, always bool
	nilable          bool
}

// text returns the Go type of a field in generated code.
func (v valueType) text(t *ast.Type) string {
	switch {
	case t.Elem != nil:
		elem := v.text(t.Elem)
		if v.isStruct && t.Elem.Elem == nil && !strings.HasPrefix(elem, "*") {
			elem = "*" + elem
		}
		return "[]" + elem
	case v.always || !t.NonNull && !v.nilable:
		return "*" + v.name
	default:
		return v.name
	}
}

// builtIn are the Go types of the scalars that GraphQL defines, unless gqlgen.yml has
// others.
var builtIn = map[string]string{"String": "string", "Boolean": "bool", "Int": "int", "Float": "float64"}

// valueType returns the Go type of the values of an input's field. It is unknown only
// for an ID without a noun.
func (p *plan) valueType(def *ast.Definition, field *ast.FieldDefinition) (valueType, bool) {
	if isID(field) {
		n, ok := p.idOf(def, field)
		// typeID writes lists of keys without pointers.
		return valueType{name: goType{storePath, n.key()}.String(), nilable: field.Type.Elem != nil}, ok
	}
	name := field.Type.Name()
	generated := goType{modelPath, templates.ToGo(name)}.String()
	t, bound := p.goTypeOf(name)
	switch kind := p.schema.Types[name].Kind; {
	case kind == ast.InputObject && bound:
		return valueType{name: p.aliasText(t), isStruct: true, always: true}, true
	case kind == ast.InputObject:
		return valueType{name: generated, isStruct: true, always: true}, true
	case kind == ast.Enum && bound:
		return valueType{name: t.String()}, true
	case kind == ast.Enum:
		return valueType{name: generated}, true
	case !bound && builtIn[name] != "":
		return valueType{name: builtIn[name]}, true
	case !bound:
		return valueType{name: "string"}, true // as gqlgen does
	}
	value, ok := p.pkgs.marshaled(t)
	if !ok {
		return valueType{name: t.String()}, true
	}
	_, isStruct := value.Underlying().(*types.Struct)
	nilable := false
	switch value.Underlying().(type) {
	case *types.Map, *types.Slice, *types.Interface, *types.Pointer:
		nilable = true
	}
	return valueType{name: typeText(value), isStruct: isStruct, nilable: nilable}, true
}

// storeText returns the type that the method ToStore of an input returns.
func (p *plan) storeText(in *input) string {
	if in.bulk {
		return storePath + ".Bulk[" + p.aliasText(in.takes) + "]"
	}
	return p.aliasText(in.takes)
}

// aliasText returns the name of a type, or the instance for which it stands.
func (p *plan) aliasText(t goType) string {
	if alias, ok := p.aliases[t]; ok {
		return alias.generic.String() + "[" + p.aliasText(alias.of[0]) + "]" // inputs have one argument
	}
	return t.String()
}

func typeText(t types.Type) string { return types.TypeString(types.Unalias(t), nil) }
