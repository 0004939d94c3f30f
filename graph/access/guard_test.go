package access_test

import (
	"context"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"souk/graph"
	"souk/graph/access"
	"souk/graph/relay"
	"souk/internal/auth"
	"souk/internal/fault"
	"souk/store"
)

var (
	maya   = auth.Principal{Kind: auth.Customer, ID: uuid.MustParse("01900000-0000-7000-8000-000000000701")}
	reader = auth.Principal{Kind: auth.Staff, Permissions: auth.Permissions{auth.ReviewsModerate}}
)

func realRules(t testing.TB) (*access.Rules, *ast.Schema) {
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	rules, err := access.Compile(schema)
	require.NoError(t, err)
	return rules, schema
}

// installed runs the guard over a document and returns the operation as it leaves
// it.
func installed(t testing.TB, guard *access.Guard, schema *ast.Schema, p auth.Principal, query string) (context.Context, *graphql.OperationContext) {
	t.Helper()
	document, faults := gqlparser.LoadQueryWithRules(schema, query, nil)
	require.Nil(t, faults)
	op := &graphql.OperationContext{Doc: document, Operation: document.Operations[0], ResolverMiddleware: plain}
	ctx := graphql.WithOperationContext(auth.With(t.Context(), p), op)
	guard.Around(ctx, func(context.Context) graphql.ResponseHandler { return nil })
	return ctx, op
}

func plain(ctx context.Context, next graphql.Resolver) (any, error) { return next(ctx) }

// field is the context of a field of an object.
func field(ctx context.Context, object, name string, parent any) context.Context {
	ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Result: parent})
	return graphql.WithFieldContext(ctx, &graphql.FieldContext{
		Object: object, Field: graphql.CollectedField{Field: &ast.Field{Name: name, Alias: name}},
	})
}

func TestTheOwnerIsFoundWhereverGqlgenKeepsTheParent(t *testing.T) {
	rules, schema := realRules(t)
	rules = rules.With("Review.body", access.Rule{To: access.Owner, Permission: auth.ReviewsModerate})
	guard := access.NewGuard(rules, graph.TypeOf)
	ctx, op := installed(t, guard, schema, maya, "{ node(id: 1) { ... on Review { body } } }")
	ask := func(parent any) error {
		_, err := op.ResolverMiddleware(field(ctx, "Review", "body", parent), func(context.Context) (any, error) { return "text", nil })
		return err
	}
	own, other := store.CustomerID(maya.ID), store.CustomerID(uuid.Max)
	mine := &store.Review{CustomerID: &own}
	var node relay.Node = mine
	for name, parent := range map[string]any{"a pointer": mine, "an element of a list": &mine, "an interface": node, "an element of such a list": &node} {
		require.NoError(t, ask(parent), name)
	}
	var none *store.Review
	for name, parent := range map[string]any{
		"somebody else's": &store.Review{CustomerID: &other}, "nobody's": &store.Review{}, "no parent": nil,
		"a null": none, "an element that is null": &none, "a type without owners": &store.Product{}, "a text": "Review",
	} {
		require.Equal(t, fault.CodeForbidden, fault.CodeOf(ask(parent)), name)
	}

	// A field at the root of the tree has nothing above it.
	_, err := op.ResolverMiddleware(graphql.WithFieldContext(ctx, &graphql.FieldContext{
		Object: "Review", Field: graphql.CollectedField{Field: &ast.Field{Name: "body"}},
	}), nil)
	require.Equal(t, fault.CodeForbidden, fault.CodeOf(err))
}

func TestAFieldWithoutARuleIsNotShown(t *testing.T) {
	rules, schema := realRules(t)
	ctx, op := installed(t, access.NewGuard(rules.With("Product.title", access.Rule{To: access.Staff}), graph.TypeOf), schema, reader,
		`{ product(slug: "x") { title } }`)
	for _, place := range []string{"Product.margin", "Other.title", ".title"} {
		object, name, _ := strings.Cut(place, ".")
		_, err := op.ResolverMiddleware(field(ctx, object, name, nil), func(context.Context) (any, error) { return "secret", nil })
		require.ErrorContains(t, err, "no access rule")
	}
}

const anonymousQuery = `{ products(first: 20) { totalCount pageInfo { hasNextPage endCursor } nodes {
	id slug title description status productType tags createdAt updatedAt version availability
	vendor { id slug name } options { name values } priceRange { min { amount currencyCode } max { amount currencyCode } }
	reviewSummary { average count } images(first: 1) { nodes { id url altText width height } }
	variants(first: 3) { nodes { id sku title price { amount currencyCode } } } } } }`

// BenchmarkOperation is what the guard costs one operation of 49 fields before the
// first of them.
func BenchmarkOperation(b *testing.B) {
	rules, schema := realRules(b)
	for name, rules := range map[string]*access.Rules{
		"nothing guarded":        rules,
		"its last field guarded": rules.With("ProductVariant.price", access.Rule{To: access.Staff}),
	} {
		b.Run(name, func(b *testing.B) {
			guard := access.NewGuard(rules, graph.TypeOf)
			ctx, op := installed(b, guard, schema, reader, anonymousQuery)
			next := func(context.Context) graphql.ResponseHandler { return nil }
			for b.Loop() {
				op.ResolverMiddleware = plain
				guard.Around(ctx, next)
			}
		})
	}
}

// BenchmarkField is what it costs each field of an operation that is watched.
func BenchmarkField(b *testing.B) {
	rules, schema := realRules(b)
	rules = rules.With("Product.title", access.Rule{To: access.Staff, Permission: auth.ReviewsModerate}).
		With("Review.body", access.Rule{To: access.Owner, Permission: auth.ReviewsModerate})
	own := store.CustomerID(maya.ID)
	mine := &store.Review{CustomerID: &own}
	next := func(context.Context) (any, error) { return nil, nil }
	for _, tc := range []struct {
		name, object, field string
		p                   auth.Principal
	}{{"public", "Product", "slug", reader}, {"by permission", "Product", "title", reader}, {"by ownership", "Review", "body", maya}} {
		b.Run(tc.name, func(b *testing.B) {
			ctx, op := installed(b, access.NewGuard(rules, graph.TypeOf), schema, tc.p, `{ product(slug: "x") { title reviews { nodes { body } } } }`)
			ctx = field(ctx, tc.object, tc.field, &mine)
			b.Run("unwatched", func(b *testing.B) {
				for b.Loop() {
					_, _ = plain(ctx, next)
				}
			})
			b.Run("watched", func(b *testing.B) {
				for b.Loop() {
					_, _ = op.ResolverMiddleware(ctx, next)
				}
			})
		})
	}
}
