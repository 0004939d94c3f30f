package access

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	gql "github.com/vektah/gqlparser/v2/ast"

	"souk/internal/auth"
	"souk/test/harness"
	"souk/test/shop"
)

// textLimit is how long a text of an input may be, and an input of a mutation in
// which $text stands for it. "<Type:digits>" is the ID of an object of the shop.
type textLimit struct {
	mutation, input string
	most            int
	unit            string // that the limit is told in, and must be measured in
}

const (
	inCharacters = "characters"
	inBytes      = "bytes"
)

// textLimits are the limits of all texts of inputs, by type and field.
var textLimits = map[string]textLimit{
	"CustomerRegisterInput.email":       {"customerRegister", `{email: $text, password: "a good long password", displayName: "Ada"}`, 254, inBytes},
	"CustomerRegisterInput.password":    {"customerRegister", `{email: "new@example.com", password: $text, displayName: "Ada"}`, 256, inCharacters},
	"CustomerRegisterInput.displayName": {"customerRegister", `{email: "new@example.com", password: "a good long password", displayName: $text}`, 100, inCharacters},
	"PasswordResetRequestInput.email":   {"passwordResetRequest", `{email: $text}`, 254, inBytes},

	"CategoryCreateInput.name":              {"categoryCreate", `{name: $text}`, 255, inCharacters},
	"CategoryCreateInput.slug":              {"categoryCreate", `{name: "Hats", slug: $text}`, 255, inCharacters},
	"CategoryUpdateInput.name":              {"categoryUpdate", `{id: "<Category:306>", name: $text}`, 255, inCharacters},
	"CategoryUpdateInput.slug":              {"categoryUpdate", `{id: "<Category:306>", slug: $text}`, 255, inCharacters},
	"CollectionCreateInput.title":           {"collectionCreate", `{title: $text}`, 255, inCharacters},
	"CollectionCreateInput.slug":            {"collectionCreate", `{title: "Gifts", slug: $text}`, 255, inCharacters},
	"CollectionCreateInput.descriptionHtml": {"collectionCreate", `{title: "Gifts", descriptionHtml: $text}`, 64 << 10, inBytes},
	"CollectionUpdateInput.title":           {"collectionUpdate", `{id: "<Collection:f01>", title: $text}`, 255, inCharacters},
	"CollectionUpdateInput.slug":            {"collectionUpdate", `{id: "<Collection:f01>", slug: $text}`, 255, inCharacters},
	"CollectionUpdateInput.descriptionHtml": {"collectionUpdate", `{id: "<Collection:f01>", descriptionHtml: $text}`, 64 << 10, inBytes},
	"SeoInput.title":                        {"collectionCreate", `{title: "Gifts", seo: {title: $text}}`, 255, inCharacters},
	"SeoInput.description":                  {"collectionCreate", `{title: "Gifts", seo: {description: $text}}`, 1000, inCharacters},
	"VendorCreateInput.name":                {"vendorCreate", `{name: $text}`, 255, inCharacters},
	"VendorCreateInput.slug":                {"vendorCreate", `{name: "Maker", slug: $text}`, 255, inCharacters},
	"VendorUpdateInput.name":                {"vendorUpdate", `{id: "<Vendor:404>", name: $text}`, 255, inCharacters},
	"VendorUpdateInput.slug":                {"vendorUpdate", `{id: "<Vendor:404>", slug: $text}`, 255, inCharacters},
	"ShopUpdateInput.name":                  {"shopUpdate", `{name: $text}`, 255, inCharacters},
	"LocationCreateInput.name":              {"locationCreate", `{name: $text}`, 255, inCharacters},
	"LocationUpdateInput.name":              {"locationUpdate", `{id: "<Location:942>", name: $text}`, 255, inCharacters},
	"InventoryAdjustInput.reason":           {"inventoryAdjust", `{` + shirtInFront + `, delta: 1, reason: $text}`, 255, inCharacters},
	"InventoryBulkAdjustItem.reason":        {"inventoryBulkAdjust", `{items: [{` + shirtInFront + `, delta: 1, reason: $text}]}`, 255, inCharacters},
	"InventorySetInput.reason":              {"inventorySet", `{` + shirtInFront + `, quantity: 20, reason: $text}`, 255, inCharacters},
	"InventoryBulkSetItem.reason":           {"inventoryBulkSet", `{items: [{` + shirtInFront + `, quantity: 20, reason: $text}]}`, 255, inCharacters},
	"ImageInput.url":                        {"imagesAdd", `{productId: "<Product:103>", images: [{url: $text}]}`, 2048, inBytes},
	"ImageInput.altText":                    {"imagesAdd", `{productId: "<Product:103>", images: [{url: "/a.svg", altText: $text}]}`, 512, inCharacters},
	"ImageUpdateInput.altText":              {"imageUpdate", `{id: "<Image:501>", altText: $text}`, 512, inCharacters},
	"ProductCreateInput.title":              {"productCreate", `{title: $text}`, 255, inCharacters},
	"ProductCreateInput.slug":               {"productCreate", `{title: "Hat", slug: $text}`, 255, inCharacters},
	"ProductCreateInput.descriptionHtml":    {"productCreate", `{title: "Hat", descriptionHtml: $text}`, 64 << 10, inBytes},
	"ProductCreateInput.productType":        {"productCreate", `{title: "Hat", productType: $text}`, 255, inCharacters},
	"ProductCreateInput.tags":               {"productCreate", `{title: "Hat", tags: [$text]}`, 255, inCharacters},
	"ProductUpdateInput.title":              {"productUpdate", `{id: "<Product:103>", title: $text}`, 255, inCharacters},
	"ProductUpdateInput.slug":               {"productUpdate", `{id: "<Product:103>", slug: $text}`, 255, inCharacters},
	"ProductUpdateInput.descriptionHtml":    {"productUpdate", `{id: "<Product:103>", descriptionHtml: $text}`, 64 << 10, inBytes},
	"ProductUpdateInput.productType":        {"productUpdate", `{id: "<Product:103>", productType: $text}`, 255, inCharacters},
	"ProductUpdateInput.tags":               {"productUpdate", `{id: "<Product:103>", tags: [$text]}`, 255, inCharacters},
	"ProductBulkCreateItem.title":           {"productBulkCreate", `{items: [{title: $text}]}`, 255, inCharacters},
	"ProductBulkCreateItem.slug":            {"productBulkCreate", `{items: [{title: "Hat", slug: $text}]}`, 255, inCharacters},
	"ProductBulkCreateItem.descriptionHtml": {"productBulkCreate", `{items: [{title: "Hat", descriptionHtml: $text}]}`, 64 << 10, inBytes},
	"ProductBulkCreateItem.productType":     {"productBulkCreate", `{items: [{title: "Hat", productType: $text}]}`, 255, inCharacters},
	"ProductBulkCreateItem.tags":            {"productBulkCreate", `{items: [{title: "Hat", tags: [$text]}]}`, 255, inCharacters},
	"ProductAttributeInput.key":             {"productUpdate", `{id: "<Product:103>", attributes: [{key: $text, name: "Care", value: "Cold"}]}`, 255, inCharacters},
	"ProductAttributeInput.name":            {"productUpdate", `{id: "<Product:103>", attributes: [{key: "care", name: $text, value: "Cold"}]}`, 255, inCharacters},
	"ProductAttributeInput.value":           {"productUpdate", `{id: "<Product:103>", attributes: [{key: "care", name: "Care", value: $text}]}`, 64 << 10, inBytes},
	"ProductOptionInput.name":               {"productOptionsSet", `{productId: "<Product:103>", options: [{name: $text, values: ["flat"]}]}`, 255, inCharacters},
	"ProductOptionInput.values":             {"productOptionsSet", `{productId: "<Product:103>", options: [{name: "Weave", values: [$text]}]}`, 255, inCharacters},
	"ProductVariantInput.sku":               {"productVariantsUpsert", `{productId: "<Product:105>", variants: [{id: "<ProductVariant:207>", sku: $text}]}`, 255, inCharacters},
	"ProductVariantInput.barcode":           {"productVariantsUpsert", `{productId: "<Product:105>", variants: [{id: "<ProductVariant:207>", barcode: $text}]}`, 255, inCharacters},
	"DocumentPushItem.client":               {"documentsPush", `{items: [{text: "{ shop { id } }", client: $text}]}`, 255, inCharacters},
	"ApiKeyCreateInput.name":                {"apiKeyCreate", `{name: $text, permissions: [], expiresAt: "` + soon + `"}`, 100, inCharacters},
	"RoleCreateInput.name":                  {"roleCreate", `{name: $text, permissions: []}`, 100, inCharacters},
	"RoleUpdateInput.name":                  {"roleUpdate", `{id: "<Role:903>", name: $text}`, 100, inCharacters},
	"StaffCreateInput.displayName":          {"staffCreate", `{email: "new@staff.example", displayName: $text, roleIds: ["<Role:901>"]}`, 100, inCharacters},
	"StaffUpdateInput.displayName":          {"staffUpdate", `{id: "<Staff:803>", displayName: $text}`, 100, inCharacters},
	"PasswordChangeInput.newPassword":       {"passwordChange", `{currentPassword: "` + shopPassword + `", newPassword: $text}`, 256, inCharacters},
	"PasswordResetConfirmInput.newPassword": {"passwordResetConfirm", `{token: "` + resetToken + `", newPassword: $text}`, 256, inCharacters},
	"CustomerUpdateInput.displayName":       {"customerUpdate", `{displayName: $text}`, 100, inCharacters},
	"ReviewCreateInput.title":               {"reviewCreate", `{productId: "<Product:104>", rating: 4, title: $text}`, 255, inCharacters},
	"ReviewCreateInput.body":                {"reviewCreate", `{productId: "<Product:104>", rating: 4, body: $text}`, 10_000, inCharacters},
	"ReviewUpdateInput.title":               {"reviewUpdate", `{id: "<Review:605>", title: $text}`, 255, inCharacters},
	"ReviewUpdateInput.body":                {"reviewUpdate", `{id: "<Review:605>", body: $text}`, 10_000, inCharacters},
	"AddressCreateInput.name":               {"addressCreate", `{name: $text, line1: "New 1", city: "Ulm", countryCode: "DE"}`, 255, inCharacters},
	"AddressCreateInput.company":            {"addressCreate", `{name: "Maya", company: $text, line1: "New 1", city: "Ulm", countryCode: "DE"}`, 255, inCharacters},
	"AddressCreateInput.line1":              {"addressCreate", `{name: "Maya", line1: $text, city: "Ulm", countryCode: "DE"}`, 255, inCharacters},
	"AddressCreateInput.line2":              {"addressCreate", `{name: "Maya", line1: "New 1", line2: $text, city: "Ulm", countryCode: "DE"}`, 255, inCharacters},
	"AddressCreateInput.city":               {"addressCreate", `{name: "Maya", line1: "New 1", city: $text, countryCode: "DE"}`, 255, inCharacters},
	"AddressCreateInput.region":             {"addressCreate", `{name: "Maya", line1: "New 1", city: "Ulm", region: $text, countryCode: "DE"}`, 255, inCharacters},
	"AddressCreateInput.postalCode":         {"addressCreate", `{name: "Maya", line1: "New 1", city: "Ulm", postalCode: $text, countryCode: "DE"}`, 20, inCharacters},
	"AddressUpdateInput.name":               {"addressUpdate", `{id: "<Address:711>", name: $text}`, 255, inCharacters},
	"AddressUpdateInput.company":            {"addressUpdate", `{id: "<Address:711>", company: $text}`, 255, inCharacters},
	"AddressUpdateInput.line1":              {"addressUpdate", `{id: "<Address:711>", line1: $text}`, 255, inCharacters},
	"AddressUpdateInput.line2":              {"addressUpdate", `{id: "<Address:711>", line2: $text}`, 255, inCharacters},
	"AddressUpdateInput.city":               {"addressUpdate", `{id: "<Address:711>", city: $text}`, 255, inCharacters},
	"AddressUpdateInput.region":             {"addressUpdate", `{id: "<Address:711>", region: $text}`, 255, inCharacters},
	"AddressUpdateInput.postalCode":         {"addressUpdate", `{id: "<Address:711>", postalCode: $text}`, 20, inCharacters},

	"AddressCreateInput.phone":  {"addressCreate", `{name: "Maya", line1: "New 1", city: "Ulm", countryCode: "DE", phone: $text}`, 40, inCharacters},
	"AddressUpdateInput.phone":  {"addressUpdate", `{id: "<Address:711>", phone: $text}`, 40, inCharacters},
	"CustomerUpdateInput.phone": {"customerUpdate", `{phone: $text}`, 40, inCharacters},
	"StaffCreateInput.email":    {"staffCreate", `{email: $text, displayName: "New", roleIds: ["<Role:901>"]}`, 254, inBytes},
	// One place reads the key of every mutation.
	"VendorCreateInput.idempotencyKey": {"vendorCreate", `{name: "Maker", idempotencyKey: $text}`, 255, inCharacters},
}

