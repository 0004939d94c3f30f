package main

import (
	"fmt"
	"strings"

	"github.com/99designs/gqlgen/codegen/config"
	"github.com/vektah/gqlparser/v2/ast"
)

// bindEnum binds each value of an enum to the constant of the Go type with this value.
func bindEnum(def *ast.Definition, t goType, pkgs goPackages) (map[string]config.EnumValue, []error) {
	constants := pkgs.constants(t)
	values := make(map[string]config.EnumValue, len(def.EnumValues))
	var faults []error
	for _, value := range def.EnumValues {
		switch names := constants[value.Name]; len(names) {
		case 1:
			values[value.Name] = config.EnumValue{Value: goType{t.Path, names[0]}.String()}
		case 0:
			faults = append(faults, fmt.Errorf("%s.%s: no constant of %s has this value", def.Name, value.Name, t))
		default:
			faults = append(faults, fmt.Errorf("%s.%s: several constants of %s have this value: %s", def.Name, value.Name, t, strings.Join(names, ", ")))
		}
	}
	return values, faults
}
