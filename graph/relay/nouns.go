package relay

import "souk/store"

// The connections of the schema.
type (
	ProductVariantConnection = Connection[store.Variant]
	ProductVariantEdge       = Edge[store.Variant]
	ImageConnection          = Connection[store.Image]
	ImageEdge                = Edge[store.Image]
	CategoryConnection       = Connection[store.Category]
	CategoryEdge             = Edge[store.Category]
	VendorConnection         = Connection[store.Vendor]
	VendorEdge               = Edge[store.Vendor]
	ReviewConnection         = Connection[store.Review]
	ReviewEdge               = Edge[store.Review]
	LocationConnection       = Connection[store.Location]
	LocationEdge             = Edge[store.Location]
	InventoryLevelConnection = Connection[store.InventoryLevel]
	InventoryLevelEdge       = Edge[store.InventoryLevel]
	ProductEdge              = Edge[store.Product]
	CustomerConnection       = Connection[store.Customer]
	CustomerEdge             = Edge[store.Customer]
	AddressConnection        = Connection[store.Address]
	AddressEdge              = Edge[store.Address]
	StaffConnection          = Connection[store.Staff]
	StaffEdge                = Edge[store.Staff]
	RoleConnection           = Connection[store.Role]
	RoleEdge                 = Edge[store.Role]
	APIKeyConnection         = Connection[store.APIKey]
	APIKeyEdge               = Edge[store.APIKey]
	AuditEventConnection     = Connection[store.AuditEvent]
	AuditEventEdge           = Edge[store.AuditEvent]
)

// ProductConnection is a page of products. Facets are counted over its listing
// and filter.
type ProductConnection struct {
	*Connection[store.Product]
	Listing store.Listing
	Filter  store.ProductFilter
}
