package main

import (
	"slices"
	"strings"

	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2/ast"
)

// bindPayloads binds payloads and results to instances of the generic types in
// graph/model, by the fields of each type. Types with other fields are generated or
// handwritten. Results are bound before payloads, because the payload of a list needs
// the type of its results.
func (p *plan) bindPayloads() {
	for _, suffix := range []string{"Result", "Payload"} {
		for _, def := range objects(p.schema) {
			if strings.HasSuffix(def.Name, suffix) && !p.models.UserDefined(def.Name) {
				p.bindPayload(def)
				p.deletedIDs(def)
			}
		}
	}
}

func (p *plan) bindPayload(def *ast.Definition) {
	model := func(name string) goType { return goType{modelPath, name} }
	switch {
	case hasShape(def, "userErrors"):
		field := otherField(def, "userErrors")
		if n, ok := p.deletedNoun(field); ok {
			p.bindAlias(def.Name, model(n.Go+"DeletePayload"), instance{model("DeletePayload"), goType{storePath, n.key()}},
				map[string]string{field.Name: "DeletedID"})
		} else if of, ok := p.object(field); ok {
			p.bindAlias(def.Name, model(of.Name+"Payload"), instance{model("Payload"), of}, map[string]string{field.Name: "Object"})
		} else if of, ok := p.bulkResult(field); ok {
			p.bindAlias(def.Name, model(of.Name+"BulkPayload"), instance{model("BulkPayload"), of}, nil)
		}
	case hasShape(def, "index", "userErrors"):
		field := otherField(def, "index", "userErrors")
		if of, ok := p.object(field); ok {
			p.bindAlias(def.Name, model(of.Name+"BulkResult"), instance{model("BulkResult"), of}, map[string]string{field.Name: "Object"})
		}
	}
}

// hasShape reports whether a type has the given fields and exactly one more.
func hasShape(def *ast.Definition, fields ...string) bool {
	if len(def.Fields) != len(fields)+1 {
		return false
	}
	return !slices.ContainsFunc(fields, func(name string) bool { return def.Fields.ForName(name) == nil })
}

// otherField returns the first field that has none of the names.
func otherField(def *ast.Definition, names ...string) *ast.FieldDefinition {
	return def.Fields[slices.IndexFunc(def.Fields, func(f *ast.FieldDefinition) bool { return !slices.Contains(names, f.Name) })]
}

// object returns the Go type of a field whose type is a noun or is bound to a type of
// the store.
func (p *plan) object(field *ast.FieldDefinition) (goType, bool) {
	of, bound := p.goTypeOf(field.Type.Name())
	_, registered := p.nouns.named(field.Type.Name())
	if def := p.schema.Types[field.Type.Name()]; field.Type.Elem != nil || def == nil || def.Kind != ast.Object {
		return goType{}, false
	}
	return of, bound && (registered || of.Path == storePath)
}

// deletedNoun returns the noun of a field such as deletedVendorId.
func (p *plan) deletedNoun(field *ast.FieldDefinition) (noun, bool) {
	name, ok := strings.CutPrefix(field.Name, "deleted")
	name, id := strings.CutSuffix(name, "Id")
	if !ok || !id || field.Type.Elem != nil || field.Type.Name() != "ID" {
		return noun{}, false
	}
	return p.nouns.ofField(templates.LcFirst(name))
}

// bulkResult returns the Go type of the objects in a list of results.
func (p *plan) bulkResult(field *ast.FieldDefinition) (goType, bool) {
	if field.Name != "results" || field.Type.Elem == nil {
		return goType{}, false
	}
	of, bound := p.goTypeOf(field.Type.Name())
	result, ok := p.aliases[of]
	return result.of, bound && ok && result.generic.Name == "BulkResult"
}
