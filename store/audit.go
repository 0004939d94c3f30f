package store

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"souk/internal/auth"
)

// AuditEvent is one change that staff, an API key or an operator made to one object.
type AuditEvent struct {
	ID          AuditEventID
	OccurredAt  time.Time
	ActorKind   auth.Kind
	ActorID     uuid.UUID // zero for an operator
	Action      string    // the mutation
	SubjectKind Subject
	SubjectID   uuid.UUID
	RequestID   string
	Changes     []AuditChange
}

// AuditChange is the change of one field, as text. A nil value means that there was
// no value. A list is JSON. It never contains a secret.
type AuditChange struct {
	Field  string  `json:"field"`
	Before *string `json:"before"`
	After  *string `json:"after"`
	// Kind is set if Before and After are keys of objects: it is the kind of those
	// objects. Clients see the keys as global IDs.
	Kind Subject `json:"kind,omitempty"`
}

// auditEvent is an event that the commit writes. under is the object that the subject
// is a part of, such as the product of a variant. It is nil if there is none.
type auditEvent struct {
	subject Subject
	id      uuid.UUID
	under   *uuid.UUID
	changes []AuditChange
}

// queueEvents queues the audit events of the changes, if the caller's are recorded.
func (tx *Tx) queueEvents(batch *pgx.Batch) {
	const statement = `-- name: WriteAuditEvent
INSERT INTO audit_events (id, actor_kind, actor_id, action, subject_kind, subject_id, under_id, request_id, changes)
VALUES (@id, @actor_kind, @actor_id, @action, @subject_kind, @subject_id, @under_id, @request_id, @changes)`
	if !tx.origin.By.IsAudited() {
		return
	}
	for _, event := range tx.pending.events {
		changes, err := json.Marshal(event.changes)
		if err != nil || event.changes == nil {
			changes = []byte("[]") // strings always marshal
		}
		batch.Queue(statement, args{
			"id": uuid.Must(uuid.NewV7()), "actor_kind": tx.origin.By.Kind, "actor_id": tx.origin.By.ID,
			"action": tx.origin.Action, "subject_kind": event.subject, "subject_id": event.id, "under_id": event.under,
			"request_id": tx.origin.RequestID, "changes": changes,
		})
	}
}
