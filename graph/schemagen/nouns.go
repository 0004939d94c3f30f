package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2/ast"
)

// noun is a type with @noun: its objects have a global ID.
type noun struct {
	// Type is the name in the schema, Go the name in package store. The key type is
	// Go + "ID".
	Type, Go string
	// Kind is the first byte of the global IDs.
	Kind int
	// Called are the words for an object in messages: "a vendor".
	Called string
	// Node reports whether the type implements Node, so that the root field `node`
	// returns its objects.
	Node bool
}

func (n noun) key() string { return n.Go + "ID" }

// nouns are the registered types, sorted by kind.
type nouns []noun

// maxKind is the largest number that one byte holds.
const maxKind = 255

// readNouns returns the nouns of a schema, and all errors of their @noun.
func readNouns(schema *ast.Schema) (found nouns, faults []error) {
	kinds, names := map[int]string{}, map[string]string{}
	for _, def := range objects(schema) {
		node := slices.Contains(def.Interfaces, "Node")
		register := def.Directives.ForName("noun")
		if register == nil {
			if node {
				faults = append(faults, fmt.Errorf("%s implements Node but is not registered; add @noun with a kind that no other type has", def.Name))
			}
			continue
		}
		n := noun{
			Type: def.Name, Go: argument(register, "go", templates.ToGo(def.Name)),
			Called: argument(register, "called", called(def.Name)), Node: node,
		}
		var err error
		if n.Kind, err = strconv.Atoi(argument(register, "kind", "")); err != nil || n.Kind < 1 || n.Kind > maxKind {
			faults = append(faults, fmt.Errorf("%s: @noun needs a kind from 1 to %d", def.Name, maxKind))
		} else if other, taken := kinds[n.Kind]; taken {
			faults = append(faults, fmt.Errorf("%s: %s already has the kind %d; each type needs its own kind", def.Name, other, n.Kind))
		}
		if other, taken := names[n.Go]; taken {
			faults = append(faults, fmt.Errorf("%s: %s already has the Go name %s; set `go` of @noun", def.Name, other, n.Go))
		}
		kinds[n.Kind], names[n.Go] = def.Name, def.Name
		found = append(found, n)
	}
	slices.SortFunc(found, func(a, b noun) int { return cmp.Compare(a.Kind, b.Kind) })
	return found, faults
}

// named returns the noun with a name in the schema.
func (all nouns) named(name string) (noun, bool) {
	return all.find(func(n noun) bool { return n.Type == name })
}

// ofField returns the noun of an ID field. name is the field's name without "Id":
// "vendor" gives Vendor.
func (all nouns) ofField(name string) (noun, bool) {
	return all.find(func(n noun) bool { return lowerCamel(n.Type) == name || lowerCamel(n.Go) == name })
}

func (all nouns) find(is func(noun) bool) (noun, bool) {
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i], true
	}
	return noun{}, false
}

// checkNouns checks that package store has the struct and the key type of each noun.
func checkNouns(all nouns, pkgs goPackages) (faults []error) {
	for _, n := range all {
		for _, name := range []string{n.Go, n.key()} {
			if !pkgs.hasType(goType{storePath, name}) {
				faults = append(faults, fmt.Errorf("%s is registered with @noun, but %s has no type %s", n.Type, storePath, name))
			}
		}
	}
	return faults
}
