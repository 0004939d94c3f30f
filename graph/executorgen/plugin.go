// Package executorgen is a plugin of gqlgen. It generates the types of the package
// executor: how the fields of each object type are appended, read and resolved. It writes
// one file, executor.generated.go, into the package of gqlgen's generated code.
package executorgen

import (
	_ "embed"
	"errors"
	"fmt"
	"go/types"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2/ast"

	"souk/graph/executor"
)

// Plugin is the plugin. Give it to api.Generate.
type Plugin struct{}

//go:embed executor.gotpl
var template string

// Name returns the plugin's name for gqlgen's errors.
func (Plugin) Name() string { return "executorgen" }

// GenerateCode writes the file.
func (Plugin) GenerateCode(data *codegen.Data) error {
	d, err := newFile(data)
	if err != nil {
		return err
	}
	return templates.Render(templates.Options{
		PackageName: data.Config.Exec.Package, Packages: data.Config.Packages,
		Filename: filepath.Join(data.Config.Exec.Dir(), "executor.generated.go"),
		Template: template, Data: d, GeneratedHeader: true,
		Funcs: map[string]any{"executor": func() string { return reflect.TypeFor[executor.Types]().PkgPath() }},
	})
}

// file is what the template writes.
type file struct {
	Objects    []*object
	Leaves     []*leaf      // how scalars, enums and lists of them are appended
	Children   []*composite // how objects and lists of them are added
	interfaces map[string]*codegen.Interface
	seen       map[string]bool
	faults     []error
}

type object struct {
	*codegen.Object
	Fields []*field
}

func newFile(data *codegen.Data) (*file, error) {
	f := &file{seen: map[string]bool{}, interfaces: data.Interfaces}
	f.checkConfig(data)
	for _, o := range data.Objects {
		if strings.HasPrefix(o.Name, "__") || o.Stream {
			continue
		}
		made := &object{Object: o}
		for _, each := range o.Fields {
			if what := unsupported(each); what != "" {
				f.fault("%s.%s: %s is not supported", o.Name, each.Name, what)
				continue
			}
			made.Fields = append(made.Fields, &field{Field: each})
			if !strings.HasPrefix(each.Name, "__") {
				f.addType(each.TypeReference)
			}
		}
		f.Objects = append(f.Objects, made)
	}
	slices.SortFunc(f.Leaves, func(a, b *leaf) int { return strings.Compare(a.Func(), b.Func()) })
	slices.SortFunc(f.Children, func(a, b *composite) int { return strings.Compare(a.Func(), b.Func()) })
	return f, errors.Join(f.faults...)
}

func (f *file) fault(format string, args ...any) {
	f.faults = append(f.faults, fmt.Errorf(format, args...))
}

// checkConfig looks for what gqlgen does around all fields, and the executor does not.
func (f *file) checkConfig(data *codegen.Data) {
	if data.Config.UseFunctionSyntaxForExecutionContext {
		f.fault("use_function_syntax_for_execution_context is not supported")
	}
	if data.Config.Federation.IsDefined() {
		f.fault("federation is not supported")
	}
	for _, location := range []ast.DirectiveLocation{ast.LocationQuery, ast.LocationMutation, ast.LocationField} {
		for name := range data.AllDirectives.LocationDirectives(string(location)) {
			f.fault("@%s: a directive on %s is not supported", name, location)
		}
	}
}

// unsupported returns what is not supported of a field; "" if all is.
func unsupported(f *codegen.Field) string {
	introspects := strings.HasPrefix(f.Name, "__")
	switch {
	case introspects:
		return ""
	case f.TypeReference.IsRoot:
		return "a root type"
	case f.HasHaser:
		return "a Has method"
	case f.VOkFunc:
		return "a method that returns a bool"
	case f.IsMap():
		return "a map"
	case f.HasDirectives():
		return "a directive with code"
	case codegen.GetInlineArgsMetadata(f.Object.Name, f.Name) != nil:
		return "@inlineArguments"
	case f.IsResolver && !f.Object.Root && !f.IsBatch():
		return "a resolver of one parent at a time (set batch: true)"
	case f.IsResolver && !f.Object.Root && config.IsNilable(f.Object.Type):
		return "a resolver of parents that are no structs"
	}
	return ""
}

