package loaders

import (
	"context"

	"github.com/google/uuid"

	"souk/internal/auth"
	"souk/store"
)

// What is found by its key. A noun's loader has the noun's name in Go: `node` and
// `nodes` use it.
var (
	Product    = byKey("ProductsByIDs", (*store.Reader).ProductsByIDs, func(p *store.Product) store.ProductID { return p.ID })
	Variant    = byKey("VariantsByIDs", (*store.Reader).VariantsByIDs, func(v *store.Variant) store.VariantID { return v.ID })
	Cost       = byKey("CostsByVariantIDs", (*store.Reader).CostsByVariantIDs, func(c *store.VariantCost) store.VariantID { return c.VariantID })
	Category   = byKey("CategoriesByIDs", (*store.Reader).CategoriesByIDs, func(c *store.Category) store.CategoryID { return c.ID })
	Vendor     = byKey("VendorsByIDs", (*store.Reader).VendorsByIDs, func(v *store.Vendor) store.VendorID { return v.ID })
	Collection = byKey("CollectionsByIDs", (*store.Reader).CollectionsByIDs, func(c *store.Collection) store.CollectionID { return c.ID })
	Image      = byKey("ImagesByIDs", (*store.Reader).ImagesByIDs, func(i *store.Image) store.ImageID { return i.ID })
	Review     = byKey("ReviewsByIDs", (*store.Reader).ReviewsByIDs, func(v *store.Review) store.ReviewID { return v.ID })
	Author     = byKey("AuthorsByIDs", (*store.Reader).AuthorsByIDs, func(a *store.Author) store.CustomerID { return a.ID })
	Location   = byKey("LocationsByIDs", (*store.Reader).LocationsByIDs, func(l *store.Location) store.LocationID { return l.ID })

	Customer   = byKey("CustomersByIDs", (*store.Reader).CustomersByIDs, func(c *store.Customer) store.CustomerID { return c.ID })
	Address    = byKey("AddressesByIDs", (*store.Reader).AddressesByIDs, func(a *store.Address) store.AddressID { return a.ID })
	Staff      = byKey("StaffByIDs", (*store.Reader).StaffByIDs, func(s *store.Staff) store.StaffID { return s.ID })
	Role       = byKey("RolesByIDs", (*store.Reader).RolesByIDs, func(o *store.Role) store.RoleID { return o.ID })
	APIKey     = byKey("APIKeysByIDs", (*store.Reader).APIKeysByIDs, func(k *store.APIKey) store.APIKeyID { return k.ID })
	AuditEvent = byKey("AuditEventsByIDs", (*store.Reader).AuditEventsByIDs, func(e *store.AuditEvent) store.AuditEventID { return e.ID })
	ImportRun  = byKey("ImportRunsByIDs", (*store.Reader).ImportRunsByIDs, func(i *store.ImportRun) store.ImportRunID { return i.ID })
	Actor      = byKey("ActorsByIDs", (*store.Reader).ActorsByIDs, func(a *store.Actor) uuid.UUID { return a.ID })
	Job        = byKey("JobsByIDs", (*store.Reader).JobsByIDs, func(j *store.Job) store.JobID { return j.ID })

	Document = byKey("DocumentsByIDs", (*store.Reader).DocumentsByIDs, func(d *store.Document) store.DocumentID { return d.ID })

	Shop = byKey("ShopsByIDs", (*store.Reader).ShopsByIDs, func(s *store.Shop) store.ShopID { return s.ID })
)

// What is short enough to be read whole.
var (
	OptionsByProduct = groupBy("OptionsByProductIDs", (*store.Reader).OptionsByProductIDs, func(o *store.ProductOption) store.ProductID { return o.ProductID })
	RolesByStaff     = groupBy("RolesByStaffIDs", (*store.Reader).RolesByStaffIDs, func(o *store.StaffRole) store.StaffID { return o.StaffID })
)

// Lists that belong to an object.
var (
	VariantsByProduct   = list("Variants", (*store.Reader).ListVariants, (*store.Reader).CountVariants)
	ImagesByProduct     = list("Images", (*store.Reader).ListImages, (*store.Reader).CountImages)
	CategoriesByProduct = list("ProductCategories", (*store.Reader).ListProductCategories, (*store.Reader).CountProductCategories)
	ReviewsByProduct    = list("Reviews", (*store.Reader).ListReviews, (*store.Reader).CountReviews)
	ChildrenByCategory  = list("ChildCategories", (*store.Reader).ListChildCategories, (*store.Reader).CountChildCategories)
	LevelsByVariant     = list("InventoryLevels", (*store.Reader).ListInventoryLevels, (*store.Reader).CountInventoryLevels)
	AddressesByCustomer = list("Addresses", (*store.Reader).ListAddresses, (*store.Reader).CountAddresses)
	ReviewsByCustomer   = list("ReviewsByCustomer", (*store.Reader).ListReviewsByCustomer, (*store.Reader).CountReviewsByCustomer)
)

