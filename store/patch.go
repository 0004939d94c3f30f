package store

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// assignments are the columns that an update changes, and for the audit log their
// values before and after.
type assignments struct {
	terms   []string
	args    args
	changes []AuditChange
}

// any reports whether there is a change.
func (a *assignments) any() bool { return len(a.terms) > 0 }

// has reports whether the column changes.
func (a *assignments) has(column string) bool {
	_, changes := a.args[column]
	return changes
}

// statement returns the statement that updates the row with the id.
func (a *assignments) statement(name, table string, id [16]byte) (string, args) {
	a.args["id"] = id
	return "-- name: " + name + "\nUPDATE " + table + "\nSET " + strings.Join(a.terms, ", ") + "\nWHERE id = @id", a.args
}

// update updates the row with the id. a must not be empty.
func (tx *Tx) update(ctx context.Context, name, table string, id [16]byte, a *assignments) error {
	statement, values := a.statement(name, table, id)
	_, err := tx.exec(ctx, statement, values)
	return err
}

// delete deletes the row with the id.
func (tx *Tx) delete(ctx context.Context, name, table string, id [16]byte) error {
	_, err := tx.exec(ctx, "-- name: "+name+"\nDELETE FROM "+table+"\nWHERE id = @id", args{"id": id})
	return err
}

// derive assigns a column whose value follows from another column. The audit log does
// not record it, because it records the other column.
func (a *assignments) derive(column string, value any) {
	if a.args == nil {
		a.args = args{}
	}
	a.terms = append(a.terms, column+" = @"+column)
	a.args[column] = value
}

func (a *assignments) put(column string, value any, change AuditChange) {
	a.derive(column, value)
	a.changes = append(a.changes, change)
}

// assign assigns a column that is never NULL, if the patch changes its value.
func assign[T comparable](a *assignments, column string, p Patch[*T], before T) {
	if p.Set {
		replace(a, column, before, *p.Value)
	}
}

// assignNullable is assign for a column that may be NULL.
func assignNullable[T comparable](a *assignments, column string, p Patch[*T], before *T) {
	if p.Set {
		replaceNullable(a, column, before, p.Value)
	}
}

// assignList is assign for a column that holds a list.
func assignList[T comparable](a *assignments, column string, p Patch[[]T], before []T) {
	if p.Set {
		replaceList(a, column, before, p.Value)
	}
}

// replace assigns a column if its value changes.
func replace[T comparable](a *assignments, column string, before, after T) {
	if before != after {
		a.put(column, after, AuditChange{Field: camel(column), Before: text(before), After: text(after)})
	}
}

// replaceNullable is replace for a column that may be NULL.
func replaceNullable[T comparable](a *assignments, column string, before, after *T) {
	if !equal(before, after) {
		a.put(column, after, AuditChange{Field: camel(column), Before: textOf(before), After: textOf(after)})
	}
}

// replaceList is replace for a column that holds a list.
func replaceList[T comparable](a *assignments, column string, before, after []T) {
	if !slices.Equal(before, after) {
		a.put(column, after, AuditChange{Field: camel(column), Before: text(before), After: text(after)})
	}
}

// replaceKey is replaceNullable for a column that holds the key of an object. kind is
// the kind of that object.
func replaceKey[K ~[16]byte](a *assignments, column string, kind Subject, before, after *K) {
	if !equal(before, after) {
		a.put(column, after, AuditChange{Field: camel(column), Before: keyText(before), After: keyText(after), Kind: kind})
	}
}

// equal reports whether both are nil or have equal values.
func equal[T comparable](a, b *T) bool {
	return a == b || (a != nil && b != nil && *a == *b)
}

// camel returns the API's name for a column.
func camel(column string) string {
	words := strings.Split(column, "_")
	for i, word := range words[1:] {
		words[i+1] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}

// removedField is a field of an object that is removed.
func removedField(field string, value any) AuditChange {
	return AuditChange{Field: field, Before: text(value)}
}

// createdField is a field of an object that is created.
func createdField(field string, value any) AuditChange {
	return AuditChange{Field: field, After: text(value)}
}

// withoutBefore clears the values before the changes, for an object that is created.
func withoutBefore(changes []AuditChange) []AuditChange {
	for i := range changes {
		changes[i].Before = nil
	}
	return changes
}

// text returns a value as text for the audit log: numbers plain, times in RFC 3339,
// and lists as JSON, so that their items can be told apart.
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
			t = "[]"
			if !r.IsNil() {
				t = jsonText(value)
			}
		default:
			t = fmt.Sprint(value)
		}
	}
	return &t
}

// jsonText returns a value as JSON that a person reads: & and < are not escaped.
func jsonText(value any) string {
	var written strings.Builder
	to := json.NewEncoder(&written)
	to.SetEscapeHTML(false)
	if err := to.Encode(value); err != nil {
		return fmt.Sprint(value) // the values that the store audits always marshal
	}
	return strings.TrimSuffix(written.String(), "\n")
}

// textOf is text for a value that may be nil.
func textOf[T any](value *T) *string {
	if value == nil {
		return nil
	}
	return text(*value)
}

// keyText is text for the key of an object.
func keyText[K ~[16]byte](key *K) *string {
	if key == nil {
		return nil
	}
	return text(uuid.UUID(*key).String())
}
