package clients

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"souk/graph"
	"souk/internal/auth"
	"souk/internal/config"
	"souk/test/harness"
	"souk/test/shop"
)

// executors runs a test with both.
func executors(t *testing.T, run func(t *testing.T, server *harness.Server)) {
	db := shop.New(t)
	for _, executor := range []config.Executor{config.BreadthFirst, config.Gqlgen} {
		t.Run(string(executor), func(t *testing.T) {
			run(t, harness.Start(t, db, func(s *harness.Setup) { s.Config.Executor = executor }))
		})
	}
}

// TestIntrospectionHasNullWhereAKindHasNone asks for all types, as code generators do.
func TestIntrospectionHasNullWhereAKindHasNone(t *testing.T) {
	lists := map[string][]string{
		"fields": {"OBJECT", "INTERFACE"}, "interfaces": {"OBJECT", "INTERFACE"}, "possibleTypes": {"INTERFACE", "UNION"},
		"enumValues": {"ENUM"}, "inputFields": {"INPUT_OBJECT"},
	}
	const query = `{ __schema { types { ...T } } product: __type(name: "Product") { ...T fields { type { ...T ofType { ...T } } } } }
		fragment T on __Type { kind name isOneOf specifiedByURL fields { name } interfaces { name } possibleTypes { name } enumValues { name } inputFields { name } }`
	executors(t, func(t *testing.T, server *harness.Server) {
		answer := server.Query(t, query, nil)
		check := func(found any) {
			described := found.(map[string]any)
			kind, name := described["kind"].(string), described["name"]
			for list, kinds := range lists {
				if slices.Contains(kinds, kind) {
					require.NotNil(t, described[list], "%s of %v", list, name)
				} else {
					require.Nil(t, described[list], "%s of %v, which is of kind %s", list, name, kind)
				}
			}
		}
		oneOf, specified := map[any]bool{}, map[any]bool{}
		for _, found := range answer.At("__schema", "types").([]any) {
			check(found)
			described := found.(map[string]any)
			if described["isOneOf"] == true {
				oneOf[described["name"]] = true
			}
			if described["specifiedByURL"] != nil {
				specified[described["name"]] = true
			}
		}
		require.Equal(t, map[any]bool{"ProductBy": true, "ProductVariantBy": true, "CategoryBy": true, "CollectionBy": true, "VendorBy": true}, oneOf)
		require.Equal(t, map[any]bool{"DateTime": true, "Decimal": true, "CurrencyCode": true, "HTML": true, "URL": true, "Long": true, "JSON": true}, specified)
		require.Equal(t, []any{map[string]any{"name": "Node"}}, answer.At("product", "interfaces"))
		for _, field := range answer.At("product", "fields").([]any) {
			check(harness.At(field, "type"))
			if of := harness.At(field, "type", "ofType"); of != nil {
				check(of)
			}
		}
		deferred := server.Query(t, `{ __schema { directives { name args { name type { kind ofType { name } } defaultValue } } } }`, nil)
		for _, directive := range deferred.At("__schema", "directives").([]any) {
			if harness.At(directive, "name") == "defer" {
				require.Equal(t, "NON_NULL", harness.At(directive, "args", 0, "type", "kind"))
				require.Equal(t, "true", harness.At(directive, "args", 0, "defaultValue"))
			}
		}
	})
}

// TestWhatIsLookedUpByOneOf finds an object by each way that there is, and refuses two.
func TestWhatIsLookedUpByOneOf(t *testing.T) {
	executors(t, func(t *testing.T, server *harness.Server) {
		both := server.Query(t, `{ a: product(slug: "linen-shirt") { id } b: product(by: {slug: "linen-shirt"}) { id } c: product(by: {id: "`+shop.ShirtID+`"}) { id }
			d: category(by: {id: "`+shop.ApparelID+`"}) { id } e: vendor(by: {id: "`+shop.LoomID+`"}) { id slug } f: product(by: {id: "x"}) { id } }`, nil)
		for _, name := range []string{"a", "b", "c"} {
			require.Equal(t, shop.ShirtID, both.At(name, "id"), name)
		}
		require.Equal(t, shop.ApparelID, both.At("d", "id"))
		require.Equal(t, shop.LoomID, both.At("e", "id"))
		require.Nil(t, both.At("f"), "a damaged ID finds nothing")

		const query = `query ($by: ProductBy!) { product(by: $by) { id } }`
		require.Equal(t, shop.ShirtID, server.Query(t, query, map[string]any{"by": map[string]any{"slug": "linen-shirt"}}).At("product", "id"))
		for name, got := range map[string]*harness.Answer{
			"two in the document":  server.Do(t, `{ product(by: {id: "x", slug: "y"}) { id } }`, nil),
			"null in the document": server.Do(t, `{ product(by: {id: null}) { id } }`, nil),
			"none in the document": server.Do(t, `{ product(by: {}) { id } }`, nil),
			"two in a variable":    server.Do(t, query, map[string]any{"by": map[string]any{"id": "x", "slug": "y"}}),
			"null in a variable":   server.Do(t, query, map[string]any{"by": map[string]any{"id": nil}}),
			"none in a variable":   server.Do(t, query, map[string]any{"by": map[string]any{}}),
			"both ways":            server.Do(t, `{ product(id: "x", by: {slug: "y"}) { id } }`, nil),
			"an empty slug":        server.Do(t, `{ product(by: {slug: ""}) { id } }`, nil),
		} {
			require.Len(t, got.Errors, 1, name)
			require.Contains(t, []any{"BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"}, got.Errors[0].Extensions["code"], name)
			require.Nil(t, got.At("product"), name)
		}
	})
}

