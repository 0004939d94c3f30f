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

// The packages with the Go types to which the schema's types are bound.
const (
	storePath = "souk/store"
	relayPath = "souk/graph/relay"
	modelPath = "souk/graph/model"
)

// goType is the name of a Go type and the path of its package.
type goType struct{ Path, Name string }

func (t goType) String() string { return t.Path + "." + t.Name }

// parseGoType reads a type in the form of gqlgen.yml: path.Name.
func parseGoType(text string) goType {
	dot := strings.LastIndexByte(text, '.')
	if dot < 0 {
		return goType{}
	}
	return goType{text[:dot], text[dot+1:]}
}

// goPackages are packages by their path, without their generated files.
type goPackages map[string]*types.Package

// loadPackages loads packages of this module without their generated files, because
// these may be from an older schema. Handwritten code can use generated code, so
// loadPackages ignores type errors.
func loadPackages(paths []string) (goPackages, error) {
	overlay := map[string][]byte{} // replaces generated files by empty ones
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
			overlay[full] = []byte("package " + filepath.Base(dir) + "\n")
		}
	}
	loaded, err := packages.Load(&packages.Config{Mode: packages.LoadSyntax, Overlay: overlay}, paths...)
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

// hasType reports whether handwritten code declares a type.
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

// constants returns the names of a type's constants in its package, by their value.
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

// marshaled returns the type of the values of a scalar that is bound to a type or to a
// function Marshal.
func (p goPackages) marshaled(t goType) (types.Type, bool) {
	marshal, isFunc := p.lookup(goType{t.Path, "Marshal" + t.Name}).(*types.Func)
	if isFunc && marshal.Signature().Params().Len() > 0 {
		return marshal.Signature().Params().At(0).Type(), true
	}
	if object, ok := p.lookup(t).(*types.TypeName); ok {
		return object.Type(), true
	}
	return nil, false
}

// fields returns the exported fields of a struct, by their names in lower case.
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

// writeFile writes a generated file, unless it already has this text.
func writeFile(file string, text []byte) error {
	if old, err := os.ReadFile(file); err == nil && slices.Equal(old, text) {
		return nil
	}
	return os.WriteFile(file, text, 0o644)
}
