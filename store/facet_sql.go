package store

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// The counts of a facet ignore the facet's own condition, so the statement cannot
// simply filter by all conditions. It evaluates them for each product of the list:
// failed_count is the number of conditions that the product fails, and failed_facet
// is the facet of the first of them. A facet counts the products that fail no
// condition, and those that fail only its own.
const (
	facetHead = `-- name: ProductFacets
WITH parent AS MATERIALIZED (
  SELECT parent.id, parent.ordinal FROM unnest(@parents::uuid[]) WITH ORDINALITY AS parent (id, ordinal)
)`

	facetEvaluated = `, evaluated AS MATERIALIZED (
  SELECT parent.ordinal, l.product_id, l.vendor_id, l.currency, l.availability,
         width_bucket(l.price_minor, @bands::bigint[]) AS band, floor(l.rating_average)::int AS stars,
         {failed_count} AS failed_count, {failed_facet} AS failed_facet
  FROM parent
  JOIN {from} ON l.scope_id = parent.id
  WHERE true{where}
)`

	// Four of the facets use only these columns, in which many products are equal.
	facetGrouped = `, grouped AS MATERIALIZED (
  SELECT j.ordinal, j.vendor_id, j.currency, j.availability, j.band, j.stars, j.failed_count, j.failed_facet, count(*)::int AS n
  FROM evaluated j
  GROUP BY j.ordinal, j.vendor_id, j.currency, j.availability, j.band, j.stars, j.failed_count, j.failed_facet
)`

	facetCategories = `, category_facet AS (
  SELECT j.ordinal, 'category' AS facet, '' AS name, c.id::text AS value, count(*)::int AS count,
         row_number() OVER (PARTITION BY j.ordinal ORDER BY count(*) DESC, c.id) AS rank, 0::bigint AS option_rank
  FROM parent
  LEFT JOIN categories base ON base.id = {base}
  JOIN categories c ON c.parent_id = base.id OR (base.id IS NULL AND c.parent_id IS NULL)
  JOIN product_listings listed ON listed.scope_id = c.id
  JOIN evaluated j ON j.product_id = listed.product_id AND j.ordinal = parent.ordinal AND j.failed_count = 0
  GROUP BY j.ordinal, c.id
)`

	// Without a condition, a child category counts all of its products. This is for a
	// list of a category or of the whole shop; in a vendor's or a collection's list a
	// category has only some of its products.
	facetCategoriesWhole = `, category_facet AS (
  SELECT parent.ordinal, 'category' AS facet, '' AS name, c.id::text AS value, listed.count,
         row_number() OVER (PARTITION BY parent.ordinal ORDER BY listed.count DESC, c.id) AS rank, 0::bigint AS option_rank
  FROM parent
  LEFT JOIN categories base ON base.id = parent.id
  JOIN categories c ON c.parent_id = base.id OR (base.id IS NULL AND c.parent_id IS NULL)
  CROSS JOIN LATERAL (
    SELECT count(*)::int AS count FROM product_listings l WHERE l.scope_id = c.id
  ) AS listed
  WHERE listed.count > 0
)`

	facetVendors = `, vendor_facet AS (
  SELECT a.ordinal, 'vendor' AS facet, '' AS name, a.vendor_id::text AS value, sum(a.n)::int AS count,
         row_number() OVER (PARTITION BY a.ordinal ORDER BY sum(a.n) DESC, a.vendor_id) AS rank, 0::bigint AS option_rank
  FROM grouped a
  WHERE a.vendor_id IS NOT NULL AND (a.failed_count = 0 OR (a.failed_count = 1 AND a.failed_facet = 'vendor'))
  GROUP BY a.ordinal, a.vendor_id
)`

	facetPrices = `, price_facet AS (
  SELECT a.ordinal, 'price' AS facet, a.currency AS name, a.band::text AS value, sum(a.n)::int AS count,
         row_number() OVER (PARTITION BY a.ordinal ORDER BY a.currency, a.band) AS rank, 0::bigint AS option_rank
  FROM grouped a
  WHERE a.band IS NOT NULL AND (a.failed_count = 0 OR (a.failed_count = 1 AND a.failed_facet = 'price'))
  GROUP BY a.ordinal, a.currency, a.band
)`

	facetRatings = `, rating_facet AS (
  SELECT a.ordinal, 'rating' AS facet, '' AS name, least_stars::text AS value, sum(a.n)::int AS count,
         row_number() OVER (PARTITION BY a.ordinal ORDER BY least_stars DESC) AS rank, 0::bigint AS option_rank
  FROM grouped a
  JOIN generate_series(1, 4) AS least_stars ON a.stars >= least_stars
  WHERE a.failed_count = 0 OR (a.failed_count = 1 AND a.failed_facet = 'rating')
  GROUP BY a.ordinal, least_stars
)`

	facetAvailability = `, availability_facet AS (
  SELECT a.ordinal, 'availability' AS facet, '' AS name, a.availability AS value, sum(a.n)::int AS count,
         row_number() OVER (PARTITION BY a.ordinal ORDER BY sum(a.n) DESC, a.availability) AS rank, 0::bigint AS option_rank
  FROM grouped a
  WHERE a.failed_count = 0 OR (a.failed_count = 1 AND a.failed_facet = 'availability')
  GROUP BY a.ordinal, a.availability
)`

	facetOptions = `, used AS (
  SELECT j.ordinal, key, count(*)::int AS count
  FROM evaluated j
  JOIN products o ON o.id = j.product_id AND o.option_keys <> '{}'
  CROSS JOIN unnest(o.option_keys) AS key
  WHERE j.failed_count = 0 OR (j.failed_count = 1 AND j.failed_facet = 'option:' || split_part(key, chr(31), 1))
  GROUP BY j.ordinal, key
), named AS (
  SELECT u.ordinal, split_part(u.key, chr(31), 1) AS name_key, max(o.name) OVER own AS name, o.value, u.count,
         sum(u.count) OVER own AS total,
         row_number() OVER (PARTITION BY u.ordinal, split_part(u.key, chr(31), 1) ORDER BY u.count DESC, u.key) AS rank
  FROM used u
  JOIN option_labels o ON o.key = u.key
  WINDOW own AS (PARTITION BY u.ordinal, split_part(u.key, chr(31), 1))
), option_facet AS (
  SELECT n.ordinal, 'option' AS facet, n.name, n.value, n.count, n.rank,
         dense_rank() OVER (PARTITION BY n.ordinal ORDER BY n.total DESC, n.name_key) AS option_rank
  FROM named n
)`
)

