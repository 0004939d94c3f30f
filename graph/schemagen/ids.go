package main

import (
	"go/types"
	"strings"

	"github.com/99designs/gqlgen/codegen/config"
	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2/ast"
)

// idOf returns the noun of an ID in an input. It is the noun in @id, or else the noun
// in the field's name. For `id` and `ids` it is the noun with which the input's name
// begins.
func (all nouns) idOf(def *ast.Definition, field *ast.FieldDefinition) (noun, bool) {
	if directive := field.Directives.ForName("id"); directive != nil {
		return all.named(argument(directive, "of", ""))
	}
	if field.Name == "id" || field.Name == "ids" {
		return all.ofPrefix(def.Name)
	}
	name, ok := strings.CutSuffix(strings.TrimSuffix(field.Name, "s"), "Id")
	if !ok {
		return noun{}, false
	}
	return all.ofField(name)
}

func isID(field *ast.FieldDefinition) bool { return field.Type.Name() == "ID" }

// checkIDs checks that the noun of each ID of an input is known.
func (p *plan) checkIDs(def *ast.Definition) {
	for _, field := range def.Fields {
		directive := field.Directives.ForName("id")
		switch {
		case directive != nil && !isID(field):
			p.fault("%s.%s: only an ID can have @id", def.Name, field.Name)
		case isID(field):
			if _, ok := p.nouns.idOf(def, field); ok {
				continue
			}
			if directive != nil {
				p.fault("%s.%s: @id names %s, which is not registered with @noun", def.Name, field.Name, argument(directive, "of", ""))
			} else {
				p.fault("%s.%s: its name does not contain the noun of the ID; add @id with the noun", def.Name, field.Name)
			}
		}
	}
}

// typeIDs sets the Go types of the IDs of a generated input to key types.
func (p *plan) typeIDs(def *ast.Definition) {
	for _, field := range def.Fields {
		if n, ok := p.nouns.idOf(def, field); ok && isID(field) {
			p.typeID(def, field, n)
		}
	}
}

// typeID sets the Go type of an ID of a generated type to the noun's key type.
func (p *plan) typeID(def *ast.Definition, field *ast.FieldDefinition, n noun) {
	text := goType{storePath, n.key()}.String()
	switch {
	case field.Type.Elem != nil:
		text = "[]" + text
	case !field.Type.NonNull:
		text = "*" + text
	}
	p.setField(def.Name, field.Name, func(f *config.TypeMapField) { f.Type = text })
}

// checkKey checks the Go field to which an ID is bound. Its type must be the key of the
// ID's noun, a list of such keys, or a store.Patch of one of them.
func (p *plan) checkKey(def *ast.Definition, field *ast.FieldDefinition, in goType, bound types.Type) {
	n, ok := p.nouns.idOf(def, field)
	if !ok {
		return // checkIDs reports it
	}
	if name := keyName(bound); name != n.key() {
		p.fault("%s.%s is the ID of %s, but its field in %s is a %s", def.Name, field.Name, n.Called, in, name)
	}
}

// keyName returns the name of the key type in a type: a key, a list or a pointer of it,
// or a generic type with it.
func keyName(t types.Type) string {
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		if t.TypeArgs().Len() == 1 {
			return keyName(t.TypeArgs().At(0))
		}
		return t.Obj().Name()
	case interface{ Elem() types.Type }:
		return keyName(t.Elem())
	default:
		return t.String()
	}
}

// deletedIDs sets the Go types of fields such as deletedVariantIds in a generated
// payload to lists of keys.
func (p *plan) deletedIDs(def *ast.Definition) {
	for _, field := range def.Fields {
		name, ok := strings.CutPrefix(field.Name, "deleted")
		if name, ids := strings.CutSuffix(name, "Ids"); ok && ids && isID(field) {
			if n, ok := p.nouns.ofField(templates.LcFirst(name)); ok {
				p.typeID(def, field, n)
			}
		}
	}
}
