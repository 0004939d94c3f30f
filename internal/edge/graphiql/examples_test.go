package graphiql

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// loadSchema reads the schema as the server has it.
func loadSchema(t *testing.T) *ast.Schema {
	t.Helper()
	files, err := filepath.Glob("../../../graph/schema/*.graphqls")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var sources []*ast.Source
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		sources = append(sources, &ast.Source{Name: file, Input: string(text)})
	}
	schema, err := gqlparser.LoadSchema(sources...)
	require.NoError(t, err)
	return schema
}

func TestEveryExampleFitsTheSchema(t *testing.T) {
	schema := loadSchema(t)
	examples := Examples(Samples{})
	require.GreaterOrEqual(t, len(examples), 7)
	tabs := make(map[string]bool)
	for _, example := range examples {
		t.Run(example.Title, func(t *testing.T) {
			document, errs := gqlparser.LoadQueryWithRules(schema, example.Query, rules.NewDefaultRules())
			require.Empty(t, errs)
			require.Len(t, document.Operations, 1)
			operation := document.Operations[0]
			require.NotEmpty(t, operation.Name, "GraphiQL names the tab after it")
			require.False(t, tabs[operation.Name])
			tabs[operation.Name] = true

			variables := map[string]any{}
			if example.Variables != "" {
				require.NoError(t, json.Unmarshal([]byte(example.Variables), &variables))
			}
			_, variablesErr := validator.VariableValues(schema, operation, variables)
			require.NoError(t, variablesErr)
			require.NotContains(t, example.Variables, `"{`, "each placeholder has its sample")

			require.True(t, strings.HasPrefix(example.Query, "# "+example.Title))
			require.NotEmpty(t, example.Title)
		})
	}
}

func TestExamplesAreInGroups(t *testing.T) {
	var groups []string
	for _, example := range Examples(Samples{}) {
		if len(groups) == 0 || groups[len(groups)-1] != example.Group {
			groups = append(groups, example.Group)
		}
	}
	require.Equal(t, []string{
		"Browse", "Search and facets", "One product", "Customers", "Change the catalogue as staff", "Moderate reviews as staff",
	}, groups)
}

func TestExamplesAskForTheSamples(t *testing.T) {
	var all strings.Builder
	for _, example := range Examples(Samples{ProductSlug: `o"k`, CategorySlug: "teapots"}) {
		all.WriteString(example.Variables)
	}
	require.Contains(t, all.String(), `"slug": "o\"k"`)
	require.Contains(t, all.String(), `"slug": "teapots"`)
	require.Contains(t, all.String(), `"search": "`+demoSamples().Search+`"`, "an empty sample is the demo shop's")
}
