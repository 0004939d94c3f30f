package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"souk/internal/money"
)

// Variant is a form of a product that can be bought.
type Variant struct {
	ID                  VariantID
	ProductID           ProductID
	SKU                 *string
	Barcode             *string
	Title               string
	Currency            string
	PriceMinor          *int64
	CompareAtPriceMinor *int64
	WeightGrams         *float64
	OptionValues        []string // one for each of the product's options, in the same order
	ImageID             *ImageID
	InventoryTracked    bool
	SellWhenOutOfStock  bool
	AvailableQuantity   *int64 // nil when not tracked
	CreatedAt           time.Time
	UpdatedAt           time.Time
	Version             int64
}

// Price returns the price of the variant, or nil if it has none and is not for sale.
func (v *Variant) Price() *money.Amount { return v.amount(v.PriceMinor) }

// CompareAtPrice returns the previous price of the variant, or nil if there is none.
func (v *Variant) CompareAtPrice() *money.Amount { return v.amount(v.CompareAtPriceMinor) }

func (v *Variant) amount(minor *int64) *money.Amount {
	if minor == nil {
		return nil
	}
	return &money.Amount{Minor: *minor, Currency: v.Currency}
}

// Availability returns the availability of the variant, by the same rule that
// refresh_products uses for the product.
func (v *Variant) Availability() Availability {
	switch {
	case v.PriceMinor == nil:
		return OutOfStock
	case !v.InventoryTracked || (v.AvailableQuantity != nil && *v.AvailableQuantity > 0):
		return InStock
	case v.SellWhenOutOfStock:
		return Backorder
	default:
		return OutOfStock
	}
}

var variantColumns = columnsOf("ProductVariant",
	col("v.id", asUUID, func(v *Variant) *VariantID { return &v.ID }),
	col("v.product_id", asUUID, func(v *Variant) *ProductID { return &v.ProductID }),
	maybe("v.sku", asText, func(v *Variant) **string { return &v.SKU }),
	maybe("v.barcode", asText, func(v *Variant) **string { return &v.Barcode }),
	col("v.title", asText, func(v *Variant) *string { return &v.Title }),
	col("v.currency", asText, func(v *Variant) *string { return &v.Currency }),
	maybe("v.price_minor", asInt, func(v *Variant) **int64 { return &v.PriceMinor }),
	maybe("v.compare_at_price_minor", asInt, func(v *Variant) **int64 { return &v.CompareAtPriceMinor }),
	maybe("v.weight_grams::float8 AS weight_grams", asFloat, func(v *Variant) **float64 { return &v.WeightGrams }),
	onlyFor("selectedOptions", col("v.option_values", asTexts, func(v *Variant) *[]string { return &v.OptionValues })),
	maybe("v.image_id", asUUID, func(v *Variant) **ImageID { return &v.ImageID }),
	col("v.inventory_tracked", asBool, func(v *Variant) *bool { return &v.InventoryTracked }),
	col("v.sell_when_out_of_stock", asBool, func(v *Variant) *bool { return &v.SellWhenOutOfStock }),
	maybe("v.available_quantity", asInt, func(v *Variant) **int64 { return &v.AvailableQuantity }),
	col("v.created_at", asTime, func(v *Variant) *time.Time { return &v.CreatedAt }),
	col("v.updated_at", asTime, func(v *Variant) *time.Time { return &v.UpdatedAt }),
	col("v.version", asInt, func(v *Variant) *int64 { return &v.Version }),
)

const (
	// shownVariants leaves out the variants of products that the view does not show.
	shownVariants = "variants v JOIN products p ON p.id = v.product_id AND (p.status = 'ACTIVE' OR @drafts)"
)

// VariantsByPosition is the order that the shop has chosen for a product's variants.
var VariantsByPosition = Order{"POSITION:ASC", []sortKey{{"v.position", "int"}, {"v.id", "uuid"}}, false}

var variantsOfProduct = list{
	name: "ListVariants", from: "variants v",
	where: "v.product_id = parent.id",
}

// ListVariants returns the page of each product's variants, in the order of ids.
func (r *Reader) ListVariants(ctx context.Context, ids []ProductID, p PageRequest) ([]Page[Variant], error) {
	return pages(ctx, r, variantColumns, variantsOfProduct, ids, p)
}

// CountVariants returns the number of each product's variants, in the order of ids.
func (r *Reader) CountVariants(ctx context.Context, ids []ProductID) ([]Count, error) {
	return counts(ctx, r, variantsOfProduct, ids)
}

// VariantsByIDs returns the variants that exist among ids and whose products the view
// shows, in any order.
func (r *Reader) VariantsByIDs(ctx context.Context, ids []VariantID) ([]*Variant, error) {
	what := variantColumns.choose(r.selects)
	statement := `-- name: VariantsByIDs
SELECT ` + what.sql + `
FROM ` + shownVariants + `
WHERE v.id = ANY (@ids)`
	return many(ctx, r, what, statement, pgx.StrictNamedArgs{"ids": keysOf(ids), "drafts": r.view.Drafts})
}

// VariantsBySKU returns up to limit variants that have the SKU and whose products the
// view shows. SKUs need not be unique, so it may return several.
func (r *Reader) VariantsBySKU(ctx context.Context, sku string, limit int) ([]*Variant, error) {
	what := variantColumns.choose(r.selects)
	statement := `-- name: VariantsBySKU
SELECT ` + what.sql + `
FROM ` + shownVariants + `
WHERE v.sku = @sku
ORDER BY v.id
LIMIT @limit`
	return many(ctx, r, what, statement, pgx.StrictNamedArgs{"sku": sku, "limit": limit, "drafts": r.view.Drafts})
}
