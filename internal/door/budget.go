package door

import (
	"sync/atomic"

	"github.com/vektah/gqlparser/v2/ast"
)

// failuresPerError is how many fields may fail for each error that an answer lists,
// before its operation is stopped. A page of 100 reviews with one field that is
// refused has 100 failures.
const failuresPerError = 100

// Budget bounds what an operation does while it runs, whatever its estimate was. It
// counts before the work is done: a list is counted when it is there and before its
// objects are resolved. It is safe for concurrent use.
type Budget struct {
	limits *Limits
	plan   *plan
	stop   func(error)

	objects, bytes, errors atomic.Int64
	fields                 atomic.Int64
	cost, introspection    atomic.Int64
	refusal                atomic.Pointer[Refusal]
}

// Budget returns the budget of one run of an operation. stop is called once, when
// the budget is used up; it should cancel the operation.
func (d *Door) Budget(doc *Document, operation *ast.OperationDefinition, stop func(error)) *Budget {
	b := &Budget{limits: &d.limits, plan: d.planOf(doc, operation), stop: stop}
	b.cost.Add(times(pageWeight, b.plan.pages))
	for _, root := range b.plan.roots {
		if root.object == 0 {
			b.cost.Add(root.resolving)
		}
	}
	return b
}

// Returned counts n objects that a field has returned for a number of its parents, with the
// bytes of the names of their fields. It reports whether the operation may go on.
func (b *Budget) Returned(field *ast.Field, parents, n int) bool {
	f := b.plan.byField[field]
	if f == nil {
		return b.refusal.Load() == nil
	}
	if written := b.Wrote(n * f.names); !written || f.object == 0 {
		return written
	}
	if f.introspection {
		sum := b.introspection.Add(times(int64(n), f.object+f.leaves))
		if points(sum) > b.limits.IntrospectionCost {
			return b.end(Refuse(AnswerTooLarge, b.limits.IntrospectionCost, points(sum), "points of cost for introspection so far", shorter))
		}
		return b.refusal.Load() == nil
	}
	objects := b.objects.Add(int64(n))
	cost := b.cost.Add(add(times(int64(parents), f.resolving), times(int64(n), f.object+f.leaves)))
	switch {
	case objects > b.limits.Objects:
		return b.end(Refuse(AnswerTooLarge, b.limits.Objects, objects, "objects in its answer", shorter))
	case points(cost) > b.limits.Cost:
		return b.end(Refuse(AnswerTooLarge, b.limits.Cost, points(cost), "points of cost so far", shorter))
	}
	return b.refusal.Load() == nil
}

const shorter = "Ask for shorter lists (a smaller first or last), or for fewer fields."

// Wrote counts bytes of the answer, those of a value or of the objects of a list. It
// reports whether the operation may go on.
func (b *Budget) Wrote(bytes int) bool {
	if sum := b.bytes.Add(int64(bytes)); sum > b.limits.AnswerBytes {
		return b.end(Refuse(AnswerTooLarge, b.limits.AnswerBytes, sum, "bytes in its answer", shorter))
	}
	return b.refusal.Load() == nil
}

// Holds reports whether the answer may have a number of bytes, all that it has so far.
func (b *Budget) Holds(bytes int) bool {
	if int64(bytes) > b.limits.AnswerBytes {
		return b.end(Refuse(AnswerTooLarge, b.limits.AnswerBytes, int64(bytes), "bytes in its answer", shorter))
	}
	return b.refusal.Load() == nil
}

// Failed counts a field that failed, and reports whether the answer lists its error.
// Failures that are the caller's have a bound; of those that are not, such as a
// database that does not answer, the answer should say the cause.
func (b *Budget) Failed(callers bool) (listed bool) {
	n, listing := b.errors.Add(1), int64(b.limits.Errors)
	if most := listing * failuresPerError; n > most && callers {
		b.end(Refuse(AnswerTooLarge, most, n, "fields that failed", "Leave out fields that you are not allowed to read."))
	}
	return n <= listing
}

// Resolved counts a field that is about to be resolved, and returns how many there were.
func (b *Budget) Resolved() int64 { return b.fields.Add(1) }

func (b *Budget) end(r *Refusal) bool {
	if b.refusal.CompareAndSwap(nil, r) {
		b.stop(r)
	}
	return false
}

// Refusal returns why the operation was stopped, or nil.
func (b *Budget) Refusal() *Refusal { return b.refusal.Load() }

// Failures returns how many fields failed.
func (b *Budget) Failures() int { return int(b.errors.Load()) }

// Cost returns the points that the operation has cost so far.
func (b *Budget) Cost() int64 { return points(b.cost.Load()) }
