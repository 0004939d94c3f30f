package store

import (
	"context"
	"time"

	"souk/internal/auth"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Actor is the name of a staff member, an API key or a user of the command line who
// made a change.
type Actor struct {
	ID   uuid.UUID
	Name string
}

var actorColumns = columnsOf("",
	col("id", asUUID, func(a *Actor) *uuid.UUID { return &a.ID }),
	col("name", asText, func(a *Actor) *string { return &a.Name }),
).all()

var auditColumns = columnsOf("AuditEvent",
	col("e.id", asUUID, func(a *AuditEvent) *AuditEventID { return &a.ID }),
	col("e.occurred_at", asTime, func(a *AuditEvent) *time.Time { return &a.OccurredAt }),
	col("e.actor_kind", asText, func(a *AuditEvent) *auth.Kind { return &a.ActorKind }),
	col("e.actor_id", asUUID, func(a *AuditEvent) *uuid.UUID { return &a.ActorID }),
	col("e.action", asText, func(a *AuditEvent) *string { return &a.Action }),
	col("e.subject_kind", asText, func(a *AuditEvent) *Subject { return &a.SubjectKind }),
	col("e.subject_id", asUUID, func(a *AuditEvent) *uuid.UUID { return &a.SubjectID }),
	col("e.request_id", asText, func(a *AuditEvent) *string { return &a.RequestID }),
	onlyFor("changes", col("e.changes", asJSON, func(a *AuditEvent) *[]AuditChange { return &a.Changes })),
)

// AuditEventsByNewest is the order of audit events. Their keys are in time order.
var AuditEventsByNewest = Order{"NEWEST:DESC", []sortKey{{"e.id", "uuid"}}, true}

// AuditFilter restricts the audit log. Fields that are nil do not restrict it.
type AuditFilter struct {
	// Subject is the key of what was changed. WithParts also selects the changes of its
	// parts, such as a product's variants, images and reviews.
	Subject     *uuid.UUID
	WithParts   bool
	SubjectKind *Subject
	Actor       *uuid.UUID
	Action      *string
	// From is inclusive, To is exclusive.
	From, To *time.Time
}

func (f AuditFilter) list() list {
	l := list{name: "ListAuditEvents", from: "audit_events e", where: "true", args: args{}}
	switch {
	case f.Subject == nil:
	case f.WithParts:
		l.and("coalesce(e.under_id, e.subject_id) = @subject", "subject", *f.Subject)
	default:
		l.and("e.subject_id = @subject", "subject", *f.Subject)
	}
	if f.SubjectKind != nil {
		l.and("e.subject_kind = @subject_kind", "subject_kind", *f.SubjectKind)
	}
	if f.Actor != nil {
		l.and("e.actor_id = @actor", "actor", *f.Actor)
	}
	if f.Action != nil {
		l.and("e.action = @action", "action", *f.Action)
	}
	if f.From != nil {
		l.and("e.occurred_at >= @from", "from", *f.From)
	}
	if f.To != nil {
		l.and("e.occurred_at < @to", "to", *f.To)
	}
	return l
}

// ListAuditEvents returns a page of the audit log.
func (r *Reader) ListAuditEvents(ctx context.Context, f AuditFilter, p PageRequest) (Page[AuditEvent], error) {
	return only(pages(ctx, r, auditColumns, f.list(), noParent, p))
}

// CountAuditEvents returns the length of the audit log.
func (r *Reader) CountAuditEvents(ctx context.Context, f AuditFilter) (Count, error) {
	return only(counts(ctx, r, f.list(), noParent))
}

// AuditEventsByIDs returns the audit events that exist among ids, if the view shows
// the audit log, in any order.
func (r *Reader) AuditEventsByIDs(ctx context.Context, ids []AuditEventID) ([]*AuditEvent, error) {
	what := auditColumns.choose(r.selects)
	statement := `-- name: AuditEventsByIDs
SELECT ` + what.sql + `
FROM audit_events e
WHERE e.id = ANY (@ids) AND @all`
	return many(ctx, r, what, statement, pgx.StrictNamedArgs{"ids": keysOf(ids), "all": r.view.Audit})
}

// ActorsByIDs returns the names of the staff and API keys that exist among ids, and of
// the users who ran the imports among ids, in any order. The audit log shows these names
// to callers who may not see the accounts.
func (r *Reader) ActorsByIDs(ctx context.Context, ids []uuid.UUID) ([]*Actor, error) {
	const statement = `-- name: ActorsByIDs
SELECT s.id, s.display_name AS name
FROM staff s
WHERE s.id = ANY (@ids)
UNION ALL
SELECT k.id, k.name
FROM api_keys k
WHERE k.id = ANY (@ids)
UNION ALL
SELECT r.id, r.actor
FROM import_runs r
WHERE r.id = ANY (@ids)`
	return many(ctx, r, actorColumns, statement, pgx.StrictNamedArgs{"ids": keysOf(ids)})
}
