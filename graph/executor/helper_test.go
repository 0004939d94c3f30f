package executor_test

import (
	"context"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"

	"souk/graph/executor"
	"souk/graph/executor/internal/zoo"
	"souk/graph/executor/randquery"
)

// run runs a query with an executor that has options, in a quiet world.
func run(t testing.TB, ctx context.Context, options executor.Options, give map[string]any, query string) *graphql.Response {
	t.Helper()
	visit := zoo.Visit{World: quiet, Give: give}
	response, err := zoo.Answer(ctx, zoo.New(options).BreadthFirst, visit, randquery.Query{Text: query})
	require.NoError(t, err)
	return response
}

// prepare returns a function that runs an operation which is parsed already. It is not
// validated, which would take long for large ones.
func prepare(t testing.TB, schema graphql.ExecutableSchema, give map[string]any, query string) func() *graphql.Response {
	t.Helper()
	document, err := parser.ParseQuery(&ast.Source{Input: query})
	require.NoError(t, err)
	validator.Walk(schema.Schema(), document, &validator.Events{})
	ctx := graphql.WithOperationContext(zoo.With(t.Context(), zoo.Visit{World: quiet, Give: give}), &graphql.OperationContext{
		Doc: document, Operation: document.Operations[0], RecoverFunc: zoo.Recover,
		ResolverMiddleware: func(ctx context.Context, next graphql.Resolver) (any, error) { return next(ctx) },
	})
	return func() *graphql.Response {
		ctx := graphql.WithResponseContext(ctx, graphql.DefaultErrorPresenter, zoo.Recover)
		response := schema.Exec(ctx)(ctx)
		response.Errors = graphql.GetErrors(ctx)
		return response
	}
}
