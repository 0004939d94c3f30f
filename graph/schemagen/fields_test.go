package main

import (
	"strings"
	"testing"

	"github.com/99designs/gqlgen/codegen/config"
	"github.com/stretchr/testify/require"
)

// TestInputsThatDoNotFitAreReported checks the faults of inputs, one schema at a time.
func TestInputsThatDoNotFitAreReported(t *testing.T) {
	for name, test := range map[string]struct {
		schema, store string
		want          []string
	}{
		"a scalar of another type": {
			`input CategoryCreateInput { name: String! age: Long size: Int tags: [String!] }`,
			`type NewCategory struct { Name string; Age *int; Size *int64; Tags string }`,
			[]string{
				"CategoryCreateInput.age has the Go type *int64, but the type of souk/store.NewCategory.Age is *int",
				"CategoryCreateInput.size has the Go type *int, but the type of souk/store.NewCategory.Size is *int64",
				"CategoryCreateInput.tags has the Go type []string, but the type of souk/store.NewCategory.Tags is string",
			},
		},
		"an enum, an ID or an input of another type": {
			`input CategoryCreateInput { policy: ErrorPolicy! parentIds: [ID!] @id(of: "Category") seo: SeoInput seos: [SeoInput!] }
input SeoInput { title: String }`,
			`type Seo struct { Title *string }
type NewCategory struct { Policy string; ParentIDs []ProductID; Seo *Category; Seos []*Category }`,
			[]string{
				"CategoryCreateInput.policy has the Go type souk/store.ErrorPolicy, but the type of souk/store.NewCategory.Policy is string",
				"CategoryCreateInput.parentIds has the Go type []souk/store.CategoryID, but the type of souk/store.NewCategory.ParentIDs is []souk/store.ProductID",
				"CategoryCreateInput.seo has the Go type *souk/store.Seo, but the type of souk/store.NewCategory.Seo is *souk/store.Category",
				"CategoryCreateInput.seos has the Go type []*souk/store.Seo, but the type of souk/store.NewCategory.Seos is []*souk/store.Category",
			},
		},
		"a field of a patch of another type": {
			`input CategoryUpdateInput @patch { id: ID! name: String age: Long tags: [String!] }`,
			`type CategoryPatch struct { ID *CategoryID; Name *string; Age Patch[*int]; Tags Patch[[]string] }`,
			[]string{
				"CategoryUpdateInput.id has the Go type souk/store.CategoryID, but the type of souk/store.CategoryPatch.ID is *souk/store.CategoryID",
				"CategoryUpdateInput.name has the Go type souk/store.Patch[*string], but the type of souk/store.CategoryPatch.Name is *string",
				"CategoryUpdateInput.age has the Go type souk/store.Patch[*int64], but the type of souk/store.CategoryPatch.Age is souk/store.Patch[*int]",
			},
		},
		"a patch in a field of a patch": {
			`input CategoryUpdateInput @patch { id: ID! seo: SeoInput seos: [SeoInput!] }
input SeoInput @patch { title: String }`,
			`type Seo struct { Title Patch[*string] }
type CategoryPatch struct { ID CategoryID; Seo Patch[*Seo]; Seos Patch[[]Seo] }`,
			[]string{
				"CategoryUpdateInput.seo: SeoInput is converted, so the field must have the type SeoInput! or, outside of a patch, be a list",
				"CategoryUpdateInput.seos: SeoInput is converted, so the field must have the type SeoInput! or, outside of a patch, be a list",
			},
		},
		"a patch in another form than the store has": {
			`input CategoryCreateInput { name: String! seo: SeoInput seos: [SeoInput] }
input SeoInput @patch { title: String }`,
			`type Seo struct { Title Patch[*string] }
type NewCategory struct { Name string; Seo Seo; Seos []Seo }`,
			[]string{
				"CategoryCreateInput.seo: SeoInput is converted, so the field must have the type SeoInput! or, outside of a patch, be a list",
				"CategoryCreateInput.seos: a list of SeoInput must have the type [SeoInput!]",
			},
		},
		"a struct that lacks fields": {
			`input CategoryCreateInput { name: String! homepage: String age: Int }
input ProductUpdateInput @patch { id: ID! name: String }
input ProductMoveInput @patch { id: ID! }
input ProductInput { name: String! }`,
			`type NewCategory struct { Name string }
type ProductPatch struct { ID ProductID }`,
			[]string{
				"CategoryCreateInput.homepage: souk/store.NewCategory has no such field",
				"CategoryCreateInput.age: souk/store.NewCategory has no such field",
				"ProductMoveInput: souk/store has no type for it; possible names: ProductMoveInput or ProductMove",
				"ProductUpdateInput.name: souk/store.ProductPatch has no such field",
			},
		},
		"an ID whose noun the names do not tell": {
			`type ProductOption { name: String }
input ProductOptionDeleteInput { id: ID! expectedVersion: Long }
input ProductPriceListDeleteInput { id: ID! expectedVersion: Long }
input CategoryHideInput { id: ID! @id(of: "Option") expectedVersion: Long }
input Hide { id: ID! }`,
			``,
			[]string{
				"CategoryHideInput.id: @id names Option, which is not registered with @noun",
				"Hide.id: the names of the field and the input do not tell the noun of the ID; add @id with the noun",
				"ProductOptionDeleteInput.id: the names of the field and the input do not tell the noun of the ID; add @id with the noun",
				"ProductPriceListDeleteInput.id: the names of the field and the input do not tell the noun of the ID; add @id with the noun",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := inputPlan(t, test.schema, test.store)
			require.Error(t, err)
			_, faults, _ := strings.Cut(err.Error(), "\n")
			require.Equal(t, test.want, strings.Split(faults, "\n"))
		})
	}
}

