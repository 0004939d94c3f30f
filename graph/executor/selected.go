package executor

import (
	"cmp"
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Selected are the fields that an operation selects anywhere, by type. A data source can
// leave out what no field needs.
type Selected struct {
	schema *ast.Schema
	fields map[coordinate]bool
}

// coordinate names a field of an object type or of an interface.
type coordinate struct{ typ, field string }

// Has reports whether the operation selects a field of an object type, by whichever
// interface.
func (s *Selected) Has(object, field string) bool {
	if s.fields[coordinate{object, field}] {
		return true
	}
	definition := s.schema.Types[object]
	return definition != nil && slices.ContainsFunc(definition.Interfaces, func(name string) bool {
		return s.fields[coordinate{name, field}]
	})
}

// Selected returns the fields that an operation selects, without those that @skip and
// @include leave out; nil if the operation cannot run.
func (s *Schema) Selected(op *graphql.OperationContext) *Selected {
	p, err := s.planOf(op)
	if err != nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.selected == nil {
		p.selected = &Selected{schema: s.schema, fields: map[coordinate]bool{}}
		p.walk(p.root.object.Name, op.Operation.SelectionSet, func(typ, field string) bool {
			p.selected.fields[coordinate{typ, field}] = true
			return false
		})
	}
	return p.selected
}

type fieldKey struct{}

// Below reports whether the field whose resolver is called with ctx selects a field at a
// path of names below it, such as "edges", "cursor". It is true where that is not known: the
// context is no resolver's.
func Below(ctx context.Context, path ...string) bool {
	f, ok := ctx.Value(fieldKey{}).(*field)
	return !ok || f.selects(path)
}

func (f *field) selects(path []string) bool {
	for i := range f.possible {
		for _, below := range f.selectionOf(i).fields {
			if below.collected.Name == path[0] && (len(path) == 1 || below.selects(path[1:])) {
				return true
			}
		}
	}
	return false
}

// leads reports whether a field that has a resolver is selected below the field.
func (f *field) leads() bool {
	if f.Marshal != nil { // gqlgen's, which never waits
		return false
	}
	f.leading.Do(func() {
		f.isLeading = f.plan.walk(f.typ.Name(), f.collected.Selections, func(typ, name string) bool {
			return slices.ContainsFunc(f.plan.schema.possible(f.plan.schema.schema.Types[typ]), func(object string) bool {
				field := f.plan.schema.types[object].Fields[name]
				return field != nil && field.Resolve != nil
			})
		})
	})
	return f.isLeading
}

// walk calls visit for each field that is selected, with the type whose field it is, until
// visit returns true. It visits each fragment once, and leaves out what @skip and @include
// leave out.
func (p *plan) walk(typ string, set ast.SelectionSet, visit func(typ, field string) bool) (found bool) {
	w := walk{collector{plan: p}, map[*ast.FragmentDefinition]bool{}, visit}
	return w.selections(typ, set)
}

type walk struct {
	collector
	visited map[*ast.FragmentDefinition]bool
	visit   func(typ, field string) bool
}

func (w *walk) selections(typ string, set ast.SelectionSet) (found bool) {
	return slices.ContainsFunc(set, func(item ast.Selection) bool {
		switch item := item.(type) {
		case *ast.Field:
			return w.included(item.Directives) && w.field(typ, item)
		case *ast.InlineFragment:
			return w.included(item.Directives) && w.selections(cmp.Or(item.TypeCondition, typ), item.SelectionSet)
		case *ast.FragmentSpread:
			if w.visited[item.Definition] || !w.included(item.Directives) {
				return false
			}
			w.visited[item.Definition] = true
			return w.selections(item.Definition.TypeCondition, item.Definition.SelectionSet)
		}
		return false
	})
}

func (w *walk) field(typ string, item *ast.Field) (found bool) {
	if w.visit(typ, item.Name) {
		return true
	}
	definition := w.plan.schema.schema.Types[typ].Fields.ForName(item.Name)
	return definition != nil && w.selections(definition.Type.Name(), item.SelectionSet)
}
