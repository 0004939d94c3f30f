package store

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"souk/internal/fault"
)

// maxVariants is the maximum number of variants of a product. All of them are read
// when one is added.
const maxVariants = 2000

// VariantInput is a variant to create or to change. Null clears a field; the booleans
// and the option values refuse null.
type VariantInput struct {
	// ID is the variant to change, or nil for a new variant.
	ID              *VariantID
	ExpectedVersion *int64

	SKU                Patch[*string]
	Barcode            Patch[*string]
	Price              Patch[*MoneyInput]
	CompareAtPrice     Patch[*MoneyInput]
	Cost               Patch[*MoneyInput]
	WeightGrams        Patch[*float64]
	OptionValues       Patch[[]*SelectedOption]
	ImageID            Patch[*ImageID]
	InventoryTracked   Patch[*bool]
	SellWhenOutOfStock Patch[*bool]
}

// SelectedOption is an option with the chosen value.
type SelectedOption struct{ Name, Value string }

// ProductVariantsUpsert creates and changes variants of a product.
type ProductVariantsUpsert struct {
	ProductID       ProductID
	ExpectedVersion *int64
	Variants        []VariantInput
	ErrorPolicy     ErrorPolicy
	IdempotencyKey  *string
}

func (u *ProductVariantsUpsert) check() (problems fault.Problems) {
	checkID(&problems, "productId", u.ProductID, "product")
	checkLength(&problems, "variants", len(u.Variants), MaxBulk)
	return problems
}

// UpsertVariants creates and changes variants of a product. The outcomes are in the
// order of the items.
func (w *Writer) UpsertVariants(ctx context.Context, u ProductVariantsUpsert) ([]Outcome[VariantID], error) {
	if err := u.check().Err(); err != nil {
		return nil, err
	}
	return bulk(ctx, w, u.IdempotencyKey, u.ErrorPolicy, func(tx *Tx) ([]Outcome[VariantID], error) {
		change, err := tx.variantsChange(ctx, u.ProductID, u.ExpectedVersion, u.Variants)
		if err != nil {
			return nil, err
		}
		// The items are checked against each other, so they are not tried one by one.
		outcomes := change.check(u.Variants)
		if u.ErrorPolicy != SkipFailed && slices.ContainsFunc(outcomes, Outcome[VariantID].refused) {
			return outcomes, nil
		}
		return outcomes, change.write(ctx, tx)
	})
}

// variantsChange locks a product and reads the data that its variants are checked
// against.
func (tx *Tx) variantsChange(ctx context.Context, product ProductID, expected *int64, items []VariantInput) (*variantsChange, error) {
	if _, err := tx.lockParent(ctx, product, expected); err != nil {
		return nil, err
	}
	c := &variantsChange{product: product}
	var err error
	if c.options, err = tx.optionsOf(ctx, product); err != nil {
		return nil, err
	}
	if c.existing, err = tx.variantsOf(ctx, product); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(items, func(in VariantInput) bool { return in.ImageID.Value != nil }) {
		images, err := tx.imagesOf(ctx, product)
		if err != nil {
			return nil, err
		}
		c.images = make(map[ImageID]bool, len(images))
		for _, image := range images {
			c.images[image.ID] = true
		}
	}
	if c.shopCurrency, err = tx.currencyFor(ctx, items); err != nil {
		return nil, err
	}
	return c, c.checkNumber(items)
}

// write writes the rows that check has accepted.
func (c *variantsChange) write(ctx context.Context, tx *Tx) error {
	tx.saveVariants(c.product, c.changed)
	const statement = `-- name: InsertVariant
INSERT INTO variants (id, product_id, position, title, sku, barcode, currency, price_minor, compare_at_price_minor, cost_minor,
  weight_grams, option_values, image_id, inventory_tracked, sell_when_out_of_stock, available_quantity)
VALUES (@id, @product_id, @position, @title, @sku, @barcode, @currency, @price_minor, @compare_at_price_minor, @cost_minor,
  @weight_grams, @option_values, @image_id, @inventory_tracked, @sell_when_out_of_stock,
  CASE WHEN @inventory_tracked THEN 0 END)`
	batch := &pgx.Batch{}
	for _, v := range c.added {
		batch.Queue(statement, args{
			"id": v.ID, "product_id": c.product, "position": v.Position, "title": v.Title, "sku": v.SKU, "barcode": v.Barcode,
			"currency": v.Currency, "price_minor": v.PriceMinor, "compare_at_price_minor": v.CompareAtPriceMinor,
			"cost_minor": v.CostMinor, "weight_grams": v.WeightGrams, "option_values": v.OptionValues, "image_id": v.ImageID,
			"inventory_tracked": v.InventoryTracked, "sell_when_out_of_stock": v.SellWhenOutOfStock,
		})
		fields := withoutBefore(v.assignments(&variantRow{Currency: v.Currency}).changes)
		if c.ofNewProduct {
			tx.changed(SubjectVariant, v.ID, fields, within(c.product))
		} else {
			tx.changed(SubjectVariant, v.ID, fields, partOf(c.product, derivedFromOffers))
		}
	}
	return tx.send(ctx, batch)
}

