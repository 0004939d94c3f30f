package store

import "maps"

// Products that are not active have no rows in product_listings. Their lists are read
// from the products table, with columns named like those of product_listings, so that
// filters and orders are the same. NEWEST uses an index (products_unlisted); any
// other order sorts the rows that the filter leaves.
const productAsListing = `CROSS JOIN LATERAL (
    SELECT p.id AS product_id, p.created_at, sort_key(p.title) COLLATE "C" AS title_key,
           (CASE WHEN p.price_min_minor IS NOT NULL THEN p.currency END) COLLATE "C" AS currency,
           p.price_min_minor AS price_minor,
           (p.rating_average * 100)::bigint * 10000000 + least(p.rating_count, 9999999) AS rating_key,
           p.rating_average, p.availability, p.vendor_id) AS l`

// The conditions of lists of products that are not active. statusCondition contains
// the condition of the partial index, because a plan for an unknown status could not
// use the index otherwise.
const (
	statusCondition     = "p.status <> 'ACTIVE' AND p.status = @status"
	unlistedInCategory  = "EXISTS (SELECT FROM product_categories pc JOIN categories c ON c.id = pc.category_id\n      WHERE pc.product_id = p.id AND (c.id = parent.id OR parent.id = ANY (c.ancestor_ids)))"
	unlistedOfVendor    = "p.vendor_id = parent.id"
	unlistedCollected   = "((@smart::bool[])[parent.ordinal::int] OR EXISTS (\n      SELECT FROM collection_products cp WHERE cp.collection_id = parent.id AND cp.product_id = p.id))"
	unlistedAndCategory = "EXISTS (SELECT FROM product_categories pc JOIN categories c ON c.id = pc.category_id\n      WHERE pc.product_id = p.id AND (c.id = @category OR @category = ANY (c.ancestor_ids)))"
)

// Unlisted reports whether the filter selects products that are not active.
func (f ProductFilter) Unlisted() bool { return f.Status != "" && f.Status != ProductActive }

// unlisted returns the list of a filter with a status other than ACTIVE.
func (f ProductFilter) unlisted(listings []Listing) ([]ScopeID, list) {
	parents, _ := scopes(listings)
	category := f.Category
	f.Category = nil
	where, args := f.conditions()
	args = maps.Clone(args)
	args["status"] = f.Status
	l := list{name: "ListUnlistedProducts", from: "products p " + productAsListing, args: args, varied: true}
	if f.Search != nil {
		l.from = matchedProducts + " " + productAsListing
	}
	l.where = statusCondition + where
	switch first := listings[0]; { // all listings are of the same kind
	case first.of == ofVendor:
		l.where += "\n    AND " + unlistedOfVendor
	case first.of == ofCollection:
		args["smart"] = mapSlice(listings, func(l Listing) bool { return l.saved != nil })
		l.where += "\n    AND " + unlistedCollected + restrict(savedFilters(listings, true), args)
	case first != WholeShop():
		l.where += "\n    AND " + unlistedInCategory
	}
	if category != nil {
		args["category"] = *category
		l.where += "\n    AND " + unlistedAndCategory
	}
	return parents, l
}
