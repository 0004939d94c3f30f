package resolvers

import (
	"context"

	"github.com/google/uuid"

	"souk/graph/model"
	"souk/graph/relay"
	"souk/internal/auth"
	"souk/internal/fault"
	"souk/loaders"
	"souk/store"
)

// auditFilter reads the IDs of a filter, which may be of any kind.
func auditFilter(in *model.AuditEventFilter) (f store.AuditFilter, err error) {
	if in == nil {
		return f, nil
	}
	if f.Subject, err = anyKey(in.SubjectID, "filter.subjectId"); err != nil {
		return f, err
	}
	f.Actor, err = anyKey(in.ActorID, "filter.actorId")
	return f, err
}

func anyKey(id *string, field string) (*uuid.UUID, error) {
	if id == nil {
		return nil, nil
	}
	_, key, ok := relay.ParseID(*id)
	if !ok {
		return nil, fault.Invalid("`%s` is not an ID; take it from the `id` field of what you mean", field)
	}
	return &key, nil
}

func auditActorIDs(_ context.Context, events []*store.AuditEvent) ([]string, error) {
	ids := make([]string, len(events))
	for i, e := range events {
		if e.ActorKind == auth.APIKey {
			ids[i] = relay.ID(store.APIKeyID(e.ActorID))
		} else {
			ids[i] = relay.ID(store.StaffID(e.ActorID))
		}
	}
	return ids, nil
}

func auditActorNames(ctx context.Context, events []*store.AuditEvent) ([]*string, error) {
	keys := make([]uuid.UUID, len(events))
	for i, e := range events {
		keys[i] = e.ActorID
	}
	actors, err := loaders.All(ctx, loaders.For(ctx).Actor, keys)
	if err != nil {
		return nil, err
	}
	names := make([]*string, len(events))
	for i, actor := range actors {
		if actor != nil {
			names[i] = &actor.Name
		}
	}
	return names, nil
}

func auditSubjectIDs(_ context.Context, events []*store.AuditEvent) (ids []string, err error) {
	ids = make([]string, len(events))
	for i, e := range events {
		if ids[i], err = subjectID(e.SubjectKind, e.SubjectID); err != nil {
			return nil, err
		}
	}
	return ids, nil
}
