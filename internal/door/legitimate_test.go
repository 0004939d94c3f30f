package door_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"souk/internal/door"
)

// half is what a legitimate document may use of each limit.
func half(l door.Limits) door.Limits {
	for _, limit := range []*int{
		&l.Tokens, &l.Depth, &l.StringKB, &l.ListItems, &l.Fields, &l.Aliases, &l.Directives,
		&l.RootFields, &l.Mutations, &l.Fragments, &l.Variables,
	} {
		*limit /= 2
	}
	l.BodyBytes, l.Cost, l.IntrospectionCost = l.BodyBytes/2, l.Cost/2, l.IntrospectionCost/2
	return l
}

// TestLegitimateDocumentsNeedHalfOfEachLimit takes through a door with half of the
// limits: GraphiQL's tabs, introspection as graphql-js writes it, and the queries of
// Hydrogen's and Saleor's open storefronts in our schema's words. -v prints the costs.
func TestLegitimateDocumentsNeedHalfOfEachLimit(t *testing.T) {
	d := newDoor(t, func(l *door.Limits) { *l = half(*l) })
	for _, pattern := range []string{"testdata/legitimate/*.graphql", "../edge/graphiql/examples/*/*.graphql"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			t.Run(filepath.Base(file), func(t *testing.T) {
				text, err := os.ReadFile(file)
				require.NoError(t, err)
				doc, err := d.Document(string(text))
				require.NoError(t, err)
				for _, operation := range doc.Tree.Operations {
					price, err := d.Price(doc, operation, defaults(operation))
					require.NoError(t, err)
					t.Logf("%s: %d points", operation.Name, price.Points)
				}
			})
		}
	}
}

// defaults are the values of the variables that have one.
func defaults(operation *ast.OperationDefinition) map[string]any {
	values := map[string]any{}
	for _, variable := range operation.VariableDefinitions {
		if variable.DefaultValue != nil {
			values[variable.Variable], _ = variable.DefaultValue.Value(nil)
		}
	}
	return values
}

// TestLargestPagesNeedHalfOfTheCost asks for a page of 100 of every connection, with
// all leaves of its objects.
func TestLargestPagesNeedHalfOfTheCost(t *testing.T) {
	s := schema(t)
	d := newDoor(t, func(l *door.Limits) { *l = half(*l) })
	pages := 0
	for _, definition := range s.Types {
		if definition.Kind != ast.Object || !definition.IsCompositeType() || strings.HasPrefix(definition.Name, "__") {
			continue
		}
		for _, field := range definition.Fields {
			if !strings.HasSuffix(field.Type.Name(), "Connection") {
				continue
			}
			pages++
			nodes := leaves(s, s.Types[s.Types[field.Type.Name()].Fields.ForName("nodes").Type.Name()], 3)
			page := fmt.Sprintf("%s(first: 100) { edges { cursor node { %s } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount totalCountPrecision }", field.Name, nodes)
			text := "{ " + page + " }"
			if definition != s.Query {
				text = fmt.Sprintf("{ node(id: \"x\") { ... on %s { %s } } }", definition.Name, page)
				if len(definition.Interfaces) == 0 {
					text = fmt.Sprintf("{ viewer { ... on %s { %s } } }", definition.Name, page)
				}
			}
			doc, err := d.Document(text)
			require.NoError(t, err, text)
			price, err := d.Price(doc, doc.Tree.Operations[0], nil)
			require.NoError(t, err, text)
			t.Logf("%s.%s: %d points", definition.Name, field.Name, price.Points)
		}
	}
	require.Greater(t, pages, 20)
}

// leaves selects all fields of an object that need no argument, and those of the
// objects that it has one of.
func leaves(s *ast.Schema, on *ast.Definition, depth int) string {
	selected := []string{"__typename"}
	for _, field := range on.Fields {
		returned := s.Types[field.Type.Name()]
		switch {
		case len(field.Arguments) > 0 || strings.HasPrefix(field.Name, "__"):
		case returned.IsLeafType():
			selected = append(selected, field.Name)
		case depth > 1 && field.Type.Elem == nil && returned.Kind == ast.Object && len(returned.Interfaces) == 0:
			selected = append(selected, field.Name+" { "+leaves(s, returned, depth-1)+" }")
		}
	}
	return strings.Join(selected, " ")
}

// TestEveryListHasASize keeps lists of objects without a @listSize out of the schema:
// their cost would be a guess.
func TestEveryListHasASize(t *testing.T) {
	s := schema(t)
	sized := map[string]bool{}
	for _, definition := range s.Types {
		for _, field := range definition.Fields {
			if size := field.Directives.ForName("listSize"); size != nil && size.Arguments.ForName("sizedFields") != nil {
				for _, child := range size.Arguments.ForName("sizedFields").Value.Children {
					sized[field.Type.Name()+"."+child.Value.Raw] = true
				}
			}
		}
	}
	for _, definition := range s.Types {
		if !definition.IsCompositeType() || strings.HasPrefix(definition.Name, "__") {
			continue
		}
		for _, field := range definition.Fields {
			list := field.Type.Elem != nil && s.Types[field.Type.Name()].IsCompositeType()
			connection := strings.HasSuffix(field.Type.Name(), "Connection")
			if (list || connection) && !sized[definition.Name+"."+field.Name] {
				require.NotNil(t, field.Directives.ForName("listSize"), "%s.%s needs a @listSize", definition.Name, field.Name)
			}
		}
	}
}
