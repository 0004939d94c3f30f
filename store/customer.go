package store

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Customer is a customer with private data, which only the customer and some of the
// staff may see. The public part of a customer is an Author.
type Customer struct {
	ID              CustomerID
	DisplayName     string
	Email           *string    // nil: not known
	EmailVerifiedAt *time.Time // nil: never
	Phone           *string    // nil: not given
	CreatedAt       time.Time
	UpdatedAt       time.Time
	Version         int64
}

// OwnedBy returns the customer's own ID.
func (c *Customer) OwnedBy() (CustomerID, bool) { return c.ID, true }

// EmailVerified reports whether the customer has proved that they own the e-mail
// address.
func (c *Customer) EmailVerified() bool { return c.EmailVerifiedAt != nil }

var customerColumns = columnsOf("Customer",
	col("c.id", asUUID, func(c *Customer) *CustomerID { return &c.ID }),
	col("c.display_name", asText, func(c *Customer) *string { return &c.DisplayName }),
	maybe("c.email", asText, func(c *Customer) **string { return &c.Email }),
	maybe("c.email_verified_at", asTime, func(c *Customer) **time.Time { return &c.EmailVerifiedAt }),
	maybe("c.phone", asText, func(c *Customer) **string { return &c.Phone }),
	col("c.created_at", asTime, func(c *Customer) *time.Time { return &c.CreatedAt }),
	col("c.updated_at", asTime, func(c *Customer) *time.Time { return &c.UpdatedAt }),
	col("c.version", asInt, func(c *Customer) *int64 { return &c.Version }),
)

// The orders of customers.
var (
	CustomersByNewest = Order{"NEWEST:DESC", []sortKey{{"c.created_at", "timestamptz"}, {"c.id", "uuid"}}, true}
	// CustomersByName ignores case and accents.
	CustomersByName = Order{"NAME:ASC", []sortKey{{customerNameKey, `text COLLATE "C"`}, {"c.id", "uuid"}}, false}
)

// customerNameKey is the expression of the index customers_by_name.
const customerNameKey = `(sort_key(c.display_name) COLLATE "C")`

// CustomerSearch is a search for customers. A text with an @ is a complete e-mail
// address; any other text is the beginning of a display name. "" finds all customers.
type CustomerSearch string

// Order returns the order that has an index for the search.
func (s CustomerSearch) Order() Order {
	if s == "" {
		return CustomersByNewest
	}
	return CustomersByName
}

func (s CustomerSearch) list() list {
	switch {
	case s == "":
		return list{name: "ListCustomers", from: "customers c", where: "true"}
	case strings.Contains(string(s), "@"):
		return list{
			name: "ListCustomersByEmail", from: "customers c",
			where: sameMailbox, args: mailboxOf(string(s)).args(),
		}
	}
	// No text sorts after the last character of Unicode, so these bounds match the
	// same rows as LIKE 'prefix%', and a generic plan can use the index.
	return list{
		name: "ListCustomersByName", from: "customers c",
		where: customerNameKey + ` >= (sort_key(@prefix::text) COLLATE "C")
    AND ` + customerNameKey + ` < (sort_key(@prefix::text) || chr(1114111)) COLLATE "C"`,
		args: args{"prefix": string(s)},
	}
}

// ListCustomers returns a page of the customers that match the search.
func (r *Reader) ListCustomers(ctx context.Context, s CustomerSearch, p PageRequest) (Page[Customer], error) {
	return only(pages(ctx, r, customerColumns, s.list(), noParent, p))
}

// CountCustomers returns the number of customers that match the search.
func (r *Reader) CountCustomers(ctx context.Context, s CustomerSearch) (Count, error) {
	return only(counts(ctx, r, s.list(), noParent))
}

// CustomersByIDs returns the customers that exist among ids and that the view shows
// (all of them, or the caller alone), in any order.
func (r *Reader) CustomersByIDs(ctx context.Context, ids []CustomerID) ([]*Customer, error) {
	what := customerColumns.choose(r.selects)
	statement := `-- name: CustomersByIDs
SELECT ` + what.sql + `
FROM customers c
WHERE c.id = ANY (@ids) AND (@all OR c.id = @self)`
	return many(ctx, r, what, statement, pgx.StrictNamedArgs{
		"ids": keysOf(ids), "all": r.view.Customers, "self": r.view.Customer,
	})
}
