package store

import (
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"souk/internal/jobs"
)

// pending is what a transaction has changed. The commit processes it.
type pending struct {
	events   []auditEvent
	jobs     []jobs.Args
	products map[ProductID]staleness
	raised   [len(raiseStatements)]map[uuid.UUID]bool
}

// clone returns a copy, which is restored if a part of the transaction is undone.
func (p pending) clone() pending {
	p.events = slices.Clip(p.events)
	p.jobs = slices.Clip(p.jobs)
	p.products = maps.Clone(p.products)
	for i, ids := range p.raised {
		p.raised[i] = maps.Clone(ids)
	}
	return p
}

// changed must be called for each object that a mutation creates, changes or deletes.
// It need not be called for rows that only give way to such an object: the address that
// is no longer the default, or the categories below one that moves.
//
// The consequences are written in the same round trip as the commit: the audit event,
// what is derived from products, and the versions of other objects that contain this
// one. fields are the changed fields; effects are the further consequences.
func (tx *Tx) changed(kind Subject, id [16]byte, fields []AuditChange, effects ...effect) {
	event := auditEvent{subject: kind, id: id, changes: fields}
	for _, e := range effects {
		e(&tx.pending, &event)
	}
	tx.pending.events = append(tx.pending.events, event)
}

// effect is a consequence of a change for other objects.
type effect func(*pending, *auditEvent)

// within says which product the object is a part of. Nothing else follows.
func within(product ProductID) effect {
	return func(_ *pending, event *auditEvent) { event.under = (*uuid.UUID)(&product) }
}

// partOf says that the object is a part of a product, and what is derived from it.
// The product's version rises.
func partOf(product ProductID, what derived) effect {
	return func(p *pending, event *auditEvent) {
		within(product)(p, event)
		p.markStale(product, staleness{raise: true, derived: what})
	}
}

// refreshesProducts says what must be derived again for products. It does not raise
// their versions: either the change wrote the products' own rows, which raised them,
// or it changed only what the products are found by.
func refreshesProducts(what derived, products ...ProductID) effect {
	return func(p *pending, _ *auditEvent) {
		for _, id := range products {
			p.markStale(id, staleness{derived: what})
		}
	}
}

// changesProducts says that the content of products has changed without a change of
// their own rows. Their versions rise, and everything is derived again.
func changesProducts(products ...ProductID) effect {
	return func(p *pending, _ *auditEvent) {
		for _, id := range products {
			p.markStale(id, staleness{raise: true, derived: derivedAll})
		}
	}
}

func (p *pending) markStale(id ProductID, s staleness) {
	if p.products == nil {
		p.products = map[ProductID]staleness{}
	}
	before := p.products[id]
	p.products[id] = staleness{raise: before.raise || s.raise, derived: before.derived | s.derived}
}

// raisesVersions says which versions rise although no column of those objects has
// changed.
func raisesVersions(of versionsOf, id [16]byte) effect {
	return func(p *pending, _ *auditEvent) {
		if p.raised[of] == nil {
			p.raised[of] = map[uuid.UUID]bool{}
		}
		p.raised[of][id] = true
	}
}

// versionsOf selects the objects whose versions rise, by the meaning of the key.
type versionsOf int

// The objects whose versions can rise without a change of their own columns.
const (
	customerByID versionsOf = iota
	staffByID
	staffByRoleID
	variantsByProductID
	collectionByID
)

// raiseStatements are the statements that raise versions. They skip rows that the
// transaction itself has written, because those versions have risen already. (A row
// that was written within try has the number of the savepoint, and rises once more.)
var raiseStatements = [...]string{
	customerByID: `-- name: RaiseCustomer
UPDATE customers
SET version = version + 1, updated_at = now()
WHERE id = ANY (@ids) AND xmin <> pg_current_xact_id()::xid`,
	staffByID: `-- name: RaiseStaff
UPDATE staff
SET version = version + 1, updated_at = now()
WHERE id = ANY (@ids) AND xmin <> pg_current_xact_id()::xid`,
	staffByRoleID: `-- name: RaiseStaffOfRole
UPDATE staff s
SET version = s.version + 1, updated_at = now()
FROM staff_roles g
WHERE g.role_id = ANY (@ids) AND s.id = g.staff_id AND s.xmin <> pg_current_xact_id()::xid`,
	// A variant contains the names of the options in addition to its values.
	variantsByProductID: `-- name: RaiseVariants
UPDATE variants
SET updated_at = now()
WHERE product_id = ANY (@ids) AND xmin <> pg_current_xact_id()::xid`,
	collectionByID: `-- name: RaiseCollection
UPDATE collections
SET version = version + 1, updated_at = now()
WHERE id = ANY (@ids) AND xmin <> pg_current_xact_id()::xid`,
}

// queueRaises queues the statements that raise the versions which the changes affect.
func (tx *Tx) queueRaises(batch *pgx.Batch) {
	for of, ids := range tx.pending.raised {
		if len(ids) > 0 {
			sorted := slices.SortedFunc(maps.Keys(ids), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
			batch.Queue(raiseStatements[of], args{"ids": sorted})
		}
	}
}
