package importer

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// table imports a file with a mapping, both given as texts.
func (s *shop) table(mapping, name, content string) *Report {
	s.t.Helper()
	return s.run(Options{Format: FormatTable, Mapping: s.file("mapping.yaml", mapping), Paths: []string{s.file(name, content)}})
}

const wholeMapping = `source: erp
money: {currency: EUR}
product: {key: id, title: name, description: text, vendor: brand, type: kind, tags: {column: tags, split: ","},
  images: {column: pictures, split: " "}, status: state, rating: {average: stars, count: votes}}
variants:
  per_row: true
  key: code
  sku: code
  barcode: ean
  price: price
  compare_at_price: before
  cost: cost
  weight_grams: grams
  available: stock
  options: {Color: color, Size: size}
`

const wholeTable = `id,name,text,brand,kind,tags,pictures,state,stars,votes,code,ean,price,before,cost,grams,stock,color,size
1,Tee,Soft,Nord,Tees,"soft,red",https://img/1 https://img/2,active,4.5,10,A1,901,10.00,12.00,4.00,200,5,Red,S
1,Tee,Soft,Nord,Tees,"soft,red",https://img/1 https://img/2,active,4.5,10,A2,902,11.00,12.00,4.00,210,6,Red,M
2,Mug,Hot,Nord,Mugs,gift,https://img/3,draft,3.0,2,B1,903,7.00,8.00,2.00,300,9,,
3,Hat,Warm,Nord,Hats,,,archived,,,C1,904,5.00,,2.00,90,,,L
`

// TestTablesChangeOnlyWhatTheyHave imports files and mappings with fewer columns
// over a whole table.
func TestTablesChangeOnlyWhatTheyHave(t *testing.T) {
	const erp = "source: erp\nmoney: {currency: EUR}\n"
	const prices = `SELECT concat_ws(' ', sku, price_minor) FROM variants ORDER BY sku`
	unpriced := []string{"A1 1000", "A2 1100", "B1 700", "C1 500"}
	for name, test := range sampled(map[string]struct {
		mapping, file, csv string
		rejected           map[string]int64
		sql                string
		want               []string
		differ             string // the one thing of observed that differs; "": nothing
	}{
		"the whole again": {wholeMapping, "t.csv", wholeTable, nil, prices, unpriced, ""},
		"fewer columns of the same mapping": {
			wholeMapping, "t.csv", "id,code,price\n1,A1,1\n1,A2,2\n2,B1,3\n3,C1,4\n9,Z,5\n",
			map[string]int64{"reference": 1},
			prices,
			[]string{"A1 100", "A2 200", "B1 300", "C1 400"},
			"price",
		},
		"one of two option columns": {
			wholeMapping, "t.csv", "id,name,color,price\n1,Tee,Red,1\n", map[string]int64{"reference": 1}, prices, unpriced, "",
		},
		"key and price": {
			erp + "product: {key: id}\nvariants: {price: price}\n", "t.csv", "id,price\n2,3\n1,1\n",
			map[string]int64{"reference": 1},
			prices,
			[]string{"A1 1000", "A2 1100", "B1 300", "C1 500"},
			"price",
		},
		"SKU and price": {
			erp + "variants: {sku: code, price: price}\n", "t.csv", "code,price\nA2,2\n,4\nB1,3\n",
			map[string]int64{"key": 1},
			prices,
			[]string{"A1 1000", "A2 200", "B1 300", "C1 500"},
			"price",
		},
		"barcode and price in another source": {
			"source: till\nmoney: {currency: EUR}\nproduct: {key: ean}\nvariants: {price: price}\n", "t.csv", "ean,price\n902,2\n", nil,
			prices,
			[]string{"A1 1000", "A2 200", "B1 700", "C1 500"},
			"price",
		},
		"SKU and quantity": {
			erp + "variants: {sku: code, available: stock}\n", "t.csv", "code;stock\nC1;7\n", nil,
			`SELECT concat_ws(' ', sku, available_quantity) FROM variants ORDER BY sku`,
			[]string{"A1 5", "A2 6", "B1 9", "C1 7"},
			"stock",
		},
		"slug and tags": {
			erp + "product: {key: address, tags: {column: tags, split: ','}}\n", "t.csv", "address,tags\nmug,sale\n", nil,
			`SELECT tags::text FROM products ORDER BY source_key`,
			[]string{"{soft,red}", "{sale}", "{}"},
			"tags",
		},
		"ratings": {
			erp + "product: {key: id, rating: {average: stars}}\n", "t.csv", "id,stars\n1,5\n", nil,
			`SELECT concat_ws(' ', imported_rating_average, imported_rating_count) FROM products ORDER BY source_key`,
			[]string{"5.00 10", "3.00 2", "0"},
			"",
		},
		"objects without some properties": {
			erp + "file: {format: json}\nproduct: {key: id, title: name, tags: tags, vendor: brand}\n", "t.json",
			`{"id": "1", "tags": "new"}` + "\n" + `{"id": "2", "name": "Mug"}` + "\n" + `{"id": "9", "tags": "x"}` + "\n",
			map[string]int64{"reference": 1},
			`SELECT tags::text FROM products ORDER BY source_key`,
			[]string{"{new}", "{gift}", "{}"},
			"tags",
		},
		"words for hidden": {
			erp + "product: {key: id, title: name, status: state}\n", "t.csv", "id,name,state\n1,Tee,Entwurf\n2,Mug,\n3,Hat,'active\n", nil,
			`SELECT status FROM products ORDER BY source_key`,
			[]string{"DRAFT", "DRAFT", "DRAFT"},
			"status",
		},
	}) {
		for _, prune := range prunes() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := newShop(t)
				s.table(wholeMapping, "whole.csv", wholeTable)
				before := observe(s)
				report := s.run(Options{
					Format: FormatTable, Prune: prune, Mapping: s.file("mapping.yaml", test.mapping), Paths: []string{s.file(test.file, test.csv)},
				})
				if test.rejected == nil {
					test.rejected = map[string]int64{}
				}
				require.Equal(t, test.rejected, report.Rejected, "%v", report.Faults)
				require.Equal(t, test.want, list[string](s, test.sql))
				for name, after := range observe(s) {
					if name != test.differ {
						require.Equal(t, before[name], after, name)
					}
				}
				s.consistent()
			})
		}
	}
}

