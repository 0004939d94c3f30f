package store

import "github.com/google/uuid"

// The key of each noun has its own type, so that a vendor's key cannot be passed as a
// product's key. All keys but those of jobs are UUIDs of version 7.
type (
	ProductID    uuid.UUID
	VariantID    uuid.UUID
	CategoryID   uuid.UUID
	VendorID     uuid.UUID
	CollectionID uuid.UUID
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
	ShopID       uuid.UUID
	ImportRunID  uuid.UUID
	DocumentID   uuid.UUID
	// JobID is the number of a job in River's table, with zeros before it.
	JobID uuid.UUID
)

// Subject is the kind of the object that was changed. The values are stored.
type Subject string

// The subjects: the nouns whose changes are recorded.
const (
	SubjectProduct    Subject = "PRODUCT"
	SubjectVariant    Subject = "VARIANT"
	SubjectCategory   Subject = "CATEGORY"
	SubjectVendor     Subject = "VENDOR"
	SubjectCollection Subject = "COLLECTION"
	SubjectImage      Subject = "IMAGE"
	SubjectReview     Subject = "REVIEW"
	SubjectLocation   Subject = "LOCATION"
	SubjectCustomer   Subject = "CUSTOMER"
	SubjectAddress    Subject = "ADDRESS"
	SubjectStaff      Subject = "STAFF"
	SubjectRole       Subject = "ROLE"
	SubjectAPIKey     Subject = "API_KEY"
	SubjectShop       Subject = "SHOP"
	SubjectJob        Subject = "JOB"
	SubjectDocument   Subject = "DOCUMENT"
	// SubjectImportRun is written by the importer.
	SubjectImportRun Subject = "IMPORT_RUN"
)
