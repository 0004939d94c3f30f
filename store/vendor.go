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

const vendorColumns = "v.id, v.slug, v.name, v.version"

// VendorsByName orders vendors by name. Case and accents do not count.
var VendorsByName = Order{"NAME:ASC", []sortKey{{"v.name_key", `text COLLATE "C"`}, {"v.id", "uuid"}}, false}

var allVendors = list{name: "ListVendors", columns: vendorColumns, from: "vendors v", where: "true"}

// ListVendors returns a page of all vendors.
func (r *Reader) ListVendors(ctx context.Context, p PageRequest) (Page[Vendor], error) {
	return only(pages[Vendor](ctx, r, allVendors, noParent, p))
}

// CountVendors returns the number of vendors.
func (r *Reader) CountVendors(ctx context.Context) (Count, error) {
	return only(counts(ctx, r, allVendors, noParent))
}

// VendorsByIDs returns the vendors that exist among ids, in any order.
func (r *Reader) VendorsByIDs(ctx context.Context, ids []VendorID) ([]*Vendor, error) {
	const statement = `-- name: VendorsByIDs
SELECT ` + vendorColumns + `
FROM vendors v
WHERE v.id = ANY (@ids)`
	return many[Vendor](ctx, r, statement, pgx.StrictNamedArgs{"ids": ids})
}

// VendorBySlug returns the vendor that has the slug, or NotFound.
func (r *Reader) VendorBySlug(ctx context.Context, slug string) (*Vendor, error) {
	const statement = `-- name: VendorBySlug
SELECT ` + vendorColumns + `
FROM vendors v
WHERE v.slug = @slug`
	return one[Vendor](ctx, r, "there is no vendor with this slug", statement, bySlug(slug))
}
