package store

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

// mapSlice returns the result of a function for each item.
func mapSlice[I, T any](items []I, of func(I) T) []T {
	all := make([]T, len(items))
	for i, item := range items {
		all[i] = of(item)
	}
	return all
}
