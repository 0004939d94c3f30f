package executor

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// plan is an operation that is ready to run. It is shared by all runs, and does not
// change but for selections of abstract types, which are compiled when an object of their
// type comes for the first time: most of the types of an interface never do. It must not
// lead to the operation, which would never be collected then.
type plan struct {
	schema    *Schema
	variables map[string]any // those of @skip and @include
	mu        sync.Mutex     // of compiling
	root      *selection
	selected  *Selected      // nil: nobody has asked
	below     map[under]bool // see Below; nil: nobody has asked
	kept      sync.Pool      // *memory, of runs that have ended
	size      atomic.Int64   // of the last answer, in bytes
}

// selection is what is selected of an object type at one place of the document.
type selection struct {
	object *Object
	fields []*field
}

// field is a selected field.
type field struct {
	*Field
	plan      *plan
	collected graphql.CollectedField
	object    string                         // the type that it is a field of
	prefix    []byte                         // the name in the answer, as JSON, with the colon
	typ       *ast.Type                      // what the schema says of its null values and lists
	leaf      bool                           // a scalar or an enum, or a list of them
	typename  []byte                         // the value of __typename, as JSON
	guarded   bool                           // its access depends on who asks
	constant  bool                           // its arguments have no variables
	args      atomic.Pointer[map[string]any] // coerced once, if constant
	above     *field                         // nil for a root field
	depth     int                            // how many fields are above
	possible  []string                       // the object types that it can return
	below     []atomic.Pointer[selection]
	leading   sync.Once // of leads
	isLeading bool
}

// newPlan compiles an operation.
func newPlan(s *Schema, operation *ast.OperationDefinition, variables map[string]any) (*plan, error) {
	p := &plan{schema: s, variables: variables}
	root := s.rootOf(operation.Operation)
	if root == nil {
		return nil, fmt.Errorf("the schema has no %s", operation.Operation)
	}
	p.root = p.compile(root, []ast.SelectionSet{operation.SelectionSet}, nil)
	return p, nil
}

// compile makes the selection of an object type.
func (p *plan) compile(object *Object, sets []ast.SelectionSet, above *field) *selection {
	c := collector{plan: p, definition: p.schema.schema.Types[object.Name]}
	for _, set := range sets {
		c.collect(set)
	}
	sel := &selection{object: object, fields: make([]*field, len(c.fields))}
	for i, collected := range c.fields {
		sel.fields[i] = p.newField(object, collected, above)
	}
	return sel
}

// newField prepares a field of an object type.
func (p *plan) newField(object *Object, collected graphql.CollectedField, above *field) *field {
	f := &field{
		plan: p, collected: collected, object: object.Name, above: above,
		prefix: append(AppendString(nil, collected.Alias), ':'),
	}
	if above != nil {
		f.depth = above.depth + 1
	}
	if collected.Name == "__typename" {
		f.leaf, f.typename, f.typ = true, AppendString(nil, object.Name), ast.NonNullNamedType("String", nil)
		return f
	}
	f.Field = object.Fields[collected.Name]
	if f.Field == nil {
		panic(fmt.Sprintf("%s.%s is not among the generated fields", object.Name, collected.Name))
	}
	// The object's own field may be stricter than that of the interface which is selected.
	f.typ = p.schema.schema.Types[object.Name].Fields.ForName(collected.Name).Type
	f.guarded = p.schema.options.Guarded != nil && !strings.HasPrefix(f.collected.Name, "__") && p.schema.options.Guarded(object.Name, collected.Name)
	f.constant = !slices.ContainsFunc(collected.Arguments, func(a *ast.Argument) bool { return hasVariable(a.Value) })
	returned := p.schema.schema.Types[f.typ.Name()]
	if f.leaf = !returned.IsCompositeType(); !f.leaf {
		f.possible = p.schema.possible(returned)
		f.below = make([]atomic.Pointer[selection], len(f.possible))
	}
	return f
}

// position is the field's place in the document; nil if it is not known.
func (f *field) position() *ast.Position {
	if at := f.collected.Position; at != nil && at.Line > 0 {
		return at
	}
	return nil
}

