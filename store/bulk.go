package store

import (
	"context"
	"errors"
	"slices"

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

func (o Outcome[T]) refused() bool { return len(o.Problems) > 0 }

// MaxBulk is how many items a list may have: so many take about a second.
const MaxBulk = 100

// errUndo rolls back a list of which items were refused.
var errUndo = errors.New("items were refused")

// bulk runs do, which tries every item of a list, in one transaction: a person so
// learns of all that is wrong at once. Unless the policy says otherwise, all of it is
// undone when an item was refused. The outcomes stand in the order of the items.
func bulk[T any](ctx context.Context, w *Writer, key *string, policy ErrorPolicy, do func(*Tx) ([]Outcome[T], error)) ([]Outcome[T], error) {
	var refused []Outcome[T]
	outcomes, err := repeatable(ctx, w, key, func(tx *Tx) ([]Outcome[T], error) {
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

// bulkEach is bulk for items that do not depend on each other. It begins with lock,
// which locks all that the items change in one order: two lists of the same things in
// different orders would else lock each other out.
func bulkEach[I, T any](ctx context.Context, w *Writer, b Bulk[I], lock func(*Tx) error, do func(*Tx, I) (T, error)) ([]Outcome[T], error) {
	if err := checkLength("items", len(b.Items)); err != nil {
		return nil, err
	}
	return bulk(ctx, w, b.IdempotencyKey, b.ErrorPolicy, func(tx *Tx) ([]Outcome[T], error) {
		if err := lock(tx); err != nil {
			return nil, err
		}
		return tryEach(ctx, tx, b.Items, do)
	})
}

// checkLength refuses an empty list, and one that is too long.
func checkLength(field string, n int) error {
	switch {
	case n == 0:
		return fault.Reject(fault.ReasonRequired, field, "the list is empty; give at least one entry")
	case n > MaxBulk:
		return fault.Reject(fault.ReasonTooMany, field, "the list has %d entries; send at most %d at once", n, MaxBulk)
	}
	return nil
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

// What lockProducts locks, by what its keys are of.
const (
	theseProducts      = "p.id = ANY (@ids)"
	productsOfVariants = "p.id IN (SELECT v.product_id FROM variants v WHERE v.id = ANY (@ids))"
	productsOfReviews  = "p.id IN (SELECT r.product_id FROM reviews r WHERE r.id = ANY (@ids))"
	productsFiledIn    = "p.id IN (SELECT pc.product_id FROM product_categories pc WHERE pc.category_id = ANY (@ids))"
)

// lockProducts locks products as lockProduct does, in the order in which
// refresh_products does, and returns their keys. ids are a slice of keys.
func (tx *Tx) lockProducts(ctx context.Context, which string, ids any) ([]ProductID, error) {
	rows, err := rowsOf[struct{ ID ProductID }](ctx, tx, `-- name: LockProducts
SELECT p.id
FROM products p
WHERE `+which+`
ORDER BY p.id
FOR NO KEY UPDATE`, args{"ids": ids})
	locked := make([]ProductID, len(rows))
	for i, row := range rows {
		locked[i] = row.ID
	}
	return locked, err
}

// locking is the lock of a list whose items have keys.
func locking[I, K any](ctx context.Context, which string, items []I, key func(I) K) func(*Tx) error {
	return func(tx *Tx) error {
		_, err := tx.lockProducts(ctx, which, mapSlice(items, key))
		return err
	}
}

// mapSlice returns something of each item.
func mapSlice[I, T any](items []I, of func(I) T) []T {
	all := make([]T, len(items))
	for i, item := range items {
		all[i] = of(item)
	}
	return all
}
