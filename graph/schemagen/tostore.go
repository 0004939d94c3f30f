package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2/ast"
)

// modelToStore writes the method ToStore of each input that has one.
func (p *plan) modelToStore() ([]byte, error) {
	s := newSource(modelPath)
	for _, name := range slices.Sorted(maps.Keys(p.inputs)) {
		if in := p.inputs[name]; in != nil && in.converted {
			p.addToStore(s, in)
		}
	}
	return s.text()
}

func (p *plan) addToStore(s *source, in *input) {
	takes, fields := s.ref(in.takes), p.pkgs.fields(in.takes)
	if in.bulk {
		bulk := goType{storePath, "Bulk"}
		takes, fields = p.instanceText(s, instanceOf(bulk, in.takes)), p.pkgs.fields(bulk)
	}
	if slices.ContainsFunc(in.def.Fields, p.isFilter) {
		s.add("// ToStore converts the input, without its filter, to the type that the store takes.")
	} else {
		s.add("// ToStore converts the input to the type that the store takes.")
	}
	s.add("func (in %s) ToStore() %s {\n\treturn %s{", templates.ToGo(in.def.Name), takes, takes)
	for _, field := range in.def.Fields {
		if p.isFilter(field) {
			continue
		}
		s.add("\t\t%s: %s,", fields[strings.ToLower(field.Name)].Name(), p.valueOf(in.def, field))
	}
	s.add("\t}\n}\n")
}

// valueOf returns the expression for a field of the struct that the store takes.
// checkFields has checked its type.
func (p *plan) valueOf(def *ast.Definition, field *ast.FieldDefinition) string {
	value := "in." + templates.ToGo(field.Name)
	switch inner := p.inputs[field.Type.Name()]; {
	case inner == nil || !inner.converted:
		if isOmittable(def, field) {
			return "patch(" + value + ")"
		}
		return value
	case field.Type.Elem != nil:
		return "convertItems(" + value + ", " + templates.ToGo(inner.def.Name) + ".ToStore)"
	default: // checkConverted lets it be null in no input
		return value + ".ToStore()"
	}
}
