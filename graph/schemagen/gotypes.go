package main

import (
	"fmt"
	"go/constant"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// The packages that hold what the schema's types are bound to.
const (
	storePath = "souk/store"
	relayPath = "souk/graph/relay"
	modelPath = "souk/graph/model"
)

// goType names a Go type by its package.
type goType struct{ Path, Name string }

func (t goType) String() string { return t.Path + "." + t.Name }

// parseGoType reads a type as gqlgen.yml names it.
func parseGoType(text string) goType {
	dot := strings.LastIndexByte(text, '.')
	if dot < 0 {
		return goType{}
	}
	return goType{text[:dot], text[dot+1:]}
}

// goPackages are packages by their path, without what is generated.
type goPackages map[string]*types.Package

// loadPackages loads packages of this module. What was generated into them is left
// out: it may be of an older schema. What is written by hand may use it, so that a
// package with errors is as good as one without.
func loadPackages(paths []string) (goPackages, error) {
	without := map[string][]byte{}
	for _, path := range []string{relayPath, modelPath} {
		dir := strings.TrimPrefix(path, "souk/")
		generated, err := filepath.Glob(filepath.Join(dir, "*.generated.go"))
		if err != nil {
			return nil, err
		}
		for _, file := range generated {
			full, err := filepath.Abs(file)
			if err != nil {
				return nil, err
			}
			without[full] = []byte("package " + filepath.Base(dir) + "\n")
		}
	}
	loaded, err := packages.Load(&packages.Config{Mode: packages.LoadSyntax, Overlay: without}, paths...)
	if err != nil {
		return nil, fmt.Errorf("load Go packages: %w", err)
	}
	found := goPackages{}
	for _, pkg := range loaded {
		if pkg.Types == nil || len(pkg.GoFiles) == 0 {
			return nil, fmt.Errorf("load Go packages: %s: %v", pkg.PkgPath, pkg.Errors)
		}
		found[pkg.PkgPath] = pkg.Types
	}
	return found, nil
}

// hasType reports whether a package declares a type by hand.
func (p goPackages) hasType(t goType) bool {
	_, ok := p.lookup(t).(*types.TypeName)
	return ok
}

func (p goPackages) lookup(t goType) types.Object {
	if pkg := p[t.Path]; pkg != nil {
		return pkg.Scope().Lookup(t.Name)
	}
	return nil
}

// constants are the names of a type's constants in its package, by their value.
func (p goPackages) constants(t goType) map[string][]string {
	found := map[string][]string{}
	pkg := p[t.Path]
	if pkg == nil {
		return found
	}
	for _, name := range pkg.Scope().Names() {
		c, ok := pkg.Scope().Lookup(name).(*types.Const)
		if !ok || !c.Exported() || c.Val().Kind() != constant.String {
			continue
		}
		if named, ok := types.Unalias(c.Type()).(*types.Named); ok && named.Obj().Name() == t.Name && named.Obj().Pkg() == pkg {
			value := constant.StringVal(c.Val())
			found[value] = append(found[value], name)
		}
	}
	return found
}

// fields are the fields of a struct by their names in lower case.
func (p goPackages) fields(t goType) map[string]*types.Var {
	found := map[string]*types.Var{}
	object := p.lookup(t)
	if object == nil {
		return found
	}
	if fields, ok := object.Type().Underlying().(*types.Struct); ok {
		for field := range fields.Fields() {
			if field.Exported() {
				found[strings.ToLower(field.Name())] = field
			}
		}
	}
	return found
}

// writeFile writes a generated file, if it is not so already.
func writeFile(file string, text []byte) error {
	if old, err := os.ReadFile(file); err == nil && slices.Equal(old, text) {
		return nil
	}
	return os.WriteFile(file, text, 0o644)
}
