// Package auth says who is asking and what they may do. How a caller proves who
// it is stands in its subpackages: tokens, passwords, secrets.
package auth

import "slices"

// Permission is one thing that staff and API keys may be allowed to do. The set
// is closed; the values are stored with roles and API keys: never change one.
type Permission string

// The permissions.
const (
	// CatalogueRead shows products that are not on sale, costs and stock by location.
	CatalogueRead Permission = "CATALOGUE_READ"
	// CatalogueWrite changes products, categories, vendors and images. It includes CatalogueRead.
	CatalogueWrite Permission = "CATALOGUE_WRITE"
	// InventoryWrite counts and moves stock. It includes CatalogueRead.
	InventoryWrite Permission = "INVENTORY_WRITE"
	// ReviewsModerate shows reviews in any state, and publishes or rejects them.
	ReviewsModerate Permission = "REVIEWS_MODERATE"
	// CustomersRead shows customers with their e-mail and postal addresses.
	CustomersRead Permission = "CUSTOMERS_READ"
	// StaffManage creates staff and roles. Nobody can give away what they lack.
	StaffManage Permission = "STAFF_MANAGE"
	// APIKeysManage creates and revokes API keys.
	APIKeysManage Permission = "API_KEYS_MANAGE"
	// AuditRead shows who changed what.
	AuditRead Permission = "AUDIT_READ"
)

// Permissions are what a caller may do.
type Permissions []Permission

// AllPermissions returns every permission there is.
func AllPermissions() Permissions {
	return Permissions{
		CatalogueRead, CatalogueWrite, InventoryWrite, ReviewsModerate, CustomersRead,
		StaffManage, APIKeysManage, AuditRead,
	}
}

// Has reports whether p is among them, or included in one of them.
func (ps Permissions) Has(p Permission) bool {
	if slices.Contains(ps, p) {
		return true
	}
	return p == CatalogueRead && (slices.Contains(ps, CatalogueWrite) || slices.Contains(ps, InventoryWrite))
}

// Include reports whether every one of other is among them: what a caller may
// give away.
func (ps Permissions) Include(other Permissions) bool {
	return !slices.ContainsFunc(other, func(p Permission) bool { return !ps.Has(p) })
}
