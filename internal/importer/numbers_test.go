package importer

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// numberReading is what became of the numbers of one row: "" for one that was not
// taken.
type numberReading struct{ price, grams, count string }

// numberFormats are formats with a price, a weight and a count in each row, with
// the texts of their separator.
func numberFormats(t *testing.T) map[string]func(separator string) (reader Reader, header string) {
	const names = "Handle|Title|Variant Price|Variant Grams|Variant Inventory Qty\n"
	header := func(separator string) string { return strings.ReplaceAll(names, "|", separator) }
	mapped := func(money string) func(string) (Reader, string) {
		m := mustMapping(t, "source: s\nmoney: {currency: EUR"+money+"}\nproduct: {key: Handle, title: Title}\n"+
			"variants: {price: Variant Price, weight_grams: Variant Grams, available: Variant Inventory Qty}\n")
		return func(separator string) (Reader, string) { return m.reader("", ""), header(separator) }
	}
	return map[string]func(string) (Reader, string){
		"shopify": func(separator string) (Reader, string) { return shopifyProducts{currency: "EUR"}, header(separator) },
		"table":   mapped(""), "table with commas": mapped(`, decimal: ","`), "table with points": mapped(`, decimal: "."`),
		"table grouped by points": mapped(`, group: "."`),
	}
}

// readNumbers reads rows of a price, a weight and a count.
func readNumbers(t *testing.T, reader Reader, header, separator string, rows [][3]string, given Reading) (read []numberReading, faults []Fault) {
	t.Helper()
	var text strings.Builder
	text.WriteString(header)
	for i, row := range rows {
		name := fmt.Sprintf(`"r%d"`, i)
		quoted := []string{name, name, `"` + row[0] + `"`, `"` + row[1] + `"`, `"` + row[2] + `"`}
		text.WriteString(strings.Join(quoted, separator) + "\n")
	}
	in, err := newInput("f", strings.NewReader(text.String()), given, &tally{})
	require.NoError(t, err)
	read = make([]numberReading, len(rows))
	require.NoError(t, reader.Read(context.Background(), in, func(r Record) error {
		v, is := r.(*Variant)
		if !is {
			return nil
		}
		one := &read[v.Line-2]
		if v.Price != nil {
			one.price = v.Price.Decimal()
		}
		if v.WeightGrams != nil {
			one.grams = strconv.FormatFloat(*v.WeightGrams, 'f', -1, 64)
		}
		if v.Available != nil {
			one.count = strconv.FormatInt(*v.Available, 10)
		}
		return nil
	}, func(f Fault) { faults = append(faults, f) }))
	return read, faults
}

