package access

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"souk/internal/auth"
	"souk/internal/fault"
)

// load reads a schema, to which the directive's own file is added.
func load(t testing.TB, text string) *ast.Schema {
	t.Helper()
	directive, err := os.ReadFile("../schema/access.graphqls")
	require.NoError(t, err)
	schema, err := gqlparser.LoadSchema(
		&ast.Source{Name: "access.graphqls", Input: string(directive)}, &ast.Source{Name: "test.graphqls", Input: text})
	require.NoError(t, err)
	return schema
}

func TestCompileListsEveryFault(t *testing.T) {
	_, err := Compile(load(t, `
		type Query @access(to: PUBLIC) { shop: Shop mine: Shop @access(to: OWNER) fine: Shop @access(to: PUBLIC) }
		type Mutation { rename(name: String): Shop }
		type Subscription { renamed: Shop }
		interface Named { name: String }
		type Shop { name: String secret: String open: Boolean @access(to: PUBLIC) }
		type Sign implements Named @access(to: PUBLIC) {
			name: String
			a: Int @access(to: PUBLIC, permission: AUDIT_READ)
			b: Int @access(to: CUSTOMER, permission: AUDIT_READ)
			c: Int @access(to: SIGNED_IN, permission: AUDIT_READ)
		}
		type Flag @access(to: PUBLIC, permission: AUDIT_READ) { name: String }`))
	require.Error(t, err)
	_, list, _ := strings.Cut(err.Error(), "\n")
	require.Equal(t, []string{
		"Flag: PUBLIC takes no permission: AUDIT_READ would have no effect",
		"Mutation.rename: no rule; a root field needs its own @access",
		"Query: @access has no effect on a root type; each of its fields needs its own rule",
		"Query.shop: no rule; a root field needs its own @access",
		"Query.mine: OWNER has no effect on a root field: the root object has no owner",
		"Shop.name: no rule; add @access to the field or to its type",
		"Shop.secret: no rule; add @access to the field or to its type",
		"Sign.a: PUBLIC takes no permission: AUDIT_READ would have no effect",
		"Sign.b: CUSTOMER takes no permission: AUDIT_READ would have no effect",
		"Sign.c: SIGNED_IN takes no permission: AUDIT_READ would have no effect",
		"Subscription.renamed: no rule; a root field needs its own @access",
	}, strings.Split(list, "\n"))
}

func TestAFieldThatARefusalCannotMakeNullIsAFault(t *testing.T) {
	_, err := Compile(load(t, `
		type Query { shop: Shop! @access(to: PUBLIC) staff: Shop! @access(to: STAFF) both: Shop @access(to: STAFF) }
		type Mutation { rename: Shop! @access(to: STAFF) }
		type Shop @access(to: PUBLIC) { name: String! till: Int! @access(to: STAFF) safe: [Int!]! @access(to: OWNER, permission: AUDIT_READ) key: Int @access(to: STAFF) }
		type Till @access(to: STAFF, permission: CATALOGUE_WRITE) {
			open: Int! @access(to: STAFF, permission: CATALOGUE_READ)
			sum: Int! @access(to: STAFF, permission: AUDIT_READ)
		}
		type Loose { name: String! @access(to: PUBLIC) secret: String! @access(to: STAFF) }`))
	require.Error(t, err)
	var names []string
	_, list, _ := strings.Cut(err.Error(), "\n")
	for line := range strings.SplitSeq(list, "\n") {
		name, reason, _ := strings.Cut(line, ": ")
		require.Contains(t, reason, "must be nullable")
		names = append(names, name)
	}
	require.Equal(t, []string{"Loose.secret", "Query.staff", "Shop.till", "Shop.safe", "Till.sum"}, names)
}

