package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"souk/internal/money"
)

// Product is a product with its own columns and those that refresh_products derives
// from its variants, reviews and categories.
type Product struct {
	ID              ProductID
	Slug            string
	Title           string
	Description     string
	DescriptionHTML string
	Status          ProductStatus
	ProductType     string
	Tags            []string
	Attributes      []*ProductAttribute
	VendorID        *VendorID
	// RelatedScopeID is the scope in which related products are listed: the deepest
	// category, or the vendor if there is no category.
	RelatedScopeID  *ScopeID
	Currency        *string
	PriceMinMinor   *int64
	PriceMaxMinor   *int64
	Availability    Availability
	RatingAverage   *float64
	RatingCount     int
	RatingHistogram []int // counts of one to five stars
	CreatedAt       time.Time
	UpdatedAt       time.Time
	Version         int64
}

// ProductStatus is the status of a product. Shoppers see only active products.
type ProductStatus string

// The statuses of a product.
const (
	ProductActive   ProductStatus = "ACTIVE"
	ProductDraft    ProductStatus = "DRAFT"
	ProductArchived ProductStatus = "ARCHIVED"
)

// Availability says whether a product or variant can be bought now.
type Availability string

// The values of Availability.
const (
	InStock    Availability = "IN_STOCK"
	Backorder  Availability = "BACKORDER"
	OutOfStock Availability = "OUT_OF_STOCK"
)

// PriceRange has the lowest and the highest of several prices.
type PriceRange struct{ Min, Max money.Amount }

// PriceRange returns the range of the variants' prices, or nil if no variant has a
// price.
func (p *Product) PriceRange() *PriceRange {
	if p.Currency == nil || p.PriceMinMinor == nil || p.PriceMaxMinor == nil {
		return nil
	}
	return &PriceRange{
		Min: money.Amount{Minor: *p.PriceMinMinor, Currency: *p.Currency},
		Max: money.Amount{Minor: *p.PriceMaxMinor, Currency: *p.Currency},
	}
}

// ReviewSummary summarizes the ratings of a product.
type ReviewSummary struct {
	Average   *float64
	Count     int
	Histogram []RatingCount // five stars first
}

// RatingCount is the number of ratings with so many stars.
type RatingCount struct{ Stars, Count int }

// ReviewSummary returns the summary of the product's ratings.
func (p *Product) ReviewSummary() *ReviewSummary {
	s := &ReviewSummary{Average: p.RatingAverage, Count: p.RatingCount}
	for stars := len(p.RatingHistogram); stars > 0; stars-- {
		s.Histogram = append(s.Histogram, RatingCount{stars, p.RatingHistogram[stars-1]})
	}
	return s
}

// ProductOption is an option of a product, such as its size, with the possible
// values.
type ProductOption struct {
	ProductID ProductID
	Name      string
	Values    []string
}

var productColumns = columnsOf("Product",
	col("p.id", asUUID, func(p *Product) *ProductID { return &p.ID }),
	col("p.slug", asText, func(p *Product) *string { return &p.Slug }),
	col("p.title", asText, func(p *Product) *string { return &p.Title }),
	onlyFor("description", col("p.description", asText, func(p *Product) *string { return &p.Description })),
	onlyFor("descriptionHtml", col("p.description_html", asText, func(p *Product) *string { return &p.DescriptionHTML })),
	col("p.status", asText, func(p *Product) *ProductStatus { return &p.Status }),
	col("p.product_type", asText, func(p *Product) *string { return &p.ProductType }),
	onlyFor("tags", col("p.tags", asTexts, func(p *Product) *[]string { return &p.Tags })),
	onlyFor("attributes", col("p.attributes", asJSON, func(p *Product) *[]*ProductAttribute { return &p.Attributes })),
	maybe("p.vendor_id", asUUID, func(p *Product) **VendorID { return &p.VendorID }),
	maybe("p.related_scope_id", asUUID, func(p *Product) **ScopeID { return &p.RelatedScopeID }),
	maybe("p.currency", asText, func(p *Product) **string { return &p.Currency }),
	maybe("p.price_min_minor", asInt, func(p *Product) **int64 { return &p.PriceMinMinor }),
	maybe("p.price_max_minor", asInt, func(p *Product) **int64 { return &p.PriceMaxMinor }),
	col("p.availability", asText, func(p *Product) *Availability { return &p.Availability }),
	maybe("p.rating_average::float8", asFloat, func(p *Product) **float64 { return &p.RatingAverage }),
	col("p.rating_count", asInt, func(p *Product) *int { return &p.RatingCount }),
	onlyFor("ReviewSummary.histogram", col("p.rating_histogram", asInts, func(p *Product) *[]int { return &p.RatingHistogram })),
	col("p.created_at", asTime, func(p *Product) *time.Time { return &p.CreatedAt }),
	col("p.updated_at", asTime, func(p *Product) *time.Time { return &p.UpdatedAt }),
	col("p.version", asInt, func(p *Product) *int64 { return &p.Version }),
)

// ProductsByIDs returns the products that exist among ids and that the view shows,
// in any order.
func (r *Reader) ProductsByIDs(ctx context.Context, ids []ProductID) ([]*Product, error) {
	what := productColumns.choose(r.selects)
	statement := `-- name: ProductsByIDs
SELECT ` + what.sql + `
FROM products p
WHERE p.id = ANY (@ids) AND (p.status = 'ACTIVE' OR @drafts)`
	return many(ctx, r, what, statement, pgx.StrictNamedArgs{"ids": keysOf(ids), "drafts": r.view.Drafts})
}

// ProductBySlug returns the product that has the slug or had it before, or NotFound.
func (r *Reader) ProductBySlug(ctx context.Context, slug string) (*Product, error) {
	what := productColumns.choose(r.selects)
	statement := `-- name: ProductBySlug
SELECT ` + what.sql + `
FROM products p
WHERE (p.status = 'ACTIVE' OR @drafts)
  AND p.id = coalesce(
    (SELECT id FROM products WHERE slug = @slug),
    (SELECT product_id FROM product_slugs WHERE slug = @slug))`
	values := bySlug(slug)
	values["drafts"] = r.view.Drafts
	return one(ctx, r, what, "there is no product with this slug", statement, values)
}

var optionColumns = columnsOf("",
	col("o.product_id", asUUID, func(o *ProductOption) *ProductID { return &o.ProductID }),
	col("o.name", asText, func(o *ProductOption) *string { return &o.Name }),
	col("o.option_values", asTexts, func(o *ProductOption) *[]string { return &o.Values }),
).all()

// OptionsByProductIDs returns the options of the products. Each product's options are
// in the product's order.
func (r *Reader) OptionsByProductIDs(ctx context.Context, ids []ProductID) ([]*ProductOption, error) {
	statement := `-- name: OptionsByProductIDs
SELECT ` + optionColumns.sql + `
FROM product_options o
WHERE o.product_id = ANY (@ids)
ORDER BY o.product_id, o.position`
	return many(ctx, r, optionColumns, statement, pgx.StrictNamedArgs{"ids": keysOf(ids)})
}
