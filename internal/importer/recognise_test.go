package importer

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// someFiles are the beginnings of files that people have, and mistake.
var someFiles = map[string]string{
	"products":  "Handle,Title,Body (HTML),Vendor,Type,Option1 Name,Option1 Value,Variant SKU,Variant Price,Image Src,Image Position\ncup,Cup,<p>x</p>,,,Title,Default Title,1,2,https://i/1,1\n",
	"stock":     "Handle,Title,Option1 Name,Option1 Value,SKU,Location,On hand\ncup,Cup,Title,Default Title,1,Shop,2\n",
	"wide":      "Handle,Title,Option1 Name,Option1 Value,SKU,HS Code,COO,Shop\ncup,Cup,Title,Default Title,1,,,2\n",
	"taxonomy":  "# Google_Product_Taxonomy_Version: 2021\nAnimals & Pets\nAnimals & Pets > Live Animals\n",
	"shopify":   "gid://shopify/TaxonomyCategory/ap : Animals & Pets\n",
	"attribute": "gid://shopify/TaxonomyAttribute/2649 : AI application\n",
	"woo":       "ID,Type,SKU,Name,Published,\"In stock?\",Stock,\"Regular price\",Categories\n1,simple,a,Mug,1,1,,7,Home\n",
	"orders":    "Name,Email,Financial Status,Fulfillment Status,Lineitem name,Lineitem quantity\n#1,a@example.com,paid,,Cup,1\n",
	"customers": "First Name,Last Name,Email,Accepts Email Marketing,Total Spent,Total Orders\nA,B,a@example.com,no,1,2\n",
	"json":      "[\n {\"id\": \"1\"}]",
	"lines":     "{\"id\": 1}\n{\"id\": 2}\n",
	"page":      "\n<!DOCTYPE html>\n<html><body>Sign in</body></html>\n",
	"workbook":  "PK\x03\x04\x14\x00\x06\x00[Content_Types].xml",
	"pdf":       "%PDF-1.7\n",
	"image":     "\x89PNG\r\n\x1a\n",
	"dump":      "-- MySQL dump 10.13\n--\nINSERT INTO `x` VALUES (1,'a');\n",
	"other":     "colour;size\nred;1\nblue;2\ngreen;3\n",
	"mapped":    "id;name;note\n1;Cup;x\n",
}

const smallMapping = "source: s\nproduct: {key: id, title: name}\n"

// wanted are the files that each format takes.
var wanted = map[string][]string{
	FormatShopifyProducts:  {"products"},
	FormatShopifyInventory: {"stock", "wide"},
	FormatTaxonomy:         {"taxonomy", "shopify"},
	FormatTable:            {"mapped", "woo"}, // whatever has the columns of the mapping
}

// advised is what the error must name.
var advised = map[string]string{
	"products": "shopify-products", "stock": "shopify-inventory", "wide": "shopify-inventory", "taxonomy": "souk import taxonomy",
	"shopify": "souk import taxonomy", "woo": "WooCommerce", "orders": "orders", "customers": "customers", "json": "JSON", "lines": "JSON",
	"page": "a web page", "workbook": "save the sheet as CSV", "pdf": "a PDF", "image": "an image", "dump": "a dump of a database",
}

func TestEachFormatRefusesWhatIsForAnother(t *testing.T) {
	mapping := t.TempDir() + "/mapping.yaml"
	require.NoError(t, os.WriteFile(mapping, []byte(smallMapping), 0o600))
	for format, takes := range wanted {
		o := Options{Format: format, Mapping: mapping, Currency: "EUR", Location: "Default"}
		reader, err := o.reader()
		require.NoError(t, err)
		for name, text := range someFiles {
			for coded, how := range written {
				if how.coding != nil && !isASCII(text) || how.mark && how.want == encodingUTF8 && text[0] == 'P' {
					continue
				}
				data := []byte(text)
				if strings.Contains("workbook pdf image", name) {
					coded = "as it is"
				} else {
					data = encodeText(t, text, how.coding, how.mark)
				}
				in, err := NewInput("f", bytes.NewReader(data))
				require.NoError(t, err)
				err = reader.(checker).check(in)
				what := format + " given " + name + ", " + coded
				if slices.Contains(takes, name) {
					require.NoError(t, err, what)
					continue
				}
				require.Error(t, err, what)
				if want := advised[name]; !(format == FormatTable && (name == "taxonomy" || name == "shopify")) {
					require.ErrorContains(t, err, want, what)
				}
				// Standard input is refused when it is read, before a record.
				in, err = NewInput("f", bytes.NewReader(data))
				require.NoError(t, err)
				err = reader.Read(context.Background(), in, func(Record) error { t.Error(what); return nil }, func(f Fault) {})
				require.Error(t, err, what)
			}
		}
	}
}

