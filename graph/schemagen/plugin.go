package main

import (
	"errors"
	"fmt"
	"go/types"
	"maps"
	"slices"

	"github.com/99designs/gqlgen/codegen"

	"souk/graph/access"
)

// plugin generates and checks what needs the Go types that gqlgen has bound.
type plugin struct {
	rules *access.Rules
}

// Name returns the plugin's name for gqlgen's errors.
func (*plugin) Name() string { return "access" }

// GenerateCode checks that each type with an OWNER rule has a method that returns its
// owner and that gqlgen binds all fields of inputs, and writes the function TypeOf.
func (p *plugin) GenerateCode(data *codegen.Data) error {
	if err := errors.Join(p.ownersKnown(data), inputsBound(data.Inputs)); err != nil {
		return err
	}
	return p.writeTypeOf(data)
}

// inputsBound checks that no field of an input needs a resolver. The plan has checked
// the inputs of mutations; here are also the others.
func inputsBound(inputs codegen.Objects) error {
	var faults []error
	for _, input := range inputs {
		for _, field := range input.Fields {
			if field.IsResolver {
				faults = append(faults, fmt.Errorf("%s.%s: no field of %s fits", input.Name, field.Name, input.Type))
			}
		}
	}
	return errors.Join(faults...)
}

func (p *plugin) ownersKnown(data *codegen.Data) error {
	var faults []error
	for _, object := range data.Objects {
		if object.Root || isOwned(object.Type) || !p.hasOwner(object) {
			continue
		}
		faults = append(faults, fmt.Errorf("%s has an OWNER rule, but %s has no method OwnedBy() (store.CustomerID, bool)",
			object.Name, object.Type))
	}
	return errors.Join(faults...)
}

// hasOwner reports whether an object or one of its fields has an OWNER rule.
func (p *plugin) hasOwner(object *codegen.Object) bool {
	return p.rules.OfType(object.Name).To == access.Owner ||
		slices.ContainsFunc(object.Fields, func(f *codegen.Field) bool {
			rule, _ := p.rules.Of(object.Name, f.Name)
			return rule.To == access.Owner
		})
}

// isOwned reports whether a pointer to the type implements access.Owned. It compares
// names, because gqlgen loads its own copies of the types.
func isOwned(t types.Type) bool {
	if _, ok := t.(*types.Pointer); !ok {
		t = types.NewPointer(t)
	}
	method := types.NewMethodSet(t).Lookup(nil, "OwnedBy")
	if method == nil {
		return false
	}
	results := method.Type().(*types.Signature).Results()
	return results.Len() == 2 && types.TypeString(results.At(0).Type(), nil) == "souk/store.CustomerID" &&
		types.TypeString(results.At(1).Type(), nil) == "bool"
}

// writeTypeOf writes the function TypeOf: a switch over all object types that belong to
// an interface or a union.
func (p *plugin) writeTypeOf(data *codegen.Data) error {
	goTypes := map[string]types.Type{}
	for _, abstract := range data.Interfaces {
		for _, object := range abstract.Implementors {
			goTypes[object.Name] = object.Type
		}
	}
	s := newSource(data.Config.Exec.ImportPath())
	qualifier := func(pkg *types.Package) string {
		s.imports[pkg.Path()] = true
		return pkg.Name()
	}
	s.add("// TypeOf returns the name of the object type of a value of an interface or union; \"\"\n// if there is none.")
	s.add("func TypeOf(value any) string {\n\tswitch value.(type) {")
	for _, name := range slices.Sorted(maps.Keys(goTypes)) {
		t := goTypes[name]
		if pointer, ok := t.(*types.Pointer); ok {
			t = pointer.Elem()
		}
		text := types.TypeString(t, qualifier)
		s.add("\tcase %s, *%s:\n\t\treturn %q", text, text, name)
	}
	s.add("\tdefault:\n\t\treturn \"\"\n\t}\n}")
	text, err := s.text()
	if err != nil {
		return err
	}
	return writeFile("graph/typeof.generated.go", text)
}
