package access

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/graph/access"
	"souk/test/harness"
	"souk/test/shop"
)

// TestIntrospectionSaysWhoCanUseWhat compares the descriptions that GraphiQL shows with
// the rules, in words of its own.
func TestIntrospectionSaysWhoCanUseWhat(t *testing.T) {
	server, rules := harness.Start(t, shop.New(t)), schemaRules(t)
	answer := server.Query(t, `{ __schema { types { name kind description fields(includeDeprecated: true) { name description } } } }`, nil)
	types, _ := answer.At("__schema", "types").([]any)
	said := map[bool]int{}
	check := func(place string, rule access.Rule, description any) {
		text, _ := description.(string)
		want := whoCanUse(rule)
		said[want != ""]++
		if want == "" {
			require.NotRegexp(t, `For (signed-in|the customer who owns|staff and API keys)[^.]*\.$`, text, "%s is for everyone", place)
			return
		}
		require.True(t, strings.HasSuffix(text, "."+want), "%s: %s", place, text)
		require.Equal(t, 1, strings.Count(text, want), place)
	}
	for _, typ := range types {
		name, _ := harness.At(typ, "name").(string)
		if harness.At(typ, "kind") != "OBJECT" || strings.HasPrefix(name, "__") {
			continue
		}
		check(name, rules.OfType(name), harness.At(typ, "description"))
		fields, _ := harness.At(typ, "fields").([]any)
		for _, field := range fields {
			of, _ := harness.At(field, "name").(string)
			rule, known := rules.Of(name, of)
			require.True(t, known, of)
			check(name+"."+of, rule, harness.At(field, "description"))
		}
	}
	require.Greater(t, said[true], 200)
	require.Greater(t, said[false], 200)
}

// whoCanUse is the end of the description of what has the rule; "" for everyone.
func whoCanUse(rule access.Rule) string {
	with := " with the permission `" + string(rule.Permission) + "`."
	switch {
	case rule.To == access.Public || rule.To == "":
		return ""
	case rule.To == access.Customer:
		return " For signed-in customers."
	case rule.To == access.SignedIn:
		return " For signed-in customers and staff."
	case rule.To == access.Owner && rule.Permission != "":
		return " For the customer who owns it, and for staff and API keys" + with
	case rule.To == access.Staff && rule.Permission == "":
		return " For staff and API keys."
	case rule.To == access.Staff:
		return " For staff and API keys" + with
	}
	return "no words for this rule"
}
