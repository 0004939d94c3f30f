package importer

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// written are the ways in which spreadsheets write the same text.
var written = map[string]struct {
	coding encoding.Encoding // nil: UTF-8
	mark   bool
	want   string
}{
	"utf-8":                 {nil, false, encodingUTF8},
	"utf-8 with mark":       {nil, true, encodingUTF8},
	"utf-16le with mark":    {unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), true, encodingUTF16LE},
	"utf-16be with mark":    {unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), true, encodingUTF16BE},
	"utf-16le without mark": {unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), false, encodingUTF16LE},
	"utf-16be without mark": {unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), false, encodingUTF16BE},
	"windows-1252":          {charmap.Windows1252, false, encodingWestern},
}

// tabular are small files of each format with cells separated by §, and what the
// text of their records must have.
var tabular = map[string]struct {
	reader Reader
	text   string
}{
	FormatShopifyProducts: {
		shopifyProducts{currency: "EUR"},
		"Handle§Title§Body (HTML)§Tags§Variant SKU§Variant Price§Option1 Name§Option1 Value\n" +
			"cup§Café Crème – 250 g§\"<p>A; b, c | d</p>\n<p>e</p>\"§a§=\"0012\"§9,90§Title§Default Title\n" +
			"mug§Mug§§§'0013§\"1.299,00\"§Title§Default Title\n",
	},
	FormatShopifyInventory: {
		shopifyInventory{location: "Default"},
		"Handle§Title§Option1 Name§Option1 Value§SKU§Location§On hand\n" +
			"cup§Café§Title§Default Title§=\"0012\"§Köln§9\n" +
			"mug§Mug§Title§Default Title§'0013§Köln§1e3\n",
	},
	FormatTable: {
		nil,
		"id§name§price§sku\n1§Café Crème – 250 g§9,90§=\"0012\"\n2§\"Mug; or, cup\"§\"1.299,00\"§'0013\n",
	},
}

func TestFilesAreReadHoweverSpreadsheetsWriteThem(t *testing.T) {
	mapping := mustMapping(t, "source: s\nmoney: {currency: EUR}\nproduct: {key: id, title: name}\nvariants: {price: price, sku: sku}\n")
	for format, file := range tabular {
		if file.reader == nil {
			file.reader = mapping.reader("", "")
		}
		plain := strings.ReplaceAll(file.text, "§", "\t")
		want, _ := readLayout(t, file.reader, []byte(plain), Reading{})
		require.NotEmpty(t, want)
		for coded, how := range written {
			for _, separator := range []string{",", ";", "\t", "|"} {
				for _, hint := range []string{"", "sep=" + separator + "\n"} {
					name := format + " " + coded + " " + separator + " " + hint
					text := hint + quoteFor(file.text, separator)
					if hint != "" {
						text = strings.ReplaceAll(text, "\n", "\r\n")
					}
					data := encodeText(t, text, how.coding, how.mark)
					got, in := readLayout(t, file.reader, data, Reading{})
					require.Equal(t, shiftLines(want, hint != ""), got, name)
					require.Equal(t, how.want, in.Layout().Encoding, name)
					require.Equal(t, separator, string(in.Layout().Separator), name)
					require.Equal(t, hint != "", in.Layout().SepLine, name)
					require.Equal(t, hint != "", in.Layout().CRLF, name)
				}
			}
		}
	}
}

// quoteFor separates the cells of text, and quotes those that have the separator.
func quoteFor(text, separator string) string {
	var out strings.Builder
	for i, cell := range strings.Split(text, "§") {
		if i > 0 {
			out.WriteString(separator)
		}
		before, after, lines := strings.Cut(cell, "\n")
		if strings.Contains(before, separator) && !strings.HasPrefix(before, `"`) {
			before = `"` + before + `"`
		}
		out.WriteString(before)
		if lines {
			out.WriteString("\n" + after)
		}
	}
	return out.String()
}

func encodeText(t *testing.T, text string, coding encoding.Encoding, mark bool) []byte {
	t.Helper()
	if mark {
		text = byteOrderMark + text
	}
	if coding == nil {
		return []byte(text)
	}
	data, err := coding.NewEncoder().String(text)
	require.NoError(t, err)
	return []byte(data)
}

// readLayout returns the records of a file that must be read without a fault.
func readLayout(t *testing.T, reader Reader, data []byte, given Reading) (records []Record, in *Input) {
	t.Helper()
	in, err := newInput("f", bytes.NewReader(data), given, &tally{})
	require.NoError(t, err)
	err = reader.Read(context.Background(), in, func(r Record) error { records = append(records, r); return nil }, func(f Fault) {
		require.True(t, f.Warning, "%+v", f)
	})
	require.NoError(t, err)
	return records, in
}

