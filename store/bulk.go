package store

import (
	"context"
	"errors"
	"slices"

	"souk/internal/fault"
)

// ErrorPolicy says what happens to the other items of a list if one item is refused.
type ErrorPolicy string

// The error policies.
const (
	// AllOrNothing changes nothing if any item is refused.
	AllOrNothing ErrorPolicy = "ALL_OR_NOTHING"
	// SkipFailed makes the changes of all items that are not refused.
	SkipFailed ErrorPolicy = "SKIP_FAILED"
)

// Outcome is the result of one item of a list: a value, or the problems for which it
// was refused. If both are empty, the item was valid, but was undone because another
// item was refused.
type Outcome[T any] struct {
	Value    *T              `json:"value,omitempty"`
	Problems []fault.Problem `json:"problems,omitempty"`
}

func (o Outcome[T]) refused() bool { return len(o.Problems) > 0 }

// MaxBulk is the maximum number of items in a list. A list of this length takes about
// one second.
const MaxBulk = 100

// errUndo rolls back a list in which items were refused.
var errUndo = errors.New("items were refused")

// bulk runs do in one transaction. do tries every item of a list, so that the client
// learns all problems at once. If an item is refused, all changes are undone, unless
// the policy is SkipFailed. The outcomes are in the order of the items.
func bulk[T any](ctx context.Context, w *Writer, key *string, policy ErrorPolicy, do func(*Tx) ([]Outcome[T], error)) ([]Outcome[T], error) {
	var refused []Outcome[T]
	outcomes, err := idempotent(ctx, w, key, func(tx *Tx) ([]Outcome[T], error) {
		all, err := do(tx)
		if err == nil && policy != SkipFailed && slices.ContainsFunc(all, Outcome[T].refused) {
			refused = all
			return nil, errUndo
		}
		return all, err
	})
	if errors.Is(err, errUndo) {
		for i := range refused {
			refused[i].Value = nil
		}
		return refused, nil
	}
	return outcomes, err
}

// bulkEach is bulk for items that do not depend on each other. lock runs first. It
// locks all rows that the items change in a fixed order: two lists of the same items
// in different orders would otherwise deadlock.
func bulkEach[I, T any](ctx context.Context, w *Writer, b Bulk[I], lock func(*Tx) error, do func(*Tx, I) (T, error)) ([]Outcome[T], error) {
	var problems fault.Problems
	if checkLength(&problems, "items", len(b.Items), MaxBulk); problems.Err() != nil {
		return nil, problems.Err()
	}
	return bulk(ctx, w, b.IdempotencyKey, b.ErrorPolicy, func(tx *Tx) ([]Outcome[T], error) {
		if err := lock(tx); err != nil {
			return nil, err
		}
		return tryEach(ctx, tx, b.Items, do)
	})
}

func tryEach[I, T any](ctx context.Context, tx *Tx, items []I, do func(*Tx, I) (T, error)) ([]Outcome[T], error) {
	outcomes := make([]Outcome[T], len(items))
	for i, item := range items {
		err := tx.try(ctx, func() error {
			value, err := do(tx, item)
			outcomes[i].Value = &value
			return err
		})
		problems, refused := fault.Rejected(fault.Under(err, "items", i))
		switch {
		case refused:
			outcomes[i] = Outcome[T]{Problems: problems}
		case err != nil:
			return nil, err
		}
	}
	return outcomes, nil
}
