package door

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// group is the fields of one response name that an answer merges.
type group []*ast.Field

// merge collects the fields of selection sets, with their fragments expanded, by
// response name and in the order of the answer. visited is how many selections it
// saw.
func (x *expansion) merge(sets []ast.SelectionSet) (groups []group, visited int) {
	m := merging{x: x}
	for _, set := range sets {
		m.collect(set)
	}
	return m.groups, m.visited
}

type merging struct {
	x       *expansion
	groups  []group
	at      map[string]int  // of groups by name, once there are many
	seen    map[string]bool // fragments; twice in one place is once
	visited int
}

func (m *merging) collect(set ast.SelectionSet) {
	for _, selection := range set {
		m.visited++
		switch selection := selection.(type) {
		case *ast.Field:
			m.add(selection)
		case *ast.InlineFragment:
			m.collect(selection.SelectionSet)
		case *ast.FragmentSpread:
			f := m.x.fragments[selection.Name]
			if f == nil || m.seen[selection.Name] {
				continue
			}
			if m.seen == nil {
				m.seen = map[string]bool{}
			}
			m.seen[selection.Name] = true
			m.collect(f.definition.SelectionSet)
		}
	}
}

// few is how many names are found faster by comparing them than in a map.
const few = 8

func (m *merging) add(field *ast.Field) {
	if m.at == nil {
		for i, g := range m.groups {
			if g[0].Alias == field.Alias {
				m.groups[i] = append(g, field)
				return
			}
		}
		if len(m.groups) < few {
			m.groups = append(m.groups, group{field})
			return
		}
		m.at = make(map[string]int, 2*few)
		for i, g := range m.groups {
			m.at[g[0].Alias] = i
		}
	}
	if i, known := m.at[field.Alias]; known {
		m.groups[i] = append(m.groups[i], field)
		return
	}
	m.at[field.Alias] = len(m.groups)
	m.groups = append(m.groups, group{field})
}

// below returns the selection sets of a group's fields.
func (g group) below() []ast.SelectionSet {
	var sets []ast.SelectionSet
	for _, field := range g {
		if len(field.SelectionSet) > 0 {
			sets = append(sets, field.SelectionSet)
		}
	}
	return sets
}

// checkBreadth refuses an operation with too many root fields or mutations, or with
// one field under too many names at one place.
func (d *Door) checkBreadth(x *expansion) error {
	for _, operation := range x.tree.Operations {
		sets := []ast.SelectionSet{operation.SelectionSet}
		roots, _ := x.merge(sets)
		switch n, l := len(roots), &d.limits; {
		case operation.Operation == ast.Mutation && n > l.Mutations:
			return Refuse(TooManyMutations, int64(l.Mutations), int64(n), "mutations",
				"Send them in several requests, or use a mutation that changes many objects at once.")
		case n > l.RootFields:
			return Refuse(TooManyRootFields, int64(l.RootFields), int64(n), "root fields", "Send them in several requests.")
		}
		if n := countIntrospection(roots); n > mostIntrospections {
			return Refuse(TooManyRootFields, mostIntrospections, int64(n), "root fields for introspection", "Ask for __schema once.")
		}
		if err := d.checkAliases(x, sets); err != nil {
			return err
		}
	}
	return nil
}

// mostIntrospections is how often an operation may describe the schema. Tools do it
// once; each can take the server 50 ms.
const mostIntrospections = 2

func countIntrospection(roots []group) (n int) {
	for _, root := range roots {
		if isIntrospection(root[0].Name) {
			n++
		}
	}
	return n
}

func (d *Door) checkAliases(x *expansion, sets []ast.SelectionSet) error {
	groups, _ := x.merge(sets)
	names := make(map[string]int, len(groups))
	for _, g := range groups {
		for i, field := range g {
			if slices.ContainsFunc(g[:i], func(f *ast.Field) bool { return f.Name == field.Name }) {
				continue // one name may stand for fields of different types
			}
			if names[field.Name]++; names[field.Name] > d.limits.Aliases {
				return Refuse(TooManyAliases, int64(d.limits.Aliases), int64(names[field.Name]), "aliases of one field",
					"Fetch objects with nodes(ids:) or a list, or send several requests.")
			}
		}
	}
	for _, g := range groups {
		if below := g.below(); len(below) > 0 {
			if err := d.checkAliases(x, below); err != nil {
				return err
			}
		}
	}
	return nil
}
