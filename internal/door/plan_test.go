package door_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"souk/internal/door"
)

// TestPriceIsTheNaiveOne compares the price of random documents with one that
// follows the rules step by step.
func TestPriceIsTheNaiveOne(t *testing.T) {
	s, d := petDoor(t)
	variables := map[string]any{"n": int64(5), "s": "x", "i": "x", "t": true}
	compared := 0
	for seed := range rounds() {
		text := newWriter(s, seed).document()
		doc, err := d.Document(text)
		if err != nil {
			continue
		}
		for _, operation := range doc.Tree.Operations {
			price, err := d.Price(doc, operation, variables)
			require.NoError(t, err)
			naive := 20 * naivePages(doc.Tree, []ast.SelectionSet{operation.SelectionSet})
			for _, field := range merged(doc.Tree, []ast.SelectionSet{operation.SelectionSet}) {
				naive += naiveCost(doc.Tree, field, 1, variables)
			}
			require.Equal(t, max(1, int64(math.Floor(math.Round(naive*1000)/1000+0.5))), price.Points, text)
			compared++
		}
	}
	require.Greater(t, compared, int(rounds()/10))
}

// naivePages counts the places that select friends, the pets' only page of a list.
func naivePages(tree *ast.QueryDocument, sets []ast.SelectionSet) (n float64) {
	for _, g := range merged(tree, sets) {
		if g[0].ObjectDefinition.Name+"."+g[0].Name == "Dog.friends" {
			n++
		}
		var below []ast.SelectionSet
		for _, one := range g {
			below = append(below, one.SelectionSet)
		}
		n += naivePages(tree, below)
	}
	return n
}

// naiveCost is what the pets' schema says, without plans, memory and thousandths.
func naiveCost(tree *ast.QueryDocument, g []*ast.Field, size float64, variables map[string]any) float64 {
	field := g[0]
	weight, object, items, below := 0.0, 1.0, 1.0, 1.0
	slice := func(assumed float64) float64 {
		if first := field.Arguments.ForName("first"); first != nil {
			value, _ := first.Value.Value(variables)
			if n, ok := value.(int64); ok {
				return float64(n)
			}
		}
		return assumed
	}
	composite := field.Definition.Name != "__typename" && len(field.SelectionSet) > 0
	if !composite {
		weight, object = 0.1, 0
	}
	switch on := field.ObjectDefinition.Name; on + "." + field.Name {
	case "Query.dog":
		object = 2
	case "Query.search":
		items = slice(3)
		if text := field.Arguments.ForName("text"); text != nil && text.Value.Kind != ast.NullValue {
			weight = 3
		}
	case "Query.nodes":
		items = 10
		if ids := field.Arguments.ForName("ids").Value; ids.Kind == ast.ListValue {
			items = float64(len(ids.Children))
		} else if ids.Kind == ast.Variable {
			items = 1 // $i is one ID
		}
	case "Dog.friends":
		below = slice(7)
	case "Friends.nodes":
		items = size
	case "Friends.count":
		weight = 1.5
	case "Human.pets":
		items = slice(4)
	}
	for _, argument := range field.Arguments {
		weight += 0.02 * naiveValues(argument.Value)
	}
	if !composite {
		return weight
	}
	var sets []ast.SelectionSet
	for _, one := range g {
		sets = append(sets, one.SelectionSet)
	}
	each := object
	for _, child := range merged(tree, sets) {
		each += naiveCost(tree, child, below, variables)
	}
	return weight + items*each
}

// naiveValues counts a value and those in it. A variable counts itself and its value,
// of which the random documents have one each.
func naiveValues(value *ast.Value) float64 {
	n := 1.0
	if value.Kind == ast.Variable {
		n++
	}
	for _, child := range value.Children {
		n += naiveValues(child.Value)
	}
	return n
}