// TestPricesWeightsAndCountsHaveOneRule reads numbers that can mean a thousand
// times as much, in every format, with and without what tells their meaning.
func TestPricesWeightsAndCountsHaveOneRule(t *testing.T) {
	points, commas := [3]string{"9.90", "0.5", "2"}, [3]string{"9,90", "0,5", "2"}
	const semicolon, tab, comma = ";", "\t", ","
	grouped, refused := numberReading{"1299.00", "1200", "1000"}, numberReading{}
	decimal := numberReading{"1.30", "1.2", ""} // a count has no decimals
	for name, test := range map[string]struct {
		format, separator string
		row               [3]string
		others            [][3]string
		decimal           byte
		want              numberReading
	}{
		"shopify, nothing shows, points":      {"shopify", semicolon, [3]string{"1.299", "1.200", "1.000"}, nil, 0, refused},
		"shopify, nothing shows, commas":      {"shopify", semicolon, [3]string{"1,299", "1,200", "1,000"}, nil, 0, refused},
		"shopify, nothing shows, tabs":        {"shopify", tab, [3]string{"1.299", "1.200", "1.000"}, nil, 0, refused},
		"shopify's own file":                  {"shopify", comma, [3]string{"1.299", "1.200", "1.000"}, nil, 0, decimal},
		"shopify's own file, grouped":         {"shopify", comma, [3]string{"1,299", "1,200", "1,000"}, nil, 0, grouped},
		"shopify's own file, against":         {"shopify", comma, [3]string{"1.299", "1.200", "1.000"}, [][3]string{commas}, 0, grouped},
		"shopify, commas show":                {"shopify", semicolon, [3]string{"1.299", "1.200", "1.000"}, [][3]string{commas}, 0, grouped},
		"shopify, commas show, decimals":      {"shopify", semicolon, [3]string{"1,299", "1,200", "1,000"}, [][3]string{commas}, 0, decimal},
		"shopify, points show":                {"shopify", semicolon, [3]string{"1,299", "1,200", "1,000"}, [][3]string{points}, 0, grouped},
		"shopify, as many of each":            {"shopify", semicolon, [3]string{"1,299", "1.200", "1.000"}, [][3]string{points, commas}, 0, refused},
		"shopify, told commas":                {"shopify", semicolon, [3]string{"1.299", "1.200", "1.000"}, nil, ',', grouped},
		"shopify, told points":                {"shopify", semicolon, [3]string{"1.299", "1.200", "1.000"}, nil, '.', numberReading{"1.30", "1.2", "1"}},
		"shopify, told against what shows":    {"shopify", semicolon, [3]string{"1.299", "1.200", "1.000"}, [][3]string{points, points}, ',', grouped},
		"shopify's own file, told":            {"shopify", comma, [3]string{"1.299", "1.200", "1.000"}, nil, ',', grouped},
		"table, nothing shows":                {"table", comma, [3]string{"1.299", "1,200", "1.000"}, nil, 0, refused},
		"table, nothing shows, commas":        {"table", semicolon, [3]string{"1,299", "1.200", "1,000"}, nil, 0, refused},
		"table, commas show":                  {"table", semicolon, [3]string{"1.299", "1.200", "1.000"}, [][3]string{commas}, 0, grouped},
		"table, points show":                  {"table", comma, [3]string{"1.299", "1.200", "1.000"}, [][3]string{points}, 0, decimal},
		"table, told":                         {"table", comma, [3]string{"1,299", "1,200", "1,000"}, nil, '.', grouped},
		"mapping with commas":                 {"table with commas", comma, [3]string{"1.299", "1.200", "1.000"}, [][3]string{points, points}, 0, grouped},
		"mapping with commas, told points":    {"table with commas", comma, [3]string{"1,299", "1,200", "1,000"}, nil, '.', grouped},
		"mapping with points":                 {"table with points", comma, [3]string{"1.299", "1.200", "1.000"}, nil, 0, numberReading{"1.30", "1.2", "1"}},
		"mapping grouped by points":           {"table grouped by points", comma, [3]string{"1.299", "1.200", "1.000"}, nil, 0, grouped},
		"mapping grouped by points, told":     {"table grouped by points", comma, [3]string{"1,299", "1,200", "1,000"}, nil, '.', grouped},
		"a count with the file's decimals":    {"table", comma, [3]string{"9.90", "0.5", "12.0"}, nil, 0, numberReading{"9.90", "0.5", "12"}},
		"a count with decimal commas":         {"table", semicolon, [3]string{"9,90", "0,5", "12,0"}, nil, 0, numberReading{"9.90", "0.5", "12"}},
		"a count that is not as the others":   {"table", comma, [3]string{"9.90", "0.5", "12,0"}, nil, 0, numberReading{"9.90", "0.5", ""}},
		"a change of a count":                 {"table", comma, [3]string{"9.90", "0.5", "+3"}, nil, 0, numberReading{"9.90", "0.5", ""}},
		"a weight as Shopify writes it":       {"shopify", comma, [3]string{"9.90", "907.003303052", "5.0"}, nil, 0, numberReading{"9.90", "907.003303052", "5"}},
		"Indian groups":                       {"table", comma, [3]string{"1,28,900", "1,28,900.5", "1,28,900"}, nil, 0, numberReading{"128900.00", "128900.5", "128900"}},
		"scientific notation shows its point": {"table", comma, [3]string{"1.580e+03", "1.200", "5"}, nil, 0, numberReading{"1580.00", "1.2", "5"}},
	} {
		t.Run(name, func(t *testing.T) {
			reader, header := numberFormats(t)[test.format](test.separator)
			read, faults := readNumbers(t, reader, header, test.separator, append(test.others, test.row), Reading{Decimal: test.decimal})
			require.Equal(t, test.want, read[len(read)-1], "%v", faults)
			for _, f := range faults {
				if !strings.Contains(f.Reason, "rounded") {
					require.True(t, strings.Contains(f.Reason, "--decimal") || strings.Contains(f.Reason, "not a whole number"), f.Reason)
					require.Equal(t, strings.HasPrefix(test.format, "table") && strings.Contains(f.Reason, "--decimal"), strings.Contains(f.Reason, "money.decimal"), f.Reason)
				}
			}
		})
	}
}

