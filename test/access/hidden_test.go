package access

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	gql "github.com/vektah/gqlparser/v2/ast"

	"souk/graph/access"
	"souk/internal/auth"
	"souk/test/harness"
	"souk/test/shop"
)

// TestWhatALooseFieldReturnsTellsNothing wants every root field to be at least as
// strict as the type that it returns an object of: else an error at the object
// would tell that it is there. Fields of abstract types hide such objects instead.
func TestWhatALooseFieldReturnsTellsNothing(t *testing.T) {
	rules := schemaRules(t)
	require.NotEmpty(t, looseFields(t, rules.With("Query.customer", access.Rule{To: access.Public})), "nobody noticed")
	require.NotEmpty(t, looseFields(t, rules.With("Mutation.locationUpdate", access.Rule{To: access.Customer})), "nobody noticed")
	require.Empty(t, looseFields(t, rules))
}

// looseFields are those of queries and mutations that let somebody pass whom the
// type of an object behind them, or of an object in their payload, refuses.
func looseFields(t testing.TB, rules *access.Rules) (loose []string) {
	schema := newAtlas(t).schema
	for _, root := range []*gql.Definition{schema.Query, schema.Mutation} {
		for _, field := range root.Fields {
			rule, known := rules.Of(root.Name, field.Name)
			returned := schema.Types[field.Type.Name()]
			if !known || returned.Kind != gql.Object {
				continue
			}
			names := []string{returned.Name}
			for _, inner := range returned.Fields {
				if root == schema.Mutation && schema.Types[inner.Type.Name()].Kind == gql.Object {
					names = append(names, inner.Type.Name())
				}
			}
			for _, name := range names {
				for _, c := range everyCaller() {
					if expected(rule, c) == passes && expected(rules.OfType(name), c) == refuses {
						loose = append(loose, field.Name+" returns a "+name+", which is not for "+c.name)
					}
				}
			}
		}
	}
	return loose
}

// TestARefusedObjectLeavesTheOneAroundIt wants every field that is never null, or has
// items that are never null, to be at least as strict as the type of its objects:
// otherwise the refusal of the object would take what is around it.
func TestARefusedObjectLeavesTheOneAroundIt(t *testing.T) {
	rules := schemaRules(t)
	require.Contains(t, takenAlong(t, rules.With("Vendor", access.Rule{To: access.Staff})), "VendorConnection.nodes", "nobody noticed")
	require.Equal(t, []string{"AddressConnection.nodes", "AddressEdge.node"}, takenAlong(t, rules),
		"these lists have only addresses that the caller can read")
}

// takenAlong are the fields that let somebody pass whom their object refuses, and that
// cannot be null instead.
func takenAlong(t testing.TB, rules *access.Rules) (places []string) {
	schema := newAtlas(t).schema
	for _, name := range sortedKeys(schema.Types) {
		def := schema.Types[name]
		if def.Kind != gql.Object || strings.HasPrefix(name, "__") || def == schema.Mutation {
			continue
		}
		for _, field := range def.Fields {
			rule, _ := rules.Of(name, field.Name)
			inner := field.Type
			if inner.Elem != nil {
				inner = inner.Elem
			}
			if schema.Types[inner.Name()].Kind != gql.Object || !inner.NonNull || strings.HasPrefix(field.Name, "__") {
				continue
			}
			if slices.ContainsFunc(everyCaller(), func(c caller) bool {
				field, object := expected(rule, c), expected(rules.OfType(inner.Name()), c)
				return field == passes && object != passes || field == ownOnly && object == refuses
			}) {
				places = append(places, name+"."+field.Name)
			}
		}
	}
	return places
}

// TestMutationsTellNothingOfWhatIsHidden wants the same answer from a mutation for
// what is hidden from the caller and for what does not exist.
func TestMutationsTellNothingOfWhatIsHidden(t *testing.T) {
	m := newMatrix(t, schemaRules(t), nil)
	for _, mutation := range m.fields("Mutation") {
		for _, c := range m.mutationCallers(mutation) {
			if m.mutationWant(mutation, c) == passes {
				m.compareMutation(mutation, c)
			}
		}
	}
	require.Empty(t, m.violations)
	require.Greater(t, m.asked, 30)
	t.Logf("%d pairs compared", m.asked)

	m.samples["Review"][0].hidden = func(auth.Principal) bool { return true }
	m.compareMutation(m.schema.Mutation.Fields.ForName("reviewUpdate"), owner)
	require.NotEmpty(t, m.violations, "nobody noticed an object that is there")
}

