package access

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// derive builds the tables that operations are checked with.
func (r *Rules) derive() {
	r.distinct = []Rule{{To: Public}}
	r.hidden = map[string]int{}
	for name, rule := range r.types {
		r.hidden[name] = r.index(rule)
	}
	r.checks = map[string]map[string]fieldCheck{}
	for name, fields := range r.fields {
		r.checks[name] = make(map[string]fieldCheck, len(fields))
		for field, rule := range fields {
			r.checks[name][field] = fieldCheck{r.index(rule), r.hides(r.schema.Types[name].Fields.ForName(field))}
		}
	}
	r.guarded = map[string]map[string]bool{}
	for name, def := range r.schema.Types {
		if def.IsCompositeType() && !strings.HasPrefix(name, "__") {
			r.guarded[name] = r.guardedFields(def)
		}
	}
}

func (r *Rules) index(rule Rule) int {
	if rule.IsPublic() {
		return 0
	}
	if i := slices.Index(r.distinct, rule); i >= 0 {
		return i
	}
	r.distinct = append(r.distinct, rule)
	return len(r.distinct) - 1
}

// guardedFields returns the fields of a type at which an operation must be
// watched. An interface's field stands for the fields of all its types.
func (r *Rules) guardedFields(def *ast.Definition) map[string]bool {
	guarded := map[string]bool{}
	for _, object := range r.schema.GetPossibleTypes(def) {
		for _, field := range object.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			at, known := r.checks[object.Name][field.Name]
			if !known || at.rule != 0 || at.hides {
				guarded[field.Name] = true
			}
		}
	}
	return guarded
}

// hides reports whether a field may return an object that not everyone can
// read. Only the object itself tells its type.
func (r *Rules) hides(field *ast.FieldDefinition) bool {
	returned := r.schema.Types[field.Type.Name()]
	if !returned.IsAbstractType() {
		return false
	}
	return slices.ContainsFunc(r.schema.GetPossibleTypes(returned), func(object *ast.Definition) bool {
		return !r.types[object.Name].IsPublic()
	})
}

// concern reports whether any rule applies to an operation. It looks at each
// selection and each fragment once, including those that variables would skip.
func (r *Rules) concern(operation *ast.OperationDefinition) bool {
	w := walk{rules: r}
	return w.guarded(operation.SelectionSet)
}

type walk struct {
	rules *Rules
	seen  map[*ast.FragmentDefinition]struct{}
}

func (w *walk) guarded(selection ast.SelectionSet) bool {
	for _, item := range selection {
		switch item := item.(type) {
		case *ast.Field:
			if strings.HasPrefix(item.Name, "__") {
				continue // introspection shows only the schema
			}
			if item.ObjectDefinition == nil {
				return true
			}
			fields, known := w.rules.guarded[item.ObjectDefinition.Name]
			if !known || fields[item.Name] || w.guarded(item.SelectionSet) {
				return true
			}
		case *ast.InlineFragment:
			if w.guarded(item.SelectionSet) {
				return true
			}
		case *ast.FragmentSpread:
			if item.Definition == nil || w.fragment(item.Definition) {
				return true
			}
		default:
			return true
		}
	}
	return false
}

// fragment checks a fragment the first time that it is met. Without this,
// fragments that spread each other twice would cost a power of two.
func (w *walk) fragment(f *ast.FragmentDefinition) bool {
	if _, seen := w.seen[f]; seen {
		return false
	}
	if w.seen == nil {
		w.seen = map[*ast.FragmentDefinition]struct{}{}
	}
	w.seen[f] = struct{}{}
	return w.guarded(f.SelectionSet)
}
