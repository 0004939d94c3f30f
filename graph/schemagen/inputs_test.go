package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/codegen/config"
	"github.com/stretchr/testify/require"
)

// inputTypes are the types that the tests' inputs refer to, inputStore their Go types.
const (
	inputTypes = `
type Category implements Node @noun(kind: 3) { id: ID! }
type Product implements Node @noun(kind: 1) { id: ID! }
type ProductVariant implements Node @noun(kind: 2, go: "Variant") { id: ID! }
type ApiKey implements Node @noun(kind: 11) { id: ID! }
enum ErrorPolicy { ALL_OR_NOTHING SKIP_FAILED }
`
	inputStore = `
type Product struct{}
type ProductID [16]byte
type Variant struct{}
type VariantID [16]byte
type Category struct{ ID CategoryID; Name string }
type CategoryID [16]byte
type APIKey struct{}
type APIKeyID [16]byte
type ErrorPolicy string
const AllOrNothing, SkipFailed ErrorPolicy = "ALL_OR_NOTHING", "SKIP_FAILED"
type Patch[T any] struct{ Set bool; Value T }
type Ref[K ~[16]byte] struct{ ID K; ExpectedVersion *int64 }
type Bulk[I any] struct{ Items []I; ErrorPolicy ErrorPolicy; IdempotencyKey *string }
`
)

// inputPlan plans the inputs of a schema. Each of them is the input of a mutation,
// except for filters.
func inputPlan(t *testing.T, schema, store string) (*plan, error) {
	t.Helper()
	mutations := ""
	for _, input := range regexp.MustCompile(`(?m)^input (\w+)`).FindAllStringSubmatch(schema, -1) {
		if name := input[1]; !strings.HasSuffix(name, "Filter") {
			mutations += " m" + name + "(input: " + name + "!): Int"
		}
	}
	return newPlan(schemaOf(t, inputTypes+schema+"\ntype Mutation {"+mutations+"}"), config.TypeMap{}, inputPackages(t, store))
}

func inputPackages(t *testing.T, store string) goPackages {
	return goPackages{
		storePath: goPackage(t, storePath, inputStore+store),
		relayPath: goPackage(t, relayPath, "type Node any\nfunc MarshalLong(n int64) any { return n }"),
		modelPath: goPackage(t, modelPath, ""),
	}
}

func TestNounOfAnIDIsFoundByItsName(t *testing.T) {
	schema := schemaOf(t, inputTypes+`
input ProductVariantsMoveInput {
  id: ID!
  ids: [ID!]!
  productId: ID!
  variantIds: [ID!]
  productVariantId: ID
  apiKeyId: ID
  parentId: ID @id(of: "Category")
  otherId: ID
  nothing: ID
}`)
	var p plan
	p.schema = schema
	p.nouns, p.faults = readNouns(schema)
	require.Empty(t, p.faults)
	def := schema.Types["ProductVariantsMoveInput"]
	for field, want := range map[string]string{
		"id": "Variant", "ids": "Variant", "productId": "Product", "variantIds": "Variant", "productVariantId": "Variant",
		"apiKeyId": "APIKey", "parentId": "Category", "otherId": "", "nothing": "",
	} {
		n, ok := p.idOf(def, def.Fields.ForName(field))
		require.Equal(t, want, n.Go, field)
		require.Equal(t, want != "", ok, field)
	}
}

func TestInputsAreBoundToStoreTypes(t *testing.T) {
	p, err := inputPlan(t, `
input CategoryCreateInput { name: String! parentId: ID @id(of: "Category") }
input CategoryDeleteInput { id: ID! expectedVersion: Long }
input CategoryInput { name: String! }
input CategoryBulkDeleteInput { items: [CategoryDeleteInput!]! errorPolicy: ErrorPolicy! }
input StockSetInput { variantId: ID! quantity: Int! }
input StockBulkSetItem { variantId: ID! quantity: Int! }
input StockBulkSetInput { items: [StockBulkSetItem!]! errorPolicy: ErrorPolicy! idempotencyKey: String }
input SignInInput { apiKeyId: ID! secret: String! }
input ProductFilter { vendors: [ID!] what: ID }
`, `
type NewCategory struct{ Name string; ParentID *CategoryID }
type CategoryInput struct{ Name string }
type StockSet struct{ VariantID VariantID; Quantity int; IdempotencyKey *string }
type ProductFilter struct{}`)
	require.NoError(t, err)
	for name, want := range map[string]string{
		"CategoryCreateInput":     "souk/store.NewCategory",
		"CategoryDeleteInput":     "souk/graph/model.CategoryRef",
		"CategoryInput":           "souk/store.CategoryInput", // not the Category
		"CategoryBulkDeleteInput": "souk/graph/model.CategoryRefBulk",
		"StockSetInput":           "souk/store.StockSet",
		"StockBulkSetItem":        "souk/store.StockSet",
		"StockBulkSetInput":       "souk/graph/model.StockSetBulk",
	} {
		require.Equal(t, config.StringList{want}, p.models[name].Model, name)
	}
	for _, name := range []string{"SignInInput", "ProductFilter"} {
		require.False(t, p.models.UserDefined(name), name)
	}
	require.Equal(t, "souk/store.APIKeyID", p.models["SignInInput"].Fields["apiKeyId"].Type)
	files, err := p.files()
	require.NoError(t, err)
	generics := string(files["graph/model/generics.generated.go"])
	require.Contains(t, generics, "CategoryRef     = store.Ref[store.CategoryID]")
	require.Contains(t, generics, "CategoryRefBulk = store.Bulk[store.Ref[store.CategoryID]]")
}

