package relay

// gqlgen finds these by name: a pair for each key type of a field `id`.

import (
	"github.com/99designs/gqlgen/graphql"

	"souk/store"
)

// MarshalProductID writes a product's key as a global ID.
func MarshalProductID(key store.ProductID) graphql.Marshaler { return marshalID(key) }

// UnmarshalProductID reads a global ID of a product.
func UnmarshalProductID(v any) (store.ProductID, error) { return unmarshalID[store.ProductID](v) }

// MarshalVariantID writes a variant's key as a global ID.
func MarshalVariantID(key store.VariantID) graphql.Marshaler { return marshalID(key) }

// UnmarshalVariantID reads a global ID of a variant.
func UnmarshalVariantID(v any) (store.VariantID, error) { return unmarshalID[store.VariantID](v) }

// MarshalCategoryID writes a category's key as a global ID.
func MarshalCategoryID(key store.CategoryID) graphql.Marshaler { return marshalID(key) }

// UnmarshalCategoryID reads a global ID of a category.
func UnmarshalCategoryID(v any) (store.CategoryID, error) { return unmarshalID[store.CategoryID](v) }

// MarshalVendorID writes a vendor's key as a global ID.
func MarshalVendorID(key store.VendorID) graphql.Marshaler { return marshalID(key) }

// UnmarshalVendorID reads a global ID of a vendor.
func UnmarshalVendorID(v any) (store.VendorID, error) { return unmarshalID[store.VendorID](v) }

// MarshalImageID writes an image's key as a global ID.
func MarshalImageID(key store.ImageID) graphql.Marshaler { return marshalID(key) }

// UnmarshalImageID reads a global ID of an image.
func UnmarshalImageID(v any) (store.ImageID, error) { return unmarshalID[store.ImageID](v) }

// MarshalReviewID writes a review's key as a global ID.
func MarshalReviewID(key store.ReviewID) graphql.Marshaler { return marshalID(key) }

// UnmarshalReviewID reads a global ID of a review.
func UnmarshalReviewID(v any) (store.ReviewID, error) { return unmarshalID[store.ReviewID](v) }

// MarshalCustomerID writes the key of a customer as a global ID.
func MarshalCustomerID(key store.CustomerID) graphql.Marshaler { return marshalID(key) }

// UnmarshalCustomerID reads a global ID of a customer.
func UnmarshalCustomerID(v any) (store.CustomerID, error) { return unmarshalID[store.CustomerID](v) }

// MarshalAddressID writes the key of an address as a global ID.
func MarshalAddressID(key store.AddressID) graphql.Marshaler { return marshalID(key) }

// UnmarshalAddressID reads a global ID of an address.
func UnmarshalAddressID(v any) (store.AddressID, error) { return unmarshalID[store.AddressID](v) }

// MarshalStaffID writes the key of a staff member as a global ID.
func MarshalStaffID(key store.StaffID) graphql.Marshaler { return marshalID(key) }

// UnmarshalStaffID reads a global ID of a staff member.
func UnmarshalStaffID(v any) (store.StaffID, error) { return unmarshalID[store.StaffID](v) }

// MarshalRoleID writes the key of a role as a global ID.
func MarshalRoleID(key store.RoleID) graphql.Marshaler { return marshalID(key) }

// UnmarshalRoleID reads a global ID of a role.
func UnmarshalRoleID(v any) (store.RoleID, error) { return unmarshalID[store.RoleID](v) }

// MarshalAPIKeyID writes the key of an API key as a global ID.
func MarshalAPIKeyID(key store.APIKeyID) graphql.Marshaler { return marshalID(key) }

// UnmarshalAPIKeyID reads a global ID of an API key.
func UnmarshalAPIKeyID(v any) (store.APIKeyID, error) { return unmarshalID[store.APIKeyID](v) }

// MarshalSessionID writes the key of a session as a global ID.
func MarshalSessionID(key store.SessionID) graphql.Marshaler { return marshalID(key) }

// UnmarshalSessionID reads a global ID of a session.
func UnmarshalSessionID(v any) (store.SessionID, error) { return unmarshalID[store.SessionID](v) }

// MarshalLocationID writes the key of a location as a global ID.
func MarshalLocationID(key store.LocationID) graphql.Marshaler { return marshalID(key) }

// UnmarshalLocationID reads a global ID of a location.
func UnmarshalLocationID(v any) (store.LocationID, error) { return unmarshalID[store.LocationID](v) }

// MarshalAuditEventID writes the key of an audit event as a global ID.
func MarshalAuditEventID(key store.AuditEventID) graphql.Marshaler { return marshalID(key) }

// UnmarshalAuditEventID reads a global ID of an audit event.
func UnmarshalAuditEventID(v any) (store.AuditEventID, error) {
	return unmarshalID[store.AuditEventID](v)
}
