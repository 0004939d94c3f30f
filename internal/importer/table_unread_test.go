package importer

import (
	"encoding/csv"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// unreadMapping has a cell of each kind that can fail to be read.
const unreadMapping = `source: erp
money: {currency: EUR}
product:
  key: id
  title: name
  description: {column: text, match: "^D:(.+)$"}
  vendor: {column: brand, match: "^V:(.+)$"}
  type: {column: kind, match: "^T:(.+)$"}
  tags: [{column: tags, json: true}, {column: more, split: ",", at_least: 2}]
  images: {column: pictures, json: true}
  categories: {levels: [department, {column: class, match: "^C:(.+)$"}]}
  attributes: {Care: {column: care, match: "^A:(.+)$"}, Parts: {column: parts, json: true, join: "+"}}
  status: {column: state, match: "^S:(.+)$"}
  created: {column: since, match: "^(20.+)$", date: YYYY-MM-DD}
  rating: {average: {column: stars, match: "^(.+)/5$"}, count: {column: votes, match: "^(.+) votes$"}}
variants:
  sku: {column: code, match: "^#(.+)$"}
  barcode: {column: ean, match: "^#(.+)$"}
  price: {column: price, match: "^EUR (.+)$"}
  compare_at_price: {column: before, match: "^EUR (.+)$"}
  cost: {column: cost, match: "^EUR (.+)$"}
  weight_grams: {column: grams, match: "^(.+)g$"}
  available: {column: stock, match: "^(.+) left$"}
  image: {column: cover, match: "^(http.+)$"}
`

var unreadColumns = []string{
	"id", "name", "text", "brand", "kind", "tags", "more", "pictures", "department", "class", "care", "parts", "state", "since", "stars",
	"votes", "code", "ean", "price", "before", "cost", "grams", "stock", "cover",
}

var unreadRow = map[string]string{
	"id": "1", "name": "Tee", "text": "D:Soft", "brand": "V:Nord", "kind": "T:Tees", "tags": `["soft","red"]`, "more": "a,b",
	"pictures": `["https://img/1","https://img/2"]`, "department": "Wear", "class": "C:Tees", "care": "A:Wash", "parts": `["body","arms"]`,
	"state": "S:archived", "since": "2020-01-02", "stars": "4.5/5", "votes": "10 votes", "code": "#A1", "ean": "#901", "price": "EUR 10",
	"before": "EUR 12", "cost": "EUR 4", "grams": "200g", "stock": "5 left", "cover": "https://img/1",
}

// unreadTable is a table with the row, and other values in some of its cells.
func unreadTable(t testing.TB, other map[string]string) string {
	row := maps.Clone(unreadRow)
	maps.Copy(row, other)
	cells := make([]string, len(unreadColumns))
	for i, name := range unreadColumns {
		cells[i] = row[name]
	}
	var text strings.Builder
	out := csv.NewWriter(&text)
	require.NoError(t, out.WriteAll([][]string{unreadColumns, cells}))
	return text.String()
}

// TestPartialCellsThatCannotBeReadChangeNothing imports a table with one cell that
// cannot be read over the whole one, and into an empty shop.
func TestPartialCellsThatCannotBeReadChangeNothing(t *testing.T) {
	product := func(expression string) string {
		return "SELECT coalesce((" + expression + ")::text, '') FROM products p LEFT JOIN vendors v ON v.id = p.vendor_id"
	}
	variant := func(column string) string { return "SELECT coalesce(" + column + "::text, '') FROM variants" }
	for column, test := range map[string]struct {
		cell, code, sql, absent string
	}{
		"text":     {"x", "pattern", product("description_html"), ""},
		"brand":    {"x", "pattern", product("v.name"), ""},
		"kind":     {"x", "pattern", product("product_type"), ""},
		"tags":     {"soft, red", "json", product("tags"), "{a,b}"},
		"more":     {"a", "list", product("tags"), "{soft,red}"},
		"pictures": {"https://img/1", "json", "SELECT string_agg(url, ' ') FROM images", "https://img/1"}, // the variant's
		"class":    {"x", "pattern", "SELECT coalesce(string_agg(c.name, ' '), '') FROM product_categories JOIN categories c ON c.id = category_id", ""},
		"care":     {"x", "pattern", product("jsonb_path_query_array(attributes, '$[*].key')"), `["parts"]`},
		"parts":    {"x", "json", product("jsonb_path_query_array(attributes, '$[*].key')"), `["care"]`},
		"state":    {"x", "pattern", product("status"), "DRAFT"},
		"since":    {"x", "pattern", product("extract(year FROM p.created_at) < 2021"), "false"},
		"stars":    {"x", "pattern", product("concat_ws(' ', imported_rating_average, imported_rating_count)"), "0"},
		"votes":    {"x", "pattern", product("concat_ws(' ', imported_rating_average, imported_rating_count)"), "4.50 0"},
		"code":     {"x", "pattern", variant("sku"), ""},
		"ean":      {"x", "pattern", variant("barcode"), ""},
		"price":    {"x", "pattern", variant("price_minor"), ""},
		"before":   {"x", "pattern", variant("compare_at_price_minor"), ""},
		"cost":     {"x", "pattern", variant("cost_minor"), ""},
		"grams":    {"x", "pattern", variant("weight_grams"), ""},
		"stock":    {"x", "pattern", variant("available_quantity"), ""},
		"cover":    {"x", "pattern", variant("image_id IS NOT NULL"), "false"},
	} {
		t.Run(column, func(t *testing.T) {
			t.Parallel()
			broken := unreadTable(t, map[string]string{column: test.cell})
			run := func(s *shop) *Report {
				return s.run(Options{
					Format: FormatTable, Mapping: s.file("mapping.yaml", unreadMapping), Prune: true, Paths: []string{s.file("t.csv", broken)},
				})
			}
			s := newShop(t)
			s.table(unreadMapping, "whole.csv", unreadTable(t, nil))
			before, value := s.hashes(), one[string](s, test.sql)
			require.NotEqual(t, test.absent, value)
			report := run(s)
			require.Empty(t, report.Rejected, "%v", report.Faults)
			require.Equal(t, map[string]int64{test.code: 1}, report.Warnings)
			require.Equal(t, column, report.Faults[0].Column)
			require.Equal(t, value, one[string](s, test.sql))
			require.Equal(t, before, s.hashes())

			empty := newShop(t)
			report = run(empty)
			require.Empty(t, report.Rejected, "%v", report.Faults)
			require.EqualValues(t, 1, report.Warnings[test.code])
			require.Equal(t, test.absent, one[string](empty, test.sql))
			empty.consistent()
		})
	}
}

func TestPartialBlankCellsStillClear(t *testing.T) {
	s := newShop(t)
	s.table(unreadMapping, "whole.csv", unreadTable(t, nil))
	s.table(unreadMapping, "blank.csv", unreadTable(t, map[string]string{"brand": "", "kind": "", "tags": "", "more": "", "care": "", "price": ""}))
	require.Equal(t, "||{}|1", one[string](s, `SELECT concat_ws('|', coalesce(vendor_id::text, ''), product_type, tags::text, jsonb_array_length(attributes)) FROM products`))
	require.Zero(t, one[int](s, `SELECT count(price_minor)::int FROM variants`))
}

// TestPartialRowsOfUnknownVariantsAreRejected has cells by which a variant is found:
// without them the row would mean another one.
func TestPartialRowsOfUnknownVariantsAreRejected(t *testing.T) {
	const mapping = `source: erp
money: {currency: {column: money, match: "^([A-Z]{3})$"}}
product: {key: id, title: name}
variants:
  per_row: true
  key: {column: code, match: "^#(.+)$"}
  sku: {column: sku, match: "^#(.+)$"}
  price: price
  options: {Size: {column: size, match: "^#(.+)$"}}
`
	const header = "id,name,code,sku,price,size,money\n"
	for name, row := range map[string]string{
		"key": "1,Tee,x,#S,9,#S,EUR", "option": "1,Tee,#a,#S,9,x,EUR", "currency": "1,Tee,#a,#S,9,#S,x",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			whole := header + "1,Tee,#a,#S,1,#S,EUR\n1,Tee,#b,#M,2,#M,EUR\n"
			s.table(mapping, "whole.csv", whole)
			before := s.hashes()
			report := s.run(Options{
				Format: FormatTable, Currency: map[bool]string{true: "", false: "EUR"}[name == "currency"], Prune: true,
				Mapping: s.file("mapping.yaml", mapping), Paths: []string{s.file("t.csv", header+row+"\n1,Tee,#b,#M,2,#M,EUR\n")},
			})
			require.EqualValues(t, 1, report.RejectedRows, "%v", report.Faults)
			require.True(t, report.NotPruned)
			require.Equal(t, before, s.hashes())
		})
	}
}

