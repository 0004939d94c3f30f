package store

import "github.com/google/uuid"

// Each noun's key has a type of its own, so that a vendor's key cannot be given
// where a product's is wanted. All of them are UUIDs of version 7.
type (
	ProductID    uuid.UUID
	VariantID    uuid.UUID
	CategoryID   uuid.UUID
	VendorID     uuid.UUID
	ImageID      uuid.UUID
	ReviewID     uuid.UUID
	CustomerID   uuid.UUID
	AddressID    uuid.UUID
	StaffID      uuid.UUID
	RoleID       uuid.UUID
	APIKeyID     uuid.UUID
	SessionID    uuid.UUID
	LocationID   uuid.UUID
	AuditEventID uuid.UUID
)
