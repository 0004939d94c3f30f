package gql_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"souk/internal/edge/gql"
)

const everyKindOfInput = `
	enum Kind { PERSON MACHINE }
	input Sign { email: String kind: Kind! age: Int }
	type Query { in(s: Sign, kind: Kind, int: Int, text: String, flag: Boolean, float: Float, id: ID, texts: [[String!]!], ints: [Int]): Int }`

// TestMessagesDoNotQuoteValues lets gqlparser itself write each of its messages that
// quotes a value, so that one which is worded anew is noticed.
func TestMessagesDoNotQuoteValues(t *testing.T) {
	_, log := newLog(t.Context())
	server := newServer(t, log.logger, everyKindOfInput)

	const planted = "hunter2"
	text := `"` + planted + `"`
	odd := `"` + planted + ` value: \n\" Did you mean ` + planted + ` is not a valid x"`
	kind := `query ($k: Kind) { in(kind: $k) }`
	for name, tc := range map[string]struct {
		query     string
		variables map[string]any
		message   string // "": any
	}{
		"a text for an enum":        {query: `{ in(kind: ` + text + `) }`, message: `Enum "Kind" cannot represent non-enum value.`},
		"an odd text for an enum":   {query: `{ in(kind: ` + odd + `) }`, message: `Enum "Kind" cannot represent non-enum value.`},
		"a text inside an input":    {query: `{ in(s: {kind: ` + text + `}) }`, message: `Enum "Kind!" cannot represent non-enum value.`},
		"another enum's name":       {query: `{ in(kind: ` + planted + `) }`, message: `The value does not exist in "Kind" enum.`},
		"a name that is nearly one": {query: `{ in(kind: MACHIN) }`, message: `The value does not exist in "Kind" enum. Did you mean the enum value "MACHINE"?`},
		"a text for an Int":         {query: `{ in(int: ` + text + `) }`, message: `Int cannot represent non-integer value.`},
		"a name for a String":       {query: `{ in(text: ` + planted + `) }`, message: `String cannot represent a non string value.`},
		"a list for a String":       {query: `{ in(text: [` + text + `]) }`, message: `String cannot represent a non string value.`},
		"a text for a Boolean":      {query: `{ in(flag: ` + text + `) }`, message: `Boolean cannot represent a non boolean value.`},
		"a text for a Float":        {query: `{ in(float: ` + odd + `) }`, message: `Float cannot represent non numeric value.`},
		"an object for an ID":       {query: `{ in(id: {a: ` + text + `}) }`},
		"a name for an ID":          {query: `{ in(id: ` + planted + `) }`, message: `ID cannot represent a non-string and non-integer value.`},
		"a name in a nested list":   {query: `{ in(texts: [[` + planted + `]]) }`},
		"a text for an input":       {query: `{ in(s: ` + text + `) }`, message: `Expected value of type "Sign", found another one.`},
		"a variable for an enum":    {query: kind, variables: map[string]any{"k": planted}, message: "Variable `$k`: it is not a valid Kind."},
		"an odd one":                {query: kind, variables: map[string]any{"k": planted + "\nis not a valid " + planted}, message: "Variable `$k`: it is not a valid Kind."},
		"a fraction for an Int":     {query: `query ($n: Int) { in(int: $n) }`, variables: map[string]any{"n": 1.5}, message: "Variable `$n`: it is not a valid Int."},
		"a number past all Floats":  {query: `query ($n: Float) { in(float: $n) }`, variables: map[string]any{"n": json.Number("1e999")}, message: "Variable `$n`: it is not a valid Float."},
		"a text at a wrong place":   {query: `{ in(text: "a" ` + text + `) }`},
		"a text as a document":      {query: `"a" ` + text, message: `Unexpected String.`},
		"a block as a document":     {query: `""` + odd + `""`},
		"a number as a document":    {query: `99990123`, message: `Unexpected Int.`},
		"a wrong escape":            {query: `{ in(text: "\u12` + planted + `")`},
		"another wrong escape":      {query: `{ in(text: "\q` + planted + `")`},
		"an unfinished escape":      {query: `{ in(text: "\u1", kind: ` + planted},
		"an unfinished text":        {query: `{ in(text: "` + planted},
		"a text for a fragment":     {query: `{ ...` + text + ` }`},
		"a text for a field's name": {query: `{ in(s: {` + text + `: 1}) }`},
	} {
		t.Run(name, func(t *testing.T) {
			body, err := json.Marshal(map[string]any{"query": tc.query, "variables": tc.variables})
			require.NoError(t, err)
			answer := ask(t, server, string(body))

			var got struct{ Errors []struct{ Message string } }
			require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &got))
			require.NotEmpty(t, got.Errors, answer.Body)
			require.NotContains(t, fmt.Sprint(got.Errors), planted)
			require.NotContains(t, fmt.Sprint(got.Errors), "9999")
			if tc.message != "" {
				require.Equal(t, tc.message, got.Errors[0].Message)
			}
		})
	}
	require.NotContains(t, log.String(), planted)

	// The scanner's own words hardly ever come through the parser.
	for message, want := range map[string]string{
		`Invalid character escape sequence: \` + planted + `")`: `Invalid character escape sequence.`,
		`Expected "on", found BlockString "` + planted + `\n"`:  `Expected "on", found BlockString.`,
		`Unexpected Name "mutaton"`:                             `Unexpected Name "mutaton".`,
	} {
		parse := gqlerror.Errorf("%s", message)
		parse.Extensions = map[string]any{"code": "GRAPHQL_PARSE_FAILED"}
		require.Equal(t, want, gql.PresentError(t.Context(), log.logger, parse).Message)
	}
}
