package relay

import (
	"context"
	"sync"

	"souk/store"
)

// Counts returns the lengths of the lists of one field's parents.
type Counts func(context.Context) ([]store.Count, error)

// Once returns a function that calls load for the first caller and returns the
// same result to all others. The connections of one field share it.
func Once[V any](load func(context.Context) (V, error)) func(context.Context) (V, error) {
	var once sync.Once
	var value V
	var err error
	return func(ctx context.Context) (V, error) {
		once.Do(func() { value, err = load(ctx) })
		return value, err
	}
}
