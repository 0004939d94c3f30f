package importer

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPricesTakeTheCurrencyThatIsNamedNearest imports one price of 5 in each way to
// name a currency: the option, the mapping, the row, the shop, none.
func TestPricesTakeTheCurrencyThatIsNamedNearest(t *testing.T) {
	const product = "\nproduct: {key: id, title: name}\nvariants: {price: price}"
	const table = "id,name,price,currency\na,A,5,"
	for name, tc := range map[string]struct {
		shop, option, mapping string // mapping "": a Shopify file
		csv, want             string // want "": refused
	}{
		"Shopify: the option's":                             {shop: "EUR", option: "JPY", want: "5 JPY"},
		"Shopify: the shop's":                               {shop: "JPY", want: "5 JPY"},
		"Shopify: none":                                     {},
		"mapping: the option's before its own":              {shop: "EUR", option: "JPY", mapping: "money: {currency: CHF}", csv: table, want: "5 JPY"},
		"mapping: its own before the shop's":                {shop: "EUR", mapping: "money: {currency: CHF}", csv: table, want: "500 CHF"},
		"mapping: its own in a shop without":                {mapping: "money: {currency: CHF}", csv: table, want: "500 CHF"},
		"mapping without a currency: the shop's":            {shop: "JPY", mapping: "money: {decimal: '.'}", csv: table, want: "5 JPY"},
		"mapping without a currency: none":                  {mapping: "money: {decimal: '.'}", csv: table},
		"mapping without money: the shop's":                 {shop: "EUR", mapping: "none: [x]", csv: table, want: "500 EUR"},
		"mapping with a column: the row's":                  {shop: "EUR", mapping: "money: {currency: {column: currency}}", csv: table + "jpy", want: "5 JPY"},
		"mapping with a column: the shop's for a blank":     {shop: "EUR", mapping: "money: {currency: {column: currency}}", csv: table, want: "500 EUR"},
		"mapping with a column: no price in a shop without": {mapping: "money: {currency: {column: currency}}", csv: table, want: "no price"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			s := newShop(t)
			_, err := s.conn.Exec(t.Context(), `UPDATE shop SET currency = nullif($1, '')`, tc.shop)
			require.NoError(t, err)
			options := Options{DatabaseURL: s.url, Format: FormatShopifyProducts, Currency: tc.option}
			options.Paths = []string{s.file("products.csv", "Handle,Title,Variant Price\na,A,5\n")}
			if tc.mapping != "" {
				options.Format, options.Mapping = FormatTable, s.file("mapping.yaml", "source: x\n"+tc.mapping+product)
				options.Paths = []string{s.file("table.csv", tc.csv+"\n")}
			}
			_, err = Run(t.Context(), options)
			if tc.want == "" {
				require.ErrorIs(t, err, ErrNoCurrency)
				var usage *UsageError
				require.ErrorAs(t, err, &usage)
				require.Zero(t, one[int](s, `SELECT count(*) FROM products`))
				return
			}
			require.NoError(t, err)
			require.Equal(t, tc.want, one[string](s, `SELECT coalesce((SELECT price_minor || ' ' || currency FROM variants), 'no price')`))
		})
	}
}

func TestFilesWithoutPricesNeedNoCurrency(t *testing.T) {
	s := newShop(t)
	_, err := s.conn.Exec(t.Context(), `UPDATE shop SET currency = NULL`)
	require.NoError(t, err)
	s.run(Options{Format: FormatShopifyInventory, Paths: []string{s.file("inventory.csv", "Handle,Title,Option1 Value,Location,On hand\n")}})
	s.run(Options{Format: FormatTable, Mapping: s.file("m.yaml", "source: x\nproduct: {key: id, title: name}"), Paths: []string{s.file("t.csv", "id,name\na,A\n")}})
	require.Equal(t, 1, one[int](s, `SELECT count(*) FROM products`))
}