func TestToStoreLeavesAFilterToTheResolver(t *testing.T) {
	p, err := inputPlan(t, `
input CategoryCreateInput { name: String! filter: ProductFilter }
input CategoryUpdateInput @patch { id: ID! name: String filter: ProductFilter }
input ProductFilter { vendors: [ID!] }
`, `
type NewCategory struct{ Name string; Filter *Filter }
type CategoryPatch struct{ ID CategoryID; Name Patch[*string]; Filter Patch[*Filter] }
type Filter struct{}`)
	require.NoError(t, err)
	require.False(t, p.models.UserDefined("CategoryCreateInput"), "it is generated, with the filter")
	files, err := p.files()
	require.NoError(t, err)
	text := string(files["graph/model/store.generated.go"])
	require.Contains(t, text, "store.NewCategory{\n\t\tName: in.Name,\n\t}")
	require.Contains(t, text, "store.CategoryPatch{\n\t\tID:   in.ID,\n\t\tName: patch(in.Name),\n\t}")
}

func TestPatchesAreConverted(t *testing.T) {
	p, err := inputPlan(t, `
input ProductCreateInput { title: String! categoryIds: [ID!] variants: [ProductVariantInput!] idempotencyKey: String }
input ProductUpdateInput @patch { id: ID! expectedVersion: Long title: String parentId: ID @id(of: "Category") tags: [String!] }
input ProductBulkUpdateInput { items: [ProductUpdateInput!]! errorPolicy: ErrorPolicy! }
input ProductVariantInput @patch(go: "VariantInput") { id: ID sku: String }
`, `
type NewProduct struct{ Title string; CategoryIDs []CategoryID; Variants []VariantInput; IdempotencyKey *string }
type ProductPatch struct{ ID ProductID; ExpectedVersion *int64; Title Patch[*string]; ParentID Patch[*CategoryID]; Tags Patch[[]string] }
type VariantInput struct{ ID *VariantID; SKU Patch[*string] }`)
	require.NoError(t, err)
	require.False(t, p.models.UserDefined("ProductUpdateInput"))
	fields := p.models["ProductUpdateInput"].Fields
	require.Nil(t, fields["id"].Omittable)
	require.Nil(t, fields["expectedVersion"].Omittable)
	require.True(t, *fields["title"].Omittable)
	require.True(t, *fields["parentId"].Omittable)
	require.Equal(t, "*souk/store.CategoryID", fields["parentId"].Type)
	require.Equal(t, "[]souk/store.CategoryID", p.models["ProductCreateInput"].Fields["categoryIds"].Type)
	require.Nil(t, p.models["ProductCreateInput"].Fields["variants"].Omittable, "it contains patches but is not one")

	files, err := p.files()
	require.NoError(t, err)
	text := string(files["graph/model/store.generated.go"])
	for _, want := range []string{
		"func (in ProductUpdateInput) ToStore() store.ProductPatch {",
		"ExpectedVersion: in.ExpectedVersion,\n\t\tTitle:           patch(in.Title),",
		"func (in ProductVariantInput) ToStore() store.VariantInput {",
		"SKU: patch(in.Sku),",
		"CategoryIDs:    in.CategoryIds,\n\t\tVariants:       convertItems(in.Variants, ProductVariantInput.ToStore),",
		"func (in ProductBulkUpdateInput) ToStore() store.Bulk[store.ProductPatch] {",
		"Items:       convertItems(in.Items, ProductUpdateInput.ToStore),",
	} {
		require.Contains(t, text, want)
	}
}

func TestAllInputsWithoutAStoreTypeAreReported(t *testing.T) {
	_, err := inputPlan(t, `
input CategoryMoveInput @patch { id: ID! parentId: ID }
input CategoryUpdateInput @patch { id: ID! name: String slug: String }
input ProductDeleteInput { id: ID! name: String @id(of: "Product") }
input StockSetInput { variantId: ID! locationId: ID @id(of: "Location") }
input ReviewInput { productId: ID! }
`, `
type CategoryMove struct{ ID CategoryID; ParentID Patch[*CategoryID] }
type CategoryPatch struct{ ID CategoryID; Name Patch[*string] }
type ReviewInput struct{ ProductID *VariantID }`)
	require.EqualError(t, err, `the schema and the Go code have 5 faults:
CategoryMoveInput.parentId: the names of the field and the input do not tell the noun of the ID; add @id with the noun
CategoryUpdateInput.slug: souk/store.CategoryPatch has no such field
ProductDeleteInput.name: only an ID can have @id
StockSetInput.locationId: @id names Location, which is not registered with @noun
ReviewInput.productId has the Go type souk/store.ProductID, but the type of souk/store.ReviewInput.ProductID is *souk/store.VariantID`)
}
