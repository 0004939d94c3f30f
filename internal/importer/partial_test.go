package importer

import (
	"encoding/csv"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
)

// wholeShop has each column of a product export, products with two options, one
// and none, and each status.
const wholeShop = `Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Option3 Name,Option3 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Compare At Price,Variant Barcode,Image Src,Image Position,Image Alt Text,Variant Image,Cost per item,Status,Care (product.metafields.custom.care),Metafield: custom.made_of [list.single_line_text_field]
tee,Tee,<p>Soft</p>,Nord,Apparel > Tees,Tees,"soft, red",TRUE,Color,Red,Size,S,,,T-RS,200,shopify,5,deny,10.00,15.00,4006381333931,https://img/t1,1,Front,https://img/t1,4.00,active,Machine wash,Wool
tee,,,,,,,,,Red,,M,,,T-RM,210,shopify,6,deny,11.00,15.00,4006381333932,https://img/t2,2,Back,,4.10,,,
tee,,,,,,,,,Blue,,S,,,T-BS,200,shopify,7,continue,12.00,,4006381333933,,,,https://img/t2,4.20,,,
mug,Mug,<p>Hot</p>,Süd,Home > Mugs,Mugs,gift,TRUE,Title,Default Title,,,,,M-1,300,shopify,9,deny,7.00,8.00,4006381333934,https://img/m,1,A mug,,2.00,draft,,"[""clay"",""glaze""]"
cap,Cap,<p>Cap</p>,Nord,Apparel > Caps,Caps,,TRUE,Size,One,,,,,C-1,90,,,deny,5.00,,4006381333935,,,,,,archived,Brush,
cap,,,,,,,,,Two,,,,,C-2,95,,,deny,6.00,,4006381333936,,,,,,,,
`

// observed is what a product export can change, each with the columns that may
// change it.
var observed = map[string]struct {
	sql     string
	columns []string
}{
	"products":    {`SELECT source_key || slug FROM products ORDER BY 1`, nil},
	"title":       {`SELECT source_key || title FROM products ORDER BY 1`, []string{"Title"}},
	"description": {`SELECT source_key || description_html FROM products ORDER BY 1`, []string{"Body (HTML)"}},
	"status":      {`SELECT source_key || status FROM products ORDER BY 1`, []string{"Status"}},
	"type":        {`SELECT source_key || product_type FROM products ORDER BY 1`, []string{"Type"}},
	"tags":        {`SELECT source_key || tags::text FROM products ORDER BY 1`, []string{"Tags"}},
	"vendor":      {`SELECT source_key || v.name FROM products p JOIN vendors v ON v.id = p.vendor_id ORDER BY 1`, []string{"Vendor"}},
	"care":        {attributeOf("custom.care"), []string{"Care (product.metafields.custom.care)"}},
	"made of":     {attributeOf("custom.made_of"), []string{"Metafield: custom.made_of [list.single_line_text_field]"}},
	"options":     {`SELECT product_id || name || option_values::text FROM product_options ORDER BY 1`, nil},
	"variants":    {`SELECT product_id || ' ' || position || title || option_values::text || id FROM variants ORDER BY 1`, nil},
	"sku":         {`SELECT id || coalesce(sku, '-') FROM variants ORDER BY 1`, []string{"Variant SKU"}},
	"barcode":     {`SELECT id || coalesce(barcode, '-') FROM variants ORDER BY 1`, []string{"Variant Barcode"}},
	"price":       {`SELECT id || coalesce(price_minor::text, '-') || currency FROM variants ORDER BY 1`, []string{"Variant Price"}},
	"compare at":  {`SELECT id || coalesce(compare_at_price_minor::text, '-') FROM variants ORDER BY 1`, []string{"Variant Compare At Price"}},
	"cost":        {`SELECT id || coalesce(cost_minor::text, '-') FROM variants ORDER BY 1`, []string{"Cost per item"}},
	"weight":      {`SELECT id || coalesce(weight_grams::text, '-') FROM variants ORDER BY 1`, []string{"Variant Grams"}},
	"policy":      {`SELECT id || sell_when_out_of_stock::text FROM variants ORDER BY 1`, []string{"Variant Inventory Policy"}},
	"stock":       {`SELECT id || inventory_tracked::text || coalesce(available_quantity::text, '-') FROM variants ORDER BY 1`, []string{"Variant Inventory Qty"}},
	"image":       {`SELECT id || coalesce(image_id::text, '-') FROM variants ORDER BY 1`, nil},
	"images":      {`SELECT id || ' ' || position || url FROM images ORDER BY 1`, nil},
	"alt text":    {`SELECT id || alt_text FROM images ORDER BY 1`, []string{"Image Alt Text"}},
}

