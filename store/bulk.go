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

// bulk does one thing to each item of a list, in one transaction. It begins with
// lock, which locks all that the items change in one order: two lists of the same
// things in different orders would else lock each other out. Every item is tried,
// so that a person learns of all that is wrong at once; the outcomes stand in the
// order of the items.
func bulk[I, T any](ctx context.Context, w *Writer, items []I, policy ErrorPolicy,
	lock func(*Tx) error, do func(*Tx, I) (T, error),
) ([]Outcome[T], error) {
	switch n := len(items); {
	case n == 0:
		return nil, fault.Reject(fault.ReasonRequired, "items", "the list is empty; give at least one item")
	case n > MaxBulk:
		return nil, fault.Reject(fault.ReasonTooMany, "items", "the list has %d items; send at most %d at once", n, MaxBulk)
	}
	var refused []Outcome[T]
	outcomes, err := once(ctx, w, func(tx *Tx) ([]Outcome[T], error) {
		if err := lock(tx); err != nil {
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
		_, err := tx.lockProducts(ctx, which, each(items, key))
		return err
	}
}

// each returns something of each item.
func each[I, T any](items []I, of func(I) T) []T {
	all := make([]T, len(items))
	for i, item := range items {
		all[i] = of(item)
	}
	return all
}