func TestAnSKUOfSeveralVariantsIsNotGuessed(t *testing.T) {
	s := newShop(t)
	s.shopify("Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n" +
		"tee,Tee,Size,S,T,1\ntee,,,M,T,2\ncap,Cap,Title,Default Title,C,3\n")
	s.run(Options{
		Format: FormatShopifyProducts, Source: "other", Currency: "USD",
		Paths: []string{s.file("other.csv", "Handle,Title,Variant SKU,Variant Price\nhat,Hat,C,4\n")},
	})
	report := s.shopify("Variant SKU,Variant Price\nT,9\nC,8\n")
	require.Equal(t, map[string]int64{"reference": 1}, report.Rejected)
	require.Contains(t, report.Faults[0].Reason, "2 variants have this SKU")
	require.Equal(t, "T", report.Faults[0].Value)
	require.Equal(t, []string{"cap 800", "hat 400", "tee 100", "tee 200"}, list[string](s, `
		SELECT p.slug || ' ' || price_minor FROM variants v JOIN products p ON p.id = v.product_id ORDER BY p.slug, v.position`),
		"the variant of the same source counts")
}

func TestLevelsKeepWhatTheFileDoesNotCount(t *testing.T) {
	s := newShop(t)
	s.shopify(stockedShop)
	inventory := func(csv string) *Report {
		return s.run(Options{Format: FormatShopifyInventory, Paths: []string{s.file("inventory.csv", csv)}})
	}
	levels := func() []string {
		return list[string](s, `SELECT concat_ws(' ', on_hand, committed, unavailable, incoming) FROM inventory_levels l
			JOIN locations p ON p.id = l.location_id WHERE p.name = 'Shop'`)
	}
	inventory("Handle,Option1 Value,SKU,Location,Incoming,Unavailable,Committed,On hand\npuff,Latte,,Shop,4,2,3,20\n")
	require.Equal(t, []string{"20 3 2 4"}, levels())
	inventory("Handle,Option1 Value,SKU,Location,On hand\nPuff,Latte,,Shop,30\n")
	require.Equal(t, []string{"30 3 2 4"}, levels())
	inventory("SKU,Location,Available\nP1,Shop,10\n")
	require.Equal(t, []string{"15 3 2 4"}, levels(), "what can be sold, with what cannot")
	report := inventory("SKU,Location,Available\nP9,Shop,10\n,Shop,1\n")
	require.Equal(t, map[string]int64{"reference": 1, "key": 1}, report.Rejected)
	require.Equal(t, []string{"15 3 2 4"}, levels())
	s.consistent()
}

func TestReviewsFindTheirProductByWhatTheShopCallsIt(t *testing.T) {
	s := newShop(t)
	s.shopify("Handle,Title,Variant SKU,Variant Barcode,Variant Price\ntee,Tee,T-1,901,1\ncap,Cap,C-1,902,1\n")
	report := s.table("source: stars\nreview: {product: item, rating: stars, body: text}\n", "reviews.csv",
		"item,stars,text\ntee,5,by slug\nT-1,4,by SKU\n902,3,by barcode\nnone,2,by nothing\n")
	require.Equal(t, map[string]int64{"reference": 1}, report.Rejected)
	require.Equal(t, []string{"cap by barcode", "tee by SKU", "tee by slug"}, list[string](s,
		`SELECT p.slug || ' ' || body FROM reviews r JOIN products p ON p.id = r.product_id ORDER BY 1`))
}

