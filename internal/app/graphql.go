package app

import (
	"context"
	"fmt"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	gqlgen "github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"souk/graph"
	"souk/graph/access"
	"souk/graph/cachecontrol"
	"souk/graph/executor"
	"souk/internal/auth"
	"souk/internal/config"
	"souk/internal/consistency"
	"souk/internal/door"
	"souk/internal/edge/gql"
	"souk/loaders"
	"souk/resolvers"
	"souk/store"
)

// graphQL returns the handler of /graphql. It fails when a field of the schema has
// no access rule.
func (a *App) graphQL(accounts *resolvers.Accounts, tokens *consistency.Tokens, cfg config.Server, o Options) (http.Handler, error) {
	resolver := &resolvers.Resolver{Store: a.Store, Accounts: accounts}
	schema := graph.New(resolver)
	rules, err := access.Compile(schema.Schema())
	if err != nil {
		return nil, err
	}
	hints, err := cachecontrol.Compile(schema.Schema(), rules)
	if err != nil {
		return nil, fmt.Errorf("the schema's @cacheControl: %w", err)
	}
	guarding := access.NewGuard(rules, graph.TypeOf)
	introspection := cfg.Introspects()
	guard, err := door.New(schema.Schema(), cfg.Limits, door.Options{Suggest: introspection})
	if err != nil {
		return nil, err
	}
	resolver.ReadDocument = DocumentReader(guard)
	breadthFirst := cfg.Executor != config.Gqlgen
	selected := func(*graphql.OperationContext) *executor.Selected { return nil }
	if breadthFirst {
		own := executor.New(schema, graph.ExecutorTypes(schema), a.execution(o, guarding, hints))
		schema, selected = own, own.Selected
	}
	exec := gqlgen.New(schema)
	exec.SetErrorPresenter(gql.Presenter(a.Telemetry.Logger))
	exec.SetRecoverFunc(gql.Recover)
	exec.Use(&gql.ExactVariables{})
	exec.AroundOperations(a.loading(tokens, selected, sharing{cfg.HTTPCache}))
	if !breadthFirst {
		exec.AroundOperations(func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
			if guard := o.guard(guarding); guard != nil {
				return guard.Around(ctx, next)
			}
			return next(ctx)
		})
	}
	exec.AroundFields(gql.NullWhereNone)
	if o.AroundFields != nil {
		exec.AroundFields(o.AroundFields)
	}
	admission, ledger, err := a.guards(cfg)
	if err != nil {
		return nil, err
	}
	library, err := a.openDocuments(cfg, guard, schema)
	if err != nil {
		return nil, err
	}
	return gql.NewHandler(gql.Options{
		Documents: library, Owner: owner,
		SendsText: func(ctx context.Context) bool { return auth.For(ctx).May(auth.DocumentsManage) },
		Executor:  exec, Meters: breadthFirst, Door: guard, Admission: admission, InFlight: ledger, Caller: caller,
		Introspection: introspection, Costs: cfg.Env == config.Development, Explains: explains(cfg.Env),
		Observe: a.observeOperation(cfg.SlowOperation),
	}), nil
}

// selecting returns what an operation selects, or nil if that is not known.
type selecting func(*graphql.OperationContext) *executor.Selected

// loading gives each response of an operation a reader and loaders of its own. A
// response therefore shows what its caller may see when it is made, and reads from a
// server that is fit then. Most operations have one response.
func (a *App) loading(tokens *consistency.Tokens, selected selecting, sharing sharing) graphql.OperationMiddleware {
	return func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
		op := graphql.GetOperationContext(ctx)
		after, err := demanded(tokens, op)
		if err != nil {
			return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{gql.PresentError(ctx, a.Telemetry.Logger, err)}})
		}
		answer := next(ctx)
		return a.inTime(func(ctx context.Context) *graphql.Response {
			reader := a.Store.Reader(view(auth.For(ctx)), after)
			fields := selected(op)
			if fields != nil {
				reader.Select(fields)
			}
			changes := op.Operation.Operation == ast.Mutation
			if changes {
				reader.OnPrimary()
			}
			reader.OneMoment()
			defer reader.End()
			source, note := sharing.watch(ctx, fields, a.source(ctx, reader, changes, after))
			defer note()
			load := loadersFor(ctx, source, func(origin store.Origin) *store.Writer { return a.Store.Writer(reader, origin) })
			reader.OnChange(load.Forget)
			response := answer(loaders.With(ctx, load))
			return withToken(ctx, tokens, reader.Written(), response)
		})
	}
}

// inTime responds to a request whose time ran out before its operation began. gqlgen has
// no response then, and the client would get null.
func (a *App) inTime(answer graphql.ResponseHandler) graphql.ResponseHandler {
	return func(ctx context.Context) *graphql.Response {
		response := answer(ctx)
		if response == nil && ctx.Err() != nil {
			return &graphql.Response{Errors: gqlerror.List{gql.PresentError(ctx, a.Telemetry.Logger, ctx.Err())}}
		}
		return response
	}
}

// view is what a caller can see.
func view(p auth.Principal) store.View {
	v := store.View{
		Drafts: p.May(auth.CatalogueRead), Reviews: p.May(auth.ReviewsModerate), Customers: p.May(auth.CustomersRead),
		Staff: p.May(auth.StaffManage), APIKeys: p.May(auth.APIKeysManage), Audit: p.May(auth.AuditRead), Jobs: p.May(auth.JobsManage),
		Documents: p.May(auth.DocumentsManage),
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