// shiftLines moves records down by a line.
func shiftLines(records []Record, by bool) []Record {
	var moved []Record
	for _, r := range records {
		switch r := r.(type) {
		case *Product:
			one := *r
			if by {
				one.Line++
			}
			moved = append(moved, &one)
		case *Variant:
			one := *r
			if by {
				one.Line++
			}
			moved = append(moved, &one)
		case *Level:
			one := *r
			if by {
				one.Line++
			}
			moved = append(moved, &one)
		}
	}
	return moved
}

func TestSpreadsheetCellsMeanWhatTheOwnerMeant(t *testing.T) {
	records, _ := readLayout(t, shopifyProducts{currency: "EUR"}, []byte(strings.ReplaceAll(tabular[FormatShopifyProducts].text, "§", "\t")), Reading{})
	variants := recordsOf[*Variant](records)
	require.Equal(t, "0012", variants[0].SKU)
	require.Equal(t, "0013", variants[1].SKU)
	require.EqualValues(t, 990, variants[0].Price.Minor)
	require.EqualValues(t, 129900, variants[1].Price.Minor)
	require.Equal(t, "Café Crème – 250 g", recordsOf[*Product](records)[0].Title)
}

func TestTheUserOverrulesWhatIsFound(t *testing.T) {
	reader := mustMapping(t, "source: s\nfile: {encoding: utf-8, separator: ';'}\nproduct: {key: id, title: name}\n").reader("", "")
	records, _ := readLayout(t, reader, []byte("id|name\n1|\xea\xe0\xf8\xe0;y\n"), Reading{Encoding: "windows-1251", Separator: '|'})
	require.Equal(t, "каша;y", recordsOf[*Product](records)[0].Title)
	// A byte order mark is a proof.
	records, _ = readLayout(t, reader, []byte("\ufeffid;name\n1;café\n"), Reading{Encoding: "windows-1252"})
	require.Equal(t, "café", recordsOf[*Product](records)[0].Title)
}

func TestAnEncodingThatShowsLateIsFound(t *testing.T) {
	rows := strings.Repeat("1,plain\n", 200_000)
	for name, test := range map[string]struct{ tail, want string }{
		"Windows-1252":              {"2,caf\xe9\n3,\xfcber\n", "café"},
		"Windows-1252, without end": {"2,\xfcber\n2,caf\xe9", "über"},
		"UTF-8":                     {"2,café\n2,x\xff\n2,\xe9\n", "café"},
		"UTF-8 after a damaged row": {"2,x\xff\n2,café\n3,über\n", "café"},
	} {
		_, got, _, err := readCSV(t, "a,b\n"+rows+test.tail, CSVOptions{})
		require.NoError(t, err, name)
		require.Contains(t, got[200_000], "2|"+test.want, name)
	}
}

func TestEncodingsThatAreNotFoundAreAskedFor(t *testing.T) {
	for name, text := range map[string]string{
		"windows-1251": "\xc1\xe5\xeb\xe0\xff \xea\xf0\xf3\xe6\xea\xe0",
		"shift_jis":    "\x83\x7c\x83\x62\x83\x67\x83\x4b\x83\x89\x83\x58\x90\xbb",
		"windows-1250": "Za\xbf\xf3\xb3\xe6 g\xea\x9cl\xb9 ja\x9f\xf1, \xb3\xb9ka",
		"macintosh":    "Caf\x8e cr\x8fme, S\x9f\xa7e T\x9fte",
		"cp850":        "M\x81nchen, Caf\x82 cr\x8ame",
	} {
		_, _, _, err := readCSV(t, "a,b\n1,"+text+"\n", CSVOptions{})
		require.ErrorContains(t, err, "--encoding", name)
	}
	for _, text := range []string{
		"Caf\xe9 cr\xe8me \x96 \x93M\xfcsli\x94", "L\x92Or\xe9al\x99, c\x9cur", "20\xb0C, 5\xb5m, \xbd Liter, Stra\xdfe", "\x80 9,90",
		"\x95 Cotton\n\x95 Wool", "col\xb7lecci\xf3 A\xd1O", "\xc9\xae\xc9t\xe9",
	} {
		_, rows, _, err := readCSV(t, "a;b\n1;\""+text+"\"\n", CSVOptions{})
		require.NoError(t, err, "%q", text)
		want, err := charmap.Windows1252.NewDecoder().String(text)
		require.NoError(t, err)
		require.Equal(t, []string{"2:1|" + want}, rows)
	}
}

func FuzzEncoding(f *testing.F) {
	f.Add([]byte("a,b\n1,caf\xe9\n"))
	f.Add([]byte("\xff\xfea\x00,\x00"))
	f.Add([]byte(" \n\ufeffa\tb"))
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := NewInput("f", bytes.NewReader(data))
		if err != nil {
			return
		}
		head := make([]byte, 0, len(data))
		for {
			var one [7]byte
			n, err := in.Body().Read(one[:])
			head = append(head, one[:n]...)
			if err != nil {
				break
			}
		}
		if coding := in.Layout().Encoding; coding != encodingUTF8 && coding != "" {
			require.True(t, utf8.Valid(head), coding)
		}
	})
}