// attributeOf is the query for the values of one attribute.
func attributeOf(key string) string {
	return `SELECT p.source_key || a::text FROM products p, jsonb_array_elements(p.attributes) AS a WHERE a ->> 'key' = '` + key + `' ORDER BY 1`
}

func observe(s *shop) map[string][]string {
	seen := map[string][]string{}
	for name, one := range observed {
		seen[name] = list[string](s, one.sql)
	}
	return seen
}

// other is another valid value for a cell, or the same where a change would name
// another record.
func other(column, value string) string {
	if value == "" {
		return value
	}
	switch column {
	case "Title", "Body (HTML)", "Vendor", "Type", "Image Alt Text", "Care (product.metafields.custom.care)",
		"Metafield: custom.made_of [list.single_line_text_field]":
		return value + " anew"
	case "Tags":
		return value + ", anew"
	case "Status":
		return map[string]string{"active": "draft", "draft": "archived", "archived": "active"}[value]
	case "Variant Price", "Variant Compare At Price", "Cost per item", "Variant Grams", "Variant Inventory Qty":
		return "1" + value
	case "Variant Inventory Policy":
		return map[string]string{"deny": "continue", "continue": "deny"}[value]
	}
	return value
}

// TestOnlyTheColumnsOfAFileChange imports random columns of the whole file, as
// they are and with other values, over the whole one.
func TestOnlyTheColumnsOfAFileChange(t *testing.T) {
	whole, err := csv.NewReader(strings.NewReader(wholeShop)).ReadAll()
	require.NoError(t, err)
	s := newShop(t)
	s.shopify(wholeShop)
	before, hashes := observe(s), s.hashes()
	rounds := 10
	if dbtest.Full() {
		rounds = 100
	}
	random := rand.New(rand.NewPCG(1, 2))
	for round := range rounds {
		var kept []int
		for i := range whole[0] {
			if random.IntN(3) == 0 || i == 0 && random.IntN(4) > 0 {
				kept = append(kept, i)
			}
		}
		names := make([]string, len(kept))
		for i, column := range kept {
			names[i] = whole[0][column]
		}
		part := func(change bool) Options {
			var text strings.Builder
			out := csv.NewWriter(&text)
			for n, row := range whole {
				cells := make([]string, len(kept))
				for i, column := range kept {
					if cells[i] = row[column]; n > 0 && change {
						cells[i] = other(names[i], row[column])
					}
				}
				require.NoError(t, out.Write(cells))
			}
			out.Flush()
			return Options{
				DatabaseURL: s.url, Format: FormatShopifyProducts, Currency: "USD", Prune: round%2 == 1,
				Paths: []string{s.file("part.csv", text.String())},
			}
		}
		if _, err := Run(t.Context(), part(false)); err != nil {
			require.NotContains(t, names, "Handle", "%v", err)
		}
		require.Equal(t, hashes, s.hashes(), "columns %q, prune %t", names, round%2 == 1)

		if _, err := Run(t.Context(), part(true)); err != nil {
			continue
		}
		after := observe(s)
		for name, one := range observed {
			if !slices.ContainsFunc(one.columns, func(column string) bool { return slices.Contains(names, column) }) {
				require.Equal(t, before[name], after[name], "%s changed by the columns %q", name, names)
			}
		}
		s.consistent()
		s.shopify(wholeShop)
		require.Equal(t, before, observe(s), "the whole file restores it")
		hashes = s.hashes()
	}
}

// prunes is with pruning, and in full also without it.
func prunes() []bool {
	if dbtest.Full() {
		return []bool{true, false}
	}
	return []bool{true}
}

