package store

import (
	"context"
	"time"
)

// InventoryLevel is the stock of a variant at a location.
type InventoryLevel struct {
	VariantID   VariantID
	LocationID  LocationID
	OnHand      int64
	Committed   int64 // part of OnHand that is reserved for customers
	Unavailable int64 // part of OnHand that must not be sold
	Incoming    int64
	Version     int64
	UpdatedAt   time.Time
}

// Available returns how many items can be sold. It is negative if more items are
// committed than are on hand.
func (l *InventoryLevel) Available() int64 { return l.OnHand - l.Committed - l.Unavailable }

var levelColumns = columnsOf("InventoryLevel",
	col("il.variant_id", asUUID, func(i *InventoryLevel) *VariantID { return &i.VariantID }),
	col("il.location_id", asUUID, func(i *InventoryLevel) *LocationID { return &i.LocationID }),
	col("il.on_hand", asInt, func(i *InventoryLevel) *int64 { return &i.OnHand }),
	col("il.committed", asInt, func(i *InventoryLevel) *int64 { return &i.Committed }),
	col("il.unavailable", asInt, func(i *InventoryLevel) *int64 { return &i.Unavailable }),
	col("il.incoming", asInt, func(i *InventoryLevel) *int64 { return &i.Incoming }),
	col("il.version", asInt, func(i *InventoryLevel) *int64 { return &i.Version }),
	col("il.updated_at", asTime, func(i *InventoryLevel) *time.Time { return &i.UpdatedAt }),
)

// LevelsByLocation orders a variant's levels by the age of their locations, like the
// primary key.
var LevelsByLocation = Order{"LOCATION:ASC", []sortKey{{"il.location_id", "uuid"}}, false}

var levelsOfVariant = list{
	name: "ListInventoryLevels", from: "inventory_levels il",
	where: "il.variant_id = parent.id",
}

// ListInventoryLevels returns the page of each variant's levels, in the order of
// ids.
func (r *Reader) ListInventoryLevels(ctx context.Context, ids []VariantID, p PageRequest) ([]Page[InventoryLevel], error) {
	return pages(ctx, r, levelColumns, levelsOfVariant, ids, p)
}

// CountInventoryLevels returns the number of each variant's levels, in the order
// of ids.
func (r *Reader) CountInventoryLevels(ctx context.Context, ids []VariantID) ([]Count, error) {
	return counts(ctx, r, levelsOfVariant, ids)
}
