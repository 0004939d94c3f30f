package store

import (
	"context"
	"time"

	"souk/internal/fault"
)

// Adjustment adds to what is on hand of a variant at a location.
type Adjustment struct {
	VariantID  VariantID
	LocationID LocationID
	Delta      int64
	Reason     string // for the audit log
}

// StockCount says how many of a variant are on hand at a location.
type StockCount struct {
	VariantID  VariantID
	LocationID LocationID
	Quantity   int64
	// ChangeFrom is what was on hand when it was counted; another number by now
	// refuses the count. nil: it does not matter.
	ChangeFrom *int64
	Reason     string // for the audit log
}

// MaxStock bounds what a change may bring or count: more than a shop has of
// anything, and far from where sums over locations overflow.
const MaxStock = 1_000_000_000

// AdjustInventory adds to a level, which is made when it is not there. The outcome
// holds the figures after the change, also when it is repeated under its key.
func (w *Writer) AdjustInventory(ctx context.Context, in Adjustment) (InventoryLevel, error) {
	return once(ctx, w, func(tx *Tx) (InventoryLevel, error) { return tx.adjustInventory(ctx, in) })
}

// SetInventory is AdjustInventory with what somebody counted.
func (w *Writer) SetInventory(ctx context.Context, in StockCount) (InventoryLevel, error) {
	return once(ctx, w, func(tx *Tx) (InventoryLevel, error) { return tx.setInventory(ctx, in) })
}

// BulkAdjustInventory adjusts each item's level.
func (w *Writer) BulkAdjustInventory(ctx context.Context, items []Adjustment, policy ErrorPolicy) ([]Outcome[InventoryLevel], error) {
	return bulk(ctx, w, items, policy,
		locking(ctx, productsOfVariants, items, func(item Adjustment) VariantID { return item.VariantID }),
		func(tx *Tx, item Adjustment) (InventoryLevel, error) { return tx.adjustInventory(ctx, item) })
}

// BulkSetInventory sets each item's level.
func (w *Writer) BulkSetInventory(ctx context.Context, items []StockCount, policy ErrorPolicy) ([]Outcome[InventoryLevel], error) {
	return bulk(ctx, w, items, policy,
		locking(ctx, productsOfVariants, items, func(item StockCount) VariantID { return item.VariantID }),
		func(tx *Tx, item StockCount) (InventoryLevel, error) { return tx.setInventory(ctx, item) })
}

func (tx *Tx) adjustInventory(ctx context.Context, in Adjustment) (InventoryLevel, error) {
	var problems fault.Problems
	switch {
	case in.Delta == 0:
		problems.Add(fault.ReasonInvalid, "delta", "a delta of 0 changes nothing; give how many come or go")
	case in.Delta > MaxStock || in.Delta < -MaxStock:
		problems.Add(fault.ReasonInvalid, "delta", "at most %d can come or go at once", MaxStock)
	}
	in.Reason = oneLine(&problems, "reason", in.Reason, maxLine)
	if err := problems.Err(); err != nil {
		return InventoryLevel{}, err
	}
	s, err := tx.lockStock(ctx, in.VariantID, in.LocationID)
	if err != nil {
		return InventoryLevel{}, err
	}
	after := s.OnHand + in.Delta
	switch {
	case in.Delta < 0 && after < 0:
		refused := fault.Reject(fault.ReasonInsufficientStock, "delta", "there are only %d on hand; take no more than that, or set what was counted", max(s.OnHand, 0))
		refused.Problems[0].Available = max(s.OnHand, 0)
		return InventoryLevel{}, refused
	case in.Delta > 0 && after > MaxStock:
		return InventoryLevel{}, fault.Reject(fault.ReasonInvalid, "delta", "a location holds at most %d; there are %d already", MaxStock, s.OnHand)
	}
	return tx.putStock(ctx, s, after, in.Reason)
}

func (tx *Tx) setInventory(ctx context.Context, in StockCount) (InventoryLevel, error) {
	var problems fault.Problems
	if in.Quantity < 0 || in.Quantity > MaxStock {
		problems.Add(fault.ReasonInvalid, "quantity", "it is %d; give 0 to %d", in.Quantity, MaxStock)
	}
	in.Reason = oneLine(&problems, "reason", in.Reason, maxLine)
	if err := problems.Err(); err != nil {
		return InventoryLevel{}, err
	}
	s, err := tx.lockStock(ctx, in.VariantID, in.LocationID)
	switch {
	case err != nil:
		return InventoryLevel{}, err
	case in.ChangeFrom != nil && *in.ChangeFrom != s.OnHand:
		refused := fault.Reject(fault.ReasonVersionConflict, "changeFromQuantity",
			"there are %d on hand by now; look again and repeat the change from that number", s.OnHand)
		refused.Problems[0].CurrentVersion = s.Version
		return InventoryLevel{}, refused
	case s.Version > 0 && in.Quantity == s.OnHand:
		return s.InventoryLevel, nil
	}
	return tx.putStock(ctx, s, in.Quantity, in.Reason)
}

