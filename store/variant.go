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

const (
	variantColumns = `v.id, v.product_id, v.sku, v.barcode, v.title, v.currency, v.price_minor, v.compare_at_price_minor,
    v.weight_grams::float8 AS weight_grams, v.option_values, v.image_id, v.inventory_tracked, v.sell_when_out_of_stock, v.available_quantity,
    v.created_at, v.updated_at, v.version`

	// shownVariants leaves out the variants of products that the view does not show.
	shownVariants = "variants v JOIN products p ON p.id = v.product_id AND (p.status = 'ACTIVE' OR @drafts)"
)

// VariantsByPosition is the order that the shop has chosen for a product's variants.
var VariantsByPosition = Order{"POSITION:ASC", []sortKey{{"v.position", "int"}, {"v.id", "uuid"}}, false}

var variantsOfProduct = list{
	name: "ListVariants", columns: variantColumns, from: "variants v",
	where: "v.product_id = parent.id",
}

// ListVariants returns the page of each product's variants, in the order of ids.
func (r *Reader) ListVariants(ctx context.Context, ids []ProductID, p PageRequest) ([]Page[Variant], error) {
	return pages[Variant](ctx, r, variantsOfProduct, ids, p)
}

// CountVariants returns the number of each product's variants, in the order of ids.
func (r *Reader) CountVariants(ctx context.Context, ids []ProductID) ([]Count, error) {
	return counts(ctx, r, variantsOfProduct, ids)
}

// VariantsByIDs returns the variants that exist among ids and whose products the view
// shows, in any order.
func (r *Reader) VariantsByIDs(ctx context.Context, ids []VariantID) ([]*Variant, error) {
	const statement = `-- name: VariantsByIDs
SELECT ` + variantColumns + `
FROM ` + shownVariants + `
WHERE v.id = ANY (@ids)`
	return many[Variant](ctx, r, statement, pgx.StrictNamedArgs{"ids": ids, "drafts": r.view.Drafts})
}

// VariantsBySKU returns up to limit variants that have the SKU and whose products the
// view shows. SKUs need not be unique, so it may return several.
func (r *Reader) VariantsBySKU(ctx context.Context, sku string, limit int) ([]*Variant, error) {
	const statement = `-- name: VariantsBySKU
SELECT ` + variantColumns + `
FROM ` + shownVariants + `
WHERE v.sku = @sku
ORDER BY v.id
LIMIT @limit`
	return many[Variant](ctx, r, statement, pgx.StrictNamedArgs{"sku": sku, "limit": limit, "drafts": r.view.Drafts})
}
