package store

import (
	"slices"

	"github.com/jackc/pgx/v5"
)

// derived says which of a product's derived columns and listings follow from what
// a transaction changed. Bits can be joined.
type derived uint8

const (
	// derivedNothing is a change of pictures or of a slug: nothing follows from those.
	derivedNothing derived = 0
	// derivedFromWords follows from a title and words that were written together with
	// the search words: see deriveSearch.
	derivedFromWords derived = 1 << (iota - 1)
	// derivedFromOffers follows from variants: prices, and what can be had.
	derivedFromOffers
	// derivedFromReviews follows from reviews.
	derivedFromReviews
	// derivedAll follows from anything.
	derivedAll
)

// refreshes are the statements that bring up to date what is derived, in the order
// in which they run.
var refreshes = []struct {
	of derived
	// raises tells that the statement raises the versions itself, in the same write.
	raises    bool
	statement string
}{
	{derivedAll, false, `-- name: RefreshProducts
SELECT refresh_products(@ids)`},
	{derivedFromWords, false, `-- name: SpreadProductWords
SELECT spread_product_words(@ids)`},
	{derivedFromOffers, true, `-- name: RefreshProductOffers
SELECT refresh_product_offers(@ids)`},
	{derivedFromReviews, true, `-- name: RefreshProductRating
SELECT refresh_product_rating(@ids)`},
}

// staleness is what a transaction has to do for a product before its end.
type staleness struct {
	// raise: its version has to rise, since something changed that is no column of
	// its own.
	raise   bool
	derived derived
}

// includes reports whether a statement of refreshes is for the product.
func (s staleness) includes(of derived) bool {
	return s.derived&of != 0 && (of == derivedAll || s.derived&derivedAll == 0)
}

// fewProducts is how many are refreshed by a plan that is made once for each
// connection. Planning takes 2.6 ms of the 3.7 that one product's refresh does, and
// a plan for some suits these; many are worth one of their own.
const fewProducts = 10

// queueDerived brings up to date what the changed rows are derived into.
func (tx *Tx) queueDerived(batch *pgx.Batch) {
	for _, r := range refreshes {
		ids := tx.pending.staleIDs(func(s staleness) bool { return s.includes(r.of) })
		if n := len(ids); r.of == derivedAll && n > 0 && n <= fewProducts {
			batch.Queue(`-- name: PlanOnce
SET LOCAL plan_cache_mode = force_generic_plan`)
		}
		// A big category's products come in parts, so that none runs into the
		// statement time-out.
		for part := range slices.Chunk(ids, 500) {
			batch.Queue(r.statement, args{"ids": part})
		}
	}
	raised := tx.pending.staleIDs(func(s staleness) bool {
		return s.raise && !s.includes(derivedFromOffers) && !s.includes(derivedFromReviews)
	})
	if len(raised) > 0 {
		// What the transaction has written already has risen. To write it a second time
		// would also have its vendor's key looked at again, and so wait for who renames
		// the vendor and waits for the product.
		batch.Queue(`-- name: RaiseProducts
UPDATE products
SET version = version + 1, updated_at = now()
WHERE id = ANY (@ids) AND xmin <> pg_current_xact_id()::xid`, args{"ids": raised})
	}
}

// staleIDs returns the products with something to do, in order, so that two
// transactions lock the same rows in the same order.
func (p *pending) staleIDs(pick func(staleness) bool) []ProductID {
	var ids []ProductID
	for id, s := range p.products {
		if pick(s) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b ProductID) int { return slices.Compare(a[:], b[:]) })
	return ids
}
