package store

import (
	"context"
	"time"

	"souk/internal/fault"
)

// InventoryAdjust adds to the quantity on hand of a variant at a location.
type InventoryAdjust struct {
	VariantID      VariantID
	LocationID     LocationID
	Delta          int64
	Reason         *string // for the audit log
	IdempotencyKey *string
}

// InventorySet sets the quantity on hand of a variant at a location.
type InventorySet struct {
	VariantID  VariantID
	LocationID LocationID
	Quantity   int64
	// ChangeFromQuantity, if set, is the expected quantity on hand. The change is
	// refused if the current quantity is another one.
	ChangeFromQuantity *int64
	Reason             *string // for the audit log
	IdempotencyKey     *string
}

// MaxStock limits the delta and the quantity of a change. It is more than a shop has
// of any item, and small enough that sums over locations do not overflow.
const MaxStock = 1_000_000_000

func (a *InventoryAdjust) check() (problems fault.Problems) {
	checkLevelIDs(&problems, a.VariantID, a.LocationID)
	switch {
	case a.Delta == 0:
		problems.Add(fault.ReasonInvalid, "delta", "a delta of 0 changes nothing; give the number of items to add or remove")
	case a.Delta > MaxStock || a.Delta < -MaxStock:
		problems.Add(fault.ReasonInvalid, "delta", "a change can add or remove at most %d items; give a smaller number", MaxStock)
	}
	textOrEmpty(&problems, "reason", &a.Reason, line(maxLine))
	return problems
}

func (s *InventorySet) check() (problems fault.Problems) {
	checkLevelIDs(&problems, s.VariantID, s.LocationID)
	if s.Quantity < 0 || s.Quantity > MaxStock {
		problems.Add(fault.ReasonInvalid, "quantity", "it is %d; give 0 to %d", s.Quantity, MaxStock)
	}
	textOrEmpty(&problems, "reason", &s.Reason, line(maxLine))
	return problems
}

func checkLevelIDs(problems *fault.Problems, variant VariantID, location LocationID) {
	checkID(problems, "variantId", variant, "variant")
	checkID(problems, "locationId", location, "location")
}

// AdjustInventory adds to a level, and creates the level if it does not exist. The
// outcome has the figures after the change; a repetition under the same key returns
// the same figures.
func (w *Writer) AdjustInventory(ctx context.Context, a InventoryAdjust) (InventoryLevel, error) {
	if err := a.check().Err(); err != nil {
		return InventoryLevel{}, err
	}
	return idempotent(ctx, w, a.IdempotencyKey, func(tx *Tx) (InventoryLevel, error) { return tx.adjustInventory(ctx, a) })
}

// SetInventory sets the quantity of a level, and creates the level if it does not
// exist. The outcome is as for AdjustInventory.
func (w *Writer) SetInventory(ctx context.Context, s InventorySet) (InventoryLevel, error) {
	if err := s.check().Err(); err != nil {
		return InventoryLevel{}, err
	}
	return idempotent(ctx, w, s.IdempotencyKey, func(tx *Tx) (InventoryLevel, error) { return tx.setInventory(ctx, s) })
}

// BulkAdjustInventory adjusts each item's level.
func (w *Writer) BulkAdjustInventory(ctx context.Context, b Bulk[InventoryAdjust]) ([]Outcome[InventoryLevel], error) {
	return bulkEach(ctx, w, b,
		lockProductsOf(ctx, productsOfVariants, b.Items, func(a InventoryAdjust) VariantID { return a.VariantID }),
		func(tx *Tx, a InventoryAdjust) (InventoryLevel, error) {
			if err := a.check().Err(); err != nil {
				return InventoryLevel{}, err
			}
			return tx.adjustInventory(ctx, a)
		})
}

// BulkSetInventory sets each item's level.
func (w *Writer) BulkSetInventory(ctx context.Context, b Bulk[InventorySet]) ([]Outcome[InventoryLevel], error) {
	return bulkEach(ctx, w, b,
		lockProductsOf(ctx, productsOfVariants, b.Items, func(s InventorySet) VariantID { return s.VariantID }),
		func(tx *Tx, s InventorySet) (InventoryLevel, error) {
			if err := s.check().Err(); err != nil {
				return InventoryLevel{}, err
			}
			return tx.setInventory(ctx, s)
		})
}

