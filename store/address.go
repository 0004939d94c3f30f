package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Address is a delivery address of a customer. Fields that were not given are empty.
type Address struct {
	ID          AddressID
	CustomerID  CustomerID
	Name        string
	Company     string
	Line1       string
	Line2       string
	City        string
	Region      string
	PostalCode  string
	CountryCode string // ISO 3166-1 alpha-2
	Phone       string
	IsDefault   bool
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Version     int64
}

// OwnedBy returns the customer to whom the address belongs.
func (a *Address) OwnedBy() (CustomerID, bool) { return a.CustomerID, true }

const addressColumns = "a.id, a.customer_id, a.name, a.company, a.line1, a.line2, a.city, a.region, a.postal_code, " +
	"a.country_code, a.phone, a.is_default, a.created_at, a.updated_at, a.version"

// AddressesByAge is the order in which a customer added addresses.
var AddressesByAge = Order{"AGE:ASC", []sortKey{{"a.id", "uuid"}}, false}

var addressesOfCustomer = list{
	name: "ListAddresses", columns: addressColumns, from: "addresses a",
	where: "a.customer_id = parent.id",
}

// ListAddresses returns the page of each customer's addresses, in the order of ids.
// It does not check the view: ids must come from CustomersByIDs, which does.
func (r *Reader) ListAddresses(ctx context.Context, ids []CustomerID, p PageRequest) ([]Page[Address], error) {
	return pages[Address](ctx, r, addressesOfCustomer, ids, p)
}

// CountAddresses returns the number of each customer's addresses, in the order of
// ids.
func (r *Reader) CountAddresses(ctx context.Context, ids []CustomerID) ([]Count, error) {
	return counts(ctx, r, addressesOfCustomer, ids)
}

// AddressesByIDs returns the addresses that exist among ids and that the view shows
// (all of them, or the caller's own), in any order.
func (r *Reader) AddressesByIDs(ctx context.Context, ids []AddressID) ([]*Address, error) {
	const statement = `-- name: AddressesByIDs
SELECT ` + addressColumns + `
FROM addresses a
WHERE a.id = ANY (@ids) AND (@all OR a.customer_id = @self)`
	return many[Address](ctx, r, statement, pgx.StrictNamedArgs{
		"ids": ids, "all": r.view.Customers, "self": r.view.Customer,
	})
}
