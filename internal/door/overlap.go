package door

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// overlapping checks that fields with the same response name can be merged (section
// 5.3.2 of the specification) in time that grows with the expanded document.
//
// gqlparser compares each field with each other. Here the fields of one response
// name are a group, and each is compared with the first of its group: having the
// same shape, and being the same field with the same arguments, carry over from
// one pair to the next. Then the selections below a group are merged and checked
// in the same way. Fields on different object types are never in one answer, so
// only their shapes must agree.
//
// Fields on an interface meet those of each of its object types, so they are
// visited once for each. A number of steps bounds that; an honest document is far
// below it.
func (d *Door) overlapping(x *expansion) (gqlerror.List, error) {
	steps := workFactor * d.limits.Tokens
	c := overlapCheck{schema: d.schema, x: x, steps: steps, most: d.limits.Errors}
	for _, operation := range x.tree.Operations {
		c.check(operation.SelectionSet)
	}
	if c.steps < 0 {
		return nil, Refuse(TooManyFields, int64(steps), int64(steps-c.steps), "steps to find fields that overlap",
			"Select each field once, and not through fragments on many types.")
	}
	return c.errors, nil
}

type overlapCheck struct {
	schema *ast.Schema
	x      *expansion
	steps  int
	most   int // errors
	errors gqlerror.List
}

func (c *overlapCheck) check(set ast.SelectionSet) {
	sets := []ast.SelectionSet{set}
	c.sameShapes(sets)
	c.sameFields(sets)
}

// groups merges selection sets. It leaves out fields on a type that is not known,
// about which another rule has complained.
func (c *overlapCheck) groups(sets []ast.SelectionSet) []group {
	groups, visited := c.x.merge(sets)
	c.steps -= visited
	for i, g := range groups {
		groups[i] = slices.DeleteFunc(g, func(f *ast.Field) bool { return f.ObjectDefinition == nil })
	}
	return slices.DeleteFunc(groups, func(g group) bool { return len(g) == 0 })
}

// stopped reports whether nothing more is to be found out.
func (c *overlapCheck) stopped() bool { return c.steps < 0 || len(c.errors) >= c.most }

// sameShapes checks that an answer can have one value under each response name,
// whatever the types of the objects turn out to be.
func (c *overlapCheck) sameShapes(sets []ast.SelectionSet) {
	for _, g := range c.groups(sets) {
		if c.stopped() {
			return
		}
		first := g[0]
		for _, field := range g[1:] {
			if first.Definition == nil {
				first = field
				continue
			}
			if field.Definition != nil && !c.sameShape(first.Definition.Type, field.Definition.Type) {
				c.complain(field, `they return conflicting types "`+first.Definition.Type.String()+`" and "`+field.Definition.Type.String()+`"`)
				return
			}
		}
		c.sameShapes(g.below())
	}
}

func (c *overlapCheck) sameShape(a, b *ast.Type) bool {
	if a.NonNull != b.NonNull || (a.Elem == nil) != (b.Elem == nil) {
		return false
	}
	if a.Elem != nil {
		return c.sameShape(a.Elem, b.Elem)
	}
	x, y := c.schema.Types[a.NamedType], c.schema.Types[b.NamedType]
	return x == y || !x.IsLeafType() && !y.IsLeafType()
}

// sameFields checks that fields that can be in one object are the same field.
func (c *overlapCheck) sameFields(sets []ast.SelectionSet) {
	for _, g := range c.groups(sets) {
		for _, together := range perObject(g) {
			if c.stopped() {
				return
			}
			first := together[0]
			for _, field := range together[1:] {
				switch {
				case field == first:
				case field.Name != first.Name:
					c.complain(field, `"`+first.Name+`" and "`+field.Name+`" are different fields`)
					return
				case !sameArguments(first.Arguments, field.Arguments):
					c.complain(field, "they have differing arguments")
					return
				}
			}
			c.sameFields(together.below())
		}
	}
}

// perObject splits a group into those of its fields that an object of one type can
// have together. Fields on an abstract type are with each.
func perObject(g group) []group {
	if len(g) == 1 {
		return []group{g}
	}
	var abstract group
	var names []string
	byType := map[string]group{}
	for _, field := range g {
		on := field.ObjectDefinition
		if on.Kind != ast.Object || field.Definition == nil {
			// A field that its type does not have is compared with all, as gqlparser does.
			abstract = append(abstract, field)
			continue
		}
		if byType[on.Name] == nil {
			names = append(names, on.Name)
		}
		byType[on.Name] = append(byType[on.Name], field)
	}
	if len(names) == 0 {
		return []group{abstract}
	}
	split := make([]group, len(names))
	for i, name := range names {
		split[i] = append(slices.Clone(abstract), byType[name]...)
	}
	return split
}

func (c *overlapCheck) complain(field *ast.Field, reason string) {
	err := gqlerror.ErrorPosf(field.Position,
		`Fields %q conflict because %s. Use different aliases on the fields to fetch both if this was intentional.`, field.Alias, reason)
	err.Rule = "OverlappingFieldsCanBeMerged"
	c.errors = append(c.errors, err)
}

// sameArguments reports whether two fields have the same arguments, in any order.
func sameArguments(a, b ast.ArgumentList) bool {
	if len(a) != len(b) {
		return false
	}
	for _, argument := range a {
		other := b.ForName(argument.Name)
		if other == nil || !sameValue(argument.Value, other.Value) {
			return false
		}
	}
	return true
}

// sameValue reports whether two values are written alike. Fields of an object can
// be in any order.
func sameValue(a, b *ast.Value) bool {
	if a.Kind != b.Kind || a.Raw != b.Raw || len(a.Children) != len(b.Children) {
		return false
	}
	x, y := a.Children, b.Children
	if a.Kind == ast.ObjectValue {
		x, y = byName(x), byName(y)
	}
	for i := range x {
		if x[i].Name != y[i].Name || !sameValue(x[i].Value, y[i].Value) {
			return false
		}
	}
	return true
}

func byName(children ast.ChildValueList) ast.ChildValueList {
	return slices.SortedStableFunc(slices.Values(children), func(a, b *ast.ChildValue) int {
		return strings.Compare(a.Name, b.Name)
	})
}