// TestMostNumbersDecideTheDecimalMark has files with some rows that are written in
// another way than the others, at every place: these are reported, and the others
// are read as in a file without them.
func TestMostNumbersDecideTheDecimalMark(t *testing.T) {
	for _, format := range []string{"shopify", "table"} {
		for _, separator := range []string{",", ";", "\t"} {
			for odd := range 6 {
				usual := [][3]string{{"1.299,00", "1.200", "1.000"}, {"29,90 €", "0,5", "3"}, {"9,90", "1.000,5", "12,0"}, {"1.299", "12", "1"}, {"7", "", ""}}
				want := []numberReading{{"1299.00", "1200", "1000"}, {"29.90", "0.5", "3"}, {"9.90", "1000.5", "12"}, {"1299.00", "12", "1"}, {"7.00", "", ""}}
				rows := append(append(append([][3]string{}, usual[:min(odd, 5)]...), [3]string{"CHF 25.00", "1.5", "2.0"}), usual[min(odd, 5):]...)
				reader, header := numberFormats(t)[format](separator)
				read, faults := readNumbers(t, reader, header, separator, rows, Reading{})
				at := min(odd, 5)
				require.Equal(t, want, append(append([]numberReading{}, read[:at]...), read[at+1:]...), "%s %q %d: %v", format, separator, odd, faults)
				require.NotEmpty(t, faults)
				for _, f := range faults {
					require.Equal(t, at+2, f.Line, f.Reason)
				}
				require.Contains(t, faults[0].Reason+faults[len(faults)-1].Reason, "it is in CHF, and EUR was expected: correct it, ")
				require.Contains(t, faults[0].Reason+faults[len(faults)-1].Reason, "--currency")
			}
		}
	}
}

func TestTheNumbersOfJSONHavePoints(t *testing.T) {
	m := mustMapping(t, "source: s\nfile: {format: json}\nmoney: {currency: EUR, decimal: \",\"}\nproduct: {key: id, title: id}\n"+
		"variants: {price: price, weight_grams: grams, available: count}\n")
	in, err := NewInput("f", strings.NewReader(`{"id": "a", "price": 12.5, "grams": 1.234, "count": 3.0}`+"\n"+
		`{"id": "b", "price": "1.234,50", "grams": "1,5", "count": "1.000"}`))
	require.NoError(t, err)
	var read []numberReading
	require.NoError(t, m.reader("", "").Read(t.Context(), in, func(r Record) error {
		if v, is := r.(*Variant); is {
			read = append(read, numberReading{v.Price.Decimal(), fmt.Sprint(*v.WeightGrams), fmt.Sprint(*v.Available)})
		}
		return nil
	}, func(f Fault) { t.Errorf("%+v", f) }))
	require.Equal(t, []numberReading{{"12.50", "1.234", "3"}, {"1234.50", "1.5", "1000"}}, read)
}

func TestStockThatCanMeanAThousandTimesAsMuchIsRejected(t *testing.T) {
	for name, test := range map[string]struct {
		text     string
		given    Reading
		onHand   []int64
		rejected int
	}{
		"nothing shows":   {"Handle;Location;On hand\na;Shop;1.000\nb;Shop;5\n", Reading{}, []int64{5}, 1},
		"the wide form":   {"Handle;Option1 Value;SHOP;ATTIC\na;S;1.000;2.000\nb;S;1.000;\n", Reading{}, nil, 3},
		"commas show":     {"Handle;Location;On hand\na;Shop;1.000\nb;Shop;5,0\n", Reading{}, []int64{1000, 5}, 0},
		"Shopify's":       {"Handle,Location,On hand\na,Shop,1.000\nb,Shop,5.0\n", Reading{}, []int64{5}, 1},
		"told":            {"Handle;Location;On hand\na;Shop;1.000\nb;Shop;5\n", Reading{Decimal: ','}, []int64{1000, 5}, 0},
		"told the other":  {"Handle;Location;On hand\na;Shop;1.000\nb;Shop;5\n", Reading{Decimal: '.'}, []int64{1, 5}, 0},
		"dates in column": {"Handle;Option1 Value;SHOP;Counted\na;S;1.000;01.02.2024\nb;S;5,0;02.02.2024\n", Reading{}, []int64{1000, 5}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			in, err := newInput("f", strings.NewReader(test.text), test.given, &tally{})
			require.NoError(t, err)
			var onHand []int64
			rejected := 0
			require.NoError(t, shopifyInventory{location: "x"}.Read(t.Context(), in, func(r Record) error {
				onHand = append(onHand, r.(*Level).OnHand)
				return nil
			}, func(f Fault) {
				require.Contains(t, f.Reason, "--decimal")
				rejected++
			}))
			require.Equal(t, test.onHand, onHand)
			require.Equal(t, test.rejected, rejected)
		})
	}
}

