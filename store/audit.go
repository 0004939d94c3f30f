package store

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"souk/internal/auth"
)

// AuditEvent is one change that staff or an API key made to one object.
type AuditEvent struct {
	ID          AuditEventID
	OccurredAt  time.Time
	ActorKind   auth.Kind
	ActorID     uuid.UUID
	Action      string // the mutation
	SubjectKind Subject
	SubjectID   uuid.UUID
	RequestID   string
	Changes     []AuditChange
}

// AuditChange is a field of the object before and after, as text; nil: there was
// none. It never holds a secret.
type AuditChange struct {
	Field  string  `json:"field"`
	Before *string `json:"before"`
	After  *string `json:"after"`
}

// Subject is the kind of object that a change was made to. The values are stored.
type Subject string

// The kinds of subjects.
const (
	SubjectProduct  Subject = "PRODUCT"
	SubjectVariant  Subject = "VARIANT"
	SubjectCategory Subject = "CATEGORY"
	SubjectVendor   Subject = "VENDOR"
	SubjectImage    Subject = "IMAGE"
	SubjectReview   Subject = "REVIEW"
	SubjectLocation Subject = "LOCATION"
	SubjectCustomer Subject = "CUSTOMER"
	SubjectStaff    Subject = "STAFF"
	SubjectRole     Subject = "ROLE"
	SubjectAPIKey   Subject = "API_KEY"
)

type auditEvent struct {
	subject Subject
	id      uuid.UUID
	changes []AuditChange
}

// audit notes that the transaction changed an object. What customers do to their
// own things is not kept.
func (tx *Tx) audit(subject Subject, id [16]byte, changes ...AuditChange) {
	if tx.origin.By.IsStaff() {
		tx.events = append(tx.events, auditEvent{subject, id, changes})
	}
}

// queueEvents writes what audit has noted.
func (tx *Tx) queueEvents(batch *pgx.Batch) {
	const statement = `-- name: WriteAuditEvent
INSERT INTO audit_events (id, actor_kind, actor_id, action, subject_kind, subject_id, request_id, changes)
VALUES (@id, @actor_kind, @actor_id, @action, @subject_kind, @subject_id, @request_id, @changes)`
	for _, event := range tx.events {
		changes, err := json.Marshal(event.changes)
		if err != nil || event.changes == nil {
			changes = []byte("[]") // strings always marshal
		}
		batch.Queue(statement, args{
			"id": uuid.Must(uuid.NewV7()), "actor_kind": tx.origin.By.Kind, "actor_id": tx.origin.By.ID,
			"action": tx.origin.Action, "subject_kind": event.subject, "subject_id": event.id,
			"request_id": tx.origin.RequestID, "changes": changes,
		})
	}
}
