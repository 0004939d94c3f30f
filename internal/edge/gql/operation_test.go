package gql_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"souk/internal/edge/gql"
)

func TestWhichOperationToRun(t *testing.T) {
	_, log := newLog(t.Context())
	server := newServer(t, log.logger, aShop)

	const one, two, unnamed = `query A { products }`, `query A { products } query B { products }`, `{ products }`
	var many strings.Builder
	for i := range 14 {
		fmt.Fprintf(&many, "query Q%d { products } ", i)
	}
	name := func(s string) *string { return &s }
	for title, tc := range map[string]struct {
		query     string
		operation *string
		message   string // "" when it runs
	}{
		"a missing name, with one":                 {one, nil, ""},
		"an empty name, with one":                  {one, name(""), ""},
		"its name, with one":                       {one, name("A"), ""},
		"its name, with several":                   {two, name("B"), ""},
		"a missing name, with several":             {two, nil, "The document has 2 operations: `A`, `B`. Send the name of the one to run as \"operationName\"."},
		"an empty name, with several":              {two, name(""), "The document has 2 operations: `A`, `B`. Send the name of the one to run as \"operationName\"."},
		"an unknown name, with several":            {two, name("C"), "The document has no operation `C`. Send one of these as \"operationName\": `A`, `B`."},
		"an unknown name, with one":                {one, name("C"), "The document has no operation `C`. Send one of these as \"operationName\": `A`."},
		"an unknown name, with one without a name": {unnamed, name("C"), "The document's only operation has no name. Leave \"operationName\" out."},
		"a blank":                        {two, name(" "), "The document has no operation of the name in \"operationName\". Send one of these: `A`, `B`."},
		"what is no name":                {two, name("hunter2 \n<b>"), "The document has no operation of the name in \"operationName\". Send one of these: `A`, `B`."},
		"a missing name, with very many": {many.String(), nil, "The document has 14 operations: `Q0`, `Q1`, `Q2`, `Q3`, `Q4`, `Q5`, `Q6`, `Q7`, `Q8`, `Q9`, and 4 more. Send the name of the one to run as \"operationName\"."},
		"a name past all reading":        {two, name(strings.Repeat("C", 50)), "The document has no operation `" + strings.Repeat("C", 40) + "…`. Send one of these as \"operationName\": `A`, `B`."},
		"an empty document":              {" ", nil, "No operation is in the document. Send one in \"query\": {\"query\": \"{ … }\"}."},
		"an empty document, with a name": {"# no", name("A"), "No operation is in the document. Send one in \"query\": {\"query\": \"{ … }\"}."},
		"no operation in the document":   {"fragment F on Query { products }", nil, "Fragment \"F\" is never used."},
	} {
		for _, method := range []string{http.MethodPost, http.MethodGet} {
			t.Run(title+" by "+method, func(t *testing.T) {
				message := answered(t, server, method, tc.query, tc.operation)
				require.Equal(t, tc.message, message)
				require.NotContains(t, message, "hunter2")
			})
		}
	}
}

// answered returns the message of a request's first error.
func answered(t *testing.T, server http.Handler, method, query string, operation *string) string {
	t.Helper()
	fields, inURL := map[string]any{"query": query}, []string{"query", query}
	if operation != nil {
		fields["operationName"] = *operation
		inURL = append(inURL, "operationName", *operation)
	}
	request := address(inURL...)
	if method == http.MethodPost {
		body, err := json.Marshal(fields)
		require.NoError(t, err)
		request = string(body)
	}
	text := ask(t, server, request).Body.Bytes()
	var got struct {
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	require.NoError(t, json.Unmarshal(text, &got), string(text))
	if len(got.Errors) == 0 {
		return ""
	}
	require.Equal(t, "GRAPHQL_VALIDATION_FAILED", got.Errors[0].Extensions.Code)
	return got.Errors[0].Message
}

// TestNoMessageHasAnEmptyPlace lets gqlparser complain about documents in which what
// it names has no name, so that a new message of that kind is noticed.
func TestNoMessageHasAnEmptyPlace(t *testing.T) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: everyKindOfInput + `
		interface Node { id: ID }
		type A implements Node { id: ID }
		type B implements Node { id: ID }
		union Either = A | B
		extend type Query { node: Node either: Either a: A }`})
	ctx, log := newLog(t.Context())
	complaints := 0
	for _, document := range []string{
		"", " ", "# nothing", "{}", "query", "query A", "query A {", "query A($", "{ a: }", "{ in(", "{ in(text: \"", `""`, `""""""`, "{ ? }",
		"{ a: in } { b: in }", "query { in } query { in }", "{ in } query A { in }", "{ in } mutation { b }", "mutation { b }", "subscription { b }",
		"query A { in } query A { in }", "{ node { ... { foo } } }", "{ either { ... { id } } }", "{ a { ... on B { id } } }", "{ a }", "{ in { x } }",
		"query ($a: Foo) { in }", "query ($a: [Foo!]) { in }", "query ($a: A) { in }", "query ($a: Int, $a: Int) { in }", "query @skip(if: true) { in }",
		"{ in(s: {}) }", `{ in(s: {"": 1}) }`, `{ in(kind: "") }`, "{ in(kind: ) }", `{ in(text: "" "") }`, `{ in(foo: "") }`, `{ in(int: "") }`, `{ in(flag: "") }`,
		`{ in(float: "") }`, `{ in(id: {}) }`, `{ in(id: []) }`, `{ in(s: "") }`, `{ in(texts: [[null]]) }`, `{ in(text: []) }`, `{ in(text: {}) }`,
		"{ in(text: $b) }", "query ($b: Int) { in(text: $b) }", "query ($b: Int) { in(texts: [$b]) }", "{ in @skip }", `{ in @skip(if: "") }`, "{ in @foo }",
		"{ ...F }", "{ ...F } fragment F on Query { ...F }", "{ ...F } fragment F on Foo { x }", "fragment F on Query { in }", "{ a: in(int: 1) a: in(int: 2) }",
	} {
		var list gqlerror.List
		parsed, err := parser.ParseQuery(&ast.Source{Input: document})
		if err != nil {
			list = gqlerror.List{gqlerror.WrapIfUnwrapped(err)}
		} else {
			list = validator.ValidateWithRules(schema, parsed, rules.NewDefaultRules())
		}
		for _, complaint := range list {
			complaints++
			complaint.Extensions = map[string]any{"code": "GRAPHQL_VALIDATION_FAILED"}
			message := gql.PresentError(ctx, log.logger, complaint).Message
			require.NotRegexp(t, `""|\x60\x60|  |\w [.,:;]|: *\.?$`, message, document)
		}
	}
	require.Greater(t, complaints, 60)
}