// TestPartialListsOfVariantsThatCannotBeReadChangeNoVariant imports rows whose variants
// cannot be read, with pruning, over a shop that has them.
func TestPartialListsOfVariantsThatCannotBeReadChangeNoVariant(t *testing.T) {
	const product = "source: erp\nmoney: {currency: EUR}\nproduct: {key: id, title: name, vendor: brand}\n"
	for name, test := range map[string]struct {
		variants, whole, broken, code string
		rejected                      map[string]int64
		added                         int // variants of a new product
	}{
		"each": {
			"variants: {each: sizes, sku: {item: sku}, price: {item: price}, options: {Size: {item: size}}}\n",
			`[{"size": "S", "sku": "a", "price": 1}, {"size": "M", "sku": "b", "price": 2}]`, `[{"size": "S", "sku"`, "json",
			map[string]int64{},
			0,
		},
		"each is no list": {
			"variants: {each: sizes, price: {item: price}, options: {Size: {item: size}}}\n",
			`[{"size": "S", "price": 1}, {"size": "M", "price": 2}]`, `{"size": "S", "price": 3}`, "json",
			map[string]int64{},
			0,
		},
		"each does not fit": {
			"variants: {each: {column: sizes, match: \"^sizes: (.*)$\"}, options: {Size: {item: size}}}\n",
			`sizes: [{"size": "S"}, {"size": "M"}]`, `[{"size": "S"}]`, "pattern",
			map[string]int64{},
			0,
		},
		"an item": {
			"variants: {each: sizes, options: {Size: {item: size, match: \"^([A-Z]+)$\"}}}\n",
			`[{"size": "S"}, {"size": "M"}]`, `[{"size": "S"}, {"size": "?"}]`, "",
			map[string]int64{"pattern": 1},
			0,
		},
		"values from the file": {
			"variants: {options_from: {names: {value: Size}, values: {column: sizes, json: true}}}\n",
			`["S"]`, `S`, "json",
			map[string]int64{},
			1,
		},
		"other values than names": {
			"variants: {options_from: {names: {value: Size}, values: {column: sizes, split: \",\"}}}\n",
			`S`, `S,M`, "option",
			map[string]int64{},
			1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := func(s *shop, sizes string) *Report {
				var text strings.Builder
				require.NoError(t, csv.NewWriter(&text).WriteAll([][]string{{"id", "name", "brand", "sizes"}, {"1", "Tee", "Nord", sizes}}))
				return s.run(Options{
					Format: FormatTable, Prune: true, Mapping: s.file("mapping.yaml", product+test.variants), Paths: []string{s.file("t.csv", text.String())},
				})
			}
			s := newShop(t)
			run(s, test.whole)
			before := s.hashes()
			report := run(s, test.broken)
			require.Equal(t, test.rejected, report.Rejected, "%v", report.Faults)
			if test.code != "" {
				require.EqualValues(t, 1, report.Warnings[test.code])
			}
			require.Equal(t, before, s.hashes())

			empty := newShop(t)
			run(empty, test.broken)
			require.Equal(t, test.added, one[int](empty, `SELECT count(*)::int FROM variants`))
			empty.consistent()
		})
	}
}