// TestARejectsFileIsReadAsItsInput corrects rejected rows of files whose decimal
// mark only the other rows show.
func TestARejectsFileIsReadAsItsInput(t *testing.T) {
	for name, test := range map[string]struct {
		text    string
		options Options
		correct [2]string
		want    string
	}{
		"commas": {
			"Handle;Title;Variant Price;Variant Grams\na;A;29,90;0,5\nb;B;CHF 1.299;1.200\n", Options{}, [2]string{"CHF 1.299", "1.299"}, "129900 1200",
		},
		"points": {
			"Handle;Title;Variant Price;Variant Grams\na;A;29.90;0.5\nb;B;CHF 1,299;1.200\n", Options{}, [2]string{"CHF 1,299", "1,299"}, "129900 1.2",
		},
		"commas in a file of Shopify's form": {
			"Handle,Title,Variant Price,Variant Grams\na,A,\"29,90\",\"0,5\"\nb,B,CHF 1.299,1.200\n", Options{}, [2]string{"CHF 1.299", "1.299"}, "129900 1200",
		},
		"told": {
			"Handle;Title;Variant Price;Variant Grams\na;A;29;5\nb;B;CHF 1.299;1.200\n", Options{Decimal: ","}, [2]string{"CHF 1.299", "1.299"}, "129900 1200",
		},
		"rejected when merged": {
			"Handle;Title;Variant SKU;Variant Price;Variant Grams\na;A;S;29,90;0,5\nb;;X;1.299;1.200\n", Options{}, [2]string{"b;;X", "b;B;X"}, "129900 1200",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			rejects := s.file("rejects.csv", "")
			options := test.options
			options.Format, options.Currency, options.Rejects = FormatShopifyProducts, "EUR", rejects
			options.Paths = []string{s.file("products.csv", test.text)}
			report := s.run(options)
			require.EqualValues(t, 1, report.RejectedRows, "%v", report.Faults)
			require.Equal(t, []string{rejects}, report.RejectsFiles)
			text, err := os.ReadFile(rejects)
			require.NoError(t, err)
			corrected := s.file("corrected.csv", strings.Replace(string(text), test.correct[0], test.correct[1], 1))
			report = s.run(Options{Format: FormatShopifyProducts, Currency: "EUR", Paths: []string{corrected}})
			require.Zero(t, report.RejectedRows, "%v", report.Faults)
			require.Empty(t, report.Warnings, "%v", report.Faults)
			require.Equal(t, test.want, one[string](s, `SELECT v.price_minor || ' ' || v.weight_grams::float8
FROM variants v JOIN products p ON p.id = v.product_id WHERE p.source_key = 'b'`))
		})
	}
}

func TestTheReportSaysWhichDecimalMarkWasRead(t *testing.T) {
	s := newShop(t)
	for mark, want := range map[string]string{"": "", ",": ", with decimal commas", ".": ", with decimal points"} {
		report := s.run(Options{
			Format: FormatShopifyProducts, Decimal: mark, DryRun: true,
			Paths: []string{s.file("p.csv", "Handle;Title;Variant Price\na;A;9\n")},
		})
		var text strings.Builder
		require.NoError(t, report.Render(&text))
		require.Contains(t, text.String(), "separated by \";\""+want+".\n")
	}
	_, err := Run(t.Context(), Options{DatabaseURL: s.url, Format: FormatShopifyProducts, Decimal: "point", Paths: []string{"x"}})
	require.ErrorContains(t, err, `decimal must be "." or ","`)
}