func TestWhatARuleImplies(t *testing.T) {
	read, write := auth.CatalogueRead, auth.CatalogueWrite
	for _, tc := range []struct {
		rule, other Rule
		want        bool
	}{
		{Rule{}, Rule{To: Public}, true},
		{Rule{}, Rule{To: SignedIn}, false},
		{Rule{To: Customer}, Rule{To: SignedIn}, true},
		{Rule{To: SignedIn}, Rule{To: Customer}, false},
		{Rule{To: Staff, Permission: write}, Rule{To: Staff}, true},
		{Rule{To: Staff}, Rule{To: Staff, Permission: write}, false},
		{Rule{To: Staff, Permission: write}, Rule{To: Staff, Permission: read}, true},
		{Rule{To: Staff, Permission: read}, Rule{To: Staff, Permission: write}, false},
		{Rule{To: Staff, Permission: read}, Rule{To: Owner, Permission: read}, true},
		{Rule{To: Owner, Permission: read}, Rule{To: Staff, Permission: read}, false},
		{Rule{To: Owner, Permission: write}, Rule{To: Owner, Permission: read}, true},
		{Rule{To: Owner}, Rule{To: Customer}, true},
		{Rule{To: Customer}, Rule{To: Owner}, false},
		{Rule{To: Staff}, Rule{To: SignedIn}, false}, // an API key is staff
	} {
		require.Equal(t, tc.want, tc.rule.implies(tc.other), "%v implies %v", tc.rule, tc.other)
	}
}

func TestCompileKnowsEveryPermissionOfTheSchema(t *testing.T) {
	for _, value := range load(t, "type Query { a: Int @access(to: PUBLIC) }").Types["Permission"].EnumValues {
		require.Contains(t, auth.AllPermissions(), auth.Permission(value.Name))
	}
	schema := load(t, "type Query { a: Int @access(to: STAFF, permission: AUDIT_READ) }")
	schema.Query.Fields.ForName("a").Directives[0].Arguments.ForName("permission").Value.Raw = "FLY"
	_, err := Compile(schema)
	require.ErrorContains(t, err, "there is no permission FLY")
}

const small = `
	interface Node { id: ID! }
	union Thing = Shop | Safe
	type Query {
		shop: Shop @access(to: PUBLIC)
		staffShop: Shop @access(to: STAFF)
		node: Node @access(to: PUBLIC)
		name: Named @access(to: PUBLIC)
		thing: Thing @access(to: PUBLIC)
	}
	interface Named { name: String }
	type Shop implements Named @access(to: PUBLIC) { name: String till: Int @access(to: OWNER, permission: AUDIT_READ) twin: Shop }
	type Street implements Named @access(to: PUBLIC) { name: String @access(to: STAFF) twin: Shop }
	type Safe implements Node @access(to: STAFF, permission: AUDIT_READ) { id: ID! label: String @access(to: PUBLIC) }`

func TestAFieldHasItsOwnRuleOrItsTypes(t *testing.T) {
	rules, err := Compile(load(t, small))
	require.NoError(t, err)
	for place, want := range map[string]Rule{
		"Query.shop": {To: Public}, "Query.staffShop": {To: Staff}, "Shop.name": {To: Public},
		"Shop.till": {To: Owner, Permission: auth.AuditRead}, "Safe.id": {To: Staff, Permission: auth.AuditRead}, "Safe.label": {To: Public},
	} {
		object, field, _ := strings.Cut(place, ".")
		got, ok := rules.Of(object, field)
		require.True(t, ok)
		require.Equal(t, want, got, place)
	}
	_, ok := rules.Of("Shop", "roof")
	require.False(t, ok)

	changed := rules.With("Shop.name", Rule{To: Customer}).With("Safe", Rule{To: Public})
	got, _ := changed.Of("Shop", "name")
	require.Equal(t, Rule{To: Customer}, got)
	require.Equal(t, Rule{To: Public}, changed.OfType("Safe"))
	got, _ = changed.Of("Safe", "id")
	require.Equal(t, Rule{To: Public}, got)
	got, _ = rules.Of("Shop", "name")
	require.Equal(t, Rule{To: Public}, got, "the rules it was made from are as they were")
}

func TestWhichOperationsAreWatched(t *testing.T) {
	schema := load(t, small)
	rules, err := Compile(schema)
	require.NoError(t, err)
	for query, want := range map[string]bool{
		"{ shop { name twin { twin { name } } } }":                                  false,
		"{ __typename __schema { types { name } } }":                                false,
		"{ shop { ...f } } fragment f on Shop { twin { name } }":                    false,
		"{ staffShop { name } }":                                                    true,
		"{ shop { till } }":                                                         true,
		"{ shop { alias: till } }":                                                  true,
		"{ shop { twin { twin { ... on Shop { till } } } } }":                       true,
		"{ shop { ...f } } fragment f on Shop { ...g } fragment g on Shop { till }": true,
		"query ($n: Boolean!) { shop { till @include(if: $n) } }":                   true,
		"{ name { name } }":                                                         true, // a Street's is for staff
		"{ name { ... on Shop { name } } }":                                         false,
		"{ name { ... on Named { ... on Street { twin { name } } } } }":             false,
		"{ node { __typename } }":                                                   true, // a Safe is not there for everybody
		"{ thing { __typename ... on Shop { name } } }":                             true,
	} {
		document, faults := gqlparser.LoadQueryWithRules(schema, query, nil)
		require.Nil(t, faults, query)
		require.Equal(t, want, rules.concern(document.Operations[0]), query)
	}
}

