package store

import "maps"

// Products that are not on sale stand in no listing. Their lists are read from the
// products themselves, under the names that listings give to what they hold, so
// that filters and orders are the same. The newest come first by an index
// (products_unlisted); any other order sorts what the filter leaves.
const asListing = `CROSS JOIN LATERAL (
    SELECT p.id AS product_id, p.created_at, sort_key(p.title) COLLATE "C" AS title_key,
           (CASE WHEN p.price_min_minor IS NOT NULL THEN p.currency END) COLLATE "C" AS currency,
           p.price_min_minor AS price_minor,
           (p.rating_average * 100)::bigint * 10000000 + least(p.rating_count, 9999999) AS rating_key,
           p.rating_average, p.availability, p.vendor_id) AS l`

// The conditions of lists of what is not on sale. The first names the index's own
// condition, since a plan that does not know the value could not use it otherwise.
const (
	statusCondition     = "p.status <> 'ACTIVE' AND p.status = @status"
	unlistedInCategory  = "EXISTS (SELECT FROM product_categories pc JOIN categories c ON c.id = pc.category_id\n      WHERE pc.product_id = p.id AND (c.id = parent.id OR parent.id = ANY (c.ancestor_ids)))"
	unlistedOfVendor    = "p.vendor_id = parent.id"
	unlistedAndCategory = "EXISTS (SELECT FROM product_categories pc JOIN categories c ON c.id = pc.category_id\n      WHERE pc.product_id = p.id AND (c.id = @category OR @category = ANY (c.ancestor_ids)))"
)

// Unlisted reports whether the filter wants products that are not on sale.
func (f ProductFilter) Unlisted() bool { return f.Status != "" && f.Status != ProductActive }

// unlisted makes the list of a filter for a status other than ACTIVE.
func (f ProductFilter) unlisted(listings []Listing) ([]ScopeID, list) {
	parents, _ := scopes(listings)
	category := f.Category
	f.Category = nil
	where, args := f.conditions()
	args = maps.Clone(args)
	args["status"] = f.Status
	l := list{name: "ListUnlistedProducts", columns: productColumns, from: "products p " + asListing, args: args}
	if f.Search != nil {
		l.from = matchedProducts + " " + asListing
	}
	l.where = statusCondition + where
	switch first := listings[0]; { // all listings of a field are of one kind
	case first.ofVendor:
		l.where += "\n    AND " + unlistedOfVendor
	case first != WholeShop():
		l.where += "\n    AND " + unlistedInCategory
	}
	if category != nil {
		args["category"] = *category
		l.where += "\n    AND " + unlistedAndCategory
	}
	return parents, l
}
