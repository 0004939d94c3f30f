package main

import (
	"fmt"
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
	changes := p.mutationInputs()
	for _, def := range changes {
		p.checkIDs(def)
		p.inputOf(def)
	}
	for _, def := range changes {
		if in := p.inputs[def.Name]; in != nil {
			p.checkFields(in)
		}
	}
	for _, def := range ownTypes(p.schema, func(def *ast.Definition) bool { return def.Kind == ast.InputObject }) {
		if !slices.Contains(changes, def) {
			p.checkOtherInput(def)
		}
	}
}

// mutationInputs returns the inputs that the arguments of mutations contain, sorted by
// name, without filters.
func (p *plan) mutationInputs() []*ast.Definition {
	found := map[*ast.Definition]bool{}
	var add func(name string)
	add = func(name string) {
		def := p.schema.Types[name]
		if def == nil || def.Kind != ast.InputObject || found[def] {
			return
		}
		found[def] = true
		for _, field := range def.Fields {
			if !p.isFilter(field) {
				add(field.Type.Name())
			}
		}
	}
	if p.schema.Mutation != nil {
		for _, mutation := range p.schema.Mutation.Fields {
			for _, argument := range mutation.Arguments {
				add(argument.Type.Name())
			}
		}
	}
	return ownTypes(p.schema, func(def *ast.Definition) bool { return found[def] })
}

// checkOtherInput reports directives in an input that no mutation takes, because they
// have no effect there.
func (p *plan) checkOtherInput(def *ast.Definition) {
	if def.Directives.ForName("patch") != nil {
		p.fault("%s: @patch has an effect only on the input of a mutation", def.Name)
	}
	for _, field := range def.Fields {
		if field.Directives.ForName("id") != nil {
			p.fault("%s.%s: @id has an effect only in the input of a mutation", def.Name, field.Name)
		}
	}
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
	if p.isConverted(def, map[string]bool{}) {
		return p.convertInput(def)
	}
	if isRef(def) {
		n, ok := p.idOf(def, def.Fields.ForName("id"))
		if !ok {
			return nil // checkIDs reports it
		}
		t := goType{modelPath, n.Go + "Ref"}
		p.bindAlias(def.Name, t, instanceOf(goType{storePath, "Ref"}, goType{storePath, n.key()}), nil)
		return &input{def: def, takes: t}
	}
	if item := p.itemOf(def); item != nil {
		if of := p.inputOf(item); of != nil {
			t := goType{modelPath, of.takes.Name + "Bulk"}
			p.bindAlias(def.Name, t, instanceOf(goType{storePath, "Bulk"}, of.takes), nil)
			return &input{def: def, takes: t, bulk: true}
		}
	}
	if t, ok := p.storeStruct(def); ok {
		p.bind(def.Name, t, nil)
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
	for _, field := range def.Fields {
		if isOmittable(def, field) {
			omittable := true
			p.setField(def.Name, field.Name, func(f *config.TypeMapField) { f.Omittable = &omittable })
		}
	}
	if item := p.itemOf(def); item != nil {
		of := p.inputOf(item)
		if of == nil {
			return nil // the item is converted too, so its error is reported
		}
		if of.bulk {
			p.fault("%s: an item of a list of changes cannot be such a list itself", def.Name)
			return nil
		}
		in.takes, in.bulk = of.takes, true
		return in
	}
	t, ok := p.storeStruct(def)
	if !ok {
		return nil
	}
	in.takes = t
	return in
}

// isOmittable reports whether a field is of a patch and can be absent, which leaves the
// old value as it is. The ID, the version and the idempotency key have no old value.
func isOmittable(def *ast.Definition, field *ast.FieldDefinition) bool {
	return def.Directives.ForName("patch") != nil && !field.Type.NonNull && !slices.Contains([]string{"id", "expectedVersion", "idempotencyKey"}, field.Name)
}

// isConverted reports whether an input is converted by a method ToStore: it is a patch,
// has a filter, or contains such an input.
func (p *plan) isConverted(def *ast.Definition, seen map[string]bool) bool {
	if def.Directives.ForName("patch") != nil {
		return true
	}
	seen[def.Name] = true
	return slices.ContainsFunc(def.Fields, func(field *ast.FieldDefinition) bool {
		if p.isFilter(field) {
			return true
		}
		inner := p.schema.Types[field.Type.Name()]
		return inner != nil && inner.Kind == ast.InputObject && !seen[inner.Name] && p.isConverted(inner, seen)
	})
}

// isFilter reports whether the input of a field is a filter, as lists take it: its
// name ends in Filter. Its IDs and amounts are text: ToStore leaves it out, and the
// resolver reads it.
func (p *plan) isFilter(field *ast.FieldDefinition) bool {
	inner := p.schema.Types[field.Type.Name()]
	return inner != nil && inner.Kind == ast.InputObject && strings.HasSuffix(inner.Name, "Filter")
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

// storeStruct returns the struct of package store with an input's fields. It reports a
// struct that lacks some of them, and a missing struct if the input is converted.
func (p *plan) storeStruct(def *ast.Definition) (goType, bool) {
	names := storeNames(def, p.nouns)
	var lacks []string // of the first struct with a possible name
	for _, name := range names {
		t := goType{storePath, name}
		if !p.pkgs.hasType(t) {
			continue
		}
		missing := p.missingFields(def, t)
		if len(missing) == 0 {
			return t, true
		}
		isNoun := slices.ContainsFunc(p.nouns, func(n noun) bool { return n.Go == name })
		if lacks == nil && !isNoun { // an object has other fields than its input
			for _, field := range missing {
				lacks = append(lacks, fmt.Sprintf("%s.%s: %s has no such field", def.Name, field, t))
			}
		}
	}
	for _, text := range lacks {
		p.fault("%s", text)
	}
	if lacks == nil && p.isConverted(def, map[string]bool{}) {
		p.fault("%s: %s has no type for it; possible names: %s", def.Name, storePath, strings.Join(names, " or "))
	}
	return goType{}, false
}

// missingFields returns the fields of an input that a struct of the store lacks.
func (p *plan) missingFields(def *ast.Definition, t goType) (missing []string) {
	fields := p.pkgs.fields(t)
	for _, field := range def.Fields {
		if fields[strings.ToLower(field.Name)] == nil && !p.isFilter(field) {
			missing = append(missing, field.Name)
		}
	}
	return missing
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
