package gql

import (
	"context"
	"reflect"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// ExactEnums refuses variables with an enum value in another case than in the
// schema. gqlparser accepts "staff" for STAFF, and where an enum is bound to a
// Go type, gqlgen then produces its zero value, which no code expects.
type ExactEnums struct{ schema *ast.Schema }

var _ interface {
	graphql.HandlerExtension
	graphql.OperationContextMutator
} = (*ExactEnums)(nil)

// ExtensionName implements gqlgen's interface.
func (*ExactEnums) ExtensionName() string { return "ExactEnums" }

// Validate implements gqlgen's interface.
func (e *ExactEnums) Validate(schema graphql.ExecutableSchema) error {
	e.schema = schema.Schema()
	return nil
}

// MutateOperationContext checks the variables, whose types are already checked.
func (e *ExactEnums) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	for _, variable := range op.Operation.VariableDefinitions {
		path := ast.Path{ast.PathName("variable"), ast.PathName(variable.Variable)}
		if err := e.check(variable.Type, op.Variables[variable.Variable], path); err != nil {
			return err
		}
	}
	return nil
}

func (e *ExactEnums) check(typ *ast.Type, value any, path ast.Path) *gqlerror.Error {
	if value == nil {
		return nil
	}
	if typ.Elem != nil {
		return e.checkList(typ.Elem, reflect.ValueOf(value), path)
	}
	definition := e.schema.Types[typ.NamedType]
	switch definition.Kind {
	case ast.Enum:
		if name, ok := value.(string); !ok || definition.EnumValues.ForName(name) == nil {
			err := gqlerror.ErrorPathf(path, "it is not a valid %s", definition.Name)
			errcode.Set(err, errcode.ValidationFailed)
			return err
		}
	case ast.InputObject:
		fields, _ := value.(map[string]any)
		for _, field := range definition.Fields {
			if err := e.check(field.Type, fields[field.Name], append(slices.Clone(path), ast.PathName(field.Name))); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *ExactEnums) checkList(typ *ast.Type, list reflect.Value, path ast.Path) *gqlerror.Error {
	if list.Kind() != reflect.Slice {
		return e.check(typ, list.Interface(), path) // a single value is a list with one value
	}
	for i := range list.Len() {
		if err := e.check(typ, list.Index(i).Interface(), append(slices.Clone(path), ast.PathIndex(i))); err != nil {
			return err
		}
	}
	return nil
}