// saveVariants queues the updates of changed variants. The product must be locked.
func (tx *Tx) saveVariants(product ProductID, changed []variantChange) {
	for _, c := range changed {
		a := c.after.assignments(c.before)
		tx.queue(a.statement("UpdateVariant", "variants", c.after.ID))
		tx.changed(SubjectVariant, c.after.ID, a.changes, partOf(product, derivedFromOffers))
	}
}

// ProductVariantsDelete deletes variants of a product.
type ProductVariantsDelete struct {
	ProductID       ProductID
	ExpectedVersion *int64
	IDs             []VariantID
}

func (d *ProductVariantsDelete) check() (problems fault.Problems) {
	checkID(&problems, "productId", d.ProductID, "product")
	checkLength(&problems, "ids", len(d.IDs), MaxBulk)
	return problems
}

// DeleteVariants deletes variants of a product with their stock.
func (w *Writer) DeleteVariants(ctx context.Context, d ProductVariantsDelete) error {
	if err := d.check().Err(); err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *Tx) error { return tx.deleteVariants(ctx, d.ProductID, d.ExpectedVersion, d.IDs) })
}

func (tx *Tx) deleteVariants(ctx context.Context, product ProductID, expected *int64, ids []VariantID) error {
	if _, err := tx.lockParent(ctx, product, expected); err != nil {
		return err
	}
	rows, err := tx.variantsOf(ctx, product)
	if err != nil {
		return err
	}
	known := make(map[VariantID]*variantRow, len(rows))
	for _, row := range rows {
		known[row.ID] = row
	}
	if err := checkMembers(known, ids, "ids", "product", "variant"); err != nil {
		return err
	}
	const statement = `-- name: DeleteVariants
DELETE FROM variants
WHERE id = ANY (@ids)`
	if _, err := tx.exec(ctx, statement, args{"ids": ids}); err != nil {
		return err
	}
	for _, id := range ids {
		fields := []AuditChange{removedField("title", known[id].Title), {Field: "sku", Before: known[id].SKU}}
		tx.changed(SubjectVariant, id, fields, partOf(product, derivedFromOffers))
	}
	return nil
}

// variantsOf returns a product's variants in their order.
func (tx *Tx) variantsOf(ctx context.Context, product ProductID) ([]*variantRow, error) {
	const statement = `-- name: VariantsOfProduct
SELECT id, position, title, sku, barcode, currency, price_minor, compare_at_price_minor, cost_minor,
  weight_grams::float8 AS weight_grams, option_values, image_id, inventory_tracked, sell_when_out_of_stock, version
FROM variants
WHERE product_id = @product_id
ORDER BY position, id`
	return rowsOf[variantRow](ctx, tx, statement, args{"product_id": product})
}

// checkNumber refuses a change after which the product would have too many variants.
func (c *variantsChange) checkNumber(items []VariantInput) error {
	total := len(c.existing)
	for _, in := range items {
		if in.ID == nil {
			total++
		}
	}
	if total > maxVariants {
		return fault.Reject(fault.ReasonTooMany, "variants", "the product would have %d variants; it can have at most %d", total, maxVariants)
	}
	return nil
}

// checkAll checks the variants of a new product. Any problem of a variant refuses the
// product.
func (c *variantsChange) checkAll(items []VariantInput) error {
	if len(items) == 0 {
		return nil
	}
	var problems fault.Problems
	if checkLength(&problems, "variants", len(items), MaxBulk); problems.Err() != nil {
		return problems.Err()
	}
	var all []fault.Problem
	for _, o := range c.check(items) {
		all = append(all, o.Problems...)
	}
	if len(all) > 0 {
		return &fault.Rejection{Problems: all}
	}
	return nil
}
