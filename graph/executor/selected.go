package executor

import (
	"cmp"
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
		w := selecting{collector{plan: p}, p.selected, map[*ast.FragmentDefinition]bool{}}
		w.walk(p.root.object.Name, op.Operation.SelectionSet)
	}
	return p.selected
}

// selecting is a walk through an operation. It visits each fragment once.
type selecting struct {
	collector
	to      *Selected
	visited map[*ast.FragmentDefinition]bool
}

func (w *selecting) walk(typ string, set ast.SelectionSet) {
	for _, item := range set {
		switch item := item.(type) {
		case *ast.Field:
			if !w.included(item.Directives) {
				continue
			}
			w.to.fields[coordinate{typ, item.Name}] = true
			if field := w.to.schema.Types[typ].Fields.ForName(item.Name); field != nil {
				w.walk(field.Type.Name(), item.SelectionSet)
			}
		case *ast.InlineFragment:
			if w.included(item.Directives) {
				w.walk(cmp.Or(item.TypeCondition, typ), item.SelectionSet)
			}
		case *ast.FragmentSpread:
			if w.included(item.Directives) && !w.visited[item.Definition] {
				w.visited[item.Definition] = true
				w.walk(item.Definition.TypeCondition, item.Definition.SelectionSet)
			}
		}
	}
}
