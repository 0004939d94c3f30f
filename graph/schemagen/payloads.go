package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2/ast"
)

// role is what a field means in a payload or result.
type role string

const (
	theErrors  role = "errors"
	theIndex   role = "index"
	theResults role = "results"
	theObject  role = "object"
	deletedID  role = "deletedID"
	deletedIDs role = "deletedIDs"
	isDone     role = "done"
	anyOther   role = "other"
)

// roleOf returns the role of a field, by its name and its type.
func (p *plan) roleOf(field *ast.FieldDefinition) role {
	switch field.Name {
	case "userErrors":
		return theErrors
	case "index":
		return theIndex
	case "results":
		return theResults
	}
	if _, ok := p.object(field); ok {
		return theObject
	}
	switch {
	case field.Type.Name() == "Boolean":
		return isDone
	case isID(field) && strings.HasSuffix(field.Name, "Ids"):
		return deletedIDs
	case isID(field):
		return deletedID
	}
	return anyOther
}

// typeOf returns the type that a field with a role must have. The object and the
// deleted ID are null if the input is refused.
func (r role) typeOf(field *ast.FieldDefinition) string {
	switch r {
	case theErrors:
		return "[UserError!]!"
	case theIndex:
		return "Int!"
	case theResults:
		return "[" + field.Type.Name() + "!]!"
	case theObject:
		return field.Type.Name()
	case deletedID:
		return "ID"
	case deletedIDs:
		return "[ID!]!"
	case isDone:
		return "Boolean!"
	default:
		return field.Type.String()
	}
}

// bindPayloads binds payloads and results to instances of the generic types in
// graph/model, by the fields of each type. Types with other fields are generated or
// handwritten. Results are bound before payloads, because the payload of a list needs
// the type of its results.
func (p *plan) bindPayloads() {
	for _, suffix := range []string{"Result", "Payload"} {
		for _, def := range objects(p.schema) {
			if strings.HasSuffix(def.Name, suffix) {
				p.checkPayload(def)
				p.bindPayload(def)
			}
		}
	}
}

// checkPayload checks the types of the fields of a payload or result, and the nouns of
// its IDs.
func (p *plan) checkPayload(def *ast.Definition) {
	for _, field := range def.Fields {
		if want := p.roleOf(field).typeOf(field); field.Type.String() != want {
			p.fault("%s.%s has the type %s; it must be %s", def.Name, field.Name, field.Type, want)
		}
		if _, ok := p.deletedNoun(field); isID(field) && !ok {
			p.fault("%s.%s: its name does not tell the noun of the ID; it must be `deleted`, the noun, and `Id` or `Ids`", def.Name, field.Name)
		}
	}
}

// bindPayload binds a payload or result to the generic type whose fields have the same
// roles. If there is none, it sets only the types of the IDs.
func (p *plan) bindPayload(def *ast.Definition) {
	if p.models.UserDefined(def.Name) {
		return
	}
	fields := map[role]*ast.FieldDefinition{}
	for _, field := range def.Fields {
		fields[p.roleOf(field)] = field
		if n, ok := p.deletedNoun(field); ok {
			p.typeID(def, field, n)
		}
	}
	if len(fields) < len(def.Fields) {
		return // several fields have one role
	}
	bind := func(alias, generic string, names map[role]string, of ...goType) {
		goNames := map[string]string{}
		for role, name := range names {
			goNames[fields[role].Name] = name
		}
		if len(of) == 0 {
			p.bind(def.Name, goType{modelPath, generic}, goNames)
			return
		}
		p.bindAlias(def.Name, goType{modelPath, alias + generic}, instanceOf(goType{modelPath, generic}, of...), goNames)
	}
	var object, key goType
	var deleted noun
	if field := fields[theObject]; field != nil {
		object, _ = p.object(field)
	}
	for _, role := range []role{deletedID, deletedIDs} {
		if field := fields[role]; field != nil {
			deleted, _ = p.deletedNoun(field)
			key = goType{storePath, deleted.key()}
		}
	}
	roles := slices.Sorted(maps.Keys(fields))
	is := func(those ...role) bool { slices.Sort(those); return slices.Equal(roles, those) }
	switch {
	case is(theObject, theErrors):
		bind(object.Name, "Payload", map[role]string{theObject: "Object"}, object)
	case is(theObject, theIndex, theErrors):
		bind(object.Name, "BulkResult", map[role]string{theObject: "Object"}, object)
	case is(theResults, theErrors):
		if of, ok := p.bulkResult(fields[theResults]); ok {
			bind(of.Name, "BulkPayload", nil, of)
		}
	case is(deletedID, theErrors):
		bind(deleted.Go, "DeletePayload", map[role]string{deletedID: "DeletedID"}, key)
	case is(theObject, deletedIDs, theErrors):
		bind(object.Name+deleted.Go, "PartsDeletePayload", map[role]string{theObject: "Object", deletedIDs: "DeletedIDs"}, object, key)
	case is(isDone, theErrors):
		bind("", "DonePayload", map[role]string{isDone: "Done"})
	}
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

// deletedNoun returns the noun of an ID field such as deletedVendorId or
// deletedVariantIds.
func (p *plan) deletedNoun(field *ast.FieldDefinition) (noun, bool) {
	name, ok := strings.CutPrefix(field.Name, "deleted")
	name, id := strings.CutSuffix(strings.TrimSuffix(name, "s"), "Id")
	if !ok || !id || !isID(field) {
		return noun{}, false
	}
	return p.nouns.ofField(templates.LcFirst(name))
}

// bulkResult returns the Go type of the objects in a list of results.
func (p *plan) bulkResult(field *ast.FieldDefinition) (goType, bool) {
	of, bound := p.goTypeOf(field.Type.Name())
	result, ok := p.aliases[of]
	if !bound || !ok || result.generic.Name != "BulkResult" {
		return goType{}, false
	}
	return result.of[0], true
}
