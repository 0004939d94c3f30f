package randquery

import (
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// Shrink returns a smaller query for which bad reports true, as it must for q: it leaves
// out whatever can be left out.
func Shrink(schema *ast.Schema, q Query, bad func(Query) bool) Query {
	for {
		smaller, ok := shrinkOnce(schema, q, bad)
		if !ok {
			return q
		}
		q = smaller
	}
}

// shrinkOnce leaves out one thing.
func shrinkOnce(schema *ast.Schema, q Query, bad func(Query) bool) (Query, bool) {
	for at := 0; ; at++ {
		document, err := parser.ParseQuery(&ast.Source{Input: q.Text})
		if err != nil {
			return q, false
		}
		c := &cut{at: at, document: document}
		if c.all(); c.at >= 0 {
			return q, false // there is no such thing
		}
		smaller := Query{Text: c.text(), Operation: q.Operation, Variables: maps.Clone(q.Variables)}
		if size(smaller.Text) >= size(q.Text) {
			continue
		}
		if _, errs := gqlparser.LoadQueryWithRules(schema, smaller.Text, rules.NewDefaultRules()); errs == nil && bad(smaller) {
			return smaller, true
		}
	}
}

// size is the length of a text without its white space, which a cut adds.
func size(text string) int { return len(strings.Join(strings.Fields(text), "")) }

// cut takes one thing out of a document: the one that it comes to when at is 0.
type cut struct {
	at       int
	document *ast.QueryDocument
}

func (c *cut) here() bool {
	c.at--
	return c.at == -1
}

func (c *cut) all() {
	for i, operation := range c.document.Operations {
		if c.here() {
			c.document.Operations = slices.Delete(c.document.Operations, i, i+1)
			return
		}
		c.set(&operation.SelectionSet)
	}
	for _, fragment := range c.document.Fragments {
		c.set(&fragment.SelectionSet)
	}
}

func (c *cut) set(set *ast.SelectionSet) {
	for i := 0; i < len(*set); i++ {
		if len(*set) > 1 && c.here() {
			*set = slices.Delete(*set, i, i+1)
			return
		}
		switch item := (*set)[i].(type) {
		case *ast.Field:
			c.arguments(&item.Arguments)
			c.directives(&item.Directives)
			c.set(&item.SelectionSet)
		case *ast.InlineFragment:
			if c.here() {
				*set = slices.Replace(*set, i, i+1, item.SelectionSet...)
				return
			}
			c.directives(&item.Directives)
			c.set(&item.SelectionSet)
		case *ast.FragmentSpread:
			if fragment := c.document.Fragments.ForName(item.Name); c.here() {
				(*set)[i] = &ast.InlineFragment{TypeCondition: fragment.TypeCondition, Directives: item.Directives, SelectionSet: fragment.SelectionSet, Position: item.Position}
				return
			}
			c.directives(&item.Directives)
		}
	}
}

func (c *cut) arguments(list *ast.ArgumentList) {
	for i := range *list {
		if c.here() {
			*list = slices.Delete(*list, i, i+1)
			return
		}
	}
}

func (c *cut) directives(list *ast.DirectiveList) {
	for i := range *list {
		if c.here() {
			*list = slices.Delete(*list, i, i+1)
			return
		}
	}
}

// text writes the document without the fragments and variables that nothing uses.
func (c *cut) text() string {
	spread := map[string]bool{}
	for _, operation := range c.document.Operations {
		u := uses{c.document, map[string]bool{}, map[string]bool{}}
		u.directives(operation.Directives)
		u.set(operation.SelectionSet)
		maps.Copy(spread, u.fragments)
		operation.VariableDefinitions = slices.DeleteFunc(operation.VariableDefinitions, func(v *ast.VariableDefinition) bool {
			return !u.variables[v.Variable]
		})
	}
	c.document.Fragments = slices.DeleteFunc(c.document.Fragments, func(f *ast.FragmentDefinition) bool { return !spread[f.Name] })
	var b strings.Builder
	formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatQueryDocument(c.document)
	return b.String()
}

// uses are the fragments and variables that an operation uses.
type uses struct {
	document             *ast.QueryDocument
	fragments, variables map[string]bool
}

func (u uses) set(set ast.SelectionSet) {
	for _, item := range set {
		switch item := item.(type) {
		case *ast.Field:
			u.arguments(item.Arguments)
			u.directives(item.Directives)
			u.set(item.SelectionSet)
		case *ast.InlineFragment:
			u.directives(item.Directives)
			u.set(item.SelectionSet)
		case *ast.FragmentSpread:
			u.directives(item.Directives)
			if !u.fragments[item.Name] {
				u.fragments[item.Name] = true
				u.set(u.document.Fragments.ForName(item.Name).SelectionSet)
			}
		}
	}
}

func (u uses) directives(list ast.DirectiveList) {
	for _, d := range list {
		u.arguments(d.Arguments)
	}
}

func (u uses) arguments(list ast.ArgumentList) {
	for _, a := range list {
		u.value(a.Value)
	}
}

func (u uses) value(v *ast.Value) {
	if v.Kind == ast.Variable {
		u.variables[v.Raw] = true
	}
	for _, child := range v.Children {
		u.value(child.Value)
	}
}
