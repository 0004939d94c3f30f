package goldens

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	gql "github.com/vektah/gqlparser/v2/ast"

	"souk/graph"
	"souk/graph/access"
	"souk/graph/relay"
	"souk/internal/auth"
	"souk/store"
	"souk/test/harness"
	"souk/test/shop"
)

// generatedModels are the only types that gqlgen may make up: inputs, enums of
// arguments, and what a resolver puts together. An entity here means that it
// lost its binding in gqlgen.yml.
var generatedModels = []string{
	"APIKeyCreatePayload", "Access", "AddressUpdateInput", "AuditEventFilter", "AvailabilityFacetValue", "CacheControlScope",
	"CategoryFacetValue", "CategoryFilter", "CategoryMoveInput", "CategoryUpdateInput", "CollectionCreateInput",
	"CollectionUpdateInput", "CustomerFilter",
	"CustomerRegisterInput", "CustomerUpdateInput", "EmailVerifyInput", "FacetValue",
	"ImageUpdateInput", "JobFilter", "LocationUpdateInput", "Mutation", "OptionFacet",
	"OptionFacetValue", "OptionFilter", "OrderDirection", "PasswordChangeInput",
	"PasswordResetConfirmInput", "PasswordResetRequestInput",
	"PriceFacetValue", "PriceFilter", "ProductBulkCreateInput",
	"ProductBulkCreateItem", "ProductBulkUpdateInput", "ProductCreateInput", "ProductFacets", "ProductFilter",
	"ProductOrder", "ProductOrderField", "ProductUpdateInput", "ProductVariantInput",
	"ProductVariantsUpsertInput", "Query", "RatingFacetValue", "ReviewFilter",
	"ReviewOrder", "ReviewOrderField", "ReviewUpdateInput", "RoleUpdateInput", "SessionCreateInput",
	"SessionRefreshInput", "SessionRevokeInput", "SessionRevokePayload", "ShopUpdateInput", "StaffUpdateInput", "VendorFacetValue",
	"VendorUpdateInput",
}

func TestGeneratedModelsAreListed(t *testing.T) {
	const file = "../../graph/model/models.generated.go"
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	require.NoError(t, err)
	var found []string
	for _, declaration := range parsed.Decls {
		types, ok := declaration.(*ast.GenDecl)
		if !ok || types.Tok != token.TYPE {
			continue
		}
		for _, spec := range types.Specs {
			found = append(found, spec.(*ast.TypeSpec).Name.Name)
		}
	}
	slices.Sort(found)
	require.Equal(t, generatedModels, found)
}

// sentence is a text that begins with a capital (or a name in backquotes) and
// ends like a sentence.
var sentence = regexp.MustCompile("^[A-Z`\"](?s:.*)[.`!?]$")

func TestEverythingInTheSchemaIsDescribed(t *testing.T) {
	undescribed := map[string]string{}
	check := func(def *gql.Definition, field, argument, description string) {
		if !sentence.MatchString(description) {
			undescribed[def.Name+"."+field+"("+argument+")"] = description
		}
	}
	for _, def := range harness.OwnTypes() {
		check(def, "", "", def.Description)
		for _, value := range def.EnumValues {
			check(def, value.Name, "", value.Description)
		}
		for _, field := range def.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			check(def, field.Name, "", field.Description)
			for _, argument := range field.Arguments {
				check(def, field.Name, argument.Name, argument.Description)
			}
		}
	}
	require.Empty(t, undescribed)
}

func typeOf(def *gql.Definition, field string) string {
	if f := def.Fields.ForName(field); f != nil {
		return f.Type.String()
	}
	return ""
}

// notNodes have an ID that no list and no node shows, with the reason.
var notNodes = map[string]string{"Session": "it is shown once, to who signs in"}

