package randquery

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// Ambiguous reports whether an object of some type would have a field of one name from
// fragments on two types of which neither implements the other. The specification merges
// them. gqlgen's executor does not: it resolves the field twice, and answers with the first
// selection only.
func Ambiguous(schema *ast.Schema, document *ast.QueryDocument) bool {
	for _, operation := range document.Operations {
		object := schema.Query
		if operation.Operation == ast.Mutation {
			object = schema.Mutation
		}
		if ambiguous(schema, object, operation.SelectionSet) {
			return true
		}
	}
	return false
}

func ambiguous(schema *ast.Schema, object *ast.Definition, set ast.SelectionSet) bool {
	fields := map[string][]*ast.Field{}
	collect(schema, object, set, fields)
	for _, same := range fields {
		var below ast.SelectionSet
		for i, f := range same {
			for _, other := range same[:i] {
				if f.Name != "__typename" && !related(f.ObjectDefinition, other.ObjectDefinition) {
					return true
				}
			}
			below = append(below, f.SelectionSet...)
		}
		if len(below) == 0 {
			continue
		}
		for _, possible := range schema.GetPossibleTypes(schema.Types[same[0].Definition.Type.Name()]) {
			if possible.Kind == ast.Object && ambiguous(schema, possible, below) {
				return true
			}
		}
	}
	return false
}

// collect adds the fields that an object of a type has, as if no field were skipped.
func collect(schema *ast.Schema, object *ast.Definition, set ast.SelectionSet, to map[string][]*ast.Field) {
	for _, item := range set {
		switch item := item.(type) {
		case *ast.Field:
			if !slices.Contains(to[item.Alias], item) {
				to[item.Alias] = append(to[item.Alias], item)
			}
		case *ast.InlineFragment:
			if applies(schema, object, item.TypeCondition) {
				collect(schema, object, item.SelectionSet, to)
			}
		case *ast.FragmentSpread:
			if applies(schema, object, item.Definition.TypeCondition) {
				collect(schema, object, item.Definition.SelectionSet, to)
			}
		}
	}
}

func applies(schema *ast.Schema, object *ast.Definition, condition string) bool {
	return condition == "" || condition == object.Name ||
		slices.ContainsFunc(schema.Implements[object.Name], func(d *ast.Definition) bool { return d.Name == condition })
}

func related(a, b *ast.Definition) bool {
	return a == b || slices.Contains(a.Interfaces, b.Name) || slices.Contains(b.Interfaces, a.Name)
}
