package access

import (
	"regexp"
	"testing"
	"time"

	"souk/test/shop"
)

const (
	wrongPassword = `{email: "third@example.com", password: "a wrong password"}`
	shirtInFront  = `variantId: "<ProductVariant:201>", locationId: "<Location:941>"`
)

var soon = time.Now().Add(30 * 24 * time.Hour).UTC().Format(time.RFC3339)

// accessInputs are the inputs with which a mutation is sent to those who may, one
// after the other, beside one that is made up from its type and names nothing that
// exists. They bring the matrix to the payload's objects and to the kinds of
// UserError. In them "<Type:digits>" is the ID of an object of the shop.
var accessInputs = map[string][]string{
	"customerRegister":     {`{email: "somebody@new.example", password: "a password of some length", displayName: "Somebody"}`},
	"emailVerify":          {`{token: "` + verifyToken + `"}`},
	"sessionCreate":        {wrongPassword, wrongPassword, `{email: "fifth@example.com", password: "` + shopPassword + `"}`},
	"sessionRefresh":       {`{refreshToken: "` + refreshToken + `"}`},
	"passwordResetRequest": {`{email: "third@example.com"}`},
	"passwordResetConfirm": {`{token: "` + resetToken + `", newPassword: "a password of some length"}`},

	"addressCreate": {`{name: "Maya", line1: "New 1", city: "Ulm", countryCode: "DE"}`},
	"addressUpdate": {`{id: "<Address:711>", city: "Bonn"}`, `{id: "<Address:711>", city: "Ulm", expectedVersion: 99}`},
	"addressDelete": {`{id: "<Address:711>"}`},

	"apiKeyCreate": {`{name: "New", permissions: [API_KEYS_MANAGE], expiresAt: "` + soon + `"}`},
	"apiKeyRevoke": {`{id: "<ApiKey:922>"}`},

	"categoryCreate": {`{name: "Hats"}`},
	"categoryUpdate": {`{id: "<Category:306>", name: "Emptier"}`},
	"categoryMove":   {`{id: "<Category:306>", parentId: "<Category:302>"}`, `{id: "<Category:303>", parentId: "<Category:304>"}`},
	"categoryDelete": {`{id: "<Category:306>"}`, `{id: "<Category:301>"}`},

	"customerUpdate": {`{displayName: "Somebody"}`, `{displayName: ""}`},

	"documentsPush":  {`{items: [{text: "{ shop { id } }"}]}`, `{items: [{text: "{ nothing }"}]}`},
	"documentDelete": {`{id: "<Document:982>"}`},

	"imagesAdd":     {`{productId: "<Product:103>", images: [{url: "https://img.example/new.jpg"}]}`},
	"imagesReorder": {`{productId: "<Product:102>", imageIds: ["<Image:503>"]}`},
	"imagesRemove":  {`{productId: "<Product:102>", imageIds: ["<Image:503>"]}`},
	"imageUpdate":   {`{id: "<Image:501>", altText: "A shirt"}`},

	"jobRetry":  {`{id: "<Job:2417>"}`, `{id: "<Job:2417>"}`},
	"jobCancel": {`{id: "<Job:2418>"}`, `{id: "<Job:2418>"}`},

	"locationCreate":      {`{name: "Attic"}`},
	"locationUpdate":      {`{id: "<Location:942>", name: "Cellar"}`},
	"locationDelete":      {`{id: "<Location:942>"}`, `{id: "<Location:941>"}`},
	"inventoryAdjust":     {`{` + shirtInFront + `, delta: 1}`, `{` + shirtInFront + `, delta: -1000000}`},
	"inventorySet":        {`{` + shirtInFront + `, quantity: 20}`, `{` + shirtInFront + `, quantity: 20, changeFromQuantity: 5}`},
	"inventoryBulkAdjust": {`{items: [{` + shirtInFront + `, delta: 1}]}`},
	"inventoryBulkSet":    {`{items: [{` + shirtInFront + `, quantity: 20}]}`},

	"productCreate":         {`{title: "Hat"}`, `{title: ""}`},
	"productUpdate":         {`{id: "<Product:101>", title: "Flax shirt"}`, `{id: "<Product:101>", title: "Linen shirt", expectedVersion: 1}`},
	"productDelete":         {`{id: "<Product:108>"}`},
	"productPublish":        {`{id: "<Product:106>"}`},
	"productUnpublish":      {`{id: "<Product:106>"}`},
	"productArchive":        {`{id: "<Product:106>"}`},
	"productOptionsSet":     {`{productId: "<Product:103>", options: [{name: "Weave", values: ["flat"]}]}`},
	"productCategoriesSet":  {`{productId: "<Product:103>", categoryIds: ["<Category:305>"]}`},
	"productBulkCreate":     {`{items: [{title: "Hat"}]}`, `{items: [{title: ""}]}`},
	"productBulkUpdate":     {`{items: [{id: "<Product:101>", title: "Flax shirt"}]}`},
	"productBulkPublish":    {`{items: [{id: "<Product:106>"}]}`},
	"productBulkUnpublish":  {`{items: [{id: "<Product:106>"}]}`},
	"productBulkDelete":     {`{items: [{id: "<Product:107>"}]}`},
	"productVariantsUpsert": {`{productId: "<Product:105>", variants: [{id: "<ProductVariant:207>", sku: "NEW"}]}`, `{productId: "<Product:105>", variants: [{id: "<ProductVariant:201>"}]}`},
	"productVariantsDelete": {`{productId: "<Product:101>", ids: ["<ProductVariant:204>"]}`},

	"collectionCreate":          {`{title: "Sale", filter: {vendors: ["<Vendor:401>"]}}`, `{title: ""}`},
	"collectionUpdate":          {`{id: "<Collection:f03>", title: "Another"}`},
	"collectionDelete":          {`{id: "<Collection:f03>"}`, `{id: "<Collection:f03>", expectedVersion: 9}`},
	"collectionProductsAdd":     {`{collectionId: "<Collection:f01>", productIds: ["<Product:102>"]}`, `{collectionId: "<Collection:f02>", productIds: ["<Product:101>"]}`},
	"collectionProductsRemove":  {`{collectionId: "<Collection:f01>", productIds: ["<Product:108>"]}`},
	"collectionProductsReorder": {`{collectionId: "<Collection:f01>", productIds: ["<Product:104>"], position: 1}`},

	"reviewCreate":       {`{productId: "<Product:104>", rating: 4}`},
	"reviewUpdate":       {`{id: "<Review:605>", rating: 2}`},
	"reviewDelete":       {`{id: "<Review:605>"}`},
	"reviewModerate":     {`{id: "<Review:604>", status: PUBLISHED}`},
	"reviewBulkModerate": {`{items: [{id: "<Review:604>", status: REJECTED}]}`},

	"roleCreate":  {`{name: "New", permissions: []}`, `{name: "New", permissions: [STAFF_MANAGE]}`},
	"roleUpdate":  {`{id: "<Role:903>", name: "Others"}`},
	"roleDelete":  {`{id: "<Role:903>"}`, `{id: "<Role:902>"}`},
	"staffCreate": {`{email: "new@staff.example", displayName: "New", roleIds: ["<Role:901>"]}`},
	"staffUpdate": {`{id: "<Staff:803>", displayName: "Another"}`},

	"shopUpdate": {`{name: "Another shop"}`, `{currency: "EURO"}`},

	"vendorCreate": {`{name: "Maker"}`},
	"vendorUpdate": {`{id: "<Vendor:404>", name: "Another"}`},
	"vendorDelete": {`{id: "<Vendor:404>"}`, `{id: "<Vendor:401>"}`},
}

var sampleInInput = regexp.MustCompile(`<(\w+):(\w+)>`)

// accessInput writes an input's IDs.
func accessInput(t testing.TB, input string) string {
	t.Helper()
	return "(input: " + sampleInInput.ReplaceAllStringFunc(input, func(place string) string {
		part := sampleInInput.FindStringSubmatch(place)
		if part[1] == "Job" {
			return sampleID(t, part[1], jobKey(t, part[2]))
		}
		return sampleID(t, part[1], shop.Key(part[2]))
	}) + ")"
}