// unlimited are texts of inputs of which no answer says that they are too long, with
// the reason.
var unlimited = map[string]string{
	"EmailVerifyInput.token":              "one that is too long is none of ours",
	"SessionRefreshInput.refreshToken":    "one that is too long is none of ours",
	"PasswordResetConfirmInput.token":     "one that is too long is none of ours",
	"SessionCreateInput.email":            "it says no more than that e-mail or password are wrong",
	"SessionCreateInput.password":         "it says no more than that e-mail or password are wrong",
	"PasswordChangeInput.currentPassword": "it says no more than that it is wrong",
	"AddressCreateInput.countryCode":      "it has two letters",
	"AddressUpdateInput.countryCode":      "it has two letters",
	"ShopUpdateInput.country":             "it has two letters",
	"ShopUpdateInput.timeZone":            "one that is too long is no time zone",
	"ShopUpdateInput.languages":           "one that is too long is no language",
	"SelectedOptionInput.name":            "it is one of the product's",
	"SelectedOptionInput.value":           "it is one of the option's",
	"CustomerFilter.search":               "TestCustomerSearchIsMeasuredInCharacters has it",
	"DocumentPushItem.text":               "a text that is no document is refused; TestALargeDocument has its limit",
	"DocumentPushItem.documentId":         "TestIdentifyRefuses has its limit",
	"AuditEventFilter.action":             "one that is too long finds nothing",
	"JobFilter.kind":                      "one that is too long finds nothing",
	"OptionFilter.name":                   "one that is too long finds nothing",
	"OptionFilter.values":                 "one that is too long finds nothing",
	"ProductBy.slug":                      "one that is too long finds nothing",
	"ProductVariantBy.sku":                "one that is too long finds nothing",
	"CategoryBy.slug":                     "one that is too long finds nothing",
	"CollectionBy.slug":                   "one that is too long finds nothing",
	"VendorBy.slug":                       "one that is too long finds nothing",
}

