package store

import "souk/internal/fault"

// Patch is one field of an update. A field that is not set keeps its value, so two
// clients that change different fields of one row do not overwrite each other. A nil
// Value is null: it clears the field, or is refused if the field must have a value.
type Patch[T any] struct {
	Set   bool
	Value T
}

// Ref identifies the object to change.
type Ref[K ~[16]byte] struct {
	ID K
	// ExpectedVersion, if set, refuses the change if the object has another version.
	ExpectedVersion *int64
}

func (r Ref[K]) key() K { return r.ID }

// Bulk is a list of changes of one kind that are made in one transaction.
type Bulk[I any] struct {
	// Items has 1 to MaxBulk items.
	Items          []I
	ErrorPolicy    ErrorPolicy
	IdempotencyKey *string
}

// rule checks a value, adds the problems that it finds at field, and returns the
// value in the form in which it is stored.
type rule[T any] func(problems *fault.Problems, field string, value T) T

// required checks a field that must have a value: null is refused.
func required[T any](problems *fault.Problems, field string, p *Patch[*T], check rule[T]) {
	switch {
	case !p.Set:
	case p.Value == nil:
		problems.Add(fault.ReasonRequired, field, "it cannot be null; give a value, or leave the field out")
		p.Set = false
	case check != nil:
		value := check(problems, field, *p.Value)
		p.Value = &value
	}
}

// requiredList is required for a list.
func requiredList[T any](problems *fault.Problems, field string, p *Patch[[]T], check rule[[]T]) {
	switch {
	case !p.Set:
	case p.Value == nil:
		problems.Add(fault.ReasonRequired, field, "it cannot be null; give a list, which may be empty, or leave the field out")
		p.Set = false
	case check != nil:
		p.Value = check(problems, field, p.Value)
	}
}

// clearable checks a text that null sets to "". Its column is never NULL.
func clearable(problems *fault.Problems, field string, p *Patch[*string], check rule[string]) {
	if p.Set && p.Value == nil {
		p.Value = new(string)
		return
	}
	required(problems, field, p, check)
}

// optional checks a text whose column may be NULL: null and an empty text both clear
// it.
func optional(problems *fault.Problems, field string, p *Patch[*string], check rule[string]) {
	if !p.Set || p.Value == nil {
		return
	}
	if required(problems, field, p, check); *p.Value == "" {
		p.Value = nil
	}
}

// textOrEmpty checks a text that the input for a new object may leave out. It returns
// "" if the text is absent.
func textOrEmpty(problems *fault.Problems, field string, value *string, check rule[string]) string {
	if value == nil {
		return ""
	}
	return check(problems, field, *value)
}

// checkID adds a problem if the ID is the zero key, which no object has. An ID that
// is damaged or of another type arrives as the zero key.
func checkID[K ~[16]byte](problems *fault.Problems, field string, id K, noun string) {
	if id == (K{}) {
		problems.Add(fault.ReasonNotFound, field, notFound, noun)
	}
}

// notFound is the message for an ID that no object of that type has.
const notFound = "there is no %s with this ID"

// checkVersion refuses a change if the object has changed since the caller read it.
func checkVersion(current int64, expected *int64) error {
	if expected == nil || *expected == current {
		return nil
	}
	refused := fault.Reject(fault.ReasonVersionConflict, "expectedVersion",
		"it has changed since you read it; read it again and repeat the change")
	refused.Problems[0].CurrentVersion = current
	return refused
}

// checkMembers refuses ids that are not in known, the parts of an object such as a
// product, and duplicate ids.
func checkMembers[K comparable, V any](known map[K]V, ids []K, field, of, noun string) error {
	var problems fault.Problems
	seen := make(map[K]bool, len(ids))
	for i, id := range ids {
		switch _, ok := known[id]; {
		case !ok:
			problems.Add(fault.ReasonNotFound, itemField(field, i), "the %s has no %s with this ID", of, noun)
		case seen[id]:
			problems.Add(fault.ReasonDuplicate, itemField(field, i), "the %s is in the list already; leave it out", noun)
		}
		seen[id] = true
	}
	return problems.Err()
}

// mapSlice returns the result of a function for each item.
func mapSlice[I, T any](items []I, of func(I) T) []T {
	all := make([]T, len(items))
	for i, item := range items {
		all[i] = of(item)
	}
	return all
}
