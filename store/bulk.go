package store

import (
	"context"
	"errors"

	"souk/internal/fault"
)

// ErrorPolicy says what one refused item does to the others of its list.
type ErrorPolicy string

// The policies.
const (
	// AllOrNothing changes nothing when any item is refused.
	AllOrNothing ErrorPolicy = "ALL_OR_NOTHING"
	// SkipFailed changes everything but the items that are refused.
	SkipFailed ErrorPolicy = "SKIP_FAILED"
)

// Outcome is what became of one item of a list: a value, or the problems for which
// it was refused. Neither: it was fine, and undone because another was refused.
type Outcome[T any] struct {
	Value    *T              `json:"value,omitempty"`
	Problems []fault.Problem `json:"problems,omitempty"`
}

// MaxBulk is how many items a list may have: so many take about a second.
const MaxBulk = 100

// errUndo rolls back a list of which items were refused.
var errUndo = errors.New("items were refused")

// bulk does one thing to each item of a list, in one transaction. Every item is
// tried, so that a person learns of all that is wrong at once; the outcomes stand
// in the order of the items.
func bulk[I, T any](ctx context.Context, w *Writer, items []I, policy ErrorPolicy, do func(*Tx, I) (T, error)) ([]Outcome[T], error) {
	return bulkAfter(ctx, w, items, policy, func(*Tx) error { return nil }, do)
}

// bulkAfter is bulk that begins with what concerns all items: it locks what they
// change, in one order.
func bulkAfter[I, T any](ctx context.Context, w *Writer, items []I, policy ErrorPolicy,
	begin func(*Tx) error, do func(*Tx, I) (T, error),
) ([]Outcome[T], error) {
	switch n := len(items); {
	case n == 0:
		return nil, fault.Reject(fault.ReasonRequired, "items", "the list is empty; give at least one item")
	case n > MaxBulk:
		return nil, fault.Reject(fault.ReasonTooMany, "items", "the list has %d items; send at most %d at once", n, MaxBulk)
	}
	var refused []Outcome[T]
	outcomes, err := once(ctx, w, func(tx *Tx) ([]Outcome[T], error) {
		if err := begin(tx); err != nil {
			return nil, err
		}
		all, failed, err := tryEach(ctx, tx, items, do)
		if err == nil && failed && policy != SkipFailed {
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

func tryEach[I, T any](ctx context.Context, tx *Tx, items []I, do func(*Tx, I) (T, error)) (outcomes []Outcome[T], failed bool, err error) {
	outcomes = make([]Outcome[T], len(items))
	for i, item := range items {
		err := tx.try(ctx, func() error {
			value, err := do(tx, item)
			outcomes[i].Value = &value
			return err
		})
		problems, refused := fault.Rejected(fault.Under(err, "items", i))
		switch {
		case refused:
			outcomes[i], failed = Outcome[T]{Problems: problems}, true
		case err != nil:
			return nil, false, err
		}
	}
	return outcomes, failed, nil
}
