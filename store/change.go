package store

import (
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// pending is what a transaction has changed, and so has to do before its commit.
type pending struct {
	events   []auditEvent
	products map[ProductID]staleness
	raised   [len(raises)]map[uuid.UUID]bool
}

// clone returns a copy, to come back to when a part of the transaction is undone.
func (p pending) clone() pending {
	p.events = slices.Clip(p.events)
	p.products = maps.Clone(p.products)
	for i, ids := range p.raised {
		p.raised[i] = maps.Clone(ids)
	}
	return p
}

// changed is what a write says of each object that it creates, changes or removes.
// What follows is done with the commit, in its round trip: the audit event, what is
// derived from products, and the versions of other objects that show this one.
// fields are what changed of it; effects say what else it bears on.
func (tx *Tx) changed(kind Subject, id [16]byte, fields []AuditChange, effects ...effect) {
	event := auditEvent{subject: kind, id: id, changes: fields}
	for _, e := range effects {
		e(&tx.pending, &event)
	}
	tx.pending.events = append(tx.pending.events, event)
}

// effect is what a change of an object bears on.
type effect func(*pending, *auditEvent)

// partOf says that the object is a part of a product that shows it, and what is
// derived from it. The product's version rises.
func partOf(product ProductID, what derived) effect {
	return func(p *pending, event *auditEvent) {
		event.under = (*uuid.UUID)(&product)
		p.stale(product, staleness{raise: true, derived: what})
	}
}

// derives says what is derived from products whose own rows have changed, or
// something that they are found by: their versions have risen already, or need not.
func derives(what derived, products ...ProductID) effect {
	return func(p *pending, _ *auditEvent) {
		for _, id := range products {
			p.stale(id, staleness{derived: what})
		}
	}
}

// relists says that products show something else, from which all may be derived.
func relists(products ...ProductID) effect {
	return func(p *pending, _ *auditEvent) {
		for _, id := range products {
			p.stale(id, staleness{raise: true, derived: derivedAll})
		}
	}
}

func (p *pending) stale(id ProductID, s staleness) {
	if p.products == nil {
		p.products = map[ProductID]staleness{}
	}
	before := p.products[id]
	p.products[id] = staleness{raise: before.raise || s.raise, derived: before.derived | s.derived}
}

// raising says whose version rises although no column of theirs has changed.
func raising(whose raisedBy, id [16]byte) effect {
	return func(p *pending, _ *auditEvent) {
		if p.raised[whose] == nil {
			p.raised[whose] = map[uuid.UUID]bool{}
		}
		p.raised[whose][id] = true
	}
}

// raisedBy says which objects' versions rise, by what a key is of.
type raisedBy int

// The objects whose versions rise with a change that is in no column of theirs.
const (
	theCustomer raisedBy = iota
	theStaffMember
	staffOfRole
	variantsUnder
)

// raises are the statements that raise versions. What the transaction itself has
// written has risen already.
var raises = [...]string{
	theCustomer: `-- name: RaiseCustomer
UPDATE customers
SET version = version + 1, updated_at = now()
WHERE id = ANY (@ids) AND xmin <> pg_current_xact_id()::xid`,
	theStaffMember: `-- name: RaiseStaff
UPDATE staff
SET version = version + 1, updated_at = now()
WHERE id = ANY (@ids) AND xmin <> pg_current_xact_id()::xid`,
	staffOfRole: `-- name: RaiseStaffOfRole
UPDATE staff s
SET version = s.version + 1, updated_at = now()
FROM staff_roles g
WHERE g.role_id = ANY (@ids) AND s.id = g.staff_id AND s.xmin <> pg_current_xact_id()::xid`,
	// A variant shows the options' names beside its values.
	variantsUnder: `-- name: RaiseVariants
UPDATE variants
SET updated_at = now()
WHERE product_id = ANY (@ids) AND xmin <> pg_current_xact_id()::xid`,
}

// queueRaises raises the versions that the changes bear on.
func (tx *Tx) queueRaises(batch *pgx.Batch) {
	for whose, ids := range tx.pending.raised {
		if len(ids) > 0 {
			sorted := slices.SortedFunc(maps.Keys(ids), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
			batch.Queue(raises[whose], args{"ids": sorted})
		}
	}
}
