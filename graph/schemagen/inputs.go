package main

import (
	"slices"
	"strings"

	"github.com/99designs/gqlgen/codegen/config"
	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2/ast"
)

// input is an input of a mutation, with its Go type.
type input struct {
	def *ast.Definition
	// takes is the type that the store takes. It is the input itself, unless the input is
	// generated with a method ToStore, because a field that is absent differs from
	// one that is null, or because it holds a filter.
	takes     goType
	bulk      bool // takes a store.Bulk of this type
	converted bool
}

// bindInputs binds the inputs of mutations to structs of the store. An input that is a
// patch, or contains one, is generated instead, with a method that converts it to such
// a struct.
func (p *plan) bindInputs() {
	for _, def := range ownTypes(p.schema, isMutationInput) {
		p.checkIDs(def)
		p.inputOf(def)
	}
}

func isMutationInput(def *ast.Definition) bool {
	return def.Kind == ast.InputObject && (strings.HasSuffix(def.Name, "Input") || strings.HasSuffix(def.Name, "Item"))
}

// inputOf binds an input on the first call, after the inputs that it contains. It
// returns nil for an input that is generated, because the store has no type with its
// fields.
func (p *plan) inputOf(def *ast.Definition) *input {
	in, known := p.inputs[def.Name]
	if !known {
		in = p.bindInput(def)
		p.inputs[def.Name] = in
	}
	return in
}

func (p *plan) bindInput(def *ast.Definition) *input {
	if t, bound := p.goTypeOf(def.Name); bound {
		return &input{def: def, takes: t}
	}
	if p.hasPatch(def) || slices.ContainsFunc(def.Fields, p.isFilter) {
		return p.convertInput(def)
	}
	if isRef(def) {
		if n, ok := p.nouns.ofPrefix(def.Name); ok {
			t := goType{modelPath, n.Go + "Ref"}
			p.bindAlias(def.Name, t, instance{goType{storePath, "Ref"}, goType{storePath, n.key()}}, nil)
			return &input{def: def, takes: t}
		}
	}
	if item := p.itemOf(def); item != nil {
		if of := p.inputOf(item); of != nil {
			t := goType{modelPath, of.takes.Name + "Bulk"}
			p.bindAlias(def.Name, t, instance{goType{storePath, "Bulk"}, of.takes}, nil)
			return &input{def: def, takes: t, bulk: true}
		}
	}
	if t, ok := p.storeStruct(def); ok {
		p.bind(def.Name, t, nil)
		p.checkKeys(def, t)
		return &input{def: def, takes: t}
	}
	p.typeIDs(def)
	return nil
}

// convertInput plans an input that is generated with a method that converts it to a
// struct of the store.
func (p *plan) convertInput(def *ast.Definition) *input {
	in := &input{def: def, converted: true}
	p.typeIDs(def)
	if def.Directives.ForName("patch") != nil {
		for _, field := range def.Fields {
			if isOmittable(field) {
				omittable := true
				p.setField(def.Name, field.Name, func(f *config.TypeMapField) { f.Omittable = &omittable })
			}
		}
	}
	if item := p.itemOf(def); item != nil {
		of := p.inputOf(item)
		if of == nil || of.bulk {
			p.fault("%s: the store has no type for %s", def.Name, item.Name)
			return nil
		}
		in.takes, in.bulk = of.takes, true
		return in
	}
	t, ok := p.storeStruct(def)
	if !ok {
		p.fault("%s: no type of %s has its fields; possible names: %s", def.Name, storePath, strings.Join(storeNames(def, p.nouns), " or "))
		return nil
	}
	in.takes = t
	p.checkKeys(def, t)
	return in
}

// isOmittable reports whether a field of a patch can be absent, which leaves the old
// value as it is. The ID, the version and the idempotency key have no old value.
func isOmittable(field *ast.FieldDefinition) bool {
	return !field.Type.NonNull && !slices.Contains([]string{"id", "expectedVersion", "idempotencyKey"}, field.Name)
}