// compareMutation sends a mutation with the ID of each sample that is not for the
// caller, and with that of nothing, in each place of its input that takes an ID.
func (m *matrix) compareMutation(mutation *gql.FieldDefinition, c caller) {
	input := m.schema.Types[mutation.Arguments.ForName("input").Type.Name()]
	for _, field := range input.Fields {
		name := m.typeOfID(mutation, field)
		for _, s := range m.samples[name] {
			general := expected(m.rules.OfType(name), c)
			if general == passes && (s.hidden == nil || !s.hidden(c.Principal)) || general == ownOnly && s.of == c.ID {
				continue
			}
			m.asked++
			send := func(key uuid.UUID) *harness.Answer {
				text := m.value(gql.NonNullNamedType(input.Name, nil))
				given := field.Name + ": " + strconv.Quote(sampleID(m.t, name, key))
				if none := field.Name + ": " + m.value(field.Type); strings.Contains(text, none) {
					text = strings.Replace(text, none, given, 1)
				} else {
					text = strings.Replace(text, "{", "{"+given+" ", 1)
				}
				return m.post(c.Principal, "mutation { it: "+mutation.Name+"(input: "+text+") { userErrors { __typename code message field } } }")
			}
			here, missing := send(s.key), send(uuid.Max)
			was, is := requestID.ReplaceAllString(string(missing.Raw), ""), requestID.ReplaceAllString(string(here.Raw), "")
			was, is = consistencyToken.ReplaceAllString(was, ""), consistencyToken.ReplaceAllString(is, "")
			if was != is {
				m.violations = append(m.violations, fmt.Sprintf("%s shows %s %s to %s:\n\t%s\n\twhere nothing is: %s", mutation.Name, name, s.key, c.name, is, was))
			}
		}
	}
}

// typeOfID names the type that a field of a mutation's input takes an ID of: as
// the field says, or for a plain `id` the mutation.
func (m *matrix) typeOfID(mutation *gql.FieldDefinition, field *gql.FieldDefinition) string {
	if field.Type.Name() != "ID" || field.Type.Elem != nil {
		return ""
	}
	if name, ok := map[string]string{"productId": "Product", "variantId": "ProductVariant", "locationId": "Location", "vendorId": "Vendor", "collectionId": "Collection", "parentId": "Category"}[field.Name]; ok {
		return name
	}
	for name := range m.samples {
		if field.Name == "id" && strings.HasPrefix(mutation.Name, strings.ToLower(name[:1])+name[1:]) {
			return name
		}
	}
	m.t.Fatalf("%s takes an ID as %s: say in typeOfID of what", mutation.Name, field.Name)
	return ""
}

// consistencyToken is different after each mutation.
var consistencyToken = regexp.MustCompile(`"token":"[^"]*"`)

// TestNoNameOrFilterFindsWhatIsHidden looks for a draft by all that finds objects
// but their IDs.
func TestNoNameOrFilterFindsWhatIsHidden(t *testing.T) {
	m := newMatrix(t, schemaRules(t), nil)
	draft, variant := sampleID(t, "Product", shop.Key("106")), sampleID(t, "ProductVariant", shop.Key("208"))
	with := callersFor([]auth.Permission{auth.CatalogueRead})
	for _, query := range []string{
		`{ product(slug: "secret-draft") { id } }`,
		`{ productVariant(sku: "SECRET") { id product { id } } }`,
		`{ products(filter: {status: DRAFT}) { nodes { id } } }`,
		`{ products(search: "secret draft", filter: {status: DRAFT}) { nodes { id } } }`,
		`{ vendor(slug: "loom") { products(filter: {status: DRAFT}) { nodes { id } } } }`,
		`{ collection(slug: "summer-picks") { products(filter: {status: DRAFT}) { nodes { id } } } }`,
	} {
		for _, c := range append(with, director, allBut(auth.CatalogueRead)) {
			raw := string(m.post(c.Principal, query).Raw)
			found := strings.Contains(raw, draft) || strings.Contains(raw, variant)
			require.Equal(t, holds(c.Principal, auth.CatalogueRead), found, "%s as %s: %s", query, c.name, raw)
		}
	}
}

// TestTheViewerIsWhoAsks wants everybody to find themselves in the viewer, with
// what is theirs, and nobody else.
func TestTheViewerIsWhoAsks(t *testing.T) {
	m := newMatrix(t, schemaRules(t), nil)
	const query = `{ viewer { customer { id } staff { id roles { id } } addresses { nodes { id } } reviews { nodes { id } } } }`
	look := func(c caller) any {
		answer := m.post(c.Principal, query)
		require.Empty(t, answer.Errors)
		return answer.At("viewer")
	}
	is := func(id string) map[string]any { return map[string]any{"id": id} }
	page := func(name string, keys ...string) map[string]any {
		nodes := []any{}
		for _, key := range keys {
			nodes = append(nodes, is(sampleID(t, name, shop.Key(key))))
		}
		return map[string]any{"nodes": nodes}
	}
	nobody := map[string]any{"customer": nil, "staff": nil, "addresses": page("Address"), "reviews": page("Review")}
	for _, c := range append(callersFor(auth.AllPermissions()), anonymous) {
		if c.Kind == auth.APIKey || c.IsAnonymous() {
			require.Equal(t, nobody, look(c), c.name)
		}
	}
	require.Equal(t, map[string]any{
		"customer": is(sampleID(t, "Customer", ownerOfSamples)), "staff": nil,
		"addresses": page("Address", "711"), "reviews": page("Review", "606", "605", "601"),
	}, look(owner))
	require.Equal(t, map[string]any{
		"customer": is(sampleID(t, "Customer", someoneElse)), "staff": nil,
		"addresses": page("Address", "712"), "reviews": page("Review", "607", "602"),
	}, look(stranger))

	self, _ := look(newcomer).(map[string]any)
	require.Equal(t, sampleID(t, "Staff", staffOfSamples), harness.At(self, "staff", "id"))
	require.Contains(t, harness.At(self, "staff", "roles"), is(sampleID(t, "Role", shop.Key("901"))))
	require.NotContains(t, harness.At(self, "staff", "roles"), is(sampleID(t, "Role", shop.Key("902"))))
	require.Nil(t, self["customer"])
}
