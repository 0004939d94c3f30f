package store

import (
	"context"
	"strconv"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// ScopeID is the key of a page that lists products: the whole shop, a vendor, or
// a category with all that is below it.
type ScopeID uuid.UUID

// NoScope lists nothing: it is the scope of a product that has neither category
// nor vendor.
var NoScope = ScopeID{0xff}

// WholeShop lists every active product.
var WholeShop ScopeID

// ProductFilter says which products of a scope are listed. Zero fields do not
// restrict.
type ProductFilter struct {
	Category     *CategoryID // or below it
	Vendors      []VendorID
	Price        *PriceFilter
	MinRating    *float64
	Availability []Availability
	Options      []OptionFilter
	Search       *Search
	// OfVendor tells that scopes may be vendors: the categories of their products
	// hold other products too.
	OfVendor bool
	// Except is left out: the product that others are related to. Each scope has
	// its own, in the order of the scopes.
	Except []ProductID
}

// PriceFilter bounds the lowest price, both ends inclusive.
type PriceFilter struct {
	Currency           string
	MinMinor, MaxMinor *int64
}

// OptionFilter wants one of the values of an option.
type OptionFilter struct {
	Name   string
	Values []string
}

// Absent prices and ratings sort last in both directions: the expressions are
// those of the listing's indexes.
var productTail = sortKey{"l.product_id", "uuid"}

// The orders of product lists.
var (
	ProductsByNewest    = Order{"NEWEST:DESC", []sortKey{{"l.created_at", "timestamptz"}, productTail}, true}
	ProductsByOldest    = Order{"NEWEST:ASC", []sortKey{{"l.created_at", "timestamptz"}, productTail}, false}
	ProductsByTitle     = Order{"TITLE:ASC", []sortKey{{"l.title_key", `text COLLATE "C"`}, productTail}, false}
	ProductsByTitleDesc = Order{"TITLE:DESC", []sortKey{{"l.title_key", `text COLLATE "C"`}, productTail}, true}
	ProductsByPrice     = Order{"PRICE:ASC", []sortKey{
		{"coalesce(l.currency, '~')", "text"}, {"coalesce(l.price_minor, 9223372036854775807)", "bigint"}, productTail,
	}, false}
	ProductsByPriceDesc = Order{"PRICE:DESC", []sortKey{
		{"coalesce(l.currency, '')", "text"}, {"coalesce(l.price_minor, -1)", "bigint"}, productTail,
	}, true}
	ProductsByRating = Order{"RATING:DESC", []sortKey{
		{"coalesce(l.rating_key, -1)", "bigint"}, productTail,
	}, true}
	ProductsByRatingAsc = Order{"RATING:ASC", []sortKey{
		{"coalesce(l.rating_key, 9223372036854775807)", "bigint"}, productTail,
	}, false}
	// ProductsByMatch needs a filter with Search. What holds the very words comes
	// before what holds words near to them (ts_rank stays below 1), a short text
	// before a long one.
	ProductsByMatch = Order{"BEST_MATCH:DESC", []sortKey{
		{"((p.search @@ @exact::tsquery)::int + ts_rank(p.search, @search::tsquery, 1))", "float8"}, productTail,
	}, true}
)

// ListProducts returns the page of each scope, in the order of scopes.
func (s *Store) ListProducts(ctx context.Context, scopes []ScopeID, f ProductFilter, o Order, p Page) ([]Slice[Product], error) {
	scopes, l := f.list(scopes)
	l.order = o
	if o.Name() == ProductsByMatch.Name() {
		l.args["exact"] = f.Search.Exact
	}
	return pages[Product](ctx, s, l, scopes, p)
}

// CountProducts returns the length of each scope's list, in the order of scopes.
func (s *Store) CountProducts(ctx context.Context, scopes []ScopeID, f ProductFilter) ([]Count, error) {
	scopes, l := f.list(scopes)
	return counts(ctx, s, l, scopes)
}

// list makes the list of a filter. A category or a single vendor that the whole
// shop is narrowed to becomes the scope itself, which has an index.
func (f ProductFilter) list(scopes []ScopeID) ([]ScopeID, list) {
	const withProduct = "product_listings l JOIN products p ON p.id = l.product_id"
	scopes, f = f.narrowed(scopes)
	where, args := f.conditions()
	l := list{name: "ListProducts", columns: productColumns, from: withProduct, counted: "product_listings l", args: args}
	l.where = "l.scope_id = parent.id" + where
	if f.Search != nil || len(f.Options) > 0 {
		l.counted = withProduct
	}
	if f.Except != nil {
		args["except"] = f.Except
		l.where += "\n    AND l.product_id <> (@except::uuid[])[parent.ordinal::int]"
	}
	return scopes, l
}

func (f ProductFilter) narrowed(scopes []ScopeID) ([]ScopeID, ProductFilter) {
	scopes, f = f.narrowedToCategory(scopes)
	if len(scopes) == 1 && scopes[0] == WholeShop && len(f.Vendors) == 1 {
		scopes, f.Vendors = []ScopeID{ScopeID(f.Vendors[0])}, nil
	}
	return scopes, f
}

func (f ProductFilter) narrowedToCategory(scopes []ScopeID) ([]ScopeID, ProductFilter) {
	if len(scopes) == 1 && scopes[0] == WholeShop && f.Category != nil {
		scopes, f.Category = []ScopeID{ScopeID(*f.Category)}, nil
	}
	return scopes, f
}

// conditions returns the filter as conditions on l (and on p for options and
// search), each starting with AND.
func (f ProductFilter) conditions() (string, pgx.StrictNamedArgs) {
	args := pgx.StrictNamedArgs{}
	where := ""
	and := func(condition, name string, value any) {
		args[name] = value
		where += "\n    AND " + condition
	}
	if f.Category != nil {
		and(categoryCondition, "category", *f.Category)
	}
	if f.Vendors != nil {
		and(vendorCondition, "vendors", f.Vendors)
	}
	if f.Price != nil {
		args["minor_min"], args["minor_max"] = f.Price.MinMinor, f.Price.MaxMinor
		and(priceCondition, "currency", f.Price.Currency)
	}
	if f.MinRating != nil {
		and(ratingCondition, "min_rating", *f.MinRating)
	}
	if f.Availability != nil {
		and(availabilityCondition, "availability", f.Availability)
	}
	for i, o := range f.Options {
		name := "option" + strconv.Itoa(i)
		args[name+"_values"] = o.Values
		and(optionCondition(name), name, o.Name)
	}
	if f.Search != nil {
		and("p.search @@ @search::tsquery", "search", f.Search.Query)
	}
	return where, args
}

// The conditions of a filter, shared by lists and facets.
const (
	categoryCondition = `EXISTS (
      SELECT FROM product_listings c WHERE c.product_id = l.product_id AND c.scope_id = @category)`
	vendorCondition = "l.vendor_id = ANY (@vendors)"
	priceCondition  = `l.currency = @currency
      AND l.price_minor BETWEEN coalesce(@minor_min::bigint, 0) AND coalesce(@minor_max::bigint, 9223372036854775807)`
	ratingCondition       = "l.rating_average >= @min_rating::numeric"
	availabilityCondition = "l.availability = ANY (@availability)"
)

func optionCondition(name string) string {
	return "p.option_keys && ARRAY(SELECT option_key(@" + name + ", value) FROM unnest(@" + name + "_values::text[]) AS value)"
}
