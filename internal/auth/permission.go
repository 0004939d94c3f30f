// Package auth says who the caller is and what they are allowed to do. Its
// subpackages (tokens, passwords, secrets) prove who a caller is.
package auth

import "slices"

// Permission is one thing that staff and API keys can be allowed to do. The set
// is closed. Roles and API keys store the values: never change one.
type Permission string

// The permissions.
const (
	// CatalogueRead allows reading products that are not on sale, costs, and
	// stock by location.
	CatalogueRead Permission = "CATALOGUE_READ"
	// CatalogueWrite allows changing products, categories, vendors, collections and images.
	// It includes CatalogueRead.
	CatalogueWrite Permission = "CATALOGUE_WRITE"
	// InventoryWrite allows changing stock and locations. It includes
	// CatalogueRead.
	InventoryWrite Permission = "INVENTORY_WRITE"
	// ReviewsModerate allows reading reviews in any state, and publishing or
	// rejecting them.
	ReviewsModerate Permission = "REVIEWS_MODERATE"
	// CustomersRead allows reading customers with their e-mail and postal
	// addresses.
	CustomersRead Permission = "CUSTOMERS_READ"
	// StaffManage allows managing staff and roles. Callers can grant only
	// permissions that they have.
	StaffManage Permission = "STAFF_MANAGE"
	// APIKeysManage allows creating and revoking API keys.
	APIKeysManage Permission = "API_KEYS_MANAGE"
	// AuditRead allows reading the audit log.
	AuditRead Permission = "AUDIT_READ"
	// SettingsWrite allows changing the shop's settings.
	SettingsWrite Permission = "SETTINGS_WRITE"
	// JobsManage allows reading the jobs behind the requests, running them again and
	// cancelling them.
	JobsManage Permission = "JOBS_MANAGE"
	// DiagnosticsRead allows reading how an operation got its data: its statements, and
	// the time that they took.
	DiagnosticsRead Permission = "DIAGNOSTICS_READ"
	// DocumentsManage allows registering and removing the documents that apps send, reading
	// who sends which, and sending others where only registered ones run.
	DocumentsManage Permission = "DOCUMENTS_MANAGE"
)

// Permissions are what a caller is allowed to do.
type Permissions []Permission

// AllPermissions returns every permission.
func AllPermissions() Permissions {
	return Permissions{
		CatalogueRead, CatalogueWrite, InventoryWrite, ReviewsModerate, CustomersRead,
		StaffManage, APIKeysManage, AuditRead, SettingsWrite, JobsManage,
		DiagnosticsRead, DocumentsManage,
	}
}

// Has reports whether p is among them, or included in one of them.
func (ps Permissions) Has(p Permission) bool {
	if slices.Contains(ps, p) {
		return true
	}
	return p == CatalogueRead && (slices.Contains(ps, CatalogueWrite) || slices.Contains(ps, InventoryWrite))
}

// Include reports whether p contains every permission of other: what a caller
// can grant.
func (ps Permissions) Include(other Permissions) bool {
	return !slices.ContainsFunc(other, func(p Permission) bool { return !ps.Has(p) })
}
