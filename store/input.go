package store

import "souk/internal/fault"

// Patch is one field of an update: a field that is not set keeps its value, so
// that two who change different fields of one row do not undo each other's work.
// A nil Value is null: it clears the field, or is refused where the field always
// has a value.
type Patch[T any] struct {
	Set   bool
	Value T
}

// Ref names the object that a change is about.
type Ref[K ~[16]byte] struct {
	ID K
	// ExpectedVersion, when set, refuses the change of an object that has another
	// version by now.
	ExpectedVersion *int64
}

func (r Ref[K]) key() K { return r.ID }

// Bulk is a list of changes of one kind, made in one transaction.
type Bulk[I any] struct {
	// Items are 1 to MaxBulk.
	Items          []I
	ErrorPolicy    ErrorPolicy
	IdempotencyKey *string
}

// rule checks one value, notes what is wrong with it at field, and returns it as it
// is to be stored.
type rule[T any] func(problems *fault.Problems, field string, value T) T

// required checks a field that always has a value: null is refused.
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

// cleared checks a text that null empties: it is "" and never NULL.
func cleared(problems *fault.Problems, field string, p *Patch[*string], check rule[string]) {
	if p.Set && p.Value == nil {
		p.Value = new(string)
		return
	}
	required(problems, field, p, check)
}

// optional checks a text that may be NULL: null and an empty text clear it.
func optional(problems *fault.Problems, field string, p *Patch[*string], check rule[string]) {
	if !p.Set || p.Value == nil {
		return
	}
	if required(problems, field, p, check); *p.Value == "" {
		p.Value = nil
	}
}

// given checks a text that an input for a new object may leave out; absent it is "".
func given(problems *fault.Problems, field string, value *string, check rule[string]) string {
	if value == nil {
		return ""
	}
	return check(problems, field, *value)
}

// checkID notes an ID that was damaged or another type's on its way here: it is the
// zero key, which nothing has.
func checkID[K ~[16]byte](problems *fault.Problems, field string, id K, called string) {
	if id == (K{}) {
		problems.Add(fault.ReasonNotFound, field, notFound, called)
	}
}

// notFound is what is said of an ID that nothing of a kind has.
const notFound = "there is no %s with this ID"

// checkVersion refuses to change what has changed since the caller read it.
func checkVersion(current int64, expected *int64) error {
	if expected == nil || *expected == current {
		return nil
	}
	refused := fault.Reject(fault.ReasonVersionConflict, "expectedVersion",
		"it was changed since it was read; read it again and repeat the change")
	refused.Problems[0].CurrentVersion = current
	return refused
}
