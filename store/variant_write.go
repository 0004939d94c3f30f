package store

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"souk/internal/fault"
)

// maxVariants is how many variants a product has at most: all of them are read
// when one is added.
const maxVariants = 2000

// VariantInput is a variant to make, or what to change of one. Booleans refuse
// nil; for the rest it takes the value away.
type VariantInput struct {
	// ID is the variant to change; nil: a new one.
	ID *VariantID
	// ExpectedVersion, when set, is the version that the variant must have.
	ExpectedVersion *int64

	SKU                Patch[*string]
	Barcode            Patch[*string]
	Price              Patch[*MoneyText]
	CompareAtPrice     Patch[*MoneyText]
	Cost               Patch[*MoneyText]
	WeightGrams        Patch[*float64]
	OptionValues       Patch[[]*SelectedOption]
	ImageID            Patch[*ImageID]
	InventoryTracked   Patch[*bool]
	SellWhenOutOfStock Patch[*bool]
}

// SelectedOption is an option with the value chosen.
type SelectedOption struct{ Name, Value string }

// UpsertVariants makes variants of a product and changes those that it has. The
// outcomes stand in the order of items.
func (w *Writer) UpsertVariants(ctx context.Context, product ProductID, expected *int64, items []VariantInput, policy ErrorPolicy) ([]Outcome[VariantID], error) {
	var refused []Outcome[VariantID]
	outcomes, err := once(ctx, w, func(tx *Tx) ([]Outcome[VariantID], error) {
		change, err := tx.variantsChange(ctx, product, expected, items)
		if err != nil {
			return nil, err
		}
		all, failed := change.check(items)
		if failed && policy != SkipFailed {
			refused = all
			return nil, errUndo
		}
		return all, change.save(ctx, tx)
	})
	if errors.Is(err, errUndo) {
		for i := range refused {
			refused[i].Value = nil
		}
		return refused, nil
	}
	return outcomes, err
}

// variantsChange locks a product and reads what its variants are checked against.
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
	return c, c.checkNumber(items)
}

// save writes the change of a product that was there before.
func (c *variantsChange) save(ctx context.Context, tx *Tx) error {
	if len(c.added)+len(c.changed) > 0 {
		tx.touch(derivedFromOffers, c.product)
	}
	return c.write(ctx, tx)
}

// write writes what check has found good.
func (c *variantsChange) write(ctx context.Context, tx *Tx) error {
	tx.saveVariants(c.changed)
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
		made := v.assignments(&variantRow{Currency: v.Currency})
		for i := range made.changes {
			made.changes[i].Before = nil
		}
		tx.audit(SubjectVariant, v.ID, made.changes...)
	}
	return tx.send(ctx, batch)
}

// saveVariants writes variants of a locked product that have changed.
func (tx *Tx) saveVariants(changed []variantChange) {
	for _, c := range changed {
		a := c.after.assignments(c.before)
		a.args["id"] = c.after.ID
		tx.later(a.statement("UpdateVariant", "variants"), a.args)
		tx.audit(SubjectVariant, c.after.ID, a.changes...)
	}
}

// DeleteVariants removes variants of a product with their stock.
func (w *Writer) DeleteVariants(ctx context.Context, product ProductID, expected *int64, ids []VariantID) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.deleteVariants(ctx, product, expected, ids) })
}

func (tx *Tx) deleteVariants(ctx context.Context, product ProductID, expected *int64, ids []VariantID) error {
	switch n := len(ids); {
	case n == 0:
		return fault.Reject(fault.ReasonRequired, "ids", "the list is empty; name at least one variant")
	case n > MaxBulk:
		return fault.Reject(fault.ReasonTooMany, "ids", "the list has %d variants; send at most %d at once", n, MaxBulk)
	}
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
	if err := checkMembers(known, ids, "ids", "variant"); err != nil {
		return err
	}
	const statement = `-- name: DeleteVariants
DELETE FROM variants
WHERE id = ANY (@ids)`
	if _, err := tx.exec(ctx, statement, args{"ids": ids}); err != nil {
		return err
	}
	for _, id := range ids {
		tx.audit(SubjectVariant, id, AuditChange{Field: "title", Before: &known[id].Title}, AuditChange{Field: "sku", Before: known[id].SKU})
	}
	tx.touch(derivedFromOffers, product)
	return nil
}

// variantsOf returns a product's variants in their order, as they are written.
func (tx *Tx) variantsOf(ctx context.Context, product ProductID) ([]*variantRow, error) {
	const statement = `-- name: VariantsOfProduct
SELECT id, position, title, sku, barcode, currency, price_minor, compare_at_price_minor, cost_minor,
  weight_grams::float8 AS weight_grams, option_values, image_id, inventory_tracked, sell_when_out_of_stock, version
FROM variants
WHERE product_id = @product_id
ORDER BY position, id`
	return rowsOf[variantRow](ctx, tx, statement, args{"product_id": product})
}

// checkNumber refuses too many variants, and none.
func (c *variantsChange) checkNumber(items []VariantInput) error {
	added := 0
	for _, in := range items {
		if in.ID == nil {
			added++
		}
	}
	switch n := len(items); {
	case n == 0:
		return fault.Reject(fault.ReasonRequired, "variants", "the list is empty; give at least one variant")
	case n > MaxBulk:
		return fault.Reject(fault.ReasonTooMany, "variants", "the list has %d variants; send at most %d at once", n, MaxBulk)
	case added+len(c.existing) > maxVariants:
		return fault.Reject(fault.ReasonTooMany, "variants", "the product would have %d variants; at most %d are possible", added+len(c.existing), maxVariants)
	}
	return nil
}

// checkAll checks the variants of a product that is made: any fault is one of the
// product.
func (c *variantsChange) checkAll(items []VariantInput) error {
	if len(items) == 0 {
		return nil
	}
	if err := c.checkNumber(items); err != nil {
		return err
	}
	outcomes, _ := c.check(items)
	var all []fault.Problem
	for _, o := range outcomes {
		all = slices.Concat(all, o.Problems)
	}
	if len(all) > 0 {
		return &fault.Rejection{Problems: all}
	}
	return nil
}