// byCustomers are the mutations that customers alone may send.
var byCustomers = regexp.MustCompile(`^(address|customerUpdate|reviewCreate|reviewUpdate|passwordChange)`)

// wide is a text of n characters, or of n bytes, in letters that have two bytes.
func wide(n int, unit string) string {
	letters := n
	if unit == inBytes {
		letters = n / 2
	}
	text := strings.Repeat("äöü", letters/3+1)[:2*letters] // not one letter all along, which is a poor password
	if unit == inBytes && n%2 == 1 {
		text += "x"
	}
	return text
}

// TestALimitIsMeasuredInWhatItIsToldIn sends each text past its limit and at it, in
// letters of which characters and bytes differ.
func TestALimitIsMeasuredInWhatItIsToldIn(t *testing.T) {
	server := harness.Start(t, accessShop(t), func(s *harness.Setup) { s.Config.Limits.StringKB = 1024 }) // its texts are in documents
	for place, limit := range textLimits {
		t.Run(place, func(t *testing.T) {
			_, field, _ := strings.Cut(place, ".")
			message := limit.refusal(t, server, field, wide(limit.most+1, limit.unit))
			require.NotEmpty(t, message, "past the limit")
			require.Contains(t, message, strconv.Itoa(limit.most))
			require.Contains(t, message, limit.unit)
			require.Empty(t, limit.refusal(t, server, field, wide(limit.most, limit.unit)), "at the limit")
		})
	}
}

