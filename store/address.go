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

var addressColumns = columnsOf("Address",
	col("a.id", asUUID, func(a *Address) *AddressID { return &a.ID }),
	col("a.customer_id", asUUID, func(a *Address) *CustomerID { return &a.CustomerID }),
	col("a.name", asText, func(a *Address) *string { return &a.Name }),
	col("a.company", asText, func(a *Address) *string { return &a.Company }),
	col("a.line1", asText, func(a *Address) *string { return &a.Line1 }),
	col("a.line2", asText, func(a *Address) *string { return &a.Line2 }),
	col("a.city", asText, func(a *Address) *string { return &a.City }),
	col("a.region", asText, func(a *Address) *string { return &a.Region }),
	col("a.postal_code", asText, func(a *Address) *string { return &a.PostalCode }),
	col("a.country_code", asText, func(a *Address) *string { return &a.CountryCode }),
	col("a.phone", asText, func(a *Address) *string { return &a.Phone }),
	col("a.is_default", asBool, func(a *Address) *bool { return &a.IsDefault }),
	col("a.created_at", asTime, func(a *Address) *time.Time { return &a.CreatedAt }),
	col("a.updated_at", asTime, func(a *Address) *time.Time { return &a.UpdatedAt }),
	col("a.version", asInt, func(a *Address) *int64 { return &a.Version }),
)

// AddressesByAge is the order in which a customer added addresses.
var AddressesByAge = Order{"AGE:ASC", []sortKey{{"a.id", "uuid"}}, false}

var addressesOfCustomer = list{
	name: "ListAddresses", from: "addresses a",
	where: "a.customer_id = parent.id",
}

// ListAddresses returns the page of each customer's addresses, in the order of ids.
// It does not check the view: ids must come from CustomersByIDs, which does.
func (r *Reader) ListAddresses(ctx context.Context, ids []CustomerID, p PageRequest) ([]Page[Address], error) {
	return pages(ctx, r, addressColumns, addressesOfCustomer, ids, p)
}

// CountAddresses returns the number of each customer's addresses, in the order of
// ids.
func (r *Reader) CountAddresses(ctx context.Context, ids []CustomerID) ([]Count, error) {
	return counts(ctx, r, addressesOfCustomer, ids)
}

// AddressesByIDs returns the addresses that exist among ids and that the view shows
// (all of them, or the caller's own), in any order.
func (r *Reader) AddressesByIDs(ctx context.Context, ids []AddressID) ([]*Address, error) {
	what := addressColumns.choose(r.selects)
	statement := `-- name: AddressesByIDs
SELECT ` + what.sql + `
FROM addresses a
WHERE a.id = ANY (@ids) AND (@all OR a.customer_id = @self)`
	return many(ctx, r, what, statement, pgx.StrictNamedArgs{
		"ids": keysOf(ids), "all": r.view.Customers, "self": r.view.Customer,
	})
}
