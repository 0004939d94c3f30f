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

func auditSubjectIDs(_ context.Context, events []*store.AuditEvent) ([]string, error) {
	ids := make([]string, len(events))
	for i, e := range events {
		ids[i] = subjectID(e.SubjectKind, e.SubjectID)
	}
	return ids, nil
}

// subjectID is the global ID of what was changed.
func subjectID(kind store.Subject, key uuid.UUID) string {
	switch kind {
	case store.SubjectProduct:
		return relay.ID(store.ProductID(key))
	case store.SubjectVariant:
		return relay.ID(store.VariantID(key))
	case store.SubjectCategory:
		return relay.ID(store.CategoryID(key))
	case store.SubjectVendor:
		return relay.ID(store.VendorID(key))
	case store.SubjectImage:
		return relay.ID(store.ImageID(key))
	case store.SubjectReview:
		return relay.ID(store.ReviewID(key))
	case store.SubjectLocation:
		return relay.ID(store.LocationID(key))
	case store.SubjectCustomer:
		return relay.ID(store.CustomerID(key))
	case store.SubjectStaff:
		return relay.ID(store.StaffID(key))
	case store.SubjectRole:
		return relay.ID(store.RoleID(key))
	default:
		return relay.ID(store.APIKeyID(key))
	}
}