// refusal sends a text and returns the message that calls it too long; "" is none.
func (l textLimit) refusal(t *testing.T, server *harness.Server, field, text string) string {
	t.Helper()
	as := auth.Principal{Kind: auth.Staff, Permissions: auth.AllPermissions()}
	if byCustomers.MatchString(l.mutation) {
		as = auth.Principal{Kind: auth.Customer, ID: ownerOfSamples}
	}
	quoted, err := json.Marshal(text)
	require.NoError(t, err)
	input := accessInput(t, strings.ReplaceAll(l.input, "$text", string(quoted)))
	answer := server.As(t, as).Query(t, "mutation { "+l.mutation+input+" { userErrors { code field message } "+resultErrors(l.mutation)+" } }", nil)
	problems, _ := answer.At(l.mutation, "userErrors").([]any)
	results, _ := answer.At(l.mutation, "results").([]any)
	for _, result := range results {
		own, _ := harness.At(result, "userErrors").([]any)
		problems = append(problems, own...)
	}
	for _, problem := range problems {
		code, message := harness.At(problem, "code"), harness.At(problem, "message").(string)
		if code == "TOO_LONG" || code == "WEAK_PASSWORD" && strings.Contains(message, "too long") {
			require.Contains(t, harness.At(problem, "field"), field, message)
			return message
		}
	}
	return ""
}

