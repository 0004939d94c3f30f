package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Location is a physical location where stock is kept.
type Location struct {
	ID        LocationID
	Name      string
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int64
}

var locationColumns = columnsOf("Location",
	col("l.id", asUUID, func(l *Location) *LocationID { return &l.ID }),
	col("l.name", asText, func(l *Location) *string { return &l.Name }),
	col("l.created_at", asTime, func(l *Location) *time.Time { return &l.CreatedAt }),
	col("l.updated_at", asTime, func(l *Location) *time.Time { return &l.UpdatedAt }),
	col("l.version", asInt, func(l *Location) *int64 { return &l.Version }),
)

// LocationsByName orders locations by name. Case and accents do not count.
var LocationsByName = Order{"NAME:ASC", []sortKey{{"sort_key(l.name)", `text COLLATE "C"`}, {"l.id", "uuid"}}, false}

var allLocations = list{name: "ListLocations", from: "locations l", where: "true"}

// ListLocations returns a page of all locations.
func (r *Reader) ListLocations(ctx context.Context, p PageRequest) (Page[Location], error) {
	return only(pages(ctx, r, locationColumns, allLocations, noParent, p))
}

// CountLocations returns the number of locations.
func (r *Reader) CountLocations(ctx context.Context) (Count, error) {
	return only(counts(ctx, r, allLocations, noParent))
}

// LocationsByIDs returns the locations that exist among ids, in any order. It returns
// none if the view does not show drafts, because locations are internal to the shop.
func (r *Reader) LocationsByIDs(ctx context.Context, ids []LocationID) ([]*Location, error) {
	what := locationColumns.choose(r.selects)
	statement := `-- name: LocationsByIDs
SELECT ` + what.sql + `
FROM locations l
WHERE l.id = ANY (@ids) AND @staff`
	return many(ctx, r, what, statement, pgx.StrictNamedArgs{"ids": keysOf(ids), "staff": r.view.Drafts})
}
