package randquery_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"souk/graph/executor"
	"souk/graph/executor/internal/zoo"
	"souk/graph/executor/randquery"
)

func write(seed uint64, schema *ast.Schema) randquery.Query {
	return randquery.Write(rand.New(rand.NewPCG(seed, 0)), schema, randquery.Options{Mutation: seed%5 == 0, Scalar: zoo.Scalar})
}

func valid(schema *ast.Schema, text string) error {
	_, errs := gqlparser.LoadQueryWithRules(schema, text, rules.NewDefaultRules())
	if errs == nil {
		return nil
	}
	return errs
}

// TestQueriesAreValidAndHaveEverything validates many queries, and looks among them for
// each thing that a query can have.
func TestQueriesAreValidAndHaveEverything(t *testing.T) {
	t.Parallel()
	schema := zoo.New(executor.Options{}).Schema
	var all strings.Builder
	var missing, null, given int
	declared := regexp.MustCompile(`\$(v\d+): `)
	for seed := range uint64(1000) {
		q := write(seed, schema)
		require.NoError(t, valid(schema, q.Text), q.Text)
		require.Equal(t, q, write(seed, schema), "the same seed")
		all.WriteString(q.Text + "\n")
		for _, match := range declared.FindAllStringSubmatch(q.Text, -1) {
			switch value, ok := q.Variables[match[1]]; {
			case !ok:
				missing++
			case value == nil:
				null++
			default:
				given++
			}
		}
	}
	for _, count := range []int{missing, null, given} {
		require.Greater(t, count, 10, "variables that are left out, null, and given")
	}
	for what, form := range map[string]string{
		"a query without a name":       `(?m)^\{`,
		"a mutation":                   `(?m)^mutation`,
		"several operations":           `Op2`,
		"an alias":                     `\ba: \w+`,
		"an alias that is a field":     `id: name`,
		"a fragment on an interface":   `fragment F\d+ on Being`,
		"a fragment on a union":        `fragment F\d+ on Thing`,
		"an inline fragment":           `\.\.\. on Lion`,
		"an inline fragment on itself": `\.\.\. \{`,
		"a spread":                     `\.\.\.F\d+`,
		"@skip of a spread":            `\.\.\.F\d+ @skip\(if: \$`,
		"@include of a fragment":       `\.\.\. on \w+ @include\(if: false\)`,
		"both directives":              `@skip\(if: [^)]+\) @include`,
		"a default":                    `\$v\d+: \[?\w+[]!]* = `,
		"a null":                       `: null`,
		"a list":                       `list: \[-?\d`,
		"a list of a list":             `grid: \[\[`,
		"a value in place of a list":   `(evens|list|filters|kinds|moods): [\w{]`,
		"a variable within a value":    `\{[^{}]*\w+: \$v\d+[^{}]*\}`,
		"an input within an input":     `not: \{`,
		"a __typename":                 `\{ __typename`,
		"introspection":                `__schema`,
	} {
		require.True(t, regexp.MustCompile(form).MatchString(all.String()), what)
	}
}

// TestShrink leaves of a query what makes it bad.
func TestShrink(t *testing.T) {
	t.Parallel()
	schema := zoo.New(executor.Options{}).Schema
	bad := func(q randquery.Query) bool { return strings.Contains(q.Text, "moodGridMust") }
	shrunk := 0
	for seed := range uint64(300) {
		q := write(seed, schema)
		if !bad(q) {
			continue
		}
		small := randquery.Shrink(schema, q, bad)
		require.NoError(t, valid(schema, small.Text), small.Text)
		require.True(t, bad(small))
		require.LessOrEqual(t, strings.Count(small.Text, "\n"), 25, small.Text)
		require.NotContains(t, small.Text, "@")
		shrunk++
	}
	require.Greater(t, shrunk, 5)
}

// TestAmbiguous knows which fields gqlgen does not merge.
func TestAmbiguous(t *testing.T) {
	t.Parallel()
	schema := zoo.New(executor.Options{}).Schema
	for query, want := range map[string]bool{
		`{ being { name ... on Pet { name } ... on Lion { name } } }`:                                                              false,
		`{ being { ... on Being { name } ... on Named { name } } }`:                                                                true,
		`{ being { ... on Being { __typename } ... on Named { __typename } } }`:                                                    false,
		`{ being { ... on Being { name } ... on Named { other: name } } }`:                                                         false,
		`{ keeper { lions { ...A } lions { ...B } } } fragment A on Named { name } fragment B on Pet { name }`:                     true,
		`{ rock { ...A ...B } } fragment A on Rock { weight } fragment B on Thing { ... on Named { name } ... on Being { name } }`: false,
	} {
		document, errs := gqlparser.LoadQueryWithRules(schema, query, rules.NewDefaultRules())
		require.Empty(t, errs)
		require.Equal(t, want, randquery.Ambiguous(schema, document), query)
	}
}
