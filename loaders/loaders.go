// Package loaders batches what the fields of one operation load, so that a
// field costs one statement for all its parents, however long the lists above it
// are and however the executor calls the resolvers.
//
// Nothing waits for a timer. When a field delivers its objects (the products of
// a page, the reviews of all those products), they are noted under the field's
// place in the query: the path of response names and of the types that they are
// on. GraphQL guarantees that every object delivered at one place has the same
// selection with the same arguments, so the first of them whose child field is
// resolved loads that field for all of them, and the others take their share. See
// [Field].
package loaders

import (
	"context"
	"time"

	"github.com/google/uuid"

	"souk/store"
)

// Observer is told of each batch: the field, the number of parents or keys, and
// how long it took.
type Observer interface {
	Batch(ctx context.Context, field string, keys int, took time.Duration, err error)
}

// Loaders load for one operation and know what its fields have delivered. They are
// never shared: what one caller may see, another may not.
type Loaders struct {
	// Reader reads what is not found by a key: lists, names.
	Reader *store.Reader

	observer Observer
	fields   fields

	Product          Loader[store.ProductID, *store.Product]
	Variant          Loader[store.VariantID, *store.Variant]
	Category         Loader[store.CategoryID, *store.Category]
	Vendor           Loader[store.VendorID, *store.Vendor]
	Image            Loader[store.ImageID, *store.Image]
	Review           Loader[store.ReviewID, *store.Review]
	Author           Loader[store.CustomerID, *store.Author]
	OptionsByProduct Loader[store.ProductID, []*store.ProductOption]

	Customer     Loader[store.CustomerID, *store.Customer]
	Address      Loader[store.AddressID, *store.Address]
	Staff        Loader[store.StaffID, *store.Staff]
	Role         Loader[store.RoleID, *store.Role]
	RolesByStaff Loader[store.StaffID, []*store.StaffRole]
	APIKey       Loader[store.APIKeyID, *store.APIKey]
	AuditEvent   Loader[store.AuditEventID, *store.AuditEvent]
	Actor        Loader[uuid.UUID, *store.Actor]
}

// New returns the loaders of one operation, which read through r. observer may be
// nil.
func New(r *store.Reader, observer Observer) *Loaders {
	return &Loaders{
		Reader:           r,
		observer:         observer,
		Product:          byKey(r.ProductsByIDs, func(p *store.Product) store.ProductID { return p.ID }),
		Variant:          byKey(r.VariantsByIDs, func(v *store.Variant) store.VariantID { return v.ID }),
		Category:         byKey(r.CategoriesByIDs, func(c *store.Category) store.CategoryID { return c.ID }),
		Vendor:           byKey(r.VendorsByIDs, func(v *store.Vendor) store.VendorID { return v.ID }),
		Image:            byKey(r.ImagesByIDs, func(i *store.Image) store.ImageID { return i.ID }),
		Review:           byKey(r.ReviewsByIDs, func(v *store.Review) store.ReviewID { return v.ID }),
		Author:           byKey(r.AuthorsByIDs, func(a *store.Author) store.CustomerID { return a.ID }),
		OptionsByProduct: groupBy(r.OptionsByProductIDs, func(o *store.ProductOption) store.ProductID { return o.ProductID }),

		Customer:     byKey(r.CustomersByIDs, func(c *store.Customer) store.CustomerID { return c.ID }),
		Address:      byKey(r.AddressesByIDs, func(a *store.Address) store.AddressID { return a.ID }),
		Staff:        byKey(r.StaffByIDs, func(s *store.Staff) store.StaffID { return s.ID }),
		Role:         byKey(r.RolesByIDs, func(o *store.Role) store.RoleID { return o.ID }),
		RolesByStaff: groupBy(r.RolesByStaffIDs, func(o *store.StaffRole) store.StaffID { return o.StaffID }),
		APIKey:       byKey(r.APIKeysByIDs, func(k *store.APIKey) store.APIKeyID { return k.ID }),
		AuditEvent:   byKey(r.AuditEventsByIDs, func(e *store.AuditEvent) store.AuditEventID { return e.ID }),
		Actor:        byKey(r.ActorsByIDs, func(a *store.Actor) uuid.UUID { return a.ID }),
	}
}

type contextKey struct{}

// With returns a context that carries the loaders of an operation.
func With(ctx context.Context, l *Loaders) context.Context {
	return context.WithValue(ctx, contextKey{}, l)
}

// For returns the loaders of the operation that runs in ctx.
func For(ctx context.Context) *Loaders {
	return ctx.Value(contextKey{}).(*Loaders)
}
