// Package loaders batches the loads of one operation, so that a field costs one
// statement for all its parents, however long the lists above it are and in
// whatever order the executor calls the resolvers.
//
// There is no timer. When a field delivers its objects (the products of a page,
// the reviews of all those products), they are recorded under the field's path
// in the query: response names and the types that they are on. GraphQL
// guarantees that all objects delivered at one path have the same selection
// with the same arguments. So the first of them whose child field is resolved
// loads that field for all of them, and the others take their share. See
// [Field].
package loaders

import (
	"context"
	"time"

	"github.com/google/uuid"

	"souk/store"
)

// Observer is called for each batch with the field, the number of parents or
// keys, and the duration.
type Observer interface {
	Batch(ctx context.Context, field string, keys int, took time.Duration, err error)
}

// Loaders load for one operation and know what its fields have delivered. Never
// share them between operations: callers may see different data.
type Loaders struct {
	// Reader reads what is not found by a key, such as lists and names.
	Reader *store.Reader

	observer Observer
	fields   fields

	Product          Loader[store.ProductID, *store.Product]
	Variant          Loader[store.VariantID, *store.Variant]
	Cost             Loader[store.VariantID, *store.VariantCost]
	Category         Loader[store.CategoryID, *store.Category]
	Vendor           Loader[store.VendorID, *store.Vendor]
	Collection       Loader[store.CollectionID, *store.Collection]
	Image            Loader[store.ImageID, *store.Image]
	Review           Loader[store.ReviewID, *store.Review]
	Author           Loader[store.CustomerID, *store.Author]
	Location         Loader[store.LocationID, *store.Location]
	OptionsByProduct Loader[store.ProductID, []*store.ProductOption]

	Customer     Loader[store.CustomerID, *store.Customer]
	Address      Loader[store.AddressID, *store.Address]
	Staff        Loader[store.StaffID, *store.Staff]
	Role         Loader[store.RoleID, *store.Role]
	RolesByStaff Loader[store.StaffID, []*store.StaffRole]
	APIKey       Loader[store.APIKeyID, *store.APIKey]
	AuditEvent   Loader[store.AuditEventID, *store.AuditEvent]
	ImportRun    Loader[store.ImportRunID, *store.ImportRun]
	Actor        Loader[uuid.UUID, *store.Actor]

	Shop Loader[store.ShopID, *store.Shop]
}

// New returns the loaders of one operation, which read through r. observer may be
// nil.
func New(r *store.Reader, observer Observer) *Loaders {
	return &Loaders{
		Reader:           r,
		observer:         observer,
		Product:          byKey(r.ProductsByIDs, func(p *store.Product) store.ProductID { return p.ID }),
		Variant:          byKey(r.VariantsByIDs, func(v *store.Variant) store.VariantID { return v.ID }),
		Cost:             byKey(r.CostsByVariantIDs, func(c *store.VariantCost) store.VariantID { return c.VariantID }),
		Category:         byKey(r.CategoriesByIDs, func(c *store.Category) store.CategoryID { return c.ID }),
		Vendor:           byKey(r.VendorsByIDs, func(v *store.Vendor) store.VendorID { return v.ID }),
		Collection:       byKey(r.CollectionsByIDs, func(c *store.Collection) store.CollectionID { return c.ID }),
		Image:            byKey(r.ImagesByIDs, func(i *store.Image) store.ImageID { return i.ID }),
		Review:           byKey(r.ReviewsByIDs, func(v *store.Review) store.ReviewID { return v.ID }),
		Author:           byKey(r.AuthorsByIDs, func(a *store.Author) store.CustomerID { return a.ID }),
		Location:         byKey(r.LocationsByIDs, func(l *store.Location) store.LocationID { return l.ID }),
		OptionsByProduct: groupBy(r.OptionsByProductIDs, func(o *store.ProductOption) store.ProductID { return o.ProductID }),

		Customer:     byKey(r.CustomersByIDs, func(c *store.Customer) store.CustomerID { return c.ID }),
		Address:      byKey(r.AddressesByIDs, func(a *store.Address) store.AddressID { return a.ID }),
		Staff:        byKey(r.StaffByIDs, func(s *store.Staff) store.StaffID { return s.ID }),
		Role:         byKey(r.RolesByIDs, func(o *store.Role) store.RoleID { return o.ID }),
		RolesByStaff: groupBy(r.RolesByStaffIDs, func(o *store.StaffRole) store.StaffID { return o.StaffID }),
		APIKey:       byKey(r.APIKeysByIDs, func(k *store.APIKey) store.APIKeyID { return k.ID }),
		AuditEvent:   byKey(r.AuditEventsByIDs, func(e *store.AuditEvent) store.AuditEventID { return e.ID }),
		ImportRun:    byKey(r.ImportRunsByIDs, func(i *store.ImportRun) store.ImportRunID { return i.ID }),
		Actor:        byKey(r.ActorsByIDs, func(a *store.Actor) uuid.UUID { return a.ID }),

		Shop: byKey(r.ShopsByIDs, func(s *store.Shop) store.ShopID { return s.ID }),
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
