package resolvers

import (
	"context"

	"souk/graph/model"
	"souk/graph/relay"
	"souk/internal/fault"
	"souk/store"
)

func variantKey(v *store.Variant) store.VariantID { return v.ID }

// locationPatch reads what an input changes.
func locationPatch(in model.LocationUpdateInput) (id store.LocationID, p store.LocationPatch, err error) {
	if id, err = inputKey[store.LocationID](in.ID, "id"); err != nil {
		return id, p, err
	}
	var problems fault.Problems
	p = store.LocationPatch{ExpectedVersion: in.ExpectedVersion, Name: required(&problems, "name", in.Name)}
	return id, p, problems.Err()
}

// adjustment reads an item. A damaged ID becomes the zero key, which nothing has,
// so that it is refused with the item like any that does not exist.
func adjustment(variantID, locationID string, delta int64, reason *string) store.Adjustment {
	variant, _ := relay.ParseKey[store.VariantID](variantID)
	location, _ := relay.ParseKey[store.LocationID](locationID)
	return store.Adjustment{VariantID: variant, LocationID: location, Delta: delta, Reason: orEmpty(reason)}
}

// stockCount is adjustment for what was counted.
func stockCount(variantID, locationID string, quantity int64, from *int64, reason *string) store.StockCount {
	variant, _ := relay.ParseKey[store.VariantID](variantID)
	location, _ := relay.ParseKey[store.LocationID](locationID)
	return store.StockCount{VariantID: variant, LocationID: location, Quantity: quantity, ChangeFrom: from, Reason: orEmpty(reason)}
}

func adjustInventory(ctx context.Context, r *Resolver, in model.InventoryAdjustInput) (store.InventoryLevel, error) {
	item := adjustment(in.VariantID, in.LocationID, in.Delta, in.Reason)
	return createOnce(ctx, r, in.IdempotencyKey, func(w *store.Writer) (store.InventoryLevel, error) {
		return w.AdjustInventory(ctx, item)
	})
}

func setInventory(ctx context.Context, r *Resolver, in model.InventorySetInput) (store.InventoryLevel, error) {
	item := stockCount(in.VariantID, in.LocationID, in.Quantity, in.ChangeFromQuantity, in.Reason)
	return createOnce(ctx, r, in.IdempotencyKey, func(w *store.Writer) (store.InventoryLevel, error) {
		return w.SetInventory(ctx, item)
	})
}

func bulkAdjustInventory(ctx context.Context, r *Resolver, in model.InventoryBulkAdjustInput) ([]store.Outcome[store.InventoryLevel], error) {
	items := make([]store.Adjustment, len(in.Items))
	for i, item := range in.Items {
		items[i] = adjustment(item.VariantID, item.LocationID, item.Delta, item.Reason)
	}
	return createOnce(ctx, r, in.IdempotencyKey, func(w *store.Writer) ([]store.Outcome[store.InventoryLevel], error) {
		return w.BulkAdjustInventory(ctx, items, in.ErrorPolicy)
	})
}

func bulkSetInventory(ctx context.Context, r *Resolver, in model.InventoryBulkSetInput) ([]store.Outcome[store.InventoryLevel], error) {
	items := make([]store.StockCount, len(in.Items))
	for i, item := range in.Items {
		items[i] = stockCount(item.VariantID, item.LocationID, item.Quantity, item.ChangeFromQuantity, item.Reason)
	}
	return createOnce(ctx, r, in.IdempotencyKey, func(w *store.Writer) ([]store.Outcome[store.InventoryLevel], error) {
		return w.BulkSetInventory(ctx, items, in.ErrorPolicy)
	})
}
