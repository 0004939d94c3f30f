package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/codegen/config"
	"github.com/vektah/gqlparser/v2/ast"
)

// unlisted are the constants that are right to have no value in an enum, by the enum,
// with the reason. bindEnum reports all others.
var unlisted = map[string]map[string]string{
	"AccountKind": {
		"Anonymous": "it has no account",
		"APIKey":    "a program does not sign in",
		"Operator":  "who has access to the database does not sign in",
	},
	"AuditActorKind": {
		"Anonymous": "only changes by those who work for the shop are kept",
		"Customer":  "only changes by those who work for the shop are kept",
	},
	auditSubjects: {
		"SubjectAddress": "only customers change addresses, and their changes are not kept",
	},
}

// bindEnum binds each value of an enum to the constant of the Go type with this value.
// Each constant must have a value, unless it is unlisted.
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
	for _, value := range slices.Sorted(maps.Keys(constants)) {
		for _, name := range constants[value] {
			if def.EnumValues.ForName(value) == nil && unlisted[def.Name][name] == "" {
				faults = append(faults, fmt.Errorf("%s: %s.%s has the value %s, which the enum lacks", def.Name, t.Path, name, value))
			}
		}
	}
	return values, faults
}
