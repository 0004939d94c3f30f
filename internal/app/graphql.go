package app

import (
	"context"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"

	"souk/graph"
	"souk/internal/edge/gql"
	"souk/loaders"
	"souk/resolvers"
)

// parsedDocuments is how many parsed and validated documents are kept: a shop's
// apps send a few hundred different ones.
const parsedDocuments = 1000

// graphQL returns the handler of /graphql.
func (a *App) graphQL(development bool, aroundFields graphql.FieldMiddleware) http.Handler {
	server := handler.New(graph.NewExecutableSchema(graph.Config{
		Resolvers: &resolvers.Resolver{},
	}))
	server.AddTransport(transport.Options{})
	server.AddTransport(transport.GET{})
	server.AddTransport(transport.POST{})
	server.SetQueryCache(lru.New[*ast.QueryDocument](parsedDocuments))
	server.SetErrorPresenter(gql.Presenter(a.Telemetry.Logger))
	server.SetRecoverFunc(gql.Recover)
	if development {
		server.Use(extension.Introspection{})
	}
	server.AroundOperations(func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
		return next(loaders.With(ctx, loaders.New(a.Store.Reader(), a.Telemetry.Metrics)))
	})
	if aroundFields != nil {
		server.AroundFields(aroundFields)
	}
	server.AroundResponses(a.measure)
	return server
}

// measure counts the operation with the codes of its errors.
func (a *App) measure(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	began := time.Now()
	response := next(ctx)
	if response == nil || !graphql.HasOperationContext(ctx) {
		return response
	}
	operation := graphql.GetOperationContext(ctx).Operation
	if operation == nil {
		return response
	}
	var codes []string
	for _, err := range response.Errors {
		code, _ := err.Extensions["code"].(string)
		codes = append(codes, code)
	}
	a.Telemetry.Metrics.Operation(ctx, string(operation.Operation), time.Since(began), codes)
	return response
}