func TestAWrongFileAmongOthersCostsNothing(t *testing.T) {
	s := newShop(t)
	before := s.hashes()
	report, err := Run(t.Context(), Options{
		DatabaseURL: s.url, Format: FormatShopifyInventory, Location: "Default",
		Paths: []string{s.file("a.csv", someFiles["wide"]), s.file("products.csv", someFiles["products"]), s.file("book.csv", someFiles["workbook"])},
	})
	require.ErrorContains(t, err, "products.csv looks like a Shopify product file: use souk import shopify-products")
	require.ErrorContains(t, err, "book.csv looks like a workbook")
	require.Equal(t, 1, report.ExitCode())
	require.NotEmpty(t, report.Error)
	require.Equal(t, before, s.hashes())
}

func TestColumnsThatAreNotUsedAreListed(t *testing.T) {
	s := newShop(t)
	report := s.shopify("Handle,Title,Body HTML,Variant Price,Variant Compare-at Price,Variant Compare at Price,Variant ID,SEO Title\n" +
		"cup,Cup,<p>hi</p>,10.00,15.00,16.00,123,x\n")
	require.Equal(t, []string{"Variant Compare at Price", "Variant ID", "SEO Title"}, report.UnusedColumns[0].Columns)
	require.Equal(t, map[string]int64{"column": 1}, report.Warnings)
	require.Contains(t, report.Faults[0].Reason, "the same as the column Variant Compare-at Price")
	require.EqualValues(t, 1500, one[int](s, `SELECT compare_at_price_minor::int FROM variants`))
	require.Equal(t, "<p>hi</p>", one[string](s, `SELECT description_html FROM products`))
	var human strings.Builder
	require.NoError(t, report.Render(&human))
	require.Contains(t, human.String(), "3 columns of products.csv are not used: Variant Compare at Price, Variant ID, SEO Title.")

	mapping := s.file("m.yaml", smallMapping)
	table := s.run(Options{Format: FormatTable, Mapping: mapping, Paths: []string{s.file("a.csv", someFiles["mapped"]), s.file("b.csv", someFiles["mapped"])}})
	require.Len(t, table.UnusedColumns, 1)
	require.Len(t, table.UnusedColumns[0].Files, 2)
	require.Equal(t, []string{"note"}, table.UnusedColumns[0].Columns)
	human.Reset()
	require.NoError(t, table.Render(&human))
	require.Contains(t, human.String(), "Read a.csv, b.csv as utf-8, separated by \";\".")

	// Notes beside the counts are no location.
	wide := s.run(Options{Format: FormatShopifyInventory, Paths: []string{s.file("w.csv",
		"Handle,Title,Option1 Name,Option1 Value,SKU,HS Code,COO,Shop,Remark\ncup,Cup,Title,Default Title,,,,4,near the door\n")}})
	require.Equal(t, []string{"HS Code", "COO", "Remark"}, wide.UnusedColumns[0].Columns)
	require.Equal(t, Count{Stored: 1}, wide.Levels)
}

// TestPartialRowsAreNotNothing imports rows whose product is found, and their variant is
// not.
func TestPartialRowsAreNotNothing(t *testing.T) {
	const erp = "source: erp\nmoney: {currency: EUR}\nproduct: {key: id, title: name, vendor: brand}\nvariants: {key: code, price: price}\n"
	s := newShop(t)
	s.table(erp, "whole.csv", "id,name,brand,code,price\n1,Tee,Nord,a,1\n1,Tee,Nord,b,2\n")
	const part = "id,brand,code,price\n1,Süd,x,9\n"
	for _, dry := range []bool{true, false} {
		report := s.run(Options{
			Format: FormatTable, DryRun: dry, Mapping: s.file("mapping.yaml", erp), Paths: []string{s.file("part.csv", part)},
		})
		require.Equal(t, map[string]int64{"reference": 1}, report.Rejected)
		require.Equal(t, Count{Changed: 1}, report.Products)
		require.Equal(t, 3, report.ExitCode())
		require.Zero(t, report.TakenRows)
		require.Contains(t, render(t, report), map[bool]string{true: "would import", false: "Imported"}[dry]+" only parts of rows: 1 row was rejected, of 1 file")
	}
	again := s.table(erp, "part.csv", part)
	require.Equal(t, 1, again.ExitCode(), "what is rejected changes nothing any more")
	require.Contains(t, render(t, again), "Nothing was imported: 1 row was rejected")

	moved := s.table(strings.Replace(erp, "vendor: brand", "handle: slug, vendor: brand", 1), "moved.csv", "id,slug,code,price\n1,shirt,x,9\n")
	require.Equal(t, Count{Changed: 1}, moved.Products, "another slug is a change too")
	require.Equal(t, 3, moved.ExitCode())

	unknown := s.table(erp, "unknown.csv", "id,brand,code,price\n9,West,x,9\n")
	require.Equal(t, 1, unknown.ExitCode())
	reviews := s.table("source: stars\nreview: {product: item, rating: stars, author: {key: who, name: who}}\n", "r.csv", "item,stars,who\nnone,5,Ann\n")
	require.Equal(t, 1, reviews.ExitCode())
}

