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

// writer returns the writer for the mutation that runs in ctx. All reads of the
// response after a write see that write.
func (r *Resolver) writer(ctx context.Context) *store.Writer {
	return loaders.For(ctx).Writer(origin(ctx))
}

// origin describes the mutation that runs in ctx.
func origin(ctx context.Context) store.Origin {
	fc, op := graphql.GetFieldContext(ctx), graphql.GetOperationContext(ctx)
	return store.Origin{
		By: auth.For(ctx), Action: fc.Field.Name, RequestID: telemetry.RequestID(ctx), Key: idempotencyKey(op, fc),
		Input: func() any { return fc.Field.ArgumentMap(op.Variables) },
	}
}

// IdempotencyHeader is the request header with the idempotency key of a change. The
// key in an input has precedence.
const IdempotencyHeader = "Idempotency-Key"

// idempotencyKey returns the key from the header. The header is for the whole request,
// so if a request has several mutations, the alias of each is part of its key.
func idempotencyKey(op *graphql.OperationContext, fc *graphql.FieldContext) string {
	key := op.Headers.Get(IdempotencyHeader)
	if key == "" || len(graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Mutation"})) == 1 {
		return key
	}
	return key + " " + fc.Field.Alias
}

// refused returns the problems for which an input was refused. Any other error is
// returned as it is.
func refused(err error) ([]model.UserError, error) {
	if problems, ok := fault.Rejected(err); ok {
		return model.UserErrors(problems), nil
	}
	return []model.UserError{}, err
}

// payload returns the payload of a mutation of one object: the object after the
// change, or the problems for which the input was refused.
func payload[K relay.Key, V any](ctx context.Context, load loaders.Loader[K, *V], id K, err error) (*model.Payload[V], error) {
	if err != nil {
		return payloadOf[V](ctx, nil, err)
	}
	found, err := load.Load(ctx, id)
	if err != nil {
		return nil, savedButNotShown(err)
	}
	return payloadOf(ctx, found, nil)
}

// payloadOf is payload for an object that is already loaded.
func payloadOf[V any](ctx context.Context, object *V, err error) (*model.Payload[V], error) {
	problems, err := refused(err)
	switch {
	case err != nil:
		return nil, err
	case len(problems) > 0:
		object = nil
	}
	return &model.Payload[V]{Object: object, UserErrors: problems}, nil
}

// deleted returns the payload of a mutation that deletes an object.
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

// partsDeleted returns the payload of a mutation that deletes parts of an object. ids
// are the keys of the parts.
func partsDeleted[K, P relay.Key, V any](ctx context.Context, load loaders.Loader[K, *V], id K, ids []P, err error) (*model.PartsDeletePayload[V, P], error) {
	problems, err := refused(err)
	switch {
	case err != nil:
		return nil, err
	case len(problems) > 0:
		return &model.PartsDeletePayload[V, P]{DeletedIDs: []P{}, UserErrors: problems}, nil
	}
	found, err := load.Load(ctx, id)
	if err != nil {
		return nil, savedButNotShown(err)
	}
	return &model.PartsDeletePayload[V, P]{Object: found, DeletedIDs: ids, UserErrors: problems}, nil
}

// done returns the payload of a mutation that returns no object.
func done(err error) (*model.DonePayload, error) {
	problems, err := refused(err)
	if err != nil {
		return nil, err
	}
	return &model.DonePayload{Done: len(problems) == 0, UserErrors: problems}, nil
}

// bulkPayload returns the payload of a list of changes: the result of each. It loads
// the changed objects in one statement.
func bulkPayload[K relay.Key, V any](ctx context.Context, load loaders.Loader[K, *V], outcomes []store.Outcome[K], err error) (*model.BulkPayload[V], error) {
	all, err := loadBulk(ctx, load, outcomes, err)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// loadBulk is bulkPayload for a part of a payload, which is not yet delivered.
func loadBulk[K relay.Key, V any](ctx context.Context, load loaders.Loader[K, *V], outcomes []store.Outcome[K], err error) (*model.BulkPayload[V], error) {
	problems, err := refused(err)
	if err != nil {
		return nil, err
	}
	objects, err := outcomeValues(ctx, load, outcomes)
	if err != nil {
		return nil, err
	}
	return bulkResults(outcomes, objects, problems), nil
}

// bulkPayloadOf is bulkPayload for objects that are already loaded.
func bulkPayloadOf[V any](ctx context.Context, outcomes []store.Outcome[V], err error) (*model.BulkPayload[V], error) {
	problems, err := refused(err)
	if err != nil {
		return nil, err
	}
	objects := make([]*V, len(outcomes))
	for i, o := range outcomes {
		objects[i] = o.Value
	}
	return bulkResults(outcomes, objects, problems), nil
}

// bulkResults returns the payload of a list of changes. objects are the objects of the
// outcomes, in their order.
func bulkResults[T, V any](outcomes []store.Outcome[T], objects []*V, problems []model.UserError) *model.BulkPayload[V] {
	all := &model.BulkPayload[V]{Results: make([]*model.BulkResult[V], len(outcomes)), UserErrors: problems}
	for i, o := range outcomes {
		own := model.UserErrors(o.Problems)
		all.Results[i] = &model.BulkResult[V]{Index: i, Object: objects[i], UserErrors: own}
		all.UserErrors = append(all.UserErrors, own...)
	}
	return all
}

// outcomeValues loads the objects of the outcomes of a list, in one statement. The
// object of a refused or undone item is nil.
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
	found, err := load.LoadMany(ctx, keys)
	if err != nil {
		return nil, savedButNotShown(err)
	}
	for i, o := range outcomes {
		if o.Value != nil {
			values[i], found = found[0], found[1:]
		}
	}
	return values, nil
}

// savedButNotShown adds to an error that the change was saved. err is the failure to
// read the changed object.
func savedButNotShown(err error) error {
	switch code := fault.CodeOf(err); code {
	case fault.CodeUnavailable, fault.CodeTimeout:
		return fault.Wrap(err, code, "the change was saved but cannot be shown now; do not send it again, read the object in a moment")
	}
	return err
}