// resultErrors selects the errors of each item of a mutation of many.
func resultErrors(mutation string) string {
	payload := harness.OwnTypes()[harness.OwnTypes()["Mutation"].Fields.ForName(mutation).Type.Name()]
	if payload.Fields.ForName("results") == nil {
		return ""
	}
	return "results { userErrors { code field message } }"
}

// told finds the limit in a field's description.
var told = regexp.MustCompile(`([0-9][0-9,]*) (characters|bytes)`)

// TestEachTextOfAnInputHasItsLimitInTheTable wants the table to have every text, and
// descriptions to say what it says.
func TestEachTextOfAnInputHasItsLimitInTheTable(t *testing.T) {
	for name, definition := range harness.OwnTypes() {
		if definition.Kind != gql.InputObject {
			continue
		}
		for _, field := range definition.Fields {
			if !slices.Contains([]string{"String", "HTML", "URL"}, field.Type.Name()) {
				continue
			}
			place := name + "." + field.Name
			if field.Name == "idempotencyKey" {
				place = "VendorCreateInput.idempotencyKey"
			}
			limit, limited := textLimits[place]
			require.NotEqual(t, limited, unlimited[place] != "", "say in textLimits or in unlimited how long %s may be", place)
			if said := told.FindStringSubmatch(field.Description); said != nil && limited {
				require.Equal(t, fmt.Sprint(limit.most, " ", limit.unit), strings.ReplaceAll(said[1], ",", "")+" "+said[2], place)
			}
		}
	}
}

func TestCustomerSearchIsMeasuredInCharacters(t *testing.T) {
	server := harness.Start(t, shop.New(t), harness.AsStaff(auth.CustomersRead))
	const query = `query ($s: String) { customers(filter: {search: $s}) { totalCount } }`
	require.Empty(t, server.Do(t, query, map[string]any{"s": wide(255, inCharacters)}).Errors)
	require.Contains(t, server.Do(t, query, map[string]any{"s": wide(256, inCharacters)}).Errors[0].Message, "more than 255 characters")
}
