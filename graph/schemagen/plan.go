package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/codegen/config"
	"github.com/vektah/gqlparser/v2/ast"
)

// plan describes the generated code. It is complete before any file is written.
type plan struct {
	schema *ast.Schema
	pkgs   goPackages
	nouns  nouns
	// models are gqlgen's bindings: those of gqlgen.yml, and those that the plan
	// adds.
	models config.TypeMap
	// aliases are the instances of generic types by the names that gqlgen needs for
	// them.
	aliases map[goType]instance
	// inputs are the inputs of mutations by name. See inputOf for nil.
	inputs map[string]*input
	// subjects are the kinds of objects in audit events.
	subjects []subject
	faults   []error
}

// instance is a generic type with its type arguments.
type instance struct {
	generic goType
	of      []goType
}

func instanceOf(generic goType, of ...goType) instance { return instance{generic, of} }

// newPlan plans the code that a schema needs in addition to gqlgen's. Its error lists
// all errors of the schema.
func newPlan(schema *ast.Schema, models config.TypeMap, pkgs goPackages) (*plan, error) {
	p := &plan{schema: schema, pkgs: pkgs, models: maps.Clone(models), aliases: map[goType]instance{}, inputs: map[string]*input{}}
	if p.models == nil {
		p.models = config.TypeMap{}
	}
	p.nouns, p.faults = readNouns(schema)
	p.faults = append(p.faults, checkNouns(p.nouns, pkgs)...)
	for _, n := range p.nouns {
		p.models.Add("ID", goType{relayPath, n.key()}.String())
	}
	p.bindScalars()
	p.bindObjects()
	p.bindConnections()
	p.bindPayloads()
	p.bindEnums()
	p.bindInputs()
	p.readSubjects()
	if faults := errors.Join(p.faults...); len(p.faults) == 1 {
		return nil, fmt.Errorf("the schema and the Go code have 1 fault:\n%w", faults)
	} else if faults != nil {
		return nil, fmt.Errorf("the schema and the Go code have %d faults:\n%w", len(p.faults), faults)
	}
	return p, nil
}

func (p *plan) fault(format string, values ...any) {
	p.faults = append(p.faults, fmt.Errorf(format, values...))
}

// bind binds a type of the schema to a Go type. fields are the Go names of fields that
// have another name in the schema.
func (p *plan) bind(name string, t goType, fields map[string]string) {
	entry := p.models[name]
	entry.Model = config.StringList{t.String()}
	p.models[name] = entry
	for field, goName := range fields {
		p.setField(name, field, func(f *config.TypeMapField) { f.FieldName = goName })
	}
}

// bindAlias binds a type to an alias of an instance of a generic type, because gqlgen
// needs a name to bind a type to.
func (p *plan) bindAlias(name string, alias goType, i instance, fields map[string]string) {
	p.aliases[alias] = i
	p.bind(name, alias, fields)
}

// setField changes gqlgen's configuration of a field.
func (p *plan) setField(name, field string, change func(*config.TypeMapField)) {
	entry := p.models[name]
	entry.Fields = maps.Clone(entry.Fields) // the original belongs to gqlgen's configuration
	if entry.Fields == nil {
		entry.Fields = map[string]config.TypeMapField{}
	}
	f := entry.Fields[field]
	change(&f)
	entry.Fields[field] = f
	p.models[name] = entry
}

// goTypeOf returns the Go type to which a type is bound.
func (p *plan) goTypeOf(name string) (goType, bool) {
	if !p.models.UserDefined(name) {
		return goType{}, false
	}
	return parseGoType(p.models[name].Model[0]), true
}

// files returns the texts of the generated files, by path.
func (p *plan) files() (map[string][]byte, error) {
	files := map[string][]byte{}
	for path, write := range map[string]func() ([]byte, error){
		"graph/relay/nouns.generated.go":    p.relayNouns,
		"graph/model/generics.generated.go": p.modelGenerics,
		"graph/model/store.generated.go":    p.modelToStore,
		"resolvers/nodes.generated.go":      p.resolverNodes,
	} {
		text, err := write()
		if err != nil {
			return nil, err
		}
		files[path] = text
	}
	return files, nil
}

// write writes the generated files.
func (p *plan) write() error {
	files, err := p.files()
	if err != nil {
		return err
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		if err := writeFile(path, files[path]); err != nil {
			return err
		}
	}
	return nil
}

// modelGenerics writes the aliases of inputs and payloads that are instances of generic
// types.
func (p *plan) modelGenerics() ([]byte, error) {
	s := newSource(modelPath)
	p.addAliases(s, "The inputs and payloads of the schema that are instances of generic types.")
	return s.text()
}

// addAliases adds the aliases of a package to one of its files.
func (p *plan) addAliases(s *source, comment string) {
	names := slices.DeleteFunc(slices.Collect(maps.Keys(p.aliases)), func(t goType) bool { return t.Path != s.path })
	slices.SortFunc(names, func(a, b goType) int { return strings.Compare(a.Name, b.Name) })
	s.add("// %s\ntype (", comment)
	for _, name := range names {
		s.add("\t%s = %s", name.Name, p.instanceText(s, p.aliases[name]))
	}
	s.add(")")
}

// instanceText returns the Go text of an instance, with its aliases replaced by their
// types. Otherwise gqlgen would sometimes write the alias and sometimes its type.
func (p *plan) instanceText(s *source, i instance) string {
	of := make([]string, len(i.of))
	for at, t := range i.of {
		of[at] = s.ref(t)
		if inner, ok := p.aliases[t]; ok {
			of[at] = p.instanceText(s, inner)
		}
	}
	return s.ref(i.generic) + "[" + strings.Join(of, ", ") + "]"
}
