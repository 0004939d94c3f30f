package resolvers

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/99designs/gqlgen/graphql"

	"souk/graph/model"
	"souk/graph/relay"
	"souk/internal/auth"
	"souk/internal/fault"
	"souk/internal/telemetry"
	"souk/loaders"
	"souk/store"
)

// writer returns the writer of the mutation that runs in ctx. What the operation
// reads after a write has seen it.
func (r *Resolver) writer(ctx context.Context) *store.Writer {
	return r.Store.Writer(loaders.For(ctx).Reader, r.origin(ctx))
}

func (r *Resolver) origin(ctx context.Context) store.Origin {
	return store.Origin{
		By: auth.For(ctx), Action: graphql.GetFieldContext(ctx).Field.Name, RequestID: telemetry.RequestID(ctx),
	}
}

// repeatable returns a writer that answers a repetition of the same change with
// its first outcome. The key is the input's; the request's header stands in for
// it.
func (r *Resolver) repeatable(ctx context.Context, key *string) (*store.Writer, error) {
	fc := graphql.GetFieldContext(ctx)
	asked, err := json.Marshal(fc.Field.ArgumentMap(graphql.GetOperationContext(ctx).Variables))
	if err != nil {
		return nil, fmt.Errorf("read input: %w", err)
	}
	origin := r.origin(ctx)
	origin.Key, origin.Input = idempotencyKey(ctx, key), asked
	return r.Store.Writer(loaders.For(ctx).Reader, origin), nil
}

// IdempotencyHeader is the request header that names a change which may be sent
// again.
const IdempotencyHeader = "Idempotency-Key"

// idempotencyKey returns the input's key, else the header's. A header stands for
// the whole request, so each of several mutations has a key of its own below it.
func idempotencyKey(ctx context.Context, own *string) string {
	if own != nil {
		return *own
	}
	op := graphql.GetOperationContext(ctx)
	key := op.Headers.Get(IdempotencyHeader)
	if key == "" || len(graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Mutation"})) == 1 {
		return key
	}
	return key + " " + graphql.GetFieldContext(ctx).Field.Alias
}

// refused takes the problems for which an input was refused out of err.
func refused(err error) ([]model.UserError, error) {
	if problems, ok := fault.Rejected(err); ok {
		return model.UserErrors(problems), nil
	}
	return []model.UserError{}, err
}

// changed finishes a mutation of one object: the object as it is after the change,
// or the reasons for which the input was refused.
func changed[K relay.Key, V any](ctx context.Context, load loaders.Loader[K, *V], id K, err error) (*V, []model.UserError, error) {
	problems, err := refused(err)
	if err != nil || len(problems) > 0 {
		return nil, problems, err
	}
	found, err := loaders.All(ctx, load, []K{id})
	if err != nil {
		return nil, nil, saved(err)
	}
	return found[0], problems, nil
}

// saved says of a failure to show a change that the change itself was made.
func saved(err error) error {
	switch code := fault.CodeOf(err); code {
	case fault.CodeUnavailable, fault.CodeTimeout:
		return fault.Wrap(err, code, "the change was saved, and cannot be shown just now; do not send it again, read it in a moment")
	}
	return err
}

// inputKey reads the ID of what a mutation changes. One that is damaged, or
// another type's, is as good as one that does not exist.
func inputKey[K relay.Key](id, field string) (K, error) {
	key, ok := relay.ParseKey[K](id)
	if !ok {
		return key, fault.Reject(fault.ReasonNotFound, field, "there is nothing with this ID; take it from the `id` field of what you mean")
	}
	return key, nil
}

// patch reads a field that an input may leave out.
func patch[T any](o graphql.Omittable[T]) store.Patch[T] {
	return store.Patch[T]{Set: o.IsSet(), Value: o.Value()}
}

// required is patch for a field that has a value always: null is refused.
func required[T any](problems *fault.Problems, field string, o graphql.Omittable[*T]) store.Patch[T] {
	value := o.Value()
	switch {
	case !o.IsSet():
		return store.Patch[T]{}
	case value == nil:
		problems.Add(fault.ReasonRequired, field, "it always has a value; give one, or leave the field out")
		return store.Patch[T]{}
	}
	return store.Patch[T]{Set: true, Value: *value}
}
