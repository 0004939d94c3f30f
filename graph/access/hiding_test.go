package access

import (
	"context"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"souk/internal/auth"
	"souk/internal/fault"
)

type (
	shop struct{}
	safe struct{}
)

func nameOf(value any) string {
	switch value.(type) {
	case *shop:
		return "Shop"
	case *safe:
		return "Safe"
	}
	return ""
}

func TestObjectsOfATypeThatIsNotForTheCallerAreNotThere(t *testing.T) {
	schema := load(t, `
		union Thing = Shop | Safe
		type Query {
			one: Thing @access(to: PUBLIC)
			must: Thing! @access(to: PUBLIC)
			list: [Thing]! @access(to: PUBLIC)
			full: [Thing!]! @access(to: PUBLIC)
		}
		type Shop @access(to: PUBLIC) { name: String }
		type Safe @access(to: STAFF, permission: AUDIT_READ) { name: String }`)
	rules, err := Compile(schema)
	require.NoError(t, err)
	guard := NewGuard(rules, nameOf)
	resolve := func(p auth.Principal, name string, value any) (any, error) {
		definition := schema.Query.Fields.ForName(name)
		field := &ast.Field{Name: name, Alias: name, Definition: definition, ObjectDefinition: schema.Query}
		op := &graphql.OperationContext{
			Operation:          &ast.OperationDefinition{SelectionSet: ast.SelectionSet{field}},
			ResolverMiddleware: func(ctx context.Context, next graphql.Resolver) (any, error) { return next(ctx) },
		}
		ctx := graphql.WithOperationContext(auth.With(t.Context(), p), op)
		guard.Around(ctx, func(context.Context) graphql.ResponseHandler { return nil })
		ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: "Query", Field: graphql.CollectedField{Field: field}})
		return op.ResolverMiddleware(ctx, func(context.Context) (any, error) { return value, nil })
	}
	a, b := &shop{}, &safe{}
	all := []any{a, b, nil, b, a}
	auditor := auth.Principal{Kind: auth.APIKey, Permissions: auth.Permissions{auth.AuditRead}}
	for _, tc := range []struct {
		field       string
		value, want any
	}{
		{"one", a, a},
		{"one", b, nil},
		{"one", nil, nil},
		{"one", "neither", nil},
		{"must", a, a},
		{"list", all, []any{a, nil, nil, nil, a}},
		{"full", []any{a, b, a}, []any{a, a}},
	} {
		got, err := resolve(auth.Principal{}, tc.field, tc.value)
		require.NoError(t, err)
		require.Equal(t, tc.want, got, "%s %v", tc.field, tc.value)
		if tc.value == "neither" {
			continue
		}
		got, err = resolve(auditor, tc.field, tc.value)
		require.NoError(t, err)
		require.Equal(t, tc.value, got, "%s %v", tc.field, tc.value)
	}
	require.Equal(t, []any{a, b, nil, b, a}, all, "the resolver's own list is as it was")

	_, err = resolve(auth.Principal{}, "must", b)
	require.Equal(t, fault.CodeUnauthenticated, fault.CodeOf(err))
}
