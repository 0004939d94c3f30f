package writes

import (
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/test/harness"
	"souk/test/shop"
)

const upserted = `product { version } results { index variant { id sku title version price { amount currencyCode } compareAtPrice { amount }
  cost { amount currencyCode } weightGrams availability availableQuantity image { id } selectedOptions { value } } userErrors { code } }`

func TestVariantsUpsertMakesAndChanges(t *testing.T) {
	b := newBackOffice(t)
	b.done(t, "productOptionsSet", "product { id }", obj{"productId": shop.ShirtID, "options": []obj{
		{"name": "Color", "values": []string{"White", "Blue", "Green"}}, {"name": "Size", "values": []string{"S", "M"}},
	}})
	payload := b.mutate(t, "productVariantsUpsert", upserted, obj{"productId": shop.ShirtID, "variants": []obj{
		{"id": blueSID, "price": price("60", "EUR"), "sku": nil, "cost": price("0.50", "EUR"), "weightGrams": 250, "imageId": nil},
		{"optionValues": chosen("Color", "Green", "Size", "M"), "price": price("61.5", "EUR"), "compareAtPrice": price("70", "EUR"), "imageId": blueImgID, "inventoryTracked": true, "sellWhenOutOfStock": true},
		{"id": whiteMID, "optionValues": chosen("Color", "Green"), "inventoryTracked": false},
		{"optionValues": chosen("Color", "White", "Size", "M"), "price": price("1", "EUR")},
	}, "errorPolicy": "SKIP_FAILED"})
	require.Equal(t, []string{"DUPLICATE input.variants.2.optionValues", "DUPLICATE input.variants.3.optionValues"}, faults(payload),
		"two are to be Green / M, and so the one that is White / M stays it")
	blue, green := harness.At(payload, "results", 0, "variant"), harness.At(payload, "results", 1, "variant")
	require.Nil(t, harness.At(payload, "results", 2, "variant"))
	require.Equal(t, []any{"60.00", nil, "0.50", 250.0, nil, "Blue / S"}, []any{
		harness.At(blue, "price", "amount"), harness.At(blue, "sku"), harness.At(blue, "cost", "amount"), harness.At(blue, "weightGrams"),
		harness.At(blue, "image"), harness.At(blue, "title"),
	})
	require.Equal(t, []any{"61.50", "70.00", blueImgID, "Green / M", "BACKORDER", 0.0}, []any{
		harness.At(green, "price", "amount"), harness.At(green, "compareAtPrice", "amount"), harness.At(green, "image", "id"), harness.At(green, "title"),
		harness.At(green, "availability"), harness.At(green, "availableQuantity"),
	})
}

func TestVariantsSwapTheirValues(t *testing.T) {
	b := newBackOffice(t)
	b.done(t, "productVariantsUpsert", upserted, obj{"productId": shop.ShirtID, "variants": []obj{
		{"id": whiteSID, "optionValues": chosen("Size", "M")}, {"id": whiteMID, "optionValues": chosen("Size", "S")},
	}})
	require.Equal(t, "White / M,White / S,Blue / S,Blue / M", one[string](t, b, `SELECT string_agg(title, ',' ORDER BY position) FROM variants
		WHERE product_id = '01900000-0000-7000-8000-000000000101'`))

	// A swap of which one half is refused would leave two alike.
	payload := b.mutate(t, "productVariantsUpsert", upserted, obj{"productId": shop.ShirtID, "errorPolicy": "SKIP_FAILED", "variants": []obj{
		{"id": whiteSID, "optionValues": chosen("Size", "S")}, {"id": whiteMID, "optionValues": chosen("Size", "M"), "sku": "a\nb"},
	}})
	require.Equal(t, []string{"DUPLICATE input.variants.0.optionValues", "INVALID input.variants.1.sku"}, faults(payload))
	require.Nil(t, payload["product"])
}

