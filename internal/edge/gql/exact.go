package gql

import (
	"context"
	"encoding/json"
	"reflect"
	"regexp"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// ExactVariables refuses variables that gqlparser accepts and the specification does
// not:
//
//   - An enum value in another case than in the schema. Where an enum is bound to a Go
//     type, gqlgen then produces its zero value, which no code expects.
//   - A text for Int or Float, a number for String, and a fraction for ID. gqlparser
//     takes a json.Number for a string, and a string of digits for a number.
type ExactVariables struct{ schema *ast.Schema }

var _ interface {
	graphql.HandlerExtension
	graphql.OperationContextMutator
} = (*ExactVariables)(nil)

// ExtensionName implements gqlgen's interface.
func (*ExactVariables) ExtensionName() string { return "ExactVariables" }

// Validate implements gqlgen's interface.
func (e *ExactVariables) Validate(schema graphql.ExecutableSchema) error {
	e.schema = schema.Schema()
	return nil
}

// MutateOperationContext checks the variables, whose types are already checked.
func (e *ExactVariables) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	path := append(make(ast.Path, 0, 16), ast.PathName("variable")) // with room for what is deep
	for _, variable := range op.Operation.VariableDefinitions {
		if err := e.check(variable.Type, op.Variables[variable.Variable], append(path, ast.PathName(variable.Variable))); err != nil {
			return err
		}
	}
	return nil
}

// check appends to path, so that one path serves all the values of a variable.
func (e *ExactVariables) check(typ *ast.Type, value any, path ast.Path) *gqlerror.Error {
	if value == nil {
		return nil
	}
	if typ.Elem != nil {
		return e.checkList(typ.Elem, value, path)
	}
	definition := e.schema.Types[typ.NamedType]
	switch definition.Kind {
	case ast.Enum:
		if name, ok := value.(string); !ok || definition.EnumValues.ForName(name) == nil {
			return misfit(path, definition)
		}
	case ast.Scalar:
		if !fits(definition.Name, value) {
			return misfit(path, definition)
		}
	case ast.InputObject:
		fields, _ := value.(map[string]any)
		for _, field := range definition.Fields {
			if err := e.check(field.Type, fields[field.Name], append(path, ast.PathName(field.Name))); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *ExactVariables) checkList(typ *ast.Type, value any, path ast.Path) *gqlerror.Error {
	list := reflect.ValueOf(value)
	if list.Kind() != reflect.Slice {
		return e.check(typ, value, path) // a single value is a list with one value
	}
	for i := range list.Len() {
		if err := e.check(typ, list.Index(i).Interface(), append(path, ast.PathIndex(i))); err != nil {
			return err
		}
	}
	return nil
}

// wholeNumber is a number without a fraction and an exponent, as an ID has to be.
var wholeNumber = regexp.MustCompile(`^-?[0-9]+$`)

// fits reports whether a value is of the kind that a scalar takes. The shop's own
// scalars check their values themselves.
func fits(scalar string, value any) bool {
	number, isNumber := value.(json.Number)
	_, isText := value.(string)
	switch scalar {
	case "Int", "Float":
		return !isText
	case "String":
		return !isNumber
	case "ID":
		return !isNumber || wholeNumber.MatchString(number.String())
	}
	return true
}

func misfit(path ast.Path, definition *ast.Definition) *gqlerror.Error {
	err := gqlerror.ErrorPathf(slices.Clone(path), "it is not a valid %s", definition.Name)
	errcode.Set(err, errcode.ValidationFailed)
	return err
}
