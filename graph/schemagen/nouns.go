package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2/ast"
)

// noun is a type whose objects have a global ID, as @noun registers it.
type noun struct {
	// Type is its name in the schema, Go in package store. Its key is Go + "ID".
	Type, Go string
	// Kind is the first byte of its global IDs.
	Kind int
	// Called is what a message calls one: "a vendor".
	Called string
	// Node tells whether the root field `node` returns it.
	Node bool
}

func (n noun) key() string { return n.Go + "ID" }

// nouns are the registered types in the order of their kinds.
type nouns []noun

// maxKind is the largest number that one byte holds.
const maxKind = 255

// readNouns reads the registers of a schema and returns all that is wrong with
// them.
func readNouns(schema *ast.Schema) (found nouns, faults []error) {
	kinds, names := map[int]string{}, map[string]string{}
	for _, def := range objects(schema) {
		node := slices.Contains(def.Interfaces, "Node")
		register := def.Directives.ForName("noun")
		if register == nil {
			if node {
				faults = append(faults, fmt.Errorf("%s implements Node and is not registered: add @noun with a kind that no other type has", def.Name))
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
			continue
		}
		if other, taken := kinds[n.Kind]; taken {
			faults = append(faults, fmt.Errorf("%s: %s has the kind %d already; global IDs could not tell them apart", def.Name, other, n.Kind))
		}
		if other, taken := names[n.Go]; taken {
			faults = append(faults, fmt.Errorf("%s: %s is called %s in Go already; set `go` of @noun", def.Name, other, n.Go))
		}
		kinds[n.Kind], names[n.Go] = def.Name, def.Name
		found = append(found, n)
	}
	slices.SortFunc(found, func(a, b noun) int { return cmp.Compare(a.Kind, b.Kind) })
	return found, faults
}

// named returns the noun that has a name in the schema.
func (all nouns) named(name string) (noun, bool) {
	return all.find(func(n noun) bool { return n.Type == name })
}

// ofField returns the noun that an ID of the name is of: of "vendor", written in
// front of "Id", a Vendor.
func (all nouns) ofField(name string) (noun, bool) {
	return all.find(func(n noun) bool { return lowerCamel(n.Type) == name || lowerCamel(n.Go) == name })
}

// ofPrefix returns the noun whose name in the schema a longer name begins with;
// the longest, when several do.
func (all nouns) ofPrefix(name string) (longest noun, ok bool) {
	for _, n := range all {
		if len(n.Type) > len(longest.Type) && len(name) >= len(n.Type) && name[:len(n.Type)] == n.Type {
			longest, ok = n, true
		}
	}
	return longest, ok
}

func (all nouns) find(is func(noun) bool) (noun, bool) {
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i], true
	}
	return noun{}, false
}

// checkNouns wants each noun's struct and key in package store.
func checkNouns(all nouns, pkgs goPackages) (faults []error) {
	for _, n := range all {
		for _, name := range []string{n.Go, n.key()} {
			if !pkgs.hasType(goType{storePath, name}) {
				faults = append(faults, fmt.Errorf("%s is registered by @noun, and %s has no type %s", n.Type, storePath, name))
			}
		}
	}
	return faults
}