// addType adds the function for a type, and those for the types of its elements.
func (f *file) addType(ref *config.TypeReference) {
	if f.seen[ref.UniquenessKey()] {
		return
	}
	f.seen[ref.UniquenessKey()] = true
	if ref.IsPtrToPtr() && ref.Marshaler == nil && !ref.IsMarshaler {
		f.fault("%s: a pointer to a pointer is not supported", ref.GO)
		return
	}
	if ref.Definition.IsCompositeType() {
		f.Children = append(f.Children, &composite{TypeReference: ref, Abstract: f.interfaces[ref.Definition.Name]})
	} else {
		f.Leaves = append(f.Leaves, &leaf{ref})
	}
	if ref.IsSlice() || ref.IsPtrToSlice() || ref.IsPtrToIntf() {
		f.addType(ref.Elem())
	}
}

// field is a field of an object type.
type field struct{ *codegen.Field }

// Introspects reports whether the field is answered by gqlgen.
func (f *field) Introspects() bool { return strings.HasPrefix(f.Name, "__") }

// IsLeaf reports whether the field is a scalar or an enum, or a list of them.
func (f *field) IsLeaf() bool { return !f.TypeReference.Definition.IsCompositeType() }

// Resolves reports whether the field must be called once for a level: it is a resolver, or
// a method that may wait or fail.
func (f *field) Resolves() bool {
	return f.IsResolver || f.IsMethod() && (f.MethodHasContext || !f.NoErr || len(f.Args) > 0)
}

// OfMethod reports whether it is such a method.
func (f *field) OfMethod() bool { return f.Resolves() && !f.IsResolver }

// Context reports whether the marshaler of the scalar takes a context.
func (f *field) Context() bool { return (&leaf{f.TypeReference}).Context() }

// IsInterface reports whether the field must not be null and has an interface as its Go
// type, so that a nil is not yet one of a type.
func (f *field) IsInterface() bool {
	return f.TypeReference.GQL.NonNull && types.IsInterface(f.TypeReference.GO)
}

// Parent is the Go type of the parents.
func (f *field) Parent() types.Type { return f.Object.Reference() }

// ParentElem is what the parents are pointers to.
func (f *field) ParentElem() types.Type {
	if p, ok := f.Object.Reference().(*types.Pointer); ok {
		return p.Elem()
	}
	return f.Object.Reference()
}

// Value is the field of the object o.
func (f *field) Value() string {
	if f.IsMethod() {
		return "o." + f.GoFieldName + "()"
	}
	return "o." + f.GoFieldName
}

// Call is the call of a method or a resolver, with the arguments in args.
func (f *field) Call() string {
	var args []string
	switch {
	case f.IsResolver && f.Object.Root:
		args = append(args, "ctx")
	case f.IsResolver:
		args = append(args, "ctx", "executor.Parents["+templates.CurrentImports.LookupType(f.ParentElem())+"](parents)")
	case f.MethodHasContext:
		args = append(args, "ctx")
	}
	for _, a := range f.Args {
		arg := fmt.Sprintf("args[%q]", a.Name)
		if i, ok := types.Unalias(a.TypeReference.GO).(*types.Interface); !ok || !i.Empty() {
			arg += ".(" + templates.CurrentImports.LookupType(a.TypeReference.GO) + ")"
		}
		args = append(args, arg)
	}
	on := "o"
	if f.IsResolver {
		on = "ec.Resolvers." + strings.ToUpper(f.Object.Name[:1]) + f.Object.Name[1:] + "()"
	}
	return on + "." + f.GoFieldName + "(" + strings.Join(args, ", ") + ")"
}

// Add is the name of the function that adds the field's objects.
func (f *field) Add() string { return (&composite{TypeReference: f.TypeReference}).Func() }

// Append is the name of the function that appends the field's value.
func (f *field) Append() string { return (&leaf{f.TypeReference}).Func() }

// ByPointer reports whether Add takes a pointer to the value.
func (f *field) ByPointer() bool { return (&composite{TypeReference: f.TypeReference}).ByPointer() }

// leaf is a type of a scalar or an enum, or of a list of them.
type leaf struct{ *config.TypeReference }

// Func is the name of its function.
func (l *leaf) Func() string { return "append" + l.UniquenessKey() }

// ElemFunc is the name of the function of its elements.
func (l *leaf) ElemFunc() string { return (&leaf{l.TypeReference.Elem()}).Func() }

// Fails reports whether ByExpression returns an error too.
func (l *leaf) Fails() bool { return l.marshaler() == floatMarshaler }

