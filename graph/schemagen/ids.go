package main

import (
	"go/types"
	"strings"

	"github.com/99designs/gqlgen/codegen/config"
	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2/ast"
)

// idOf returns the noun that an ID of an input is of: what @id says, or else what
// the field's name says, or, of `id` and `ids`, what the input's name begins with.
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

// checkIDs wants to know the noun of each ID of an input.
func (p *plan) checkIDs(def *ast.Definition) {
	for _, field := range def.Fields {
		directive := field.Directives.ForName("id")
		switch {
		case directive != nil && !isID(field):
			p.fault("%s.%s: @id is for IDs", def.Name, field.Name)
		case isID(field):
			if _, ok := p.nouns.idOf(def, field); ok {
				continue
			}
			if directive != nil {
				p.fault("%s.%s: @id names %s, which @noun does not register", def.Name, field.Name, argument(directive, "of", ""))
			} else {
				p.fault("%s.%s: its name does not tell what it is the ID of; say it with @id", def.Name, field.Name)
			}
		}
	}
}

// typeIDs gives the IDs of a generated input the types of their keys.
func (p *plan) typeIDs(def *ast.Definition) {
	for _, field := range def.Fields {
		if n, ok := p.nouns.idOf(def, field); ok && isID(field) {
			p.typeID(def, field, n)
		}
	}
}

// typeID gives an ID of a generated type the type of its key.
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

// checkKey wants the field of a Go struct that an ID is bound to to be a key of the
// ID's noun: alone, in a list, or in a store.Patch of either.
func (p *plan) checkKey(def *ast.Definition, field *ast.FieldDefinition, in goType, bound types.Type) {
	n, ok := p.nouns.idOf(def, field)
	if !ok {
		return // checkIDs tells
	}
	if name := keyName(bound); name != n.key() {
		p.fault("%s.%s is the ID of %s, and %s has a %s there", def.Name, field.Name, n.Called, in, name)
	}
}

// keyName is the name of the key type that a type holds.
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

// deletedIDs gives the keys of what a generated payload lists as deleted their
// type.
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
