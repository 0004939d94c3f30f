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

// createOnce makes something with a writer that answers a repetition under the same
// key with the first outcome.
func createOnce[T any](ctx context.Context, r *Resolver, key *string, create func(*store.Writer) (T, error)) (T, error) {
	w, err := r.repeatable(ctx, key)
	if err != nil {
		var none T
		return none, err
	}
	return create(w)
}

// deleted finishes a mutation that deletes: the global ID of what is gone, or the
// reasons for which it is still there.
func deleted(id string, err error) (*string, []model.UserError, error) {
	problems, err := refused(err)
	if err != nil || len(problems) > 0 {
		return nil, problems, err
	}
	return &id, problems, nil
}