// stock is a level before a change. Version 0: it is not there yet.
type stock struct {
	InventoryLevel
	product  ProductID
	location string // its name
}

// lockStock returns a level, whether it is there or not, and keeps others from
// changing it or anything else under its product.
func (tx *Tx) lockStock(ctx context.Context, variant VariantID, location LocationID) (*stock, error) {
	const lock = `-- name: LockProductOfVariant
SELECT p.id
FROM products p
JOIN variants v ON v.product_id = p.id
WHERE v.id = @variant
FOR NO KEY UPDATE OF p`
	product, err := oneRow[struct{ ID ProductID }](ctx, tx, lock, args{"variant": variant})
	switch {
	case err != nil:
		return nil, err
	case product == nil:
		return nil, fault.Reject(fault.ReasonNotFound, "variantId", "there is no variant with this ID")
	}
	// A statement of its own: it sees what was committed while the lock was waited
	// for. The join above saw what was there before.
	const read = `-- name: LockInventoryLevel
WITH level AS (
  SELECT * FROM inventory_levels WHERE variant_id = @variant AND location_id = @location FOR NO KEY UPDATE
)
SELECT v.id AS variant_id, v.inventory_tracked, coalesce(l.name, '') AS location, l.id AS location_id,
       coalesce(il.on_hand, 0) AS on_hand, coalesce(il.committed, 0) AS committed,
       coalesce(il.unavailable, 0) AS unavailable, coalesce(il.incoming, 0) AS incoming,
       coalesce(il.version, 0) AS version, coalesce(il.updated_at, now()) AS updated_at
FROM variants v
LEFT JOIN locations l ON l.id = @location
LEFT JOIN level il ON true
WHERE v.id = @variant AND v.product_id = @product`
	type row struct {
		VariantID                                         VariantID
		InventoryTracked                                  bool
		Location                                          string
		LocationID                                        *LocationID
		OnHand, Committed, Unavailable, Incoming, Version int64
		UpdatedAt                                         time.Time
	}
	found, err := oneRow[row](ctx, tx, read, args{"variant": variant, "location": location, "product": product.ID})
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return nil, fault.Reject(fault.ReasonNotFound, "variantId", "there is no variant with this ID")
	case found.LocationID == nil:
		return nil, fault.Reject(fault.ReasonNotFound, "locationId", "there is no location with this ID")
	case !found.InventoryTracked:
		return nil, fault.Reject(fault.ReasonNotTracked, "variantId", "the stock of this variant is not counted; set its inventoryTracked with productVariantsUpsert first")
	}
	return &stock{InventoryLevel{
		VariantID: variant, LocationID: location, OnHand: found.OnHand, Committed: found.Committed,
		Unavailable: found.Unavailable, Incoming: found.Incoming, Version: found.Version, UpdatedAt: found.UpdatedAt,
	}, product.ID, found.Location}, nil
}

// putStock writes what is on hand and, with it, how many of the variant can be had
// over all locations.
func (tx *Tx) putStock(ctx context.Context, s *stock, onHand int64, reason string) (InventoryLevel, error) {
	const statement = `-- name: PutInventoryLevel
WITH il AS (
  INSERT INTO inventory_levels (variant_id, location_id, on_hand)
  VALUES (@variant, @location, @on_hand)
  ON CONFLICT (variant_id, location_id) DO UPDATE SET on_hand = EXCLUDED.on_hand
  RETURNING *
), summed AS (
  UPDATE variants v
  SET available_quantity = il.on_hand - il.committed - il.unavailable + coalesce((
    SELECT sum(other.on_hand - other.committed - other.unavailable)
    FROM inventory_levels other
    WHERE other.variant_id = v.id AND other.location_id <> @location), 0)
  FROM il
  WHERE v.id = il.variant_id
)
SELECT ` + levelColumns + `
FROM il`
	after, err := oneRow[InventoryLevel](ctx, tx, statement, args{
		"variant": s.VariantID, "location": s.LocationID, "on_hand": onHand,
	})
	if err != nil {
		return InventoryLevel{}, err
	}
	tx.touch(derivedFromOffers, s.product)
	changes := []AuditChange{
		{Field: "onHand", Before: text(s.OnHand), After: text(after.OnHand)},
		{Field: "location", Before: &s.location, After: &s.location},
	}
	if reason != "" {
		changes = append(changes, AuditChange{Field: "reason", After: &reason})
	}
	tx.audit(SubjectVariant, s.VariantID, changes...)
	return *after, nil
}
