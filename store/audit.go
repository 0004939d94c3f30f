package store

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
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
// none. A list is JSON. It never holds a secret.
type AuditChange struct {
	Field  string  `json:"field"`
	Before *string `json:"before"`
	After  *string `json:"after"`
	// Kind is set when Before and After are the keys of objects, which clients know
	// by their global IDs: the kind of these objects.
	Kind Subject `json:"kind,omitempty"`
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
	SubjectAddress  Subject = "ADDRESS"
	SubjectStaff    Subject = "STAFF"
	SubjectRole     Subject = "ROLE"
	SubjectAPIKey   Subject = "API_KEY"
)

// auditEvent is an event that waits for the commit. under is the object that the
// subject is a part of, such as a variant's product; nil: of none.
type auditEvent struct {
	subject Subject
	id      uuid.UUID
	under   *uuid.UUID
	changes []AuditChange
}

// queueEvents writes the audit events of what has changed. What customers do to
// their own things is not kept.
func (tx *Tx) queueEvents(batch *pgx.Batch) {
	const statement = `-- name: WriteAuditEvent
INSERT INTO audit_events (id, actor_kind, actor_id, action, subject_kind, subject_id, under_id, request_id, changes)
VALUES (@id, @actor_kind, @actor_id, @action, @subject_kind, @subject_id, @under_id, @request_id, @changes)`
	if !tx.origin.By.IsStaff() {
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

// was is a field of an object that is removed.
func was(field string, value any) AuditChange { return AuditChange{Field: field, Before: text(value)} }

// is is a field of an object that is created.
func is(field string, value any) AuditChange { return AuditChange{Field: field, After: text(value)} }

// created leaves only what there is after the changes: the object was not there
// before.
func created(changes []AuditChange) []AuditChange {
	for i := range changes {
		changes[i].Before = nil
	}
	return changes
}

// text writes a value as the audit log keeps it: numbers plain, times in RFC 3339,
// lists as JSON, so that their items can be told apart.
func text(value any) *string {
	var t string
	switch v := value.(type) {
	case string:
		t = v
	case float64:
		t = strconv.FormatFloat(v, 'f', -1, 64)
	case time.Time:
		t = v.UTC().Format(time.RFC3339Nano)
	default:
		switch r := reflect.ValueOf(value); r.Kind() {
		case reflect.Slice:
			t = jsonText(value, r)
		default:
			t = fmt.Sprint(value)
		}
	}
	return &t
}

func jsonText(list any, r reflect.Value) string {
	if r.IsNil() {
		return "[]"
	}
	written, err := json.Marshal(list)
	if err != nil {
		return fmt.Sprint(list) // what the store audits always marshals
	}
	return string(written)
}

// textOf is text for a value that may be absent.
func textOf[T any](value *T) *string {
	if value == nil {
		return nil
	}
	return text(*value)
}

// keyText writes the key of an object.
func keyText[K ~[16]byte](key *K) *string {
	if key == nil {
		return nil
	}
	return text(uuid.UUID(*key).String())
}
