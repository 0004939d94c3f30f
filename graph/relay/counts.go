package relay

import (
	"context"
	"sync"

	"souk/store"
)

// Counts returns the lengths of the lists of one field's parents.
type Counts func(context.Context) ([]store.Count, error)

// ShareCounts returns a function that calls count for the first caller and returns the
// same result to all others. The connections of one field share it.
func ShareCounts(count Counts) Counts {
	var once sync.Once
	var lengths []store.Count
	var err error
	return func(ctx context.Context) ([]store.Count, error) {
		once.Do(func() { lengths, err = count(ctx) })
		return lengths, err
	}
}