func TestVariantsUpsertRaisesVersionsOfWhatChanged(t *testing.T) {
	b := newBackOffice(t)
	versions := func() [3]int64 {
		return [3]int64{
			one[int64](t, b, `SELECT version FROM products WHERE slug = 'linen-shirt'`),
			one[int64](t, b, `SELECT version FROM variants WHERE id = '01900000-0000-7000-8000-000000000203'`),
			one[int64](t, b, `SELECT version FROM variants WHERE id = '01900000-0000-7000-8000-000000000201'`),
		}
	}
	was := versions()
	for name, change := range map[string]obj{
		"sku": {"sku": "X"}, "barcode": {"barcode": "X"}, "price": {"price": price("1", "EUR")}, "compareAtPrice": {"compareAtPrice": price("2", "EUR")},
		"cost": {"cost": price("3", "EUR")}, "weightGrams": {"weightGrams": 1.5}, "imageId": {"imageId": whiteImgID},
		"inventoryTracked": {"inventoryTracked": false}, "sellWhenOutOfStock": {"sellWhenOutOfStock": false},
	} {
		change["id"] = blueSID
		b.done(t, "productVariantsUpsert", upserted, obj{"productId": shop.ShirtID, "variants": []obj{change}})
		now := versions()
		require.Greater(t, now[0], was[0], name)
		require.Equal(t, was[1]+1, now[1], name)
		require.Equal(t, was[2], now[2], name)
		was = now
		before := b.state(t)
		b.done(t, "productVariantsUpsert", upserted, obj{"productId": shop.ShirtID, "variants": []obj{change}})
		require.Equal(t, before, b.state(t), "the same %s again", name)
	}
	require.Equal(t, 9, one[int](t, b, `SELECT count(*)::int FROM audit_events WHERE subject_kind = 'VARIANT'`))
	require.Equal(t, `[{"after": "1.00 EUR", "field": "price", "before": "54.90 EUR"}]`,
		one[string](t, b, `SELECT changes::text FROM audit_events WHERE changes @> '[{"field": "price"}]'`))
}

func TestVariantsUpsertUnderAKeyMakesThemOnce(t *testing.T) {
	b := newBackOffice(t)
	made := b.done(t, "productCreate", "product { id }", obj{"title": "Plain"})
	input := obj{"productId": harness.At(made, "product", "id"), "idempotencyKey": "v", "variants": []obj{{"sku": "ONE"}}}
	first := b.done(t, "productVariantsUpsert", upserted, input)
	require.Equal(t, first, b.done(t, "productVariantsUpsert", upserted, input))
	require.Equal(t, 1, one[int](t, b, `SELECT count(*)::int FROM variants WHERE sku = 'ONE'`))
	require.Nil(t, harness.At(first, "results", 0, "variant", "price"), "it has none yet")
}

func TestVariantPricesChangeTheirCurrencyTogether(t *testing.T) {
	b := newBackOffice(t)
	usd := func(id string) obj {
		return obj{"id": id, "price": price("1", "USD"), "compareAtPrice": nil, "cost": nil}
	}
	set := func(variants ...obj) []string {
		return faults(b.mutate(t, "productVariantsUpsert", upserted, obj{"productId": shop.ShirtID, "variants": variants}))
	}
	require.Equal(t, []string{"INVALID input.variants.0.price.currencyCode"}, set(usd(whiteSID)))
	require.Equal(t, []string{"INVALID input.variants.0"}, set(obj{"id": whiteSID, "price": price("1", "USD")}, usd(whiteMID), usd(blueSID)), "it keeps a cost in EUR")
	require.Empty(t, set(usd(whiteSID), usd(whiteMID), usd(blueSID)))
	require.Equal(t, "USD", one[string](t, b, `SELECT currency FROM products WHERE slug = 'linen-shirt'`))
}

func TestVariantsDelete(t *testing.T) {
	b := newBackOffice(t)
	payload := b.done(t, "productVariantsDelete", "deletedVariantIds product { variants { nodes { id } } }", obj{"productId": shop.ShirtID, "ids": []string{whiteSID, blueMID}})
	require.Equal(t, []any{whiteSID, blueMID}, payload["deletedVariantIds"])
	require.Equal(t, []any{obj{"id": whiteMID}, obj{"id": blueSID}}, harness.At(payload, "product", "variants", "nodes"))
}

func TestVariantsAreBounded(t *testing.T) {
	b := newBackOffice(t)
	harness.Execute(t, b.db.PrimaryURL, `INSERT INTO variants (id, product_id, position, currency, option_values)
		SELECT gen_random_uuid(), '01900000-0000-7000-8000-000000000101', 10 + n, 'EUR', ARRAY['x' || n, 'y'] FROM generate_series(1, 1996) AS n`)
	require.Equal(t, []string{"TOO_MANY input.variants"}, faults(b.mutate(t, "productVariantsUpsert", upserted, obj{
		"productId": shop.ShirtID, "variants": []obj{{"optionValues": chosen("Color", "Blue", "Size", "M")}},
	})))
}

func TestCostIsForTheStaffsView(t *testing.T) {
	b := newBackOffice(t)
	const query = `query ($id: ID!) { productVariant(id: $id) { cost { amount currencyCode } } }`
	require.Equal(t, obj{"amount": "777777.01", "currencyCode": "EUR"}, b.Query(t, query, obj{"id": whiteSID}).At("productVariant", "cost"))
	require.Nil(t, b.Query(t, query, obj{"id": blueMID}).At("productVariant", "cost"))

	outsider := harness.Start(t, b.db, harness.AsStaff(auth.ReviewsModerate)) // whose view has no costs, whatever the schema's rule does
	require.Nil(t, outsider.Do(t, query, obj{"id": whiteSID}).At("productVariant", "cost"))
}