// hasPatch reports whether an input is a patch or contains one.
func (p *plan) hasPatch(def *ast.Definition) bool {
	return p.holdsPatch(def, map[string]bool{})
}

func (p *plan) holdsPatch(def *ast.Definition, seen map[string]bool) bool {
	if def.Directives.ForName("patch") != nil {
		return true
	}
	seen[def.Name] = true
	return slices.ContainsFunc(def.Fields, func(field *ast.FieldDefinition) bool {
		inner := p.schema.Types[field.Type.Name()]
		return inner != nil && inner.Kind == ast.InputObject && !seen[inner.Name] && p.holdsPatch(inner, seen)
	})
}

// isFilter reports whether a field of a mutation's input is what lists take as their
// filter. Its IDs and amounts are text: ToStore leaves it out, and the resolver reads
// it.
func (p *plan) isFilter(field *ast.FieldDefinition) bool {
	inner := p.schema.Types[field.Type.Name()]
	return inner != nil && inner.Kind == ast.InputObject && !isMutationInput(inner)
}

// isRef reports whether an input has the fields of a store.Ref.
func isRef(def *ast.Definition) bool {
	id, version := def.Fields.ForName("id"), def.Fields.ForName("expectedVersion")
	return len(def.Fields) == 2 && id != nil && id.Type.String() == "ID!" && version != nil && version.Type.String() == "Long"
}

// itemOf returns the type of the items, if an input has the fields of a store.Bulk, and
// nil otherwise.
func (p *plan) itemOf(def *ast.Definition) *ast.Definition {
	items, policy := def.Fields.ForName("items"), def.Fields.ForName("errorPolicy")
	fields := 2
	if def.Fields.ForName("idempotencyKey") != nil {
		fields++
	}
	if items == nil || policy == nil || items.Type.Elem == nil || len(def.Fields) != fields {
		return nil
	}
	return p.schema.Types[items.Type.Name()]
}

// storeStruct returns the struct of package store with an input's fields.
func (p *plan) storeStruct(def *ast.Definition) (goType, bool) {
	for _, name := range storeNames(def, p.nouns) {
		t := goType{storePath, name}
		fields := p.pkgs.fields(t)
		if len(fields) > 0 && !slices.ContainsFunc(def.Fields, func(f *ast.FieldDefinition) bool { return fields[strings.ToLower(f.Name)] == nil }) {
			return t, true
		}
	}
	return goType{}, false
}

// storeNames returns the names that an input can have in package store, the most
// likely first. An item of a list has the name of the same input without a list:
// InventoryBulkSetItem the name of InventorySetInput.
func storeNames(def *ast.Definition, all nouns) []string {
	name := def.Name
	if item, ok := strings.CutSuffix(name, "Item"); ok {
		name = strings.Replace(item, "Bulk", "", 1) + "Input"
	}
	if directive := def.Directives.ForName("patch"); directive != nil {
		if own := argument(directive, "go", ""); own != "" {
			return []string{own}
		}
		if of, ok := strings.CutSuffix(name, "UpdateInput"); ok {
			return []string{all.goName(of) + "Patch"}
		}
	}
	if of, ok := strings.CutSuffix(name, "CreateInput"); ok {
		return []string{"New" + all.goName(of)}
	}
	return []string{templates.ToGo(name), templates.ToGo(strings.TrimSuffix(name, "Input"))}
}

// goName returns the Go name of a type of the schema.
func (all nouns) goName(name string) string {
	if n, ok := all.named(name); ok {
		return n.Go
	}
	return templates.ToGo(name)
}

// checkKeys checks the Go fields of all IDs of an input.
func (p *plan) checkKeys(def *ast.Definition, t goType) {
	fields := p.pkgs.fields(t)
	for _, field := range def.Fields {
		if isID(field) {
			p.checkKey(def, field, t, fields[strings.ToLower(field.Name)].Type())
		}
	}
}
