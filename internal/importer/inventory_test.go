package importer

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const stockedShop = `Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Price
puff,Puff,Color,Latte,P1,shopify,100,5
puff,,,Mocha,P2,shopify,7,5
pen,Pen,Title,Default Title,,,,1
`

// available is each variant's sum, by title.
func available(s *shop) []string {
	return list[string](s, `SELECT title || '=' || coalesce(available_quantity::text, '-') FROM variants ORDER BY title`)
}

func TestInventoryOfEachGeneration(t *testing.T) {
	for name, test := range map[string]struct {
		csv     string
		want    []string
		skipped int64
	}{
		"long": {`Handle,Title,Option1 Name,Option1 Value,SKU,Location,Incoming,Unavailable,Committed,Available,On hand
puff,Puff,Color,Latte,,Shop,1,2,3,95,100
puff,Puff,Color,Latte,,Attic,0,0,0,5,5
pen,Pen,Title,Default Title,,Shop,0,0,0,-4,-4
`, []string{"=-4", "Latte=100", "Mocha=7"}, 0},
		"newest": {`Handle,Title,Option1 Name,Option1 Value,SKU,Location,Bin name,Incoming (not editable),Unavailable (not editable),Committed (not editable),Available (not editable),On hand (current),On hand (new)
puff,Puff,Color,Latte,,Shop,,0,0,0,9,9,12
puff,Puff,Color,Mocha,,Shop,,not stocked,not stocked,not stocked,not stocked,not stocked,
pen,Pen,Title,Default Title,,Shop,,0,0,0,-4,-4,
`, []string{"=-4", "Latte=12", "Mocha=7"}, 1},
		"wide": {`Handle,Title,Option1 Name,Option1 Value,SKU,HS Code,COO,SHOP,ATTIC
puff,Puff,Colore,Latte,,,,23,2
puff,Puff,Colore,Macchiato,P2,,,4,not stocked
`, []string{"=-", "Latte=25", "Mocha=4"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			s.shopify(stockedShop)
			require.Equal(t, []string{"=-", "Latte=100", "Mocha=7"}, available(s))
			options := Options{Format: FormatShopifyInventory, Paths: []string{s.file("inventory.csv", test.csv)}}
			report := s.run(options)
			require.Zero(t, report.TotalRejected(), "%v", report.Faults)
			require.Equal(t, test.skipped, report.Skipped)
			require.Equal(t, test.want, available(s), "a named location's count stands for the total")
			s.consistent()

			before := s.hashes()
			s.run(options)
			require.Equal(t, before, s.hashes())
			s.shopify(stockedShop)
			require.Equal(t, before, s.hashes(), "a total does not undo the counts of named locations")
			s.run(Options{Format: FormatShopifyInventory, Paths: options.Paths, DryRun: true})
			require.Equal(t, before, s.hashes())
		})
	}
}

func TestUnknownColumnsOfAStockListAreNoLocations(t *testing.T) {
	s := newShop(t)
	s.shopify(stockedShop)
	before := s.hashes()
	for name, csv := range map[string]string{
		"SKU and unknown columns":    "sku;Bestand;Mindestbestand\nP1;12;5\n",
		"handle and unknown columns": "Handle,SKU,Bestand\npuff,P1,12\n",
		"a location and an unknown":  "Handle,Option1 Value,Location,Bestand\npuff,Latte,Shop,3\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Run(t.Context(), Options{DatabaseURL: s.url, Format: FormatShopifyInventory, Paths: []string{s.file("stock.csv", csv)}})
			require.ErrorContains(t, err, "name it On hand or Available")
			require.Equal(t, before, s.hashes())
		})
	}
	report := s.run(Options{
		Format: FormatShopifyInventory, Location: "Attic", Paths: []string{s.file("stock.csv", "sku;On hand;Mindestbestand\nP1;12;5\nP2;3;1\n")},
	})
	require.Equal(t, []string{"Mindestbestand"}, report.UnusedColumns[0].Columns)
	require.Equal(t, []string{"Attic 3", "Attic 12"}, list[string](s, `SELECT name || ' ' || on_hand FROM inventory_levels l
		JOIN locations p ON p.id = l.location_id WHERE name <> 'Default' ORDER BY on_hand`))
}

func TestCountsOfUnknownProductsAndVariantsAreReported(t *testing.T) {
	s := newShop(t)
	s.shopify(stockedShop)
	rejects := s.file("rejects.csv", "")
	report := s.run(Options{Format: FormatShopifyInventory, Rejects: rejects, Paths: []string{s.file("inventory.csv",
		"Handle,Option1 Value,Location,On hand\npuff,Latte,Shop,1\nnone,Latte,Shop,2\npuff,Mint,Shop,3\npuff,Mocha,Shop,many\n")}})
	require.Equal(t, map[string]int64{"reference": 2, "quantity": 1}, report.Rejected)
	require.Equal(t, Count{Stored: 1, Removed: 1}, report.Levels, "the total without a location")
	rows := readRejects(t, rejects)
	require.Len(t, rows, 4)
	require.Equal(t, []string{"Handle", "Option1 Value", "Location", "On hand", "souk_line", "souk_column", "souk_value", "souk_decimal", "souk_reason"}, rows[0])
	require.Equal(t, []string{"puff", "Mocha", "Shop", "many"}, rows[1][:4])
	require.Equal(t, []string{"none", "Latte", "Shop", "2"}, rows[2][:4])
	require.Equal(t, []string{"puff", "Mint", "Shop", "3"}, rows[3][:4])
}
