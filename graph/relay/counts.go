package relay

import (
	"context"
	"sync/atomic"

	"souk/store"
)

// Counts returns the lengths of the lists of one field's parents.
type Counts func(context.Context) ([]store.Count, error)

// ShareCounts returns a function that keeps the result of count. The connections of one
// field share it. Callers at the same time do not wait for each other, since they may be
// of one level, in which nobody may: each calls count, and the loaders read once.
func ShareCounts(count Counts) Counts {
	var known atomic.Pointer[[]store.Count]
	return func(ctx context.Context) ([]store.Count, error) {
		if lengths := known.Load(); lengths != nil {
			return *lengths, nil
		}
		lengths, err := count(ctx)
		if err == nil {
			known.Store(&lengths)
		}
		return lengths, err
	}
}