func TestExitCodesAndCountsTellTheTruth(t *testing.T) {
	s := newShop(t)
	const header = "Handle,Title,Variant Price\n"
	for name, test := range map[string]struct {
		text            string
		code            int
		taken, rejected int64
		first           string
	}{
		"all":     {header + "a,A,1\nb,B,2\n", 0, 2, 0, "Imported 2 rows of 1 file, 39 bytes"},
		"some":    {header + "a,A,1\nb,B,x\n", 3, 1, 1, "Imported 1 row, rejected 1, of 1 file"},
		"none":    {header + "a\nb,B,x\n", 1, 0, 2, "Nothing was imported: 2 rows were rejected, of 1 file"},
		"warned":  {"Handle,Title,Variant Price,Variant Grams\na,A,1,x\n", 0, 1, 0, "Imported 1 row of 1 file"},
		"no rows": {header, 1, 0, 0, "Nothing was imported: the file has no rows."},
		"blank":   {header + ",,\n", 1, 0, 0, "Nothing was imported: the file has no rows."},
		"nothing": {"", 1, 0, 0, "Nothing was imported: the file has no rows."},
	} {
		report := s.shopify(test.text)
		require.Equal(t, test.code, report.ExitCode(), name)
		require.Equal(t, test.taken, report.TakenRows, name)
		require.Equal(t, test.rejected, report.RejectedRows, name)
		var human strings.Builder
		require.NoError(t, report.Render(&human))
		require.True(t, strings.HasPrefix(human.String(), test.first), human.String())
		data, err := json.Marshal(report)
		require.NoError(t, err)
		require.Contains(t, string(data), `"takenRows":`)
	}
	s.shopify(header + "a,A,1\nb,B,2\n")
	again := s.shopify(header + "a,A,1\nb,B,2\n")
	require.EqualValues(t, 2, again.TakenRows, "what is as it was, is taken")
	skipped := s.run(Options{Format: FormatShopifyInventory, Paths: []string{s.file("i.csv",
		"Handle,Option1 Value,Location,On hand\na,Default Title,Shop,not stocked\n")}})
	require.Equal(t, 0, skipped.ExitCode())
}

// The rejects of a file are read by the same command, however the file is
// written.
func TestRejectsOfEachWritingAreCorrectedAndTaken(t *testing.T) {
	for coded, how := range written {
		for _, separator := range []string{",", ";", "\t"} {
			name := coded + " " + separator
			report := newReport(Options{}, 1)
			path := t.TempDir() + "/rejects.csv"
			out := newRejects(path, report)
			text := strings.ReplaceAll("id§name§text\r\n1§Plain§late\r\n2§Café – Crème§\"two\r\nlines; a, b\"\r\n3§=1+1§=HYPERLINK(x)\r\n", "§", separator)
			in, err := NewInput("in.csv", bytes.NewReader(encodeText(t, text, how.coding, how.mark)))
			require.NoError(t, err)
			want := rejectAll(t, in, out)
			require.NoError(t, out.close(true))
			require.EqualValues(t, 3, report.RejectedRows)
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			in, err = NewInput("rejects.csv", bytes.NewReader(data))
			require.NoError(t, err)
			again := newRejects(t.TempDir()+"/again.csv", report)
			require.Equal(t, want, rejectAll(t, in, again), name)
			require.NoError(t, again.close(true))
			require.Equal(t, how.want, in.Layout().Encoding, name)
			require.Equal(t, separator, string(in.Layout().Separator), name)
			require.True(t, in.Layout().CRLF, name)
			twice, err := os.ReadFile(again.report.RejectsFiles[1])
			require.NoError(t, err)
			require.Equal(t, len(strings.Split(string(data), "\n")), len(strings.Split(string(twice), "\n")), name)
		}
	}
}

// rejectAll rejects each row twice, and warns about it, and returns the rows.
func rejectAll(t *testing.T, in *Input, out *rejects) (rows [][]string) {
	t.Helper()
	reader, err := NewCSV(in, CSVOptions{}, func(f Fault) { t.Errorf("%+v", f) })
	require.NoError(t, err)
	for {
		row, err := reader.Next()
		if err != nil {
			return rows
		}
		rows = append(rows, append([]string(nil), row.Fields[:len(in.Header)]...))
		warning := row.Fault(1, "x", "warned")
		warning.Warning = true
		out.add(in, in.line, warning)
		out.add(in, in.line, row.Fault(1, "x", "because…"))
		out.add(in, in.line, row.Fault(2, "x", "and so"))
	}
}

func TestACompressedFileIsRecognisedByWhatIsInIt(t *testing.T) {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, err := w.Write([]byte(someFiles["stock"]))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	in, err := NewInput("f", &zipped)
	require.NoError(t, err)
	require.ErrorContains(t, shopifyProducts{}.check(in), "shopify-inventory")
}

func TestAPipeIsReadOnce(t *testing.T) {
	s := newShop(t)
	read, write, err := os.Pipe()
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() {
		_, err := write.WriteString("Handle,Title,Variant Price\ncup,Cup,1\n")
		done <- errors.Join(err, write.Close())
	}()
	report := s.run(Options{Format: FormatShopifyProducts, Paths: []string{fmt.Sprintf("/dev/fd/%d", read.Fd())}})
	require.NoError(t, <-done)
	require.NoError(t, read.Close())
	require.Equal(t, Count{Stored: 1}, report.Products)
}
