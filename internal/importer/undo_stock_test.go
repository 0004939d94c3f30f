package importer

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUndoKeepsTheStockOfAnAddedVariantThatStays(t *testing.T) {
	const header = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Tracker,Variant Inventory Qty\n"
	for name, since := range map[string]string{
		"its price was changed":         `UPDATE variants SET price_minor = 1 WHERE sku = 'L'`,
		"its option value was changed":  `UPDATE variants SET option_values = '{XL}' WHERE sku = 'L'`,
		"its stock was counted":         `UPDATE inventory_levels SET committed = 1, on_hand = on_hand + 1 WHERE on_hand = 9`,
		"an option of it was renamed":   `UPDATE product_options SET name = 'Weite'`,
		"the product has other options": `UPDATE product_options SET option_values = '{S,L,XXL}'`,
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			s.shopify(header + "tee,Tee,Size,S,S,5,shopify,4\n")
			run := s.shopify(header + "tee,Tee,Size,S,S,5,shopify,4\ntee,,,L,L,6,shopify,9\n").RunID
			s.exec(since, `SELECT refresh_products(ARRAY(SELECT id FROM products))`)
			s.undo(run)
			stock := list[int](s, `SELECT available_quantity::int FROM variants ORDER BY position`)
			require.Contains(t, [][]int{{4}, {4, 9}}, stock)
			require.Equal(t, len(stock), one[int](s, `SELECT count(*)::int FROM inventory_levels`), "a variant has its stock, or is gone with it")
			s.consistent()
		})
	}
}

func TestUndoNamesWhatDoesNotComeBack(t *testing.T) {
	s := newShop(t)
	const header = "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant Price\n"
	s.shopify(header + "tee,Tee,Size,S,Colour,Red,5\ntee,,,M,,Blue,6\n")
	run := s.run(Options{Format: FormatShopifyProducts, Prune: true, Paths: []string{
		s.file("b.csv", "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant Price\ntee,Tee,Size,S,,,5\n"),
	}}).RunID
	s.exec(`INSERT INTO variants (id, product_id, position, title, currency, option_values, created_at)
SELECT gen_random_uuid(), id, 9, 'XL', 'USD', '{XL}', clock_timestamp() FROM products`, `SELECT refresh_products(ARRAY(SELECT id FROM products))`)
	report := s.undo(run)
	var subjects []string
	for _, l := range report.Left {
		subjects = append(subjects, l.Subject)
	}
	slices.Sort(subjects)
	require.Subset(t, subjects, []string{"tee option Colour", "tee variant M / Blue"}, "%v", report.Left)
	require.NotContains(t, subjects, "tee variant")
	require.NotContains(t, subjects, "tee option")
	s.consistent()
}