// TestAPageOfNothing is what a client asks for that wants the number only, and one whose
// cursors were not selected.
func TestAPageOfNothing(t *testing.T) {
	executors(t, func(t *testing.T, server *harness.Server) {
		const page = `{ edges { cursor } nodes { id } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`
		answer := server.Query(t, `{ a: products(first: 0) `+page+` b: products(last: 0) `+page+` c: products(first: 2, after: "") `+page+` d: products(last: 2, before: "") `+page+`
			e: products(first: 0, search: "shirt") `+page+` f: products(first: 2) `+page+`
			product(slug: "linen-shirt") { variants(first: 0) { nodes { id } totalCount pageInfo { hasNextPage } } } }`, nil)
		total := answer.At("f", "totalCount")
		for _, name := range []string{"a", "b", "e"} {
			require.Empty(t, answer.At(name, "edges"), name)
			require.Empty(t, answer.At(name, "nodes"), name)
			require.Nil(t, answer.At(name, "pageInfo", "startCursor"), name)
			require.Nil(t, answer.At(name, "pageInfo", "endCursor"), name)
		}
		require.Equal(t, total, answer.At("a", "totalCount"))
		require.Equal(t, true, answer.At("a", "pageInfo", "hasNextPage"), "there are more than the first none")
		require.Equal(t, false, answer.At("a", "pageInfo", "hasPreviousPage"))
		require.Equal(t, true, answer.At("b", "pageInfo", "hasPreviousPage"))
		require.Equal(t, false, answer.At("b", "pageInfo", "hasNextPage"))
		require.Equal(t, answer.At("f"), answer.At("c"), "an empty cursor is none")
		require.Equal(t, total, answer.At("d", "totalCount"))
		require.Equal(t, false, answer.At("d", "pageInfo", "hasNextPage"))
		require.Empty(t, answer.At("product", "variants", "nodes"))
		require.Equal(t, true, answer.At("product", "variants", "pageInfo", "hasNextPage"))
		require.NotZero(t, answer.At("product", "variants", "totalCount"))

		refused := server.Do(t, `{ products(first: -1) { totalCount } }`, nil)
		require.Contains(t, refused.Errors[0].Message, "ask for 0 to 100 items")
	})
}

// TestWhatIsNullOnlyByError asks for each field of @semanticNonNull as nobody, who is refused,
// and as somebody who may read everything.
func TestWhatIsNullOnlyByError(t *testing.T) {
	server := harness.Start(t, shop.New(t), harness.AsStaff(auth.AllPermissions()...))
	nobody := server.With("")
	asked := 0
	ask := func(path []any, query string) {
		asked++
		require.NotNil(t, server.Query(t, query, nil).At(path...), query)
		refused := nobody.Do(t, query, nil)
		require.Equal(t, http.StatusOK, refused.Status)
		require.Nil(t, refused.At(path...), query)
		require.Len(t, refused.Errors, 1, query)
		require.Equal(t, harness.Dotted(path), harness.Dotted(refused.Errors[0].Path), query)
	}
	marked := 0
	for name, def := range graph.New(nil).Schema().Types {
		for _, field := range def.Fields {
			if field.Directives.ForName("semanticNonNull") == nil {
				continue
			}
			marked++
			if name == "Query" {
				ask([]any{field.Name}, "{ "+field.Name+" { totalCount } }")
			}
			require.False(t, field.Type.NonNull)
			require.NotEqual(t, ast.Scalar, def.Kind)
		}
	}
	ask([]any{"product", "variants", "nodes", 0, "inventoryLevels"}, `{ product(slug: "linen-shirt") { variants(first: 1) { nodes { inventoryLevels { totalCount } } } } }`)
	ask([]any{"product", "reviews", "nodes", 0, "status"}, `{ product(slug: "linen-shirt") { reviews(first: 1) { nodes { status } } } }`)
	require.Equal(t, marked, asked, "each marked field is asked for")
}
