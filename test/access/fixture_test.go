package access

import (
	"encoding/binary"
	"strconv"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"souk/graph/relay"
	"souk/internal/auth"
	"souk/store"
	"souk/test/shop"
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
		"Product":        {{key: shop.Key("101")}, {key: shop.Key("106"), hidden: but(auth.CatalogueRead)}},
		"ProductVariant": {{key: shop.Key("201")}, {key: shop.Key("208"), hidden: but(auth.CatalogueRead)}},
		"Category":       {{key: shop.Key("305")}},
		"Vendor":         {{key: shop.Key("401")}},
		"Collection":     {{key: shop.Key("f01")}},
		"Image":          {{key: shop.Key("501")}, {key: shop.Key("504"), hidden: but(auth.CatalogueRead)}},
		"Review": {
			{key: shop.Key("601"), of: ownerOfSamples},
			{key: shop.Key("605"), of: ownerOfSamples},
			{key: shop.Key("602"), of: someoneElse},
			{key: shop.Key("604"), hidden: but(auth.ReviewsModerate)},
			{key: shop.Key("606"), of: ownerOfSamples, hidden: unless(ownerOfSamples)},
			{key: shop.Key("607"), of: someoneElse, hidden: unless(someoneElse)},
			{key: shop.Key("608"), hidden: but(auth.CatalogueRead)},
			{key: shop.Key("609"), hidden: unlisted},
		},
		"Customer":   {{key: ownerOfSamples, of: ownerOfSamples}, {key: someoneElse, of: someoneElse}, {key: shop.Key("703")}},
		"Address":    {{key: shop.Key("711"), of: ownerOfSamples}, {key: shop.Key("712"), of: someoneElse}, {key: shop.Key("713")}},
		"Staff":      {{key: staffOfSamples, hidden: self}, {key: shop.Key("802"), hidden: others}},
		"Role":       {{key: shop.Key("901"), hidden: self}, {key: shop.Key("902"), hidden: others}},
		"ApiKey":     {{key: shop.Key("921")}},
		"AuditEvent": {{key: shop.Key("931")}},
		"ImportRun":  {{key: shop.Key("961")}},
		"Location":   {{key: shop.Key("941")}},
		"Job":        {{key: uuid.UUID{14: 2417 >> 8, 15: 2417 & 0xff}}},
		"Document":   {{key: shop.Key("981")}},
		"Shop":       {{key: shop.Key("001")}},
	}
}

// jobKey is the key of the job with a number.
func jobKey(t testing.TB, number string) (key uuid.UUID) {
	n, err := strconv.ParseUint(number, 10, 64)
	require.NoError(t, err)
	binary.BigEndian.PutUint64(key[8:], n)
	return key
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
	case "Collection":
		return relay.ID(store.CollectionID(key))
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
	case "Shop":
		return relay.ID(store.ShopID(key))
	case "ImportRun":
		return relay.ID(store.ImportRunID(key))
	case "Document":
		return relay.ID(store.DocumentID(key))
	case "Job":
		return relay.ID(store.JobID(key))
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
