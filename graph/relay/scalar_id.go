package relay

// gqlgen finds these by name, a pair for each key type that a field `id` has.

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
