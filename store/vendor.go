package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Vendor is the maker or the brand of products.
type Vendor struct {
	ID      VendorID
	Slug    string
	Name    string
	Version int64
}

var vendorColumns = columnsOf("Vendor",
	col("v.id", asUUID, func(v *Vendor) *VendorID { return &v.ID }),
	col("v.slug", asText, func(v *Vendor) *string { return &v.Slug }),
	col("v.name", asText, func(v *Vendor) *string { return &v.Name }),
	col("v.version", asInt, func(v *Vendor) *int64 { return &v.Version }),
)

// VendorsByName orders vendors by name. Case and accents do not count.
var VendorsByName = Order{"NAME:ASC", []sortKey{{"v.name_key", `text COLLATE "C"`}, {"v.id", "uuid"}}, false}

var allVendors = list{name: "ListVendors", from: "vendors v", where: "true"}

// ListVendors returns a page of all vendors.
func (r *Reader) ListVendors(ctx context.Context, p PageRequest) (Page[Vendor], error) {
	return only(pages(ctx, r, vendorColumns, allVendors, noParent, p))
}

// CountVendors returns the number of vendors.
func (r *Reader) CountVendors(ctx context.Context) (Count, error) {
	return only(counts(ctx, r, allVendors, noParent))
}

// VendorsByIDs returns the vendors that exist among ids, in any order.
func (r *Reader) VendorsByIDs(ctx context.Context, ids []VendorID) ([]*Vendor, error) {
	what := vendorColumns.choose(r.selects)
	statement := `-- name: VendorsByIDs
SELECT ` + what.sql + `
FROM vendors v
WHERE v.id = ANY (@ids)`
	return many(ctx, r, what, statement, pgx.StrictNamedArgs{"ids": keysOf(ids)})
}

// VendorBySlug returns the vendor that has the slug, or NotFound.
func (r *Reader) VendorBySlug(ctx context.Context, slug string) (*Vendor, error) {
	what := vendorColumns.choose(r.selects)
	statement := `-- name: VendorBySlug
SELECT ` + what.sql + `
FROM vendors v
WHERE v.slug = @slug`
	return one(ctx, r, what, "there is no vendor with this slug", statement, bySlug(slug))
}
