package main

import (
	"go/types"
	"strings"

	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2/ast"
)

// bindScalars binds scalars to the functions in graph/relay that write and read them:
// MarshalLong for Long.
func (p *plan) bindScalars() {
	for _, def := range ownTypes(p.schema, func(def *ast.Definition) bool { return def.Kind == ast.Scalar }) {
		if _, isFunc := p.pkgs.lookup(goType{relayPath, "Marshal" + def.Name}).(*types.Func); isFunc && !p.models.UserDefined(def.Name) {
			p.bind(def.Name, goType{relayPath, def.Name}, nil)
		}
	}
}

// bindObjects binds objects, interfaces and unions to the Go type of the same name in
// graph/model, graph/relay or store, in this order. gqlgen generates the others.
func (p *plan) bindObjects() {
	for _, def := range p.composites() {
		if p.models.UserDefined(def.Name) || p.models[def.Name].ForceGenerate {
			continue
		}
		name := templates.ToGo(def.Name)
		inStore := name
		if n, ok := p.nouns.named(def.Name); ok {
			inStore = n.Go
		}
		for _, t := range []goType{{modelPath, name}, {relayPath, name}, {storePath, inStore}} {
			if p.pkgs.hasType(t) {
				p.bind(def.Name, t, nil)
				break
			}
		}
	}
}

// composites returns the objects, interfaces and unions of the schema.
func (p *plan) composites() []*ast.Definition {
	found := objects(p.schema)
	return append(found, ownTypes(p.schema, func(def *ast.Definition) bool {
		return def.Kind == ast.Interface || def.Kind == ast.Union
	})...)
}

// bindConnections binds connections and their edges to instances of the generic types
// in graph/relay.
func (p *plan) bindConnections() {
	for _, def := range objects(p.schema) {
		item, ok := strings.CutSuffix(def.Name, "Connection")
		if !ok {
			continue
		}
		of, bound := p.goTypeOf(item)
		if !bound {
			p.fault("%s: %s is not bound to a Go type", def.Name, item)
			continue
		}
		for _, generic := range []string{"Connection", "Edge"} {
			if name := item + generic; p.schema.Types[name] != nil && !p.models.UserDefined(name) {
				p.bindAlias(name, goType{relayPath, templates.ToGo(name)}, instanceOf(goType{relayPath, generic}, of), nil)
			}
		}
	}
}

// bindEnums binds each enum to the Go type in gqlgen.yml, or else to the Go type with
// the enum's name.
func (p *plan) bindEnums() {
	for _, def := range ownTypes(p.schema, func(def *ast.Definition) bool { return def.Kind == ast.Enum }) {
		t, bound := p.goTypeOf(def.Name)
		for _, path := range []string{storePath, relayPath, modelPath} {
			if own := (goType{path, templates.ToGo(def.Name)}); !bound && p.pkgs.hasType(own) {
				t, bound = own, true
			}
		}
		if !bound {
			continue
		}
		values, faults := bindEnum(def, t, p.pkgs)
		p.faults = append(p.faults, faults...)
		p.bind(def.Name, t, nil)
		entry := p.models[def.Name]
		entry.EnumValues = values
		p.models[def.Name] = entry
	}
}