// typeIndex is the index of an object type among those that the field can return.
func (f *field) typeIndex(name string) int {
	if len(f.possible) == 1 {
		return 0
	}
	at := slices.Index(f.possible, name)
	if at < 0 {
		panic(fmt.Sprintf("%s.%s returned a %s, which the schema does not allow", f.object, f.collected.Name, name))
	}
	return at
}

// selectionOf is what is selected of objects of a type.
func (f *field) selectionOf(at int) *selection {
	if sel := f.below[at].Load(); sel != nil {
		return sel
	}
	f.plan.mu.Lock()
	defer f.plan.mu.Unlock()
	sel := f.below[at].Load()
	if sel == nil {
		sel = f.plan.compile(f.plan.schema.types[f.possible[at]], []ast.SelectionSet{f.collected.Selections}, f)
		f.below[at].Store(sel)
	}
	return sel
}

// hasVariable reports whether a value, or one within it, is a variable.
func hasVariable(v *ast.Value) bool {
	return v.Kind == ast.Variable || slices.ContainsFunc(v.Children, func(c *ast.ChildValue) bool { return hasVariable(c.Value) })
}

// collector collects the fields of an object type from selection sets and their
// fragments, in the order in which the answer has them. Fields of one name are merged.
type collector struct {
	plan       *plan
	definition *ast.Definition
	fields     []graphql.CollectedField
	names      map[string]int // of fields; nil while there are few
	spread     map[*ast.FragmentDefinition]bool
}

// manyNames is the number of fields from which on a map finds a name sooner: measured.
const manyNames = 16

func (c *collector) collect(set ast.SelectionSet) {
	for _, item := range set {
		switch item := item.(type) {
		case *ast.Field:
			if c.included(item.Directives) {
				c.add(item)
			}
		case *ast.InlineFragment:
			if c.included(item.Directives) && c.applies(item.TypeCondition) {
				c.collect(item.SelectionSet)
			}
		case *ast.FragmentSpread:
			if c.included(item.Directives) {
				c.spreadFragment(item)
			}
		}
	}
}

func (c *collector) add(item *ast.Field) {
	if i := c.find(item.Alias); i >= 0 {
		c.fields[i].Selections = append(c.fields[i].Selections, item.SelectionSet...)
		return
	}
	if c.names != nil {
		c.names[item.Alias] = len(c.fields)
	}
	c.fields = append(c.fields, graphql.CollectedField{Field: item, Selections: slices.Clip(item.SelectionSet)})
}

// find returns the index of the field with a name; -1 if there is none yet.
func (c *collector) find(name string) int {
	if len(c.fields) < manyNames {
		return slices.IndexFunc(c.fields, func(f graphql.CollectedField) bool { return f.Alias == name })
	}
	if c.names == nil {
		c.names = map[string]int{}
		for i := range c.fields {
			c.names[c.fields[i].Alias] = i
		}
	}
	if i, ok := c.names[name]; ok {
		return i
	}
	return -1
}

func (c *collector) spreadFragment(item *ast.FragmentSpread) {
	fragment := item.Definition
	if c.spread[fragment] {
		return
	}
	if c.spread == nil {
		c.spread = map[*ast.FragmentDefinition]bool{}
	}
	c.spread[fragment] = true
	if c.applies(fragment.TypeCondition) {
		c.collect(fragment.SelectionSet)
	}
}

// applies reports whether a fragment is about the object type.
func (c *collector) applies(condition string) bool {
	return condition == "" || condition == c.definition.Name || slices.Contains(c.definition.Interfaces, condition) ||
		slices.ContainsFunc(c.plan.schema.schema.Implements[c.definition.Name], func(d *ast.Definition) bool { return d.Name == condition })
}

// included reports whether @skip and @include let a selection take part.
func (c *collector) included(directives ast.DirectiveList) bool {
	for _, d := range directives {
		if d.Name != "skip" && d.Name != "include" {
			continue
		}
		value, _ := d.Arguments.ForName("if").Value.Value(c.plan.variables)
		if on, _ := value.(bool); on == (d.Name == "skip") {
			return false
		}
	}
	return true
}
