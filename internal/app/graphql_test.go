package app

import (
	"context"
	"io"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"souk/graph/executor"
	"souk/internal/auth"
	"souk/internal/config"
	"souk/internal/consistency"
	"souk/internal/dbtest"
	"souk/internal/telemetry"
	"souk/loaders"
	"souk/store"
)

// TestEachResponseOfAnOperationReadsAnew runs an operation with several responses, as
// a subscription has.
func TestEachResponseOfAnOperationReadsAnew(t *testing.T) {
	db := dbtest.New(t)
	conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	_, err = conn.Exec(t.Context(), `INSERT INTO products (id, slug, title, status) VALUES (gen_random_uuid(), 'mug', 'Mug', 'DRAFT')`)
	require.NoError(t, err)

	a := &App{}
	a.Telemetry, err = telemetry.New(t.Context(), telemetryOptions(config.Server{}, Options{LogWriter: io.Discard}))
	require.NoError(t, err)
	defer func() { require.NoError(t, a.Telemetry.Stop(context.Background())) }()
	a.Store, err = store.Open(t.Context(), store.Config{PrimaryURL: db.PrimaryURL, Log: a.Telemetry.Logger})
	require.NoError(t, err)
	defer a.Store.Close()
	tokens, err := consistency.New(make([]byte, consistency.SecretBytes))
	require.NoError(t, err)

	var used []*loaders.Loaders
	var seen []*store.Product
	respond := a.loading(tokens, func(*graphql.OperationContext) *executor.Selected { return nil }, sharing{})(
		graphql.WithOperationContext(t.Context(), &graphql.OperationContext{Operation: &ast.OperationDefinition{Operation: ast.Subscription}}),
		func(context.Context) graphql.ResponseHandler {
			return func(ctx context.Context) *graphql.Response {
				if len(used) == 0 {
					_, err := loaders.For(ctx).Writer(store.Origin{Action: "test"}).CreateVendor(ctx, store.NewVendor{Name: "Kiln"})
					require.NoError(t, err)
				}
				mug, err := loaders.ProductBySlug.Load(ctx, "mug")
				require.NoError(t, err)
				used, seen = append(used, loaders.For(ctx)), append(seen, mug)
				return &graphql.Response{}
			}
		})

	first := respond(t.Context())
	second := respond(auth.With(t.Context(), auth.Principal{Kind: auth.Staff, Permissions: []auth.Permission{auth.CatalogueRead}}))
	require.NotSame(t, used[0], used[1])
	require.Nil(t, seen[0], "the caller may not see drafts")
	require.NotNil(t, seen[1], "now the caller may")
	require.Contains(t, first.Extensions, consistency.Extension)
	require.NotContains(t, second.Extensions, consistency.Extension, "it has changed nothing")
}
