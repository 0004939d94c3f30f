package store

import (
	"fmt"
	"slices"
	"strings"
)

// Patch is one field of an update: a field that is not set keeps its value, so
// that two who change different fields of one row do not undo each other's work.
type Patch[T any] struct {
	Set   bool
	Value T
}

// assignments are the columns that an update changes, with the values before and
// after for the audit log.
type assignments struct {
	terms   []string
	args    args
	changes []AuditChange
}

// any reports whether something changes.
func (a *assignments) any() bool { return len(a.terms) > 0 }

// statement is the update of one row by its id.
func (a *assignments) statement(name, table string) string {
	return "-- name: " + name + "\nUPDATE " + table + "\nSET " + strings.Join(a.terms, ", ") + "\nWHERE id = @id"
}

// put assigns a column whose value differs.
func (a *assignments) put(column string, value any, before, after *string) {
	if a.args == nil {
		a.args = args{}
	}
	a.terms = append(a.terms, column+" = @"+column)
	a.args[column] = value
	a.changes = append(a.changes, AuditChange{Field: camel(column), Before: before, After: after})
}

// assign assigns a column if the patch has another value for it.
func assign[T comparable](a *assignments, column string, p Patch[T], before T) {
	if p.Set && p.Value != before {
		a.put(column, p.Value, text(before), text(p.Value))
	}
}

// assignMaybe is assign for a column that may be NULL.
func assignMaybe[T comparable](a *assignments, column string, p Patch[*T], before *T) {
	same := p.Value == before || (p.Value != nil && before != nil && *p.Value == *before)
	if p.Set && !same {
		a.put(column, p.Value, maybeText(before), maybeText(p.Value))
	}
}

// assignList is assign for a column that holds a list.
func assignList[T comparable](a *assignments, column string, p Patch[[]T], before []T) {
	if p.Set && !slices.Equal(p.Value, before) {
		a.put(column, p.Value, text(before), text(p.Value))
	}
}

func text(value any) *string {
	t := fmt.Sprint(value)
	return &t
}

func maybeText[T any](value *T) *string {
	if value == nil {
		return nil
	}
	return text(*value)
}

// camel writes a column's name as the API does.
func camel(column string) string {
	words := strings.Split(column, "_")
	for i, word := range words[1:] {
		words[i+1] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}