// Context reports whether the marshaler takes a context, and does not only return an error.
func (l *leaf) Context() bool { return l.IsContext && !l.Fails() }

const floatMarshaler = "github.com/99designs/gqlgen/graphql.MarshalFloatContext"

// ByExpression is how a value v is appended to b: by a function of the package executor, or
// by a function Append beside the scalar's function Marshal. "" means that there is none.
func (l *leaf) ByExpression() string {
	v := l.converted()
	if l.HasEnumValues() {
		return fmt.Sprintf("executor.AppendEnum(b, %s, %s)", l.EnumMarshalVar(false), v)
	}
	switch l.marshaler() {
	case "github.com/99designs/gqlgen/graphql.MarshalString", "github.com/99designs/gqlgen/graphql.MarshalID":
		return "executor.AppendString(b, " + v + ")"
	case "github.com/99designs/gqlgen/graphql.MarshalInt", "github.com/99designs/gqlgen/graphql.MarshalInt64", "github.com/99designs/gqlgen/graphql.MarshalInt32":
		return "executor.AppendInt(b, " + v + ")"
	case "github.com/99designs/gqlgen/graphql.MarshalBoolean":
		return "executor.AppendBoolean(b, " + v + ")"
	case floatMarshaler:
		return "executor.AppendFloat(b, " + v + ")"
	}
	if l.Marshaler == nil {
		return ""
	}
	name := strings.Replace(l.Marshaler.Name(), "Marshal", "Append", 1)
	if own, ok := l.Marshaler.Pkg().Scope().Lookup(name).(*types.Func); ok && l.appends(own.Signature()) {
		return templates.CurrentImports.Lookup(l.Marshaler.Pkg().Path()) + "." + name + "(b, " + v + ")"
	}
	return ""
}

// appends reports whether a function takes bytes and what the scalar's marshaler takes,
// and returns bytes.
func (l *leaf) appends(own *types.Signature) bool {
	bytes := types.NewSlice(types.Universe.Lookup("byte").Type())
	value := l.Marshaler.Signature().Params().At(0).Type()
	return own.Params().Len() == 2 && own.Results().Len() == 1 &&
		types.Identical(own.Params().At(0).Type(), bytes) &&
		types.Identical(own.Params().At(1).Type(), value) &&
		types.Identical(own.Results().At(0).Type(), bytes)
}

// ByMarshaler is the scalar's own marshaler for v.
func (l *leaf) ByMarshaler() string {
	if l.IsMarshaler {
		return "v"
	}
	return templates.CurrentImports.Lookup(l.Marshaler.Pkg().Path()) + "." + l.Marshaler.Name() + "(" + l.converted() + ")"
}

func (l *leaf) marshaler() string {
	if l.Marshaler == nil {
		return ""
	}
	return l.Marshaler.Pkg().Path() + "." + l.Marshaler.Name()
}

// converted is v as the marshaler takes it.
func (l *leaf) converted() string {
	v := "v"
	switch {
	case l.IsTargetNilable() && !l.IsNilable():
		v = "&v"
	case !l.IsTargetNilable() && l.IsNilable():
		v = "*v"
	}
	if l.CastType != nil && !l.HasEnumValues() {
		return templates.CurrentImports.LookupType(l.CastType) + "(" + v + ")"
	}
	return v
}

// composite is a type of an object, an interface or a union, or of a list of them.
type composite struct {
	*config.TypeReference
	Abstract *codegen.Interface // nil for an object type
}

// Func is the name of its function.
func (c *composite) Func() string { return "add" + c.UniquenessKey() }

// ElemFunc is the name of the function of its elements.
func (c *composite) ElemFunc() string { return c.elem().Func() }

// ElemByPointer reports whether that function takes a pointer.
func (c *composite) ElemByPointer() bool { return c.elem().ByPointer() }

func (c *composite) elem() *composite { return &composite{TypeReference: c.TypeReference.Elem()} }

// Dereferences reports whether the value is a pointer to a list or an interface.
func (c *composite) Dereferences() bool { return c.IsPtrToSlice() || c.IsPtrToIntf() }

// ByPointer reports whether the function takes a pointer to the value: objects are added as
// pointers, and a copy of a struct would have one of its own.
func (c *composite) ByPointer() bool {
	return !c.IsSlice() && !c.IsNilable() && c.Definition.Kind == ast.Object
}