func (tx *Tx) adjustInventory(ctx context.Context, in InventoryAdjust) (InventoryLevel, error) {
	s, err := tx.lockStock(ctx, in.VariantID, in.LocationID)
	if err != nil {
		return InventoryLevel{}, err
	}
	after := s.OnHand + in.Delta
	switch {
	case in.Delta < 0 && after < 0:
		refused := fault.Reject(fault.ReasonInsufficientStock, "delta", "there are only %d on hand; remove at most that many, or set the quantity with inventorySet", max(s.OnHand, 0))
		refused.Problems[0].Available = max(s.OnHand, 0)
		return InventoryLevel{}, refused
	case in.Delta > 0 && after > MaxStock:
		return InventoryLevel{}, fault.Reject(fault.ReasonInvalid, "delta", "a location can hold at most %d and already has %d; add fewer", MaxStock, s.OnHand)
	}
	return tx.putStock(ctx, s, after, *in.Reason)
}

func (tx *Tx) setInventory(ctx context.Context, in InventorySet) (InventoryLevel, error) {
	s, err := tx.lockStock(ctx, in.VariantID, in.LocationID)
	switch {
	case err != nil:
		return InventoryLevel{}, err
	case in.ChangeFromQuantity != nil && *in.ChangeFromQuantity != s.OnHand:
		refused := fault.Reject(fault.ReasonVersionConflict, "changeFromQuantity",
			"there are now %d on hand; check the quantity and repeat the change with that number", s.OnHand)
		refused.Problems[0].CurrentVersion = s.Version
		return InventoryLevel{}, refused
	case s.Version > 0 && in.Quantity == s.OnHand:
		return s.InventoryLevel, nil
	}
	return tx.putStock(ctx, s, in.Quantity, *in.Reason)
}

// stock is a level before a change. Version 0 means that it does not exist yet.
type stock struct {
	InventoryLevel
	product  ProductID
	location string // name of the location
}

// lockStock returns a level, which need not exist yet, and locks it and everything
// else under its product.
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
		return nil, fault.Reject(fault.ReasonNotFound, "variantId", notFound, "variant")
	}
	// This is a separate statement, so that it sees what was committed while the lock
	// was waited for. The join above saw the state from before the wait.
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
		return nil, fault.Reject(fault.ReasonNotFound, "variantId", notFound, "variant")
	case found.LocationID == nil:
		return nil, fault.Reject(fault.ReasonNotFound, "locationId", notFound, "location")
	case !found.InventoryTracked:
		return nil, fault.Reject(fault.ReasonNotTracked, "variantId", "the stock of this variant is not tracked; set its inventoryTracked to true with productVariantsUpsert first")
	}
	return &stock{InventoryLevel{
		VariantID: variant, LocationID: location, OnHand: found.OnHand, Committed: found.Committed,
		Unavailable: found.Unavailable, Incoming: found.Incoming, Version: found.Version, UpdatedAt: found.UpdatedAt,
	}, product.ID, found.Location}, nil
}

// putStock writes the quantity on hand, and with it the variant's available quantity
// over all locations.
func (tx *Tx) putStock(ctx context.Context, s *stock, onHand int64, reason string) (InventoryLevel, error) {
	statement := `-- name: PutInventoryLevel
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
SELECT ` + levelColumns.sql() + `
FROM il`
	after, err := oneRow[InventoryLevel](ctx, tx, statement, args{
		"variant": s.VariantID, "location": s.LocationID, "on_hand": onHand,
	})
	switch {
	case foreignKeyViolation(err) == "inventory_levels_location_id_fkey": // deleted since lockStock
		return InventoryLevel{}, fault.Reject(fault.ReasonNotFound, "locationId", notFound, "location")
	case err != nil:
		return InventoryLevel{}, err
	}
	fields := []AuditChange{
		{Field: "onHand", Before: text(s.OnHand), After: text(after.OnHand)},
		{Field: "location", Before: &s.location, After: &s.location},
	}
	if reason != "" {
		fields = append(fields, createdField("reason", reason))
	}
	tx.changed(SubjectVariant, s.VariantID, fields, partOf(s.product, derivedFromOffers))
	return *after, nil
}
