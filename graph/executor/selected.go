package executor

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Selected are the fields that an operation selects anywhere, by type. A data source can
// leave out what no field needs.
type Selected struct {
	schema  *ast.Schema
	fields  map[coordinate]bool
	summary any
}

// All are the fields, each with the object type or interface that it is selected on.
func (s *Selected) All() iter.Seq2[string, string] {
	return func(yield func(typ, field string) bool) {
		for c := range s.fields {
			if !yield(c.typ, c.field) {
				return
			}
		}
	}
}

// Summary is what Options.Summarize has made of the fields; nil without it.
func (s *Selected) Summary() any { return s.summary }

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
		p.walk(p.root.object.Name, op.Operation.SelectionSet, func(typ string, item *ast.Field) bool {
			p.selected.fields[coordinate{typ, item.Name}] = true
			return false
		})
		if s.options.Summarize != nil {
			p.selected.summary = s.options.Summarize(p.selected)
		}
	}
	return p.selected
}

type fieldKey struct{}

// Below reports whether the operation selects a field of a field of what the field returns
// whose resolver is called with ctx, such as "edges" and "cursor": there or at any other place
// that returns the same type, so that fields with equal arguments can share what they read. It
// is true where that is not known: the context is no resolver's.
func Below(ctx context.Context, name, below string) bool {
	f, ok := ctx.Value(fieldKey{}).(*field)
	return !ok || f.plan.selectsBelow(under{f.typ.Name(), name, below})
}

// under is the path to a field of a field of a type.
type under struct{ typ, name, below string }

func (p *plan) selectsBelow(path under) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.below == nil {
		p.below = map[under]bool{}
		for _, f := range p.root.fields {
			typ := f.typ.Name()
			p.noteBelow(typ, f.collected.Selections)
			p.walk(typ, f.collected.Selections, func(typ string, item *ast.Field) bool {
				p.noteBelow(p.returned(typ, item.Name), item.SelectionSet)
				return false
			})
		}
	}
	return p.below[path]
}

// noteBelow notes what is selected of a type at one place, two levels deep.
func (p *plan) noteBelow(typ string, set ast.SelectionSet) {
	for _, f := range p.fieldsOf(typ, set) {
		for _, below := range p.fieldsOf(p.returned(typ, f.Name), f.Selections) {
			p.below[under{typ, f.Name, below.Name}] = true
		}
	}
}

func (p *plan) fieldsOf(typ string, set ast.SelectionSet) []graphql.CollectedField {
	if len(set) == 0 {
		return nil
	}
	c := collector{plan: p, definition: p.schema.schema.Types[typ]}
	c.collect(set)
	return c.fields
}

// returned is the type that a field returns; "" if it is __typename.
func (p *plan) returned(typ, name string) string {
	if field := p.schema.schema.Types[typ].Fields.ForName(name); field != nil {
		return field.Type.Name()
	}
	return ""
}

// leads reports whether a field that has a resolver is selected below the field.
func (f *field) leads() bool {
	if f.Marshal != nil { // gqlgen's, which never waits
		return false
	}
	f.leading.Do(func() {
		f.isLeading = f.plan.walk(f.typ.Name(), f.collected.Selections, func(typ string, item *ast.Field) bool {
			return slices.ContainsFunc(f.plan.schema.possible(f.plan.schema.schema.Types[typ]), func(object string) bool {
				field := f.plan.schema.types[object].Fields[item.Name]
				return field != nil && field.Resolve != nil
			})
		})
	})
	return f.isLeading
}

// walk calls visit for each field that is selected, with the type whose field it is, until
// visit returns true. It visits each fragment once, and leaves out what @skip and @include
// leave out.
func (p *plan) walk(typ string, set ast.SelectionSet, visit func(typ string, item *ast.Field) bool) (found bool) {
	w := walk{collector{plan: p}, map[*ast.FragmentDefinition]bool{}, visit}
	return w.selections(typ, set)
}

type walk struct {
	collector
	visited map[*ast.FragmentDefinition]bool
	visit   func(typ string, item *ast.Field) bool
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
	return w.visit(typ, item) || w.selections(w.plan.returned(typ, item.Name), item.SelectionSet)
}