// merged groups the fields of selections by response name and definition.
func merged(tree *ast.QueryDocument, sets []ast.SelectionSet) [][]*ast.Field {
	var groups [][]*ast.Field
	var collect func(ast.SelectionSet)
	seen := map[string]bool{}
	collect = func(set ast.SelectionSet) {
		for _, selection := range set {
			switch selection := selection.(type) {
			case *ast.Field:
				found := false
				for i, g := range groups {
					if g[0].Alias == selection.Alias && (g[0].Definition == selection.Definition || selection.Name == "__typename" && g[0].Name == "__typename") {
						groups[i], found = append(g, selection), true
					}
				}
				if !found {
					groups = append(groups, []*ast.Field{selection})
				}
			case *ast.InlineFragment:
				collect(selection.SelectionSet)
			case *ast.FragmentSpread:
				if !seen[selection.Name] {
					seen[selection.Name] = true
					collect(tree.Fragments.ForName(selection.Name).SelectionSet)
				}
			}
		}
	}
	for _, set := range sets {
		collect(set)
	}
	return groups
}

func TestPriceOfAPage(t *testing.T) {
	d := newDoor(t)
	for text, points := range map[string]int64{
		"{ __typename }":                          1,
		"{ products { nodes { id } } }":           43, // the page, the connection, 20 products with an ID
		"{ products(first: 3) { nodes { id } } }": 24,
		"{ products(first: 3) { edges { cursor node { id } } nodes { id } } }":                                           31,
		"{ products(last: 100) { nodes { id } } }":                                                                       131,
		"{ products(first: 1000000) { nodes { id } } }":                                                                  131,
		"{ a: products { nodes { id } } b: products { nodes { id } } }":                                                  86,
		"{ products { nodes { id } } products { nodes { id } } ...A } fragment A on Query { products { nodes { id } } }": 43,
		`{ nodes(ids: ["a", "b", "c"]) { id } }`:                                                                         3,
	} {
		doc, err := d.Document(text)
		require.NoError(t, err)
		price, err := d.Price(doc, doc.Tree.Operations[0], nil)
		require.NoError(t, err)
		require.Equal(t, strconv.FormatInt(points, 10), strconv.FormatInt(price.Points, 10), text)
	}
}

// TestANameThatStandsForSeveralFieldsHidesNone gives a cheap field and a dear one of
// another type the same name in the answer.
func TestANameThatStandsForSeveralFieldsHidesNone(t *testing.T) {
	d := newDoor(t)
	doc, err := d.Document(`{ nodes(ids: ["a"]) {
		... on Category { x: children(first: 1) { totalCount } }
		... on Product { x: relatedProducts(first: 100) { totalCount nodes { relatedProducts(first: 100) { nodes { id } } } } }
	} }`)
	require.NoError(t, err)
	price, err := d.Price(doc, doc.Tree.Operations[0], nil)
	require.NoError(t, err)
	require.Greater(t, price.Points, int64(10_000))
}

// TestValuesCostForEachParent has a filter of 18,000 values in a field that is resolved
// 2,000 times: the executor would read 36 million values.
func TestValuesCostForEachParent(t *testing.T) {
	d := newDoor(t)
	doc, err := d.Document("query($f: ProductFilter) { categories(first: 100) { nodes { products(first: 20, filter: $f) { nodes { vendor { products(first: 1, filter: $f) { nodes { id } } } } } } } }")
	require.NoError(t, err)
	values := make([]any, 18_000)
	for i := range values {
		values[i] = "x"
	}
	few, err := d.Price(doc, doc.Tree.Operations[0], map[string]any{"f": map[string]any{"vendors": values[:1]}})
	require.NoError(t, err)
	require.Less(t, few.Points, int64(10_000))
	_, err = d.Price(doc, doc.Tree.Operations[0], map[string]any{"f": map[string]any{"vendors": values}})
	require.Equal(t, string(door.CostTooHigh), codeOf(err))
}

func TestRefusalSaysTheLimitAndWhatWasAsked(t *testing.T) {
	d := newDoor(t)
	doc, err := d.Document("{ products(first: 100) { nodes { reviews(first: 100) { nodes { author { displayName } product { variants(first: 100) { nodes { id } } } } } } } }")
	require.NoError(t, err)
	_, err = d.Price(doc, doc.Tree.Operations[0], nil)
	var refusal *door.Refusal
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, door.CostTooHigh, refusal.Code)
	require.Equal(t, door.DefaultLimits().Cost, refusal.Limit)
	require.Greater(t, refusal.Asked, refusal.Limit)
	require.Contains(t, refusal.Message, "smaller first")
}
