package gql_test

import (
	"testing"

	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/stretchr/testify/require"

	"souk/internal/edge/gql"
)

func TestAVariableIsCheckedAsItWasSent(t *testing.T) {
	_, log := newLog(t.Context())
	api := newServer(t, log.logger, everyKindOfInput, func(exec *executor.Executor, _ *gql.Options) { exec.Use(&gql.ExactVariables{}) })
	for name, tc := range map[string]struct {
		typ, value string
		refused    string // the path of what is, "" when it is accepted
	}{
		"a number for Int":            {"Int", `5`, ""},
		"a text for Int":              {"Int", `"5"`, "a"},
		"a fraction for Int":          {"Int", `5.5`, "a"},
		"a number for Float":          {"Float", `5`, ""},
		"a fraction for Float":        {"Float", `5.5e3`, ""},
		"a text for Float":            {"Float", `"5.5"`, "a"},
		"a text for String":           {"String", `"5"`, ""},
		"a number for String":         {"String", `5`, "a"},
		"a text for ID":               {"ID", `"5.5"`, ""},
		"a number for ID":             {"ID", `5`, ""},
		"a long number for ID":        {"ID", `12345678901234567890123`, ""},
		"a fraction for ID":           {"ID", `5.5`, "a"},
		"a flag for Boolean":          {"Boolean", `true`, ""},
		"a number for Boolean":        {"Boolean", `1`, "a"},
		"an enum value":               {"Kind", `"PERSON"`, ""},
		"an enum value in small":      {"Kind", `"person"`, "a"},
		"null":                        {"Int", `null`, ""},
		"a value for a list":          {"[Int]", `5`, ""},
		"a text for a list":           {"[Int]", `"5"`, "a[0]"},
		"a number in a list":          {"[[String!]!]", `[["a"],["b",5]]`, "a[1][1]"},
		"a text in an input":          {"Sign", `{"kind":"PERSON","age":"5"}`, "a.age"},
		"an input":                    {"Sign", `{"kind":"PERSON","age":5,"email":"5"}`, ""},
		"an input, the second wrong":  {"Sign", `{"kind":"PERSON","email":5}`, "a.email"},
		"an input with a wrong value": {"Sign", `{"kind":"Person"}`, "a.kind"},
	} {
		t.Run(name, func(t *testing.T) {
			got := ask(t, api, `{"query":"`+using(tc.typ)+`","variables":{"a":`+tc.value+`}}`)
			if tc.refused == "" {
				require.Equal(t, `{"data":{}}`, got.Body.String())
				return
			}
			require.Contains(t, got.Body.String(), "Variable `$"+tc.refused+"`: ")
		})
	}
}

// using is a document that uses a variable of the type.
func using(typ string) string {
	argument := map[string]string{
		"Int": "int", "Float": "float", "String": "text", "ID": "id", "Boolean": "flag", "Kind": "kind", "Sign": "s",
		"[[String!]!]": "texts", "[Int]": "ints",
	}[typ]
	return `query ($a: ` + typ + `) { in(` + argument + `: $a) }`
}
