package door

import (
	"slices"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
)

// plan is an operation's fields with their prices, merged as an answer merges them,
// so that a field that several fragments select is paid once.
type plan struct {
	roots []*planned
	pages int64 // how many of the fields are pages of lists
	// byField finds the plan of each selected field, for what it costs in fact.
	byField map[*ast.Field]*planned
}

// planned is a field of a plan.
type planned struct {
	*price
	field    *ast.Field // the first of those that are merged
	sized    bool       // its list has the size that its parent's arguments ask for
	children []*planned

	introspection bool
	resolving     int64    // what the field costs on one object without what it returns
	variables     []string // those in its arguments
	leaves        int64    // what the leaves of one returned object cost
	names         int      // the bytes of one returned object without the values of its fields
}

const (
	// signBytes are those of a field of an answer beside its name and its value: two
	// quotes, a colon, a comma, and null or the brackets of an object.
	signBytes = 8
	// typenameBytes are those of a __typename, of which the longest has 32.
	typenameBytes = 20
)

// lazyPlan is the plan of an operation, made when it is first asked for: of a document
// with many operations, most requests run the same one.
type lazyPlan struct {
	once sync.Once
	plan *plan
}

// Plan makes the plans of a document's operations, which are otherwise made when one is
// asked for.
func (d *Door) Plan(doc *Document) {
	for _, operation := range doc.Tree.Operations {
		d.planOf(doc, operation)
	}
}

func (d *Door) planOf(doc *Document, operation *ast.OperationDefinition) *plan {
	lazy := doc.plans[operation]
	lazy.once.Do(func() {
		p := &plan{byField: map[*ast.Field]*planned{}}
		p.roots = d.planFields(doc.expansion, p, nil, []ast.SelectionSet{operation.SelectionSet})
		lazy.plan = p
	})
	return lazy.plan
}

func (d *Door) planFields(x *expansion, p *plan, parent *planned, sets []ast.SelectionSet) []*planned {
	groups, _ := x.merge(sets)
	fields := make([]*planned, 0, len(groups))
	for _, g := range byDefinition(groups) {
		f := &planned{price: d.prices.of(g[0]), field: g[0]}
		f.sized = parent != nil && slices.Contains(parent.listSize.sized, f.field.Name)
		f.introspection = isIntrospection(f.field.Name) || parent != nil && parent.introspection
		if len(f.listSize.sized) > 0 {
			p.pages++
		}
		f.readArguments()
		f.children = d.planFields(x, p, f, g.below())
		for _, child := range f.children {
			if child.object == 0 {
				f.leaves += child.resolving
			}
			f.names += len(child.field.Alias) + signBytes
			if child.field.Name == "__typename" { // gqlgen writes it without resolving it
				f.names += typenameBytes
			}
		}
		for _, field := range g {
			// A fragment may be in two places. The dearer one counts.
			if other := p.byField[field]; other == nil || other.leaves < f.leaves {
				p.byField[field] = f
			}
		}
		fields = append(fields, f)
	}
	return fields
}

// byDefinition splits groups in which one response name stands for different fields
// of different types. Each has a price of its own, and only the objects will tell which
// it is.
func byDefinition(groups []group) []group {
	split := make([]group, 0, len(groups))
	for _, g := range groups {
		first := len(split)
		for _, field := range g {
			i := slices.IndexFunc(split[first:], func(s group) bool {
				return s[0].Definition == field.Definition || field.Name == "__typename" && s[0].Name == field.Name
			})
			if i < 0 {
				split = append(split, group{field})
				continue
			}
			split[first+i] = append(split[first+i], field)
		}
	}
	return split
}

// readArguments adds what the field's arguments cost.
func (f *planned) readArguments() {
	f.resolving = f.weight
	for _, argument := range f.field.Arguments {
		if argument.Value.Kind != ast.NullValue {
			f.resolving += f.arguments[argument.Name]
		}
		f.readValue(argument.Value)
	}
}

func (f *planned) readValue(value *ast.Value) {
	f.resolving += valueWeight
	if value.Kind == ast.Variable {
		f.variables = append(f.variables, value.Raw)
	}
	for _, child := range value.Children {
		f.readValue(child.Value)
	}
}

// Price is what an operation is expected to cost.
type Price struct {
	// Points is the cost, and Introspection the part of it that describes the
	// schema, which has a limit of its own.
	Points, Introspection int64
}

// Price estimates the cost of an operation of the document before it runs. Its
// error is a *Refusal.
//
// A field costs its weight and those of its given arguments, and each object that
// it returns costs the weight of its type and what is selected of it. A leaf costs
// a tenth of a point and an object one point, unless @cost says otherwise. A page of a
// list costs twenty points, once for all objects that it is read for. A value in
// an argument costs 0.02, since it is read again for each object. The number of
// objects is what the slicing arguments of @listSize ask for, or its assumed size.
func (d *Door) Price(doc *Document, operation *ast.OperationDefinition, variables map[string]any) (Price, error) {
	var data, schema int64
	e := estimate{variables: variables, values: map[string]int64{}}
	plan := d.planOf(doc, operation)
	data = times(pageWeight, plan.pages)
	for _, root := range plan.roots {
		cost := e.cost(root, 1)
		if isIntrospection(root.field.Name) {
			schema = add(schema, cost)
		} else {
			data = add(data, cost)
		}
	}
	p := Price{Points: points(add(data, schema)), Introspection: points(schema)}
	switch l := &d.limits; {
	case points(data) > l.Cost:
		return p, Refuse(CostTooHigh, l.Cost, points(data), "points of cost",
			"Ask for shorter lists (a smaller first or last), fewer lists in lists, or send several requests.")
	case p.Introspection > l.IntrospectionCost:
		return p, Refuse(CostTooHigh, l.IntrospectionCost, p.Introspection, "points of cost for introspection",
			"Ask for the schema once in a request, as the standard introspection query does.")
	}
	return p, nil
}

// estimate is the estimate of one request.
type estimate struct {
	variables map[string]any
	values    map[string]int64 // how many values a variable has, counted once
}

// cost returns what a field costs on one object. size is the number of items that the
// parent's arguments ask for.
func (e *estimate) cost(f *planned, size int64) int64 {
	resolving := f.resolving
	for _, name := range f.variables {
		resolving = add(resolving, valueWeight*e.count(name))
	}
	if f.object == 0 {
		return resolving
	}
	items, asked := int64(1), int64(1)
	switch {
	case len(f.listSize.sized) > 0:
		asked = f.items(f.field, e.variables)
	case f.sized:
		items = size
	case f.list:
		items = f.items(f.field, e.variables)
	}
	each := f.object
	for _, child := range f.children {
		each = add(each, e.cost(child, asked))
	}
	return add(resolving, times(items, each))
}

// count returns how many values a variable has.
func (e *estimate) count(name string) int64 {
	n, counted := e.values[name]
	if !counted {
		n = countValues(e.variables[name])
		e.values[name] = n
	}
	return n
}

func countValues(value any) (n int64) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			n += countValues(item)
		}
	case map[string]any:
		for _, item := range value {
			n += countValues(item)
		}
	}
	return n + 1
}

// points rounds thousandths to points, of which nothing costs less than one.
func points(thousandths int64) int64 {
	if thousandths == 0 {
		return 0
	}
	return max(1, (thousandths+point/2)/point)
}

// add and times do not overflow: they stop at a number that is above all limits.
func add(a, b int64) int64 { return min(a+b, saturated) }

func times(a, b int64) int64 {
	if a > 0 && b > saturated/a {
		return saturated
	}
	return a * b
}