// Lists that belong to no object. Those with a filter are functions of it.
var (
	Vendors      = rootList("Vendors", (*store.Reader).ListVendors, (*store.Reader).CountVendors)
	Collections  = rootList("Collections", (*store.Reader).ListCollections, (*store.Reader).CountCollections)
	Locations    = rootList("Locations", (*store.Reader).ListLocations, (*store.Reader).CountLocations)
	StaffMembers = rootList("Staff", (*store.Reader).ListStaff, (*store.Reader).CountStaff)
	Roles        = rootList("Roles", (*store.Reader).ListRoles, (*store.Reader).CountRoles)
	APIKeys      = rootList("APIKeys", (*store.Reader).ListAPIKeys, (*store.Reader).CountAPIKeys)
	Documents    = rootList("Documents", (*store.Reader).ListDocuments, (*store.Reader).CountDocuments)
	ImportRuns   = rootList("ImportRuns", (*store.Reader).ListImportRuns, (*store.Reader).CountImportRuns)

	Categories      = filteredList("Categories", (*store.Reader).ListCategories, (*store.Reader).CountCategories)
	ReviewsByStatus = filteredList("ReviewsByStatus", (*store.Reader).ListReviewsByStatus, (*store.Reader).CountReviewsByStatus)
	Customers       = filteredList("Customers", (*store.Reader).ListCustomers, (*store.Reader).CountCustomers)
	Jobs            = filteredList("Jobs", (*store.Reader).ListJobs, (*store.Reader).CountJobs)
	AuditEvents     = filteredList("AuditEvents", (*store.Reader).ListAuditEvents, (*store.Reader).CountAuditEvents)
)

// ProductArgs are the arguments of lists of products.
type ProductArgs struct {
	Kind   store.ListingKind
	Filter store.ProductFilter
}

// Products is the list of the products of listings of one kind that match a filter.
func Products(kind store.ListingKind, filter store.ProductFilter) List[store.Listing, store.Product] {
	return List[store.Listing, store.Product]{
		name: "Products", args: ProductArgs{kind, filter},
		list: func(r *store.Reader, ctx context.Context, listings []store.Listing, p store.PageRequest) ([]store.Page[store.Product], error) {
			return r.ListProducts(ctx, listings, filter, p)
		},
		count: func(r *store.Reader, ctx context.Context, listings []store.Listing) ([]store.Count, error) {
			return r.CountProducts(ctx, listings, filter)
		},
	}
}

// FacetArgs are the arguments of a read of facets.
type FacetArgs struct {
	ProductArgs
	Wanted store.FacetSet
}

// Facets loads the wanted facets of listings of one kind, over the products that match a
// filter.
func Facets(kind store.ListingKind, filter store.ProductFilter, wanted store.FacetSet) Loader[store.Listing, store.Facets] {
	return Loader[store.Listing, store.Facets]{
		name: "ProductFacets", args: FacetArgs{ProductArgs{kind, filter}, wanted},
		read: func(r *store.Reader, ctx context.Context, listings []store.Listing) ([]store.Facets, error) {
			return r.ProductFacets(ctx, listings, filter, wanted)
		},
	}
}

// What is found by a name, one statement for each.
var (
	ProductBySlug    = lookUp("ProductBySlug", (*store.Reader).ProductBySlug)
	CategoryBySlug   = lookUp("CategoryBySlug", (*store.Reader).CategoryBySlug)
	VendorBySlug     = lookUp("VendorBySlug", (*store.Reader).VendorBySlug)
	CollectionBySlug = lookUp("CollectionBySlug", (*store.Reader).CollectionBySlug)

	CredentialsByEmail = lookUp("CredentialsByEmail", func(r *store.Reader, ctx context.Context, a AccountEmail) (*store.Credentials, error) {
		return r.CredentialsByEmail(ctx, a.Kind, a.Email)
	})
	CredentialsByID = lookUp("CredentialsByID", func(r *store.Reader, ctx context.Context, a AccountID) (*store.Credentials, error) {
		return r.CredentialsByID(ctx, a.Kind, a.ID)
	})
	ResetTokenByPlain = lookUp("ResetTokenByPlain", (*store.Reader).ResetTokenByPlain)

	// Search expands a text to what it searches for.
	Search = each("ExpandSearch", nil, (*store.Reader).ExpandSearch)
	// OnlyShop is the shop, of which there is one.
	OnlyShop = each("Shop", nil, func(r *store.Reader, ctx context.Context, _ Root) (*store.Shop, error) { return r.Shop(ctx) })
)

type (
	// AccountEmail is the kind and the e-mail address of an account.
	AccountEmail struct {
		Kind  auth.Kind
		Email string
	}
	// AccountID is the kind and the key of an account.
	AccountID struct {
		Kind auth.Kind
		ID   uuid.UUID
	}
)

// VariantsBySKU loads up to limit variants that have a SKU.
func VariantsBySKU(limit int) Loader[string, []*store.Variant] {
	return each("VariantsBySKU", limit, func(r *store.Reader, ctx context.Context, sku string) ([]*store.Variant, error) {
		return r.VariantsBySKU(ctx, sku, limit)
	})
}
