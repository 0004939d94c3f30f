package resolvers

import (
	"context"

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
	return r.Store.Writer(loaders.For(ctx).Reader, origin(ctx))
}

// origin says where the mutation that runs in ctx comes from.
func origin(ctx context.Context) store.Origin {
	fc, op := graphql.GetFieldContext(ctx), graphql.GetOperationContext(ctx)
	return store.Origin{
		By: auth.For(ctx), Action: fc.Field.Name, RequestID: telemetry.RequestID(ctx), Key: idempotencyKey(op, fc),
		Input: func() any { return fc.Field.ArgumentMap(op.Variables) },
	}
}

// IdempotencyHeader is the request header that names a change which may be sent
// again, in place of an input's own key.
const IdempotencyHeader = "Idempotency-Key"

// idempotencyKey returns the header's key. A header stands for the whole request,
// so each of several mutations has a key of its own below it.
func idempotencyKey(op *graphql.OperationContext, fc *graphql.FieldContext) string {
	key := op.Headers.Get(IdempotencyHeader)
	if key == "" || len(graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Mutation"})) == 1 {
		return key
	}
	return key + " " + fc.Field.Alias
}

// refused takes the problems for which an input was refused out of err.
func refused(err error) ([]model.UserError, error) {
	if problems, ok := fault.Rejected(err); ok {
		return model.UserErrors(problems), nil
	}
	return []model.UserError{}, err
}

// payload finishes a mutation of one object: with the object as it is after the
// change, or with the reasons for which the input was refused.
func payload[K relay.Key, V any](ctx context.Context, load loaders.Loader[K, *V], id K, err error) (*model.Payload[V], error) {
	problems, err := refused(err)
	if err != nil || len(problems) > 0 {
		return payloadOf[V](ctx, nil, problems, err)
	}
	found, err := loaders.All(ctx, load, []K{id})
	if err != nil {
		return nil, saved(err)
	}
	return payloadOf(ctx, found[0], problems, nil)
}

// shown is payload for a mutation that returns the object itself.
func shown[V any](ctx context.Context, object *V, err error) (*model.Payload[V], error) {
	problems, err := refused(err)
	if len(problems) > 0 {
		object = nil
	}
	return payloadOf(ctx, object, problems, err)
}

func payloadOf[V any](ctx context.Context, object *V, problems []model.UserError, err error) (*model.Payload[V], error) {
	if err != nil {
		return nil, err
	}
	return loaders.Deliver(ctx, &model.Payload[V]{Object: object, UserErrors: problems}), nil
}

// deleted finishes a mutation that deletes an object.
func deleted[K relay.Key](id K, err error) (*model.DeletePayload[K], error) {
	problems, err := refused(err)
	switch {
	case err != nil:
		return nil, err
	case len(problems) > 0:
		return &model.DeletePayload[K]{UserErrors: problems}, nil
	}
	return &model.DeletePayload[K]{DeletedID: &id, UserErrors: problems}, nil
}

// bulkPayload finishes a list of changes: with what became of each, the objects
// loaded by one statement.
func bulkPayload[K relay.Key, V any](ctx context.Context, load loaders.Loader[K, *V], outcomes []store.Outcome[K], err error) (*model.BulkPayload[V], error) {
	problems, err := refused(err)
	if err != nil {
		return nil, err
	}
	objects, err := outcomeValues(ctx, load, outcomes)
	if err != nil {
		return nil, err
	}
	return bulkPayloadOf(ctx, outcomes, objects, problems), nil
}

// bulkShown is bulkPayload for changes that return the objects themselves.
func bulkShown[V any](ctx context.Context, outcomes []store.Outcome[V], err error) (*model.BulkPayload[V], error) {
	problems, err := refused(err)
	if err != nil {
		return nil, err
	}
	objects := make([]*V, len(outcomes))
	for i, o := range outcomes {
		objects[i] = o.Value
	}
	return bulkPayloadOf(ctx, outcomes, objects, problems), nil
}

func bulkPayloadOf[T, V any](ctx context.Context, outcomes []store.Outcome[T], objects []*V, problems []model.UserError) *model.BulkPayload[V] {
	all := &model.BulkPayload[V]{Results: make([]*model.BulkResult[V], len(outcomes)), UserErrors: problems}
	for i, o := range outcomes {
		own := model.UserErrors(o.Problems)
		all.Results[i] = &model.BulkResult[V]{Index: i, Object: objects[i], UserErrors: own}
		all.UserErrors = append(all.UserErrors, own...)
	}
	return loaders.Deliver(ctx, all)
}

// outcomeValues loads what the outcomes of a list name, by one statement: nil
// where there is nothing.
func outcomeValues[K relay.Key, V any](ctx context.Context, load loaders.Loader[K, *V], outcomes []store.Outcome[K]) ([]*V, error) {
	var keys []K
	for _, o := range outcomes {
		if o.Value != nil {
			keys = append(keys, *o.Value)
		}
	}
	values := make([]*V, len(outcomes))
	if len(keys) == 0 {
		return values, nil
	}
	found, err := loaders.All(ctx, load, keys)
	if err != nil {
		return nil, saved(err)
	}
	for i, o := range outcomes {
		if o.Value != nil {
			values[i], found = found[0], found[1:]
		}
	}
	return values, nil
}

// saved says of a failure to show a change that the change itself was made.
func saved(err error) error {
	switch code := fault.CodeOf(err); code {
	case fault.CodeUnavailable, fault.CodeTimeout:
		return fault.Wrap(err, code, "the change was saved, and cannot be shown just now; do not send it again, read it in a moment")
	}
	return err
}