func TestARefHasTheNounOfItsID(t *testing.T) {
	p, err := inputPlan(t, `
input CategoryHideInput { id: ID! @id(of: "Product") expectedVersion: Long }
input ProductVariantBulkDeleteItem { id: ID! expectedVersion: Long }`, ``)
	require.NoError(t, err)
	require.Equal(t, config.StringList{"souk/graph/model.ProductRef"}, p.models["CategoryHideInput"].Model)
	require.Equal(t, config.StringList{"souk/graph/model.VariantRef"}, p.models["ProductVariantBulkDeleteItem"].Model)
}

// TestInputsAreFoundByTheMutationsThatTakeThem checks that the names of inputs do not
// matter, and that directives without an effect are reported.
func TestInputsAreFoundByTheMutationsThatTakeThem(t *testing.T) {
	schema := inputTypes + `
type Mutation { categoryHide(by: Hiding!): Int }
input Hiding { categoryId: ID! reason: Reason! }
input Reason { otherId: ID filter: ReasonFilter }
input ReasonFilter { otherId: ID productId: ID @id(of: "Product") }
input ListInput @patch { id: ID! }`
	_, err := newPlan(schemaOf(t, schema), config.TypeMap{}, inputPackages(t, `
type Hiding struct { CategoryID CategoryID; Reason Reason }
type Reason struct { OtherID *CategoryID; Filter *int }`))
	require.EqualError(t, err, `the schema and the Go code have 3 faults:
Reason.otherId: the names of the field and the input do not tell the noun of the ID; add @id with the noun
ListInput: @patch has an effect only on the input of a mutation
ReasonFilter.productId: @id has an effect only in the input of a mutation`)
}

func TestANestedPatchIsConverted(t *testing.T) {
	p, err := inputPlan(t, `
input CategoryUpdateInput @patch { id: ID! seo: SeoInput! }
input SeoInput @patch { title: String }`, `
type Seo struct { Title Patch[*string] }
type CategoryPatch struct { ID CategoryID; Seo Seo }`)
	require.NoError(t, err)
	files, err := p.files()
	require.NoError(t, err)
	require.Contains(t, string(files["graph/model/store.generated.go"]), "Seo: in.Seo.ToStore(),")
}
