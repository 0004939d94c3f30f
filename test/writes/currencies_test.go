package writes

import (
	"testing"

	"github.com/stretchr/testify/require"

	"souk/test/harness"
)

// TestPricesHaveTheDecimalsOfTheirCurrency writes prices in currencies whose decimals
// libraries are wrong about, or which they do not know.
func TestPricesHaveTheDecimalsOfTheirCurrency(t *testing.T) {
	b := newBackOffice(t)
	const fields = `product { priceRange { max { amount } } variants { nodes { price { amount currencyCode } compareAtPrice { amount } cost { amount } } } }`
	for _, c := range []struct{ amount, currency, want string }{
		{"24.75", "MUR", "24.75"},
		{"1220.50", "RSD", "1220.50"},
		{"0.125", "IQD", "0.125"},
		{"1", "MRU", "1.00"},
		{"1", "SLE", "1.00"},
		{"1", "VED", "1.00"},
		{"1", "VES", "1.00"},
		{"1", "XCG", "1.00"},
		{"1", "ZWG", "1.00"},
		{"150000", "IDR", "150000.00"},
		{"500", "JPY", "500"},
		{"0.0001", "CLF", "0.0001"},
		{"9.99", "BGN", "9.99"},
	} {
		payload := b.done(t, "productCreate", fields, obj{
			"title": "In " + c.currency, "status": "ACTIVE",
			"variants": []obj{{"price": price(c.amount, c.currency), "compareAtPrice": price(c.amount, c.currency), "cost": price(c.amount, c.currency)}},
		})
		variant := harness.At(payload, "product", "variants", "nodes", 0)
		require.Equal(t, []any{c.want, c.currency, c.want, c.want, c.want}, []any{
			harness.At(variant, "price", "amount"), harness.At(variant, "price", "currencyCode"), harness.At(variant, "compareAtPrice", "amount"),
			harness.At(variant, "cost", "amount"), harness.At(payload, "product", "priceRange", "max", "amount"),
		}, c.currency)

		answer := b.read(t, `query ($filter: ProductFilter) { products(filter: $filter) { totalCount } }`,
			obj{"filter": obj{"price": obj{"currencyCode": c.currency, "min": c.amount, "max": c.amount}}})
		require.EqualValues(t, 1, answer.At("products", "totalCount"), c.currency)
	}
	for _, c := range []struct{ amount, currency, fault string }{
		{"1.005", "RSD", "INVALID input.variants.0.price.amount"},
		{"0.1", "JPY", "INVALID input.variants.0.price.amount"},
		{"1", "XXX", "INVALID input.variants.0.price.currencyCode"},
		{"1", "XAU", "INVALID input.variants.0.price.currencyCode"},
		{"1", "DEM", "INVALID input.variants.0.price.currencyCode"},
	} {
		payload := b.mutate(t, "productCreate", "product { id }", obj{"title": "No", "variants": []obj{{"price": price(c.amount, c.currency)}}})
		require.Equal(t, []string{c.fault}, faults(payload), c)
	}
}
