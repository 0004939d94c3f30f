package store

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Customer is who buys, with what only she and some of the staff may see. What
// everybody may see of one is an Author.
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

// OwnedBy returns the customer herself.
func (c *Customer) OwnedBy() (CustomerID, bool) { return c.ID, true }

// EmailVerified reports whether the customer has shown that the address is hers.
func (c *Customer) EmailVerified() bool { return c.EmailVerifiedAt != nil }

const customerColumns = "c.id, c.display_name, c.email, c.email_verified_at, c.phone, c.created_at, c.updated_at, c.version"

// The orders of customers.
var (
	CustomersByNewest = Order{"NEWEST:DESC", []sortKey{{"c.created_at", "timestamptz"}, {"c.id", "uuid"}}, true}
	// CustomersByName is without regard to case and accents.
	CustomersByName = Order{"NAME:ASC", []sortKey{{customerNameKey, `text COLLATE "C"`}, {"c.id", "uuid"}}, false}
)

// customerNameKey is what the index customers_by_name holds.
const customerNameKey = `(sort_key(c.display_name) COLLATE "C")`

// CustomerSearch is a text with an @, which is an e-mail address as a whole, or
// else the beginning of a display name. "": all customers.
type CustomerSearch string

// Order is the order in which an index has what is searched for.
func (s CustomerSearch) Order() Order {
	if s == "" {
		return CustomersByNewest
	}
	return CustomersByName
}

func (s CustomerSearch) list() list {
	switch {
	case s == "":
		return list{name: "ListCustomers", columns: customerColumns, from: "customers c", where: "true"}
	case strings.Contains(string(s), "@"):
		return list{
			name: "ListCustomersByEmail", columns: customerColumns, from: "customers c",
			where: "lower(c.email) = lower(@email)", args: args{"email": string(s)},
		}
	}
	// Nothing sorts behind the last character of Unicode, so these bounds hold what
	// LIKE 'prefix%' does, and a statement that was planned once can use the index.
	return list{
		name: "ListCustomersByName", columns: customerColumns, from: "customers c",
		where: customerNameKey + ` >= (sort_key(@prefix::text) COLLATE "C")
    AND ` + customerNameKey + ` < (sort_key(@prefix::text) || chr(1114111)) COLLATE "C"`,
		args: args{"prefix": string(s)},
	}
}

// ListCustomers returns a page of the customers that the search finds.
func (r *Reader) ListCustomers(ctx context.Context, s CustomerSearch, p PageRequest) (Page[Customer], error) {
	return first(pages[Customer](ctx, r, s.list(), noParent, p))
}

// CountCustomers returns the number of customers that the search finds.
func (r *Reader) CountCustomers(ctx context.Context, s CustomerSearch) (Count, error) {
	return first(counts(ctx, r, s.list(), noParent))
}

// CustomersByIDs returns the customers that exist among ids and that the view
// shows: all of them, or the caller alone. In any order.
func (r *Reader) CustomersByIDs(ctx context.Context, ids []CustomerID) ([]*Customer, error) {
	const statement = `-- name: CustomersByIDs
SELECT ` + customerColumns + `
FROM customers c
WHERE c.id = ANY (@ids) AND (@all OR c.id = @self)`
	return many[Customer](ctx, r, statement, pgx.StrictNamedArgs{
		"ids": ids, "all": r.view.Customers, "self": r.view.Customer,
	})
}
