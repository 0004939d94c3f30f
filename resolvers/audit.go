package resolvers

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"souk/graph/model"
	"souk/graph/relay"
	"souk/internal/auth"
	"souk/internal/fault"
	"souk/loaders"
	"souk/store"
)

// auditFilter converts a filter. Its IDs can be of any kind.
func auditFilter(in *model.AuditEventFilter) (f store.AuditFilter, err error) {
	if in == nil {
		return f, nil
	}
	f = store.AuditFilter{
		SubjectKind: in.SubjectKind, Action: in.Action, From: in.OccurredFrom, To: in.OccurredBefore,
	}
	kind, subject, err := anyKey(in.SubjectID, "filter.subjectId")
	if err != nil {
		return f, err
	}
	f.Subject, f.WithParts = subject, kind == relay.Product
	_, f.Actor, err = anyKey(in.ActorID, "filter.actorId")
	return f, err
}

// anyKey reads a global ID of any kind; nil if the filter does not have it. field is
// its path, for the message.
func anyKey(id *string, field string) (relay.Kind, *uuid.UUID, error) {
	if id == nil {
		return 0, nil, nil
	}
	kind, key, ok := relay.ParseID(*id)
	if !ok {
		return 0, nil, fault.Invalid("`%s` is not an ID; take it from the `id` field of the object", field)
	}
	return kind, &key, nil
}

// auditChanges returns the changes of each event, with keys as global IDs.
func auditChanges(_ context.Context, events []*store.AuditEvent) ([][]*store.AuditChange, error) {
	all := make([][]*store.AuditChange, len(events))
	for i, e := range events {
		all[i] = make([]*store.AuditChange, len(e.Changes))
		for j, change := range e.Changes {
			if err := withGlobalIDs(&change); err != nil {
				return nil, err
			}
			all[i][j] = &change
		}
	}
	return all, nil
}

// withGlobalIDs replaces the keys in a change by global IDs. A change without a kind
// has no keys.
func withGlobalIDs(change *store.AuditChange) error {
	if change.Kind == "" {
		return nil
	}
	for _, value := range []**string{&change.Before, &change.After} {
		if *value == nil {
			continue
		}
		key, err := uuid.Parse(**value)
		if err != nil {
			return fmt.Errorf("read an audit event's %s: %w", change.Field, err)
		}
		id, err := subjectID(change.Kind, key)
		if err != nil {
			return err
		}
		*value = &id
	}
	return nil
}

// auditActorIDs returns the ID of who made each change. An operator has none.
func auditActorIDs(_ context.Context, events []*store.AuditEvent) ([]*string, error) {
	ids := make([]*string, len(events))
	for i, e := range events {
		switch e.ActorKind {
		case auth.APIKey:
			id := relay.ID(store.APIKeyID(e.ActorID))
			ids[i] = &id
		case auth.Staff:
			id := relay.ID(store.StaffID(e.ActorID))
			ids[i] = &id
		case auth.Operator:
		default:
			return nil, fmt.Errorf("an audit event was made by %q, which is no kind of caller that it records", e.ActorKind)
		}
	}
	return ids, nil
}

func auditActorNames(ctx context.Context, events []*store.AuditEvent) ([]*string, error) {
	keys := make([]uuid.UUID, len(events))
	for i, e := range events {
		keys[i] = e.ActorID
	}
	actors, err := loaders.Actor.LoadMany(ctx, keys)
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
