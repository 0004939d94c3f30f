package main

import (
	"strings"

	"github.com/99designs/gqlgen/codegen/config"
	"github.com/vektah/gqlparser/v2/ast"
)

// idOf returns the noun of an ID in an input. It is the noun in @id, or else the noun
// in the field's name. For `id` and `ids` it is the noun of the input.
func (p *plan) idOf(def *ast.Definition, field *ast.FieldDefinition) (noun, bool) {
	if directive := field.Directives.ForName("id"); directive != nil {
		return p.nouns.named(argument(directive, "of", ""))
	}
	if field.Name == "id" || field.Name == "ids" {
		return p.ofInput(def.Name)
	}
	name, ok := strings.CutSuffix(strings.TrimSuffix(field.Name, "s"), "Id")
	if !ok {
		return noun{}, false
	}
	return p.nouns.ofField(name)
}

// ofInput returns the noun in the name of an input: the name is the noun and at most
// one word for the change, as in VendorDeleteInput, ProductVariantsDeleteInput or
// ReviewBulkModerateItem. ProductOptionDeleteInput does not contain a noun if there is
// a type ProductOption without @noun.
func (p *plan) ofInput(input string) (noun, bool) {
	name := strings.TrimSuffix(strings.TrimSuffix(input, "Input"), "Item")
	longest := ""
	for _, def := range p.composites() {
		if len(def.Name) > len(longest) && hasPrefix(name, def.Name) {
			longest = def.Name
		}
	}
	change := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(name, longest), "s"), "Bulk")
	if longest == "" || len(wordsOf(change)) > 1 {
		return noun{}, false
	}
	return p.nouns.named(longest)
}

// hasPrefix reports whether the first words of a name are a type's name. The last word
// can be in the plural.
func hasPrefix(name, prefix string) bool {
	rest, ok := strings.CutPrefix(name, prefix)
	rest = strings.TrimPrefix(rest, "s")
	return ok && (rest == "" || rest[0] >= 'A' && rest[0] <= 'Z')
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
			if _, ok := p.idOf(def, field); ok {
				continue
			}
			if directive != nil {
				p.fault("%s.%s: @id names %s, which is not registered with @noun", def.Name, field.Name, argument(directive, "of", ""))
			} else {
				p.fault("%s.%s: the names of the field and the input do not tell the noun of the ID; add @id with the noun", def.Name, field.Name)
			}
		}
	}
}

// typeIDs sets the Go types of the IDs of a generated input to key types.
func (p *plan) typeIDs(def *ast.Definition) {
	for _, field := range def.Fields {
		if n, ok := p.idOf(def, field); ok && isID(field) {
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