func TestNumbersInTheFilesOwnWay(t *testing.T) {
	for text, want := range map[string]byte{
		"9,90": ',', "9.90": '.', "1.299,00": ',', "1,299.00": '.', "1,299": 0, "1.299": 0, "12": 0, "": 0, "0,125": ',',
		"1.234.567": ',', "1,234,567": '.', "€ 9,90": ',', "-3,5 kg": ',', "1 299,50 €": ',', "1234.567": '.', "a,b": 0, "01.02.2024": 0, "1.2.3": 0, "1,28,900": '.', "1.580e+03": '.', "8,93E+12": ',', "1\u2019299.50": '.', "1'299.50": '.',
	} {
		got, either := shownMark(text)
		require.Equal(t, string(want), string(got), text)
		require.Equal(t, text == "1,299" || text == "1.299", either, text)
	}
	for text, want := range map[string]string{"1.000": "1000", "1.299,5": "1299.5", "3,5": "3.5", "1.00": "1.00", "-12": "-12", "x": "x", "1,28,900": "1,28,900"} {
		require.Equal(t, want, plainNumber(text, ','), text)
	}
	for text, want := range map[string]int64{"12": 12, "12.0": 12, "12.00": 12, "1e3": 1000, "1E+3": 1000, "-3": -3} {
		got, ok := wholeNumber(text)
		require.True(t, ok, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "1.5", "1e-3", "0x10", "1e99", "many", "1,000", "NaN", "1e0.5"} {
		_, ok := wholeNumber(text)
		require.False(t, ok, text)
	}
}

func TestShopifyNumbersInEitherNotation(t *testing.T) {
	const header = "Handle;Title;Variant Price;Variant Compare At Price;Variant Grams;Variant Inventory Tracker;Variant Inventory Qty\n"
	for name, test := range map[string]struct {
		rows    string
		price   []int64
		count   []int64
		grams   []float64
		decimal byte
	}{
		"commas":        {"a;A;9,90;1.299,00;1.000;shopify;1.000\n", []int64{990}, []int64{1000}, []float64{1000}, ','},
		"points":        {"a;A;9.90;1,299.00;1.5;shopify;1,000\n", []int64{990}, []int64{1000}, []float64{1.5}, '.'},
		"none is shown": {"a;A;9;;1000;shopify;1e3\n", []int64{900}, []int64{1000}, []float64{1000}, 0},
		"a comma shows late": {
			strings.Repeat("a;A;9;;;;\n", 2*previewRows) + "b;B;9,90;12,00;1.000,5;shopify;12,0\n", []int64{990}, []int64{12}, []float64{1000.5}, ',',
		},
	} {
		t.Run(name, func(t *testing.T) {
			records, in := readLayout(t, shopifyProducts{currency: "EUR"}, []byte(header+test.rows), Reading{})
			variants := recordsOf[*Variant](records)
			last := variants[len(variants)-1]
			require.Equal(t, test.price[0], last.Price.Minor)
			require.Equal(t, test.count[0], *last.Available)
			require.InDelta(t, test.grams[0], *last.WeightGrams, 1e-9)
			require.Equal(t, test.decimal, in.Layout().Decimal)
		})
	}
}

func TestNumbersThatASpreadsheetRoundedAreNamed(t *testing.T) {
	mapping := mustMapping(t, "source: s\nmoney: {currency: EUR}\nproduct: {key: id, title: name}\nvariants: {price: price, sku: sku, barcode: ean}\n")
	for name, test := range map[string]struct {
		reader  Reader
		text    string
		columns []string
	}{
		"products": {
			shopifyProducts{currency: "EUR"},
			"Handle,Title,Variant SKU,Variant Barcode,Variant Price\na,A,8.93E+12,4.00638E+12,1E+2\nb,B,1E10,ABC-1E+12,1\n",
			[]string{"Variant SKU 2", "Variant Barcode 2"},
		},
		"stock": {
			shopifyInventory{location: "x"}, "Handle,Option1 Value,SKU,Location,On hand\na,,\"8,93E+12\",Shop,1\n", []string{"SKU 2"},
		},
		"table": {
			mapping.reader("", ""), "id,name,sku,ean,price\n1,A,8.93E+12,'001,1\n8E+12,B,1E10,5E3,1\n", []string{"sku 2", "id 3"},
		},
	} {
		in, err := NewInput("f", strings.NewReader(test.text))
		require.NoError(t, err)
		var found []string
		err = test.reader.Read(context.Background(), in, func(Record) error { return nil }, func(f Fault) {
			require.True(t, f.Warning, "%+v", f)
			require.Equal(t, "rounded", f.Code)
			found = append(found, f.Column+" "+thousands(int64(f.Line)))
		})
		require.NoError(t, err)
		require.Equal(t, test.columns, found, name)
	}
}