// facetStatement joins the SQL parts that the wanted facets need.
func (f ProductFilter) facetStatement(listings []Listing, wanted FacetSet) (string, pgx.StrictNamedArgs) {
	args, evaluated, partial := f.evaluation(listings)
	categories := facetCategoriesWhole
	if partial {
		categories = facetCategories
	}
	grouped := wanted.Vendors || wanted.Prices || wanted.Ratings || wanted.Availability
	var with strings.Builder
	with.WriteString(facetHead)
	if grouped || wanted.Options || (wanted.Categories && partial) {
		with.WriteString(evaluated)
		args["bands"] = priceBands
	} else {
		args = pgx.StrictNamedArgs{}
	}
	if grouped {
		with.WriteString(facetGrouped)
	}
	var parts []string
	add := func(wanted bool, name, part string) {
		if wanted {
			with.WriteString(part)
			parts = append(parts, "SELECT * FROM "+name)
		}
	}
	base := "parent.id"
	if f.Category != nil {
		base = "@category::uuid"
	}
	add(wanted.Categories, "category_facet", strings.Replace(categories, "{base}", base, 1))
	add(wanted.Vendors, "vendor_facet", facetVendors)
	add(wanted.Prices, "price_facet", facetPrices)
	add(wanted.Ratings, "rating_facet", facetRatings)
	add(wanted.Availability, "availability_facet", facetAvailability)
	add(wanted.Options, "option_facet", facetOptions)
	args["values"], args["options"] = maxFacetValues, maxFacetOptions
	return with.String() + `
SELECT ordinal::int, facet, name, value, count
FROM (` + strings.Join(parts, " UNION ALL ") + `) AS every
WHERE rank <= @values AND option_rank <= @options
ORDER BY ordinal, facet, option_rank, rank`, args
}

// evaluation returns the SQL part that evaluates the filter for each product. partial
// reports that a category may count only some of its products: there is a condition,
// or the listing is a vendor's or a collection's.
func (f ProductFilter) evaluation(listings []Listing) (args pgx.StrictNamedArgs, evaluated string, partial bool) {
	shared := ProductFilter{Category: f.Category, Search: f.Search}
	where, args := shared.conditions()
	own := f.ownConditions()
	maps.Copy(args, own.args)
	if _, except := scopes(listings); except != nil {
		args["except"] = except
		where += exceptCondition
	}
	saved := savedFilters(listings, false)
	where += restrict(saved, args)
	from := "product_listings l"
	if f.needsProduct(saved) {
		from = f.withProduct()
	}
	evaluated = strings.NewReplacer("{failed_count}", own.failedCount(), "{failed_facet}", own.failedFacet(), "{from}", from, "{where}", where).
		Replace(facetEvaluated)
	partial = where != "" || f.Search != nil || len(own.list) > 0 || slices.ContainsFunc(listings, func(l Listing) bool { return l.of != ofShop })
	return args, evaluated, partial
}

// ownConditions are the conditions that belong to a facet, which its own counts
// ignore.
type ownConditions struct {
	args pgx.StrictNamedArgs
	list []struct{ facet, condition string }
}

func (f ProductFilter) ownConditions() ownConditions {
	f.Category, f.Search = nil, nil
	_, args := f.conditions()
	own := ownConditions{args: args}
	add := func(given bool, facet, condition string) {
		if given {
			own.list = append(own.list, struct{ facet, condition string }{facet, condition})
		}
	}
	add(f.Vendors != nil, "'vendor'", vendorCondition)
	add(f.Price != nil, "'price'", priceCondition)
	add(f.MinRating != nil, "'rating'", ratingCondition)
	add(f.Availability != nil, "'availability'", availabilityCondition)
	for i := range f.Options {
		name := "option" + strconv.Itoa(i)
		add(true, "'option:' || lower(@"+name+")", optionCondition(name))
	}
	return own
}

// failedCount returns the expression for the number of conditions that a product
// fails.
func (o ownConditions) failedCount() string {
	if len(o.list) == 0 {
		return "0"
	}
	terms := make([]string, len(o.list))
	for i, c := range o.list {
		terms[i] = "((" + c.condition + ") IS NOT TRUE)::int"
	}
	return strings.Join(terms, " + ")
}

// failedFacet returns the expression for the facet of the first condition that a
// product fails.
func (o ownConditions) failedFacet() string {
	if len(o.list) == 0 {
		return "NULL::text"
	}
	var b strings.Builder
	b.WriteString("CASE")
	for _, c := range o.list {
		b.WriteString(" WHEN (" + c.condition + ") IS NOT TRUE THEN " + c.facet)
	}
	b.WriteString(" END")
	return b.String()
}
