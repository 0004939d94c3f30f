package cachecontrol_test

import (
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"souk/graph"
	"souk/graph/access"
	"souk/graph/cachecontrol"
	"souk/graph/executor"
)

func compile(t *testing.T, schema *ast.Schema) (*access.Rules, *cachecontrol.Hints) {
	t.Helper()
	who, err := access.Compile(schema)
	require.NoError(t, err)
	hints, err := cachecontrol.Compile(schema, who)
	require.NoError(t, err)
	return who, hints
}

// TestNothingOfTheCallerIsShared goes through the whole schema. What the access rules do not
// give to everybody is private, with all that leads to it; the public catalogue is not.
func TestNothingOfTheCallerIsShared(t *testing.T) {
	t.Parallel()
	schema := graph.New(nil).Schema()
	who, hints := compile(t, schema)
	shared, private := 0, 0
	for name, def := range schema.Types {
		if def.Kind != ast.Object || strings.HasPrefix(name, "__") {
			continue
		}
		for _, field := range def.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			coordinate := name + "." + field.Name
			rule, known := who.Of(name, field.Name)
			require.True(t, known, coordinate)
			policy, limits := hints.Of(name, field.Name)
			switch {
			case !rule.IsPublic(), !who.OfType(field.Type.Name()).IsPublic():
				require.Equal(t, cachecontrol.Policy{Private: true}, policy, "%s is not for everybody", coordinate)
				require.True(t, limits, coordinate)
				private++
			case !policy.Private && limits && policy.MaxAge > 0:
				shared++
			}
		}
	}
	require.Greater(t, private, 100, "mutations, customers, staff, stock by location and all the rest")
	require.Greater(t, shared, 30)
	for _, field := range schema.Query.Fields {
		if strings.HasPrefix(field.Name, "__") {
			continue
		}
		rule, _ := who.Of("Query", field.Name)
		policy, _ := hints.Of("Query", field.Name)
		if field.Name == "viewer" { // for everybody, but each has another one
			require.Equal(t, cachecontrol.Policy{Private: true}, policy)
			continue
		}
		require.Equal(t, rule.IsPublic(), policy.MaxAge > 0, "Query.%s: each public field says for how long", field.Name)
	}
}

func TestTheStrictestHintOfWhatIsSelectedDecides(t *testing.T) {
	t.Parallel()
	schema := graph.New(nil)
	_, hints := compile(t, schema.Schema())
	exec := executor.New(schema, graph.ExecutorTypes(schema), executor.Options{
		Summarize: func(fields *executor.Selected) any { return hints.Policy(fields.All()) },
	})
	private := cachecontrol.Policy{Private: true}
	public := func(age time.Duration) cachecontrol.Policy { return cachecontrol.Policy{MaxAge: age} }
	for name, tc := range map[string]struct {
		query string
		want  cachecontrol.Policy
	}{
		"a listing": {`{ products(first: 5) { nodes { title priceRange { min { amount } } vendor { name } options { name }
			variants(first: 2) { edges { cursor node { sku price { amount } image { url } } } pageInfo { hasNextPage } } } totalCount } }`, public(time.Minute)},
		"facets":                   {`{ products { facets { vendors { label count vendor { name } } options { name values { label } } } } }`, public(time.Minute)},
		"settings":                 {`{ shop { name currency } }`, public(5 * time.Minute)},
		"the tree of categories":   {`{ categories { nodes { name children { nodes { name } } parent { name } } } }`, public(5 * time.Minute)},
		"two root fields":          {`{ shop { name } product(slug: "a") { title reviews { nodes { author { displayName } } } } }`, public(time.Minute)},
		"stock":                    {`{ product(slug: "a") { variants { nodes { availableQuantity } } } }`, public(10 * time.Second)},
		"stock in a fragment":      {`query($on: Boolean = true) { product(slug: "a") { ...F @include(if: $on) } } fragment F on Product { variants { nodes { availableQuantity } } }`, public(10 * time.Second)},
		"stock that is skipped":    {`query($on: Boolean = false) { product(slug: "a") { ...F @include(if: $on) title } } fragment F on Product { variants { nodes { availableQuantity } } }`, public(time.Minute)},
		"a node":                   {`{ node(id: "x") { id ... on Product { title vendor { name } } } }`, public(time.Minute)},
		"a node of a customer":     {`{ node(id: "x") { id ... on Customer { displayName } } }`, private},
		"the caller":               {`{ viewer { permissions } }`, private},
		"the caller beside others": {`{ shop { name } viewer { customer { id } } }`, private},
		"own reviews":              {`{ viewer { reviews { nodes { title } } } }`, private},
		"the state of a review":    {`{ product(slug: "a") { reviews { nodes { status } } } }`, private},
		"costs":                    {`{ products { nodes { variants { nodes { cost { amount } } } } } }`, private},
		"customers":                {`{ customers { totalCount } }`, private},
		"the schema":               {`{ shop { name } __schema { types { name } } }`, public(0)},
		"nothing":                  {`{ __typename }`, public(0)},
	} {
		t.Run(name, func(t *testing.T) {
			document, errs := gqlparser.LoadQueryWithRules(schema.Schema(), tc.query, rules.NewDefaultRules())
			require.Empty(t, errs)
			operation := document.Operations[0]
			variables := map[string]any{}
			for _, v := range operation.VariableDefinitions {
				variables[v.Variable] = v.DefaultValue.Raw == "true"
			}
			selected := exec.Selected(&graphql.OperationContext{Doc: document, Operation: operation, Variables: variables})
			require.Equal(t, tc.want, selected.Summary())
		})
	}
}

func TestHintsThatAreWrong(t *testing.T) {
	t.Parallel()
	const directives = `
		directive @access(to: Access!, permission: String) on OBJECT | FIELD_DEFINITION
		enum Access { PUBLIC CUSTOMER SIGNED_IN OWNER STAFF }
		directive @cacheControl(maxAge: Int, scope: Scope, inheritMaxAge: Boolean) on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
		enum Scope { PUBLIC PRIVATE }
		type Safe @access(to: STAFF) { money: Int }
		type Shop @access(to: PUBLIC) { name: String }`
	for says, fields := range map[string]string{
		"Query.a: its hint shares it":                       `a: Int @access(to: STAFF) @cacheControl(maxAge: 5)`,
		"Query.b: its hint shares it":                       `b: Safe @access(to: PUBLIC) @cacheControl(maxAge: 5)`,
		"Query.c: @cacheControl(maxAge: -1)":                `c: Shop @access(to: PUBLIC) @cacheControl(maxAge: -1)`,
		"Query.d: @cacheControl has both maxAge and inheri": `d: Shop @access(to: PUBLIC) @cacheControl(maxAge: 1, inheritMaxAge: true)`,
	} {
		schema := gqlparser.MustLoadSchema(&ast.Source{Input: directives + "type Query {" + fields + "}"})
		who, err := access.Compile(schema)
		require.NoError(t, err)
		_, err = cachecontrol.Compile(schema, who)
		require.ErrorContains(t, err, says)
	}
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: directives + `type Query { a: Shop @access(to: PUBLIC) b: Int @access(to: PUBLIC) }`})
	_, hints := compile(t, schema)
	for _, field := range []string{"a", "b", "unknown"} {
		policy, limits := hints.Of("Query", field)
		require.Zero(t, policy.MaxAge, "what says nothing is not kept")
		require.True(t, limits)
	}
}
