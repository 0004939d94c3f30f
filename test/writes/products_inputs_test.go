package writes

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/test/harness"
	"souk/test/shop"
)

// TestProductInputsAreRefused sends what cannot be: each fault with its way from
// the argument, all of them at once, and nothing is changed.
func TestProductInputsAreRefused(t *testing.T) {
	b := newBackOffice(t)
	long := strings.Repeat("ä", 256)
	option := func(name string, values ...string) obj {
		return obj{"name": name, "values": append([]string{}, values...)}
	}
	create := func(fields obj) obj {
		input := obj{"title": "T"}
		for name, value := range fields {
			input[name] = value
		}
		return input
	}
	upsert := func(variants ...obj) obj {
		return obj{"productId": shop.ShirtID, "variants": append([]obj{}, variants...)}
	}
	blue := func(fields obj) obj {
		fields["id"] = blueSID
		return fields
	}
	images := func(urls ...string) obj {
		list := make([]obj, len(urls))
		for i, url := range urls {
			list[i] = obj{"url": url}
		}
		return obj{"productId": shop.ShirtID, "images": list}
	}
	const create1, update, options, categories, variants = "productCreate", "productUpdate", "productOptionsSet", "productCategoriesSet", "productVariantsUpsert"
	before := b.state(t)
	for name, tc := range map[string]struct {
		mutation string
		input    obj
		want     []string
	}{
		"an empty title":           {create1, obj{"title": "  "}, []string{"REQUIRED input.title"}},
		"a long title":             {create1, obj{"title": long}, []string{"TOO_LONG input.title"}},
		"a title of two lines":     {create1, obj{"title": "a\nb"}, []string{"INVALID input.title"}},
		"a title with NUL":         {create1, obj{"title": "a\x00b"}, []string{"INVALID input.title"}},
		"a slug with blanks":       {create1, create(obj{"slug": "a b"}), []string{"INVALID input.slug"}},
		"an empty slug":            {create1, create(obj{"slug": ""}), []string{"REQUIRED input.slug"}},
		"a long slug":              {create1, create(obj{"slug": strings.Repeat("a", 256)}), []string{"TOO_LONG input.slug"}},
		"a taken slug":             {create1, create(obj{"slug": "linen-shirt"}), []string{"TAKEN input.slug"}},
		"much HTML":                {create1, create(obj{"descriptionHtml": strings.Repeat("a", 64<<10+1)}), []string{"TOO_LONG input.descriptionHtml"}},
		"HTML with NUL":            {create1, create(obj{"descriptionHtml": "a\x00"}), []string{"INVALID input.descriptionHtml"}},
		"a long type":              {create1, create(obj{"productType": long}), []string{"TOO_LONG input.productType"}},
		"bad tags":                 {create1, create(obj{"tags": []string{"ok", "", long, "a\tb"}}), []string{"REQUIRED input.tags.1", "TOO_LONG input.tags.2", "INVALID input.tags.3"}},
		"many tags":                {create1, create(obj{"tags": strings.Split(strings.Repeat("t,", 250), ",")}), []string{"TOO_MANY input.tags"}},
		"an unknown vendor":        {create1, create(obj{"vendorId": shop.ShirtID}), []string{"NOT_FOUND input.vendorId"}},
		"unknown categories":       {create1, create(obj{"categoryIds": []string{shop.ApparelID, "x", shop.ApparelID}}), []string{"NOT_FOUND input.categoryIds.1", "DUPLICATE input.categoryIds.2"}},
		"options twice":            {create1, create(obj{"options": []obj{option("Size", "S", "s"), option("size")}}), []string{"DUPLICATE input.options.0.values.1", "DUPLICATE input.options.1.name", "REQUIRED input.options.1.values"}},
		"eleven options":           {create1, create(obj{"options": []obj{option("1", "a"), option("2", "a"), option("3", "a"), option("4", "a"), option("5", "a"), option("6", "a"), option("7", "a"), option("8", "a"), option("9", "a"), option("10", "a"), option("11", "a")}}), []string{"TOO_MANY input.options"}},
		"variants of no options":   {create1, create(obj{"variants": []obj{{}, {}}}), []string{"DUPLICATE input.variants.1.optionValues"}},
		"a new variant with an ID": {create1, create(obj{"variants": []obj{{"id": blueSID}}}), []string{"NOT_FOUND input.variants.0.id"}},
		"bad attributes": {
			create1, create(obj{"attributes": []obj{attribute("", "K", "v"), attribute("a\nb", long, " \n"), attribute("k", "K", "v"), attribute(" k", "K", "v")}}),
			[]string{
				"REQUIRED input.attributes.0.key", "INVALID input.attributes.1.key", "TOO_LONG input.attributes.1.name",
				"REQUIRED input.attributes.1.value", "DUPLICATE input.attributes.3.key",
			},
		},
		"all of it at once": {
			create1,
			obj{
				"title": long, "slug": "A", "vendorId": "x", "tags": []string{""}, "categoryIds": []string{"x"},
				"images": []obj{{"url": "ftp://x"}}, "variants": []obj{{"price": price("-1", "EUR"), "sku": long}},
			},
			[]string{
				"TOO_LONG input.title", "INVALID input.slug", "REQUIRED input.tags.0", "NOT_FOUND input.vendorId", "TOO_LONG input.variants.0.sku",
				"INVALID input.variants.0.price.amount", "NOT_FOUND input.categoryIds.0", "INVALID input.images.0.url",
			},
		},

		"nulls":              {update, obj{"id": shop.ShirtID, "title": nil, "slug": nil, "tags": nil, "attributes": nil, "descriptionHtml": nil, "productType": nil}, []string{"REQUIRED input.title", "REQUIRED input.slug", "REQUIRED input.descriptionHtml", "REQUIRED input.productType", "REQUIRED input.tags", "REQUIRED input.attributes"}},
		"no product":         {update, obj{"id": shop.LoomID, "title": ""}, []string{"REQUIRED input.title", "NOT_FOUND input.id"}},
		"a damaged ID":       {update, obj{"id": "x"}, []string{"NOT_FOUND input.id"}},
		"options of nothing": {options, obj{"productId": "x", "options": []obj{}}, []string{"NOT_FOUND input.productId"}},
		"many categories":    {categories, obj{"productId": shop.ShirtID, "categoryIds": strings.Split(strings.Repeat("x,", 100), ",")}, []string{"TOO_MANY input.categoryIds"}},

		"no variants":             {variants, upsert(), []string{"REQUIRED input.variants"}},
		"variants of nothing":     {variants, obj{"productId": "x", "variants": []obj{{}}}, []string{"NOT_FOUND input.productId"}},
		"a variant that is there": {variants, upsert(obj{"optionValues": chosen("Color", "Blue", "Size", "M")}), []string{"DUPLICATE input.variants.0.optionValues"}},
		"a value that is missing": {variants, upsert(obj{"optionValues": chosen("Color", "Blue")}), []string{"REQUIRED input.variants.0.optionValues"}},
		"a value that is unknown": {variants, upsert(obj{"optionValues": chosen("Color", "Blue", "Size", "XL")}), []string{"NOT_FOUND input.variants.0.optionValues.1.value"}},
		"an unknown option":       {variants, upsert(obj{"optionValues": chosen("Color", "Blue", "Fit", "M")}), []string{"NOT_FOUND input.variants.0.optionValues.1.name"}},
		"an option twice":         {variants, upsert(obj{"optionValues": chosen("Color", "Blue", "Size", "M", "color", "White")}), []string{"DUPLICATE input.variants.0.optionValues.2.name"}},
		"an ID twice":             {variants, upsert(blue(obj{}), blue(obj{})), []string{"DUPLICATE input.variants.1.id"}},
		"another's variant":       {variants, upsert(obj{"id": "AgGQAAAAAHAAgAAAAAAAAgU"}), []string{"NOT_FOUND input.variants.0.id"}},
		"another's image":         {variants, upsert(blue(obj{"imageId": lampImgID})), []string{"NOT_FOUND input.variants.0.imageId"}},
		"a negative price":        {variants, upsert(blue(obj{"price": price("-0.01", "EUR")})), []string{"INVALID input.variants.0.price.amount"}},
		"too fine a price":        {variants, upsert(blue(obj{"price": price("1.005", "EUR")})), []string{"INVALID input.variants.0.price.amount"}},
		"too big a price":         {variants, upsert(blue(obj{"price": price("99999999999999999999", "EUR")})), []string{"INVALID input.variants.0.price.amount"}},
		"a price in words":        {variants, upsert(blue(obj{"price": price("EUR 5", "EUR")})), []string{"INVALID input.variants.0.price.amount"}},
		"no currency":             {variants, upsert(blue(obj{"price": price("5", "eur")})), []string{"INVALID input.variants.0.price.currencyCode"}},
		"another currency":        {variants, upsert(blue(obj{"price": price("5", "USD"), "cost": nil})), []string{"INVALID input.variants.0.price.currencyCode"}},
		"two currencies":          {variants, upsert(blue(obj{"price": price("5", "EUR"), "compareAtPrice": price("6", "USD")})), []string{"INVALID input.variants.0.compareAtPrice.currencyCode"}},
		"variant texts and nulls": {variants, upsert(blue(obj{"sku": long, "barcode": "a\nb", "weightGrams": -1, "inventoryTracked": nil, "optionValues": nil})), []string{"TOO_LONG input.variants.0.sku", "INVALID input.variants.0.barcode", "INVALID input.variants.0.weightGrams", "REQUIRED input.variants.0.optionValues", "REQUIRED input.variants.0.inventoryTracked"}},
		"an old variant":          {variants, upsert(blue(obj{"expectedVersion": 99, "sku": "N"})), []string{"VERSION_CONFLICT input.variants.0.expectedVersion"}},
		"variants to delete":      {"productVariantsDelete", obj{"productId": shop.ShirtID, "ids": []string{blueSID, "x", blueSID}}, []string{"NOT_FOUND input.ids.1", "DUPLICATE input.ids.2"}},

		"addresses": {
			"imagesAdd", images("", "javascript:alert(1)", "//evil.example/x", `/\evil.example`, "https:///x", "http://a b/", "https://u:p@x.example/", "https://x.example/"+strings.Repeat("x", 2048)),
			[]string{
				"REQUIRED input.images.0.url", "INVALID input.images.1.url", "INVALID input.images.2.url", "INVALID input.images.3.url",
				"INVALID input.images.4.url", "INVALID input.images.5.url", "INVALID input.images.6.url", "TOO_LONG input.images.7.url",
			},
		},
		"addresses twice":    {"imagesAdd", images("/a", "/a", "https://img.example/shirt-blue.jpg"), []string{"DUPLICATE input.images.1.url", "DUPLICATE input.images.2.url"}},
		"no images":          {"imagesAdd", images(), []string{"REQUIRED input.images"}},
		"image sizes":        {"imagesAdd", obj{"productId": shop.ShirtID, "images": []obj{{"url": "/b", "width": 0, "height": 70000, "altText": strings.Repeat("a", 513)}}}, []string{"TOO_LONG input.images.0.altText", "INVALID input.images.0.width", "INVALID input.images.0.height"}},
		"some of the images": {"imagesReorder", obj{"productId": shop.ShirtID, "imageIds": []string{blueImgID}}, []string{"REQUIRED input.imageIds"}},
		"other images":       {"imagesReorder", obj{"productId": shop.ShirtID, "imageIds": []string{blueImgID, blueImgID, lampImgID}}, []string{"DUPLICATE input.imageIds.1", "NOT_FOUND input.imageIds.2"}},
		"removal of others":  {"imagesRemove", obj{"productId": shop.ShirtID, "imageIds": []string{lampImgID}}, []string{"NOT_FOUND input.imageIds.0"}},
		"removal of none":    {"imagesRemove", obj{"productId": shop.ShirtID, "imageIds": []string{}}, []string{"REQUIRED input.imageIds"}},
		"no image":           {"imageUpdate", obj{"id": shop.ShirtID, "altText": "x"}, []string{"NOT_FOUND input.id"}},
		"no words":           {"imageUpdate", obj{"id": lampImgID, "altText": nil}, []string{"REQUIRED input.altText"}},
		"an old image":       {"imageUpdate", obj{"id": lampImgID, "altText": "x", "expectedVersion": 99}, []string{"VERSION_CONFLICT input.expectedVersion"}},

		"no products":     {"productBulkUpdate", obj{"items": []obj{}}, []string{"REQUIRED input.items"}},
		"many products":   {"productBulkPublish", obj{"items": manyItems(101)}, []string{"TOO_MANY input.items"}},
		"bad items":       {"productBulkUpdate", obj{"items": []obj{{"id": shop.ShirtID, "title": "ok"}, {"id": mugID, "title": ""}, {"id": "x"}}}, []string{"REQUIRED input.items.1.title", "NOT_FOUND input.items.2.id"}},
		"bad new items":   {"productBulkCreate", obj{"items": []obj{{"title": "ok"}, {"title": "ok", "variants": []obj{{"sku": "a\nb"}}}}}, []string{"INVALID input.items.1.variants.0.sku"}},
		"deletes of none": {"productBulkDelete", obj{"items": []obj{{"id": shop.ShirtID}, {"id": shop.ShirtID}}}, []string{"NOT_FOUND input.items.1.id"}},
	} {
		t.Run(name, func(t *testing.T) {
			payload := b.mutate(t, tc.mutation, selectionOf(tc.mutation), tc.input)
			require.Equal(t, tc.want, faults(payload))
			for _, problem := range payload["userErrors"].([]any) {
				require.NotRegexp(t, harness.Leaks, harness.At(problem, "message"))
			}
			require.Nil(t, payload["product"])
		})
	}
	require.Equal(t, before, b.state(t), "what is refused leaves no trace")
}

func manyItems(n int) []obj {
	items := make([]obj, n)
	for i := range items {
		items[i] = obj{"id": shop.ShirtID}
	}
	return items
}

// selectionOf is something to ask of a mutation's payload.
func selectionOf(mutation string) string {
	switch {
	case strings.HasPrefix(mutation, "productBulk"):
		return "results { index product { id } userErrors { code } }"
	case mutation == "imageUpdate":
		return "image { id }"
	default:
		return "product { id }"
	}
}