func TestWhatHasAnIDIsANode(t *testing.T) {
	server := harness.Start(t, wholeGoldenShop(t), harness.AsStaff(auth.CatalogueRead, auth.ReviewsModerate, auth.CustomersRead,
		auth.StaffManage, auth.APIKeysManage, auth.AuditRead, auth.JobsManage, auth.DocumentsManage))
	samples := map[string]string{ // one of each in the goldens' shop
		"Product": shop.ID[store.ProductID]("101"), "ProductVariant": shop.ID[store.VariantID]("203"), "Category": shop.ID[store.CategoryID]("302"),
		"Vendor": shop.ID[store.VendorID]("401"), "Image": shop.ID[store.ImageID]("503"), "Review": shop.ID[store.ReviewID]("602"),
		"Customer": shop.ID[store.CustomerID]("701"), "Address": shop.ID[store.AddressID]("801"), "Staff": shop.ID[store.StaffID]("901"),
		"Role": shop.ID[store.RoleID]("a01"), "ApiKey": shop.ID[store.APIKeyID]("b01"), "Location": shop.ID[store.LocationID]("d01"),
		"Document": shop.ID[store.DocumentID]("131"),
		"Shop":     shop.ID[store.ShopID]("001"), "Job": relay.ID(store.JobID{15: 42}),
		"AuditEvent": shop.ID[store.AuditEventID]("e01"), "ImportRun": shop.ID[store.ImportRunID]("111"), "Collection": shop.ID[store.CollectionID]("f01"),
	}
	kinds := map[relay.Kind]bool{}
	for name, def := range harness.OwnTypes() {
		if def.Kind != gql.Object || typeOf(def, "id") == "" || notNodes[name] != "" {
			continue
		}
		require.Equal(t, "ID!", typeOf(def, "id"), name)
		require.Contains(t, def.Interfaces, "Node", name)
		require.Contains(t, samples, name, "add the ID of one in the goldens' shop")
		kind, _, ok := relay.ParseID(samples[name])
		require.True(t, ok)
		require.False(t, kinds[kind], "%s shares its kind", name)
		kinds[kind] = true
		answer := server.Query(t, `query ($id: ID!) { node(id: $id) { __typename id } nodes(ids: [$id]) { __typename id } }`,
			map[string]any{"id": samples[name]})
		want := map[string]any{"__typename": name, "id": samples[name]}
		require.Equal(t, want, answer.At("node"))
		require.Equal(t, want, answer.At("nodes", 0))
	}
	require.Len(t, kinds, len(samples))
}

func TestConnectionsHaveOneShape(t *testing.T) {
	types, connections := harness.OwnTypes(), 0
	for name, def := range types {
		noun, ok := strings.CutSuffix(name, "Connection")
		if !ok {
			continue
		}
		connections++
		for field, typ := range map[string]string{
			"edges": "[" + noun + "Edge!]!", "nodes": "[" + noun + "!]!", "pageInfo": "PageInfo!",
			"totalCount": "Int!", "totalCountPrecision": "CountPrecision!",
		} {
			require.Equal(t, typ, typeOf(def, field), "%s.%s", name, field)
		}
		edge := types[noun+"Edge"]
		require.NotNil(t, edge, name)
		require.Equal(t, "String!", typeOf(edge, "cursor"), edge.Name)
		require.Equal(t, noun+"!", typeOf(edge, "node"), edge.Name)
	}
	require.NotZero(t, connections)

	rules, err := access.Compile(graph.NewExecutableSchema(graph.Config{}).Schema())
	require.NoError(t, err)
	for name, def := range types {
		for _, field := range def.Fields {
			if !strings.HasSuffix(field.Type.Name(), "Connection") {
				continue
			}
			rule, _ := rules.Of(name, field.Name)
			refusable := field.Directives.ForName("access") != nil && rule.To != access.Public
			require.Equal(t, !refusable, field.Type.NonNull, "%s.%s is null for those to whom it is refused, and for nobody else", name, field.Name)
			for argument, typ := range map[string]string{"first": "Int", "after": "String", "last": "Int", "before": "String"} {
				require.NotNil(t, field.Arguments.ForName(argument), "%s.%s(%s)", name, field.Name, argument)
				require.Equal(t, typ, field.Arguments.ForName(argument).Type.String())
			}
		}
	}
}

// TestWhatIsForStaffIsNotPublic looks for columns that shoppers must not see, in
// the schema and in the answers of a shop that has values there.
func TestWhatIsForStaffIsNotPublic(t *testing.T) {
	private := regexp.MustCompile(`(?i)cost|email|phone|source_?key|margin|on_?hand|committed|incoming|location|permissions|secret|audit`)
	rules, err := access.Compile(graph.NewExecutableSchema(graph.Config{}).Schema())
	require.NoError(t, err)
	looked := 0
	for name, def := range harness.OwnTypes() {
		if def.Kind == gql.InputObject || name == "Mutation" || slices.Contains(owns, name) {
			continue // what comes in is the caller's own
		}
		for _, field := range def.Fields {
			if rule, known := rules.Of(name, field.Name); known && rule.To == access.Public {
				looked++
				require.NotRegexp(t, private, field.Name, name)
			}
		}
	}
	require.Greater(t, looked, 100)
	for _, file := range goldenQueries(t) {
		name := strings.TrimSuffix(file, ".graphql")
		query, _ := readQuery(t, name)
		if asker(query) != "" {
			continue
		}
		answer, err := os.ReadFile(name + ".golden.json")
		require.NoError(t, err)
		for what, text := range map[string]string{
			"a cost": "777777", "a customer's e-mail": "maya.private", "an address": "Am Markt", "a phone": "+49",
			"a member of the staff": "@shop.example", "a location": "Warehouse", "an audit event": "Flax Shirt",
		} {
			require.NotContains(t, string(answer), text, "%s shows %s of the goldens' shop", file, what)
		}
	}
}

// owns are types that everybody may ask for and that hold what is the caller's own.
var owns = []string{"Viewer"}
