package test

import (
	"testing"

	"github.com/google/uuid"

	"souk/graph/relay"
	"souk/internal/auth"
	"souk/store"
)

// What the authorization matrix needs to know of the shop. A new type with an ID
// needs a sample here; a new argument that must have a certain value, or a
// mutation whose payload should hold an object, an entry below.

// As whom the matrix asks: the owner of what is looked for, another customer, and
// a staff member without permissions.
var (
	ownerOfSamples = uuid.MustParse("01900000-0000-7000-8000-000000000701")
	someoneElse    = uuid.MustParse("01900000-0000-7000-8000-000000000702")
	staffOfSamples = uuid.MustParse("01900000-0000-7000-8000-000000000801")
)

// sample is an object of a type that has an ID.
type sample struct {
	key uuid.UUID
	// of is the customer whose it is; zero when it is nobody's. What belongs to one
	// of the two customers must be a sample: all else is a third party's.
	of uuid.UUID
	// hidden, when set, says from whom the data hides it, beyond what its type's
	// rule says: as if it did not exist.
	hidden func(auth.Principal) bool
}

// accessSamples has objects of each type with an ID. The first one is what ways
// by ID lead to.
func accessSamples() map[string][]sample {
	but := func(permission auth.Permission) func(auth.Principal) bool {
		return func(p auth.Principal) bool { return !holds(p, permission) }
	}
	// Staff see themselves and their own roles.
	others := but(auth.StaffManage)
	self := func(p auth.Principal) bool { return p.ID != staffOfSamples && others(p) }
	unlisted := func(p auth.Principal) bool { return !holds(p, auth.ReviewsModerate) || !holds(p, auth.CatalogueRead) }
	unless := func(id uuid.UUID) func(auth.Principal) bool {
		return func(p auth.Principal) bool { return p.ID != id && !holds(p, auth.ReviewsModerate) }
	}
	return map[string][]sample{
		"Product":        {{key: goldenKey("101")}, {key: goldenKey("106"), hidden: but(auth.CatalogueRead)}},
		"ProductVariant": {{key: goldenKey("201")}, {key: goldenKey("208"), hidden: but(auth.CatalogueRead)}},
		"Category":       {{key: goldenKey("305")}},
		"Vendor":         {{key: goldenKey("401")}},
		"Image":          {{key: goldenKey("501")}, {key: goldenKey("504"), hidden: but(auth.CatalogueRead)}},
		"Review": {
			{key: goldenKey("601"), of: ownerOfSamples},
			{key: goldenKey("605"), of: ownerOfSamples},
			{key: goldenKey("602"), of: someoneElse},
			{key: goldenKey("604"), hidden: but(auth.ReviewsModerate)},
			{key: goldenKey("606"), of: ownerOfSamples, hidden: unless(ownerOfSamples)},
			{key: goldenKey("607"), of: someoneElse, hidden: unless(someoneElse)},
			{key: goldenKey("608"), hidden: but(auth.CatalogueRead)},
			{key: goldenKey("609"), hidden: unlisted},
		},
		"Customer":   {{key: ownerOfSamples, of: ownerOfSamples}, {key: someoneElse, of: someoneElse}, {key: goldenKey("703")}},
		"Address":    {{key: goldenKey("711"), of: ownerOfSamples}, {key: goldenKey("712"), of: someoneElse}, {key: goldenKey("713")}},
		"Staff":      {{key: staffOfSamples, hidden: self}, {key: goldenKey("802"), hidden: others}},
		"Role":       {{key: goldenKey("901"), hidden: self}, {key: goldenKey("902"), hidden: others}},
		"ApiKey":     {{key: goldenKey("921")}},
		"AuditEvent": {{key: goldenKey("931")}},
		"Location":   {{key: goldenKey("941")}},
	}
}

// goldenKey is a key of the goldens' shop by its last digits.
func goldenKey(digits string) uuid.UUID {
	return uuid.MustParse("01900000-0000-7000-8000-000000000" + digits)
}

// sampleID writes the global ID of a type's object.
func sampleID(t testing.TB, name string, key uuid.UUID) string {
	switch name {
	case "Product":
		return relay.ID(store.ProductID(key))
	case "ProductVariant":
		return relay.ID(store.VariantID(key))
	case "Category":
		return relay.ID(store.CategoryID(key))
	case "Vendor":
		return relay.ID(store.VendorID(key))
	case "Image":
		return relay.ID(store.ImageID(key))
	case "Review":
		return relay.ID(store.ReviewID(key))
	case "Customer":
		return relay.ID(store.CustomerID(key))
	case "Address":
		return relay.ID(store.AddressID(key))
	case "Staff":
		return relay.ID(store.StaffID(key))
	case "Role":
		return relay.ID(store.RoleID(key))
	case "ApiKey":
		return relay.ID(store.APIKeyID(key))
	case "Session":
		return relay.ID(store.SessionID(key))
	case "Location":
		return relay.ID(store.LocationID(key))
	case "AuditEvent":
		return relay.ID(store.AuditEventID(key))
	}
	t.Fatalf("%s has an ID: say in sampleID which kind", name)
	return ""
}

// accessArguments are the arguments of fields that what is made up from their
// types would not do for.
var accessArguments = map[string]string{}

// accessUnreached are the fields that no way of the matrix reaches in this shop,
// each with the reason. One that is reached after all must leave the list.
var accessUnreached = map[string]string{
	"SessionRevokePayload.userErrors": "there is nothing in its input to refuse",
}
