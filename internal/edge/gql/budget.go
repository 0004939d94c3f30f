package gql

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"runtime"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"souk/internal/door"
	"souk/internal/edge/reply"
)

// errStopped is what a field fails with that is not resolved because its operation
// has been stopped. The answer has another error, and does not list this one.
var errStopped = errors.New("the operation was stopped")

type runKey struct{}

// run is what an operation has that runs: its budget, and the buffer and the headers of its
// answer, and what caches may do with that; nil: nothing. It is its own context value.
type run struct {
	context.Context
	budget *door.Budget
	buffer *buffer
	header http.Header
	shared *reply.Shared
}

// Value returns the run under its own key, and the parent's values.
func (r *run) Value(key any) any {
	if key == (runKey{}) {
		return r
	}
	return r.Context.Value(key)
}

// budgetOf returns the budget of the operation; nil outside of one.
func budgetOf(ctx context.Context) *door.Budget {
	if r, ok := ctx.Value(runKey{}).(*run); ok {
		return r.budget
	}
	return nil
}

// OutputOf returns what the executor appends the data of the operation to that runs in ctx.
func OutputOf(ctx context.Context) *[]byte { return &ctx.Value(runKey{}).(*run).buffer.bytes }

// HeaderOf returns the headers of the answer to the operation that runs in ctx; nil outside
// of one. The answer has not started.
func HeaderOf(ctx context.Context) http.Header {
	if r, ok := ctx.Value(runKey{}).(*run); ok {
		return r.header
	}
	return nil
}

// SharedOf returns where to note for how long caches may keep the answer to the operation that
// runs in ctx, and what it shows; nil if they may not: who sends no GET pays for none of that.
func SharedOf(ctx context.Context) *reply.Shared {
	if r, ok := ctx.Value(runKey{}).(*run); ok {
		return r.shared
	}
	return nil
}

// Meter bounds an operation of an executor that counts by itself. Its methods return an
// error when the operation must stop.
type Meter struct{ budget *door.Budget }

// MeterOf returns the meter of the operation that runs in ctx.
func MeterOf(ctx context.Context) Meter { return Meter{budgetOf(ctx)} }

// Objects counts n objects that a field has returned for a number of parents.
func (m Meter) Objects(field *ast.Field, parents, n int) error {
	if !m.budget.Returned(field, parents, n) {
		return errStopped
	}
	return nil
}

// Bytes is told of the bytes that the answer has so far.
func (m Meter) Bytes(n int) error {
	if !m.budget.Holds(n) {
		return errStopped
	}
	return nil
}

// boundFields is an operation middleware, the innermost one. It puts the budget around
// all that others do to a field: what they hide from the caller is not counted, since
// the cost in the answer would show that it exists.
func boundFields(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	inner := op.ResolverMiddleware
	op.ResolverMiddleware = func(ctx context.Context, resolve graphql.Resolver) (any, error) {
		return withinBudget(ctx, func(ctx context.Context) (any, error) { return inner(ctx, resolve) })
	}
	return next(ctx)
}

// withinBudget is a field middleware. It counts what a field returns before anything
// below it is resolved, and resolves nothing more once the operation has to stop:
// because its budget is used up, or because nobody waits for its answer.
//
// gqlgen itself does not look at the context, and would go on with what is loaded.
func withinBudget(ctx context.Context, next graphql.Resolver) (any, error) {
	budget := budgetOf(ctx)
	if ctx.Err() != nil || budget.Refusal() != nil {
		return nil, stopped(ctx)
	}
	if budget.Resolved()%yieldAfter == 0 {
		runtime.Gosched()
	}
	result, err := next(ctx)
	if err != nil || result == nil {
		return result, err
	}
	if !spend(budget, graphql.GetFieldContext(ctx).Field.Field, result) {
		return nil, errStopped
	}
	return result, nil
}

// yieldAfter is after how many fields an operation lets others run. On few processors,
// the goroutine that sees that a client has left waits behind those of the answer: up to
// 140 ms without this, 56 ms with it.
const yieldAfter = 256

// stopped returns the error of a field that is not resolved any more. That the time
// is out is said; that the client has left is not.
func stopped(ctx context.Context) error {
	if err := ctx.Err(); errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return errStopped
}

// numberBytes is what a value other than a text is counted as: a number, a name of an
// enum, a point in time.
const numberBytes = 16

// spend counts a result. Objects count as objects with the names of their fields, and
// leaves as the bytes of their values.
func spend(budget *door.Budget, field *ast.Field, result any) bool {
	switch value := result.(type) {
	case string:
		return budget.Wrote(len(value))
	case *string:
		if value == nil {
			return budget.Wrote(0)
		}
		return budget.Wrote(len(*value))
	case []string:
		bytes := 0
		for _, text := range value {
			bytes += len(text)
		}
		return budget.Wrote(bytes)
	case map[string]any:
		return budget.Wrote(jsonBytes(reflect.ValueOf(value)))
	}
	if len(field.SelectionSet) == 0 {
		return budget.Wrote(numberBytes)
	}
	n := 1
	switch value := reflect.ValueOf(result); {
	case value.Kind() == reflect.Slice:
		n = value.Len()
	case value.Kind() == reflect.Pointer && value.IsNil():
		n = 0
	}
	return budget.Returned(field, 1, n)
}

// jsonBytes is about how many bytes a value has as JSON.
func jsonBytes(value reflect.Value) (bytes int) {
	switch value.Kind() {
	case reflect.Interface:
		return jsonBytes(value.Elem())
	case reflect.Map:
		for name, inner := range value.Seq2() {
			bytes += name.Len() + jsonBytes(inner)
		}
	case reflect.Slice:
		for i := range value.Len() {
			bytes += jsonBytes(value.Index(i))
		}
	case reflect.String:
		return value.Len()
	default:
		return numberBytes
	}
	return bytes
}
