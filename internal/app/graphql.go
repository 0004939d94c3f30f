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
	"github.com/vektah/gqlparser/v2/gqlerror"

	"souk/graph"
	"souk/graph/access"
	"souk/internal/auth"
	"souk/internal/consistency"
	"souk/internal/edge/gql"
	"souk/loaders"
	"souk/resolvers"
	"souk/store"
)

// parsedDocuments is how many parsed and validated documents are cached. A
// shop's apps send a few hundred different ones.
const parsedDocuments = 1000

// graphQL returns the handler of /graphql. It fails when a field of the schema has
// no access rule.
func (a *App) graphQL(accounts *resolvers.Accounts, tokens *consistency.Tokens, development bool, o Options) (http.Handler, error) {
	schema := graph.New(&resolvers.Resolver{Store: a.Store, Accounts: accounts})
	if o.Access == nil {
		rules, err := access.Compile(schema.Schema())
		if err != nil {
			return nil, err
		}
		o.Access = access.NewGuard(rules, graph.TypeOf).Around
	}
	server := handler.New(schema)
	server.AddTransport(transport.Options{})
	server.AddTransport(transport.GET{})
	server.AddTransport(transport.POST{})
	server.SetQueryCache(lru.New[*ast.QueryDocument](parsedDocuments))
	server.SetErrorPresenter(gql.Presenter(a.Telemetry.Logger))
	server.SetRecoverFunc(gql.Recover)
	server.Use(&gql.ExactEnums{})
	if development {
		server.Use(extension.Introspection{})
	}
	server.AroundOperations(func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
		op := graphql.GetOperationContext(ctx)
		after, err := demanded(tokens, op)
		if err != nil {
			return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{gql.PresentError(ctx, a.Telemetry.Logger, err)}})
		}
		reader := a.Store.Reader(view(auth.For(ctx)), after)
		if op.Operation.Operation == ast.Mutation {
			reader.OnPrimary()
		}
		return withToken(tokens, reader, next(loaders.With(ctx, loaders.New(reader, a.Telemetry.Metrics))))
	})
	server.AroundOperations(o.Access)
	if o.AroundFields != nil {
		server.AroundFields(o.AroundFields)
	}
	server.AroundResponses(a.measure)
	return withAnswerHeader(server), nil
}

// view is what a caller can see.
func view(p auth.Principal) store.View {
	v := store.View{
		Drafts: p.May(auth.CatalogueRead), Reviews: p.May(auth.ReviewsModerate), Customers: p.May(auth.CustomersRead),
		Staff: p.May(auth.StaffManage), APIKeys: p.May(auth.APIKeysManage), Audit: p.May(auth.AuditRead),
	}
	switch p.Kind {
	case auth.Customer:
		id := store.CustomerID(p.ID)
		v.Customer = &id
	case auth.Staff:
		id := store.StaffID(p.ID)
		v.StaffMember = &id
	}
	return v
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