// TestPartialFiles has what owners import every day over a whole shop.
func TestPartialFiles(t *testing.T) {
	price := func(want string) map[string][]string {
		return map[string][]string{`SELECT concat_ws(' ', sku, price_minor) FROM variants WHERE sku LIKE 'T-%' ORDER BY position`: strings.Split(want, ",")}
	}
	for name, test := range sampled(map[string]struct {
		csv      string
		rejected map[string]int64
		want     map[string][]string // the only things that differ
	}{
		"prices by options":   {"Handle,Title,Option1 Value,Option2 Value,Variant Price\ntee,Tee,Red,S,1\ntee,,Red,M,2\ntee,,Blue,S,3\n", nil, price("T-RS 100,T-RM 200,T-BS 300")},
		"prices by SKU":       {"Variant SKU,Variant Price\nT-RS,1\nT-RM,2\nNONE,3\n", map[string]int64{"reference": 1}, price("T-RS 100,T-RM 200,T-BS 1200")},
		"prices by barcode":   {"Variant Barcode,Variant Price\n4006381333933,3\n", nil, price("T-RS 1000,T-RM 1100,T-BS 300")},
		"prices in any order": {"Handle,Variant SKU,Variant Price\ntee,T-BS,3\ntee,T-RS,1\n", nil, price("T-RS 100,T-RM 1100,T-BS 300")},
		"too few options":     {"Handle,Title,Option1 Name,Option1 Value,Variant Price\ntee,Tee,Color,Red,1\n", map[string]int64{"reference": 1}, nil},
		"no way to a variant": {"Handle,Title,Variant Price\ntee,Tee,1\n", map[string]int64{"reference": 1}, nil},
		"an unknown variant":  {"Handle,Option1 Value,Option2 Value,Variant Price\ntee,Green,S,1\n", map[string]int64{"reference": 1}, nil},
		"an unknown product":  {"Handle,Variant SKU,Variant Price\nhat,H-1,1\n", map[string]int64{"reference": 1}, nil},
		"tags": {"Handle,Tags\nMUG,sale\n", nil, map[string][]string{
			`SELECT tags::text FROM products WHERE slug = 'mug'`: {"{sale}"},
		}},
		"stock": {"Variant SKU,Variant Inventory Qty\nC-1,3\nM-1,0\n", nil, map[string][]string{
			`SELECT concat_ws(' ', sku, inventory_tracked, available_quantity) FROM variants WHERE sku IN ('C-1', 'M-1') ORDER BY 1`: {"C-1 t 3", "M-1 t 0"},
		}},
		"published without a status": {"Handle,Title,Status,Published\ncap,Cap,,FALSE\nmug,Mug,,TRUE\ntee,Tee,,TRUE\n", nil, nil},
		"hidden without a status": {"Handle,Published\ncap,FALSE\nmug,FALSE\ntee,FALSE\n", nil, map[string][]string{
			`SELECT slug || ' ' || status FROM products ORDER BY 1`: {"cap ARCHIVED", "mug DRAFT", "tee DRAFT"},
		}},
		"a status": {"Handle,Status\nmug,active\n", nil, map[string][]string{
			`SELECT slug || ' ' || status FROM products ORDER BY 1`: {"cap ARCHIVED", "mug ACTIVE", "tee ACTIVE"},
		}},
	}) {
		for _, prune := range prunes() {
			t.Run(fmt.Sprintf("%s prune=%t", name, prune), func(t *testing.T) {
				t.Parallel()
				s := newShop(t)
				s.shopify(wholeShop)
				before := observe(s)
				report := s.run(Options{Format: FormatShopifyProducts, Prune: prune, Currency: "USD", Paths: []string{s.file("part.csv", test.csv)}})
				if test.rejected == nil {
					test.rejected = map[string]int64{}
				}
				require.Equal(t, test.rejected, report.Rejected, "%v", report.Faults)
				for sql, want := range test.want {
					require.Equal(t, want, list[string](s, sql))
				}
				if test.want == nil {
					require.Equal(t, before, observe(s))
				}
				differ := 0
				for name, after := range observe(s) {
					if !slices.Equal(before[name], after) {
						differ++
					}
				}
				require.LessOrEqual(t, differ, len(test.want))
				require.Len(t, slices.Collect(maps.Keys(before)), len(observed))
				s.consistent()
			})
		}
	}
}
