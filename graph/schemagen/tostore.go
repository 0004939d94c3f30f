package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2/ast"
)

// modelToStore writes a method ToStore for each input that is generated.
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
		takes, fields = s.instance(instance{bulk, in.takes}), p.pkgs.fields(bulk)
	}
	if slices.ContainsFunc(in.def.Fields, p.isFilter) {
		s.add("// ToStore is the input as the store takes it, without its filter.")
	} else {
		s.add("// ToStore is the input as the store takes it.")
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

// valueOf is the value of an input's field as the store takes it. A type that does
// not fit is the compiler's to find.
func (p *plan) valueOf(def *ast.Definition, field *ast.FieldDefinition) string {
	value := "in." + templates.ToGo(field.Name)
	inner := p.inputs[field.Type.Name()]
	switch {
	case inner != nil && inner.converted && field.Type.Elem != nil:
		return "each(" + value + ", " + templates.ToGo(inner.def.Name) + ".ToStore)"
	case inner != nil && inner.converted:
		return value + ".ToStore()"
	case def.Directives.ForName("patch") != nil && isOmittable(field):
		return "patch(" + value + ")"
	}
	return value
}
