package gql

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/introspection"
)

// NullWhereNone is a field middleware. It answers null for what a kind of type does not have,
// as the specification asks: the fields of a scalar, or the values of an object. gqlgen
// answers an empty list, from which a client would learn that each of the types is abstract
// and has no types.
func NullWhereNone(ctx context.Context, next graphql.Resolver) (any, error) {
	result, err := next(ctx)
	fc := graphql.GetFieldContext(ctx)
	if err != nil || fc == nil || fc.Object != "__Type" || fc.Parent == nil {
		return result, err
	}
	if of, ok := fc.Parent.Result.(*introspection.Type); ok && !has(of.Kind(), fc.Field.Name) {
		return nil, nil
	}
	return result, nil
}

// has reports whether types of the kind have a list: an empty one may be theirs.
func has(kind, list string) bool {
	switch list {
	case "fields", "interfaces":
		return kind == "OBJECT" || kind == "INTERFACE"
	case "possibleTypes":
		return kind == "INTERFACE" || kind == "UNION"
	case "enumValues":
		return kind == "ENUM"
	case "inputFields":
		return kind == "INPUT_OBJECT"
	}
	return true
}