func TestHandlesAreOneWhateverTheirCase(t *testing.T) {
	s := newShop(t)
	report := s.shopify("Handle,Title,Option1 Name,Option1 Value,Variant Price\nTee,Tee,Size,S,1\ntee,,,M,2\nTEE,Another,,L,3\n")
	require.Equal(t, map[string]int64{"conflict": 1}, report.Rejected)
	require.Equal(t, 4, report.Faults[0].Line)
	require.Equal(t, []string{"tee {S,M}"}, list[string](s,
		`SELECT slug || ' ' || option_values::text FROM products p JOIN product_options o ON o.product_id = p.id`))

	// Keys were stored with capital letters before.
	_, err := s.conn.Exec(t.Context(), `UPDATE products SET source_key = 'Tee'`)
	require.NoError(t, err)
	require.Equal(t, Count{Unchanged: 1}, s.shopify("Handle,Title,Option1 Name,Option1 Value,Variant Price\ntee,Tee,Size,S,1\ntee,,,M,2\n").Products)
}

func TestRepeatedVariantsWithOtherValuesAreConflicts(t *testing.T) {
	s := newShop(t)
	report := s.shopify("Handle,Title,Option1 Name,Option1 Value,Variant Price\ntee,Tee,Size,S,1\ntee,,,S,2\ntee,,,M,2\ntee,,,M,2\n")
	require.Equal(t, map[string]int64{"conflict": 1}, report.Rejected)
	require.Equal(t, 3, report.Faults[0].Line)
	require.EqualValues(t, 2, report.Variants.Duplicates)
}

func TestRowsOfUnknownProductsLeaveNothing(t *testing.T) {
	s := newShop(t)
	report := s.shopify("Handle,Vendor,Product Category,Variant SKU,Variant Price\nnone,New vendor,New > Category,N-1,1\n")
	require.Equal(t, map[string]int64{"reference": 1}, report.Rejected)
	for _, table := range []string{"products", "vendors", "categories", "variants"} {
		require.Zero(t, one[int](s, `SELECT count(*)::int FROM `+table), table)
	}
}

func TestVariantsWithoutPricesAreKept(t *testing.T) {
	s := newShop(t)
	const file = "Handle,Title,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty\nmug,Mug,M-1,shopify,9\npot,Pot,P-1,,\npot,,P-2,,\n"
	report := s.shopify(file)
	require.Empty(t, report.Rejected)
	require.Equal(t, map[string]int64{"price": 3}, report.Warnings)
	want := []string{"M-1 t 9", "P-1 f", "P-2 f"}
	const sql = `SELECT concat_ws(' ', sku, inventory_tracked, price_minor, available_quantity) FROM variants ORDER BY sku`
	require.Equal(t, want, list[string](s, sql))
	report = s.shopify(file)
	require.Empty(t, report.Warnings, "only a new variant is not for sale yet")
	require.Equal(t, Count{Unchanged: 3}, report.Variants)

	// The whole file comes later, and finds the variants by their options or SKUs.
	const whole = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n" +
		"mug,Mug,Title,Default Title,M-1,5\npot,Pot,Size,S,P-1,6\npot,,,M,P-2,7\n"
	s.shopify(whole)
	require.Equal(t, []string{"M-1 t 500 9", "P-1 f 600", "P-2 f 700"}, list[string](s, sql))
	require.Equal(t, []string{"{S,M}"}, list[string](s, `SELECT option_values::text FROM product_options`))
	require.Equal(t, Count{Unchanged: 3}, s.shopify(whole).Variants)
}

// TestRunsSayWhichFieldsTheirFilesHave imports files with few columns: what a run has
// not written, it must not protect.
func TestRunsSayWhichFieldsTheirFilesHave(t *testing.T) {
	s := newShop(t)
	for _, c := range []struct {
		report *Report
		want   []string
	}{
		{s.table("source: a\nproduct: {key: id, title: name}\n", "a.csv", "id,name\n1,Tee\n"), []string{"title"}},
		{
			s.table("source: b\nproduct: {key: id, title: name}\nvariants: {sku: sku}\n", "b.csv", "id,name,sku\n1,Cap,C\n"),
			[]string{"title", "variant.position", "variant.sku", "variants"},
		},
		{s.run(Options{
			Format: FormatShopifyInventory, Source: "b", Paths: []string{s.file("c.csv", "SKU,Location,On hand\nC,A,1\n")},
		}), []string{"variant.stock"}},
		{s.run(Options{
			Format: FormatShopifyProducts, Source: "b", Currency: "EUR", Paths: []string{s.file("d.csv", "Variant SKU,Variant Price\nC,1\n")},
		}), []string{"variant.price", "variant.sku"}},
	} {
		require.Equal(t, c.want, one[[]string](s, `SELECT fields FROM import_runs WHERE id = '`+c.report.RunID+`'`))
	}
}