func TestWhatTheRulesDoNotKnowIsWatched(t *testing.T) {
	schema := load(t, small)
	rules, err := Compile(schema)
	require.NoError(t, err)
	for name, selection := range map[string]ast.Selection{
		"a field without a type":     &ast.Field{Name: "name"},
		"a type of another schema":   &ast.Field{Name: "name", ObjectDefinition: &ast.Definition{Name: "Other"}},
		"a fragment that is missing": &ast.FragmentSpread{Name: "f"},
	} {
		require.True(t, rules.concern(&ast.OperationDefinition{SelectionSet: ast.SelectionSet{selection}}), name)
	}
}

// TestFragmentsAreLookedAtOnce would take 2^60 steps otherwise.
func TestFragmentsAreLookedAtOnce(t *testing.T) {
	schema := load(t, small)
	rules, err := Compile(schema)
	require.NoError(t, err)
	name := &ast.Field{Name: "name", ObjectDefinition: schema.Types["Shop"]}
	last := &ast.FragmentDefinition{SelectionSet: ast.SelectionSet{name}}
	for range 60 {
		spread := &ast.FragmentSpread{Definition: last}
		last = &ast.FragmentDefinition{SelectionSet: ast.SelectionSet{spread, spread}}
	}
	require.False(t, rules.concern(&ast.OperationDefinition{SelectionSet: last.SelectionSet}))
}

func TestJudgements(t *testing.T) {
	key := auth.CatalogueRead
	principals := map[string]auth.Principal{
		"nobody":   {},
		"customer": {Kind: auth.Customer, ID: uuid.Max, Permissions: auth.Permissions{key}}, // which mean nothing for a customer
		"staff":    {Kind: auth.Staff, Permissions: auth.Permissions{auth.AuditRead}},
		"reader":   {Kind: auth.Staff, Permissions: auth.Permissions{auth.CatalogueWrite}},
		"machine":  {Kind: auth.APIKey, Permissions: auth.Permissions{key}},
		"stranger": {Kind: "ROBOT", Permissions: auth.Permissions{key}},
	}
	for _, tc := range []struct {
		rule Rule
		pass string
	}{
		{Rule{}, "nobody customer staff reader machine stranger"},
		{Rule{To: Public}, "nobody customer staff reader machine stranger"},
		{Rule{To: Customer}, "customer"},
		{Rule{To: SignedIn}, "customer staff reader"},
		{Rule{To: Staff}, "staff reader machine"},
		{Rule{To: Staff, Permission: key}, "reader machine"},
		{Rule{To: Owner, Permission: key}, "reader machine"},
		{Rule{To: Owner}, ""},
		{Rule{To: "SOMEBODY"}, ""},
	} {
		for name, p := range principals {
			v := tc.rule.judge(p)
			require.Equal(t, strings.Contains(" "+tc.pass+" ", " "+name+" "), v.refusal == nil, "%v for %s", tc.rule, name)
			require.Equal(t, tc.rule.To == Owner && name == "customer", v.ofOwner, "%v for %s", tc.rule, name)
			if v.refusal == nil {
				continue
			}
			want := fault.CodeForbidden
			if p.IsAnonymous() {
				want = fault.CodeUnauthenticated
			}
			require.Equal(t, want, fault.CodeOf(v.refusal))
			f, _ := errors.AsType[*fault.Error](v.refusal)
			require.Equal(t, p.IsAnonymous(), strings.HasPrefix(f.Message, "sign in: "), f.Message)
			if tc.rule.Permission != "" && !p.IsAnonymous() {
				require.Contains(t, f.Message, tc.rule.Permission)
			}
		}
	}
}
