package importer

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// maxRefused is how many files that cannot be read an error names.
const maxRefused = 5

// checker is a Reader that can tell from the beginning of a file that it is
// something else.
type checker interface {
	// check reads in's beginning, and refuses a file that the reader is not for,
	// with the reason and what is for it.
	check(in *Input) error
}

// recognise looks at all files before the first row is read, so that a wrong
// file among many costs nothing, and groups them by their columns. Standard input
// and pipes, which cannot be read twice, are looked at when they are read.
func (r *run) recognise(files []string) (groups, error) {
	reader, able := r.reader.(checker)
	if !able {
		return groups{{files: files}}, nil
	}
	var refused []error
	var found groups
	for _, file := range files {
		if info, err := os.Stat(file); file == "-" || err == nil && !info.Mode().IsRegular() {
			found.add(file, []string{file}, true)
			continue
		}
		if err := r.check(reader, file, &found); err != nil {
			refused = append(refused, err)
		}
	}
	if more := len(refused) - maxRefused; more > 0 {
		refused = append(refused[:maxRefused], fmt.Errorf("and %d more files", more))
	}
	if len(refused) == 0 {
		return found.inOrder(), nil
	}
	lines := make([]string, len(refused))
	for i, err := range refused {
		lines[i] = err.Error()
	}
	return nil, fmt.Errorf("nothing was imported: %s", strings.Join(lines, "\n"))
}

// check adds the file to its group.
func (r *run) check(reader checker, file string, into *groups) error {
	in, err := openInput(file, r.reading, &tally{})
	if err != nil {
		return err
	}
	defer in.Close()
	if err := reader.check(in); err != nil {
		return err
	}
	into.add(file, in.Header, in.titled)
	return nil
}

// kind is what a file looks like, and the way out.
type kind struct{ name, advice string }

func (k kind) refuse(in *Input) error {
	return fmt.Errorf("%s looks like %s: %s", in.Name, k.name, k.advice)
}

// signatures are what files begin with that are no text.
var signatures = []struct {
	begins string
	kind   kind
}{
	{"PK\x03\x04", kind{"a workbook (.xlsx) or another zip file", "save the sheet as CSV, or unpack it"}},
	{"\xd0\xcf\x11\xe0", kind{"an old workbook (.xls)", "save the sheet as CSV"}},
	{"%PDF", kind{"a PDF", "export the data as CSV"}},
	{"\x89PNG", kind{"an image", "give a CSV file"}},
	{"\xff\xd8\xff", kind{"an image", "give a CSV file"}},
	{"GIF8", kind{"an image", "give a CSV file"}},
	{"RIFF", kind{"an image", "give a CSV file"}},
	{"SQLite format 3\x00", kind{"a SQLite database", "export a table as CSV"}},
	{"PGDMP", kind{"a dump of a database", "export a table as CSV"}},
	{"BZh", kind{"a compressed file (bzip2)", "unpack it; only gzip is read as it is"}},
	{"\xfd7zXZ", kind{"a compressed file (xz)", "unpack it; only gzip is read as it is"}},
	{"\x28\xb5\x2f\xfd", kind{"a compressed file (zstd)", "unpack it; only gzip is read as it is"}},
	{"7z\xbc\xaf", kind{"a compressed file (7z)", "unpack it; only gzip is read as it is"}},
	{"Rar!", kind{"a compressed file (rar)", "unpack it; only gzip is read as it is"}},
}

// markup is what text files of another kind begin with, in lower case.
var markup = []struct {
	begins string
	kind   kind
}{
	{"<!doctype html", kind{"a web page", "the download may need a sign-in; export the data as CSV"}},
	{"<html", kind{"a web page", "the download may need a sign-in; export the data as CSV"}},
	{"<?xml", kind{"XML", "export the data as CSV"}},
	{"<rss", kind{"XML", "export the data as CSV"}},
	{"-- mysql dump", kind{"a dump of a database", "export a table as CSV"}},
	{"-- mariadb dump", kind{"a dump of a database", "export a table as CSV"}},
	{"-- phpmyadmin", kind{"a dump of a database", "export a table as CSV"}},
	{"--\n-- postgresql", kind{"a dump of a database", "export a table as CSV"}},
	{"create table", kind{"SQL", "export a table as CSV"}},
	{"insert into", kind{"SQL", "export a table as CSV"}},
	{"/*!40", kind{"a dump of a database", "export a table as CSV"}},
	{"{\\rtf", kind{"a document", "save the data as CSV"}},
}

var kindJSON = kind{"JSON", "use souk import table with a mapping that has file: {format: json}"}

// notText refuses files that are neither CSV nor, with json, JSON.
func notText(in *Input, json bool) error {
	head, _ := in.raw.Peek(16)
	if in.layout.Encoding == "" || !in.layout.Mark {
		for _, s := range signatures {
			if bytes.HasPrefix(head, []byte(s.begins)) {
				return s.kind.refuse(in)
			}
		}
	}
	body := in.Body()
	if _, err := body.Peek(1); err != nil {
		return nil // what reads it says so
	}
	text, _ := body.Peek(min(body.Buffered(), 512))
	start := strings.ToLower(strings.ReplaceAll(string(bytes.TrimLeft(text, " \t\r\n")), "\r\n", "\n"))
	for _, m := range markup {
		if strings.HasPrefix(start, m.begins) {
			return m.kind.refuse(in)
		}
	}
	if !json && looksLikeJSON(start) {
		return kindJSON.refuse(in)
	}
	return nil
}

// looksLikeJSON reports whether text begins as an object or a list of objects.
func looksLikeJSON(text string) bool {
	text = strings.TrimLeft(text, " \t\r\n")
	rest, list := strings.CutPrefix(text, "[")
	object, found := strings.CutPrefix(strings.TrimLeft(rest, " \t\r\n"), "{")
	object = strings.TrimLeft(object, " \t\r\n")
	return found && (strings.HasPrefix(object, `"`) || strings.HasPrefix(object, "}")) || list && strings.HasPrefix(strings.TrimLeft(rest, " \t\r\n"), "]")
}

// The kinds of table that are known by their columns.
var (
	kindProducts = kind{"a Shopify product file", "use souk import shopify-products"}
	kindStock    = kind{"a Shopify inventory file", "use souk import shopify-inventory"}
	kindTaxonomy = kind{"a taxonomy", "use souk import taxonomy"}
	kindTable    = kind{"a table", "use souk import table with a mapping of its columns"}
)

// kinds are tables by some of their columns, in the form of foldName; at least
// two of them, or as many as there are, show it.
var kinds = []struct {
	kind    kind
	columns []string
}{
	{kind{"Shopify orders", "orders are not imported"}, []string{"financialstatus", "fulfillmentstatus", "lineitemname", "lineitemquantity", "lineitemprice"}},
	{kind{"Shopify customers", "customers are not imported"}, []string{"acceptsemailmarketing", "acceptssmsmarketing", "totalspent", "totalorders", "defaultaddressaddress1"}},
	{kind{"a WooCommerce product export", "use souk import table with a mapping of its columns"}, []string{
		"regularprice", "saleprice", "instock", "backordersallowed", "visibilityincatalog", "isfeatured", "attribute1name", "shortdescription",
	}},
	{kind{"a Magento product export", "use souk import table with a mapping of its columns"}, []string{"storeviewcode", "attributesetcode", "producttype", "productwebsites"}},
}

// productOnly are columns of Shopify's product files that its inventory files do
// not have.
var productOnly = []string{
	"bodyhtml", "body", "description", "vendor", "tags", "published", "publishedononlinestore", "status", "type", "productcategory",
	"variantsku", "variantprice", "price", "variantcompareatprice", "compareatprice", "variantgrams", "variantinventoryqty",
	"variantinventorytracker", "variantinventorypolicy", "variantbarcode", "imagesrc", "imageposition", "imagealttext", "variantimage",
	"giftcard", "seotitle", "costperitem", "urlhandle", "productimageurl",
}

// stockOnly are columns of Shopify's inventory files that its product files do
// not have.
var stockOnly = []string{
	"location", "onhand", "onhandcurrent", "onhandnew", "available", "availablenoteditable", "committed", "committednoteditable",
	"incoming", "incomingnoteditable", "unavailable", "unavailablenoteditable", "hscode", "coo", "binname",
}

// kindOf recognises a table by its header; ok is false for one that is not known.
func (h *heading) kindOf() (k kind, ok bool) {
	count := func(columns []string) (n int) {
		for _, name := range columns {
			if slices.Contains(h.names, name) {
				n++
			}
		}
		return n
	}
	for _, one := range kinds {
		if count(one.columns) >= 2 {
			return one.kind, true
		}
	}
	switch product, stock := count(productOnly), count(stockOnly); {
	case !h.has("Handle", "URL handle") && h.has("Name", "Product Name", "Product Type", "ID", "Product ID"):
		return kindTable, true
	case !h.has("Handle", "URL handle"):
	case product > 0 && product >= stock:
		return kindProducts, true
	case stock > 0:
		return kindStock, true
	}
	return kind{}, false
}

// openAs reads the header of a Shopify file and refuses one of another kind.
func openAs(in *Input, want kind, reject func(Fault)) (*CSV, *heading, error) {
	if err := notText(in, false); err != nil {
		return nil, nil, err
	}
	csv, err := NewCSV(in, CSVOptions{}, reject)
	if err != nil {
		return nil, nil, err
	}
	h := csv.heading()
	if found, ok := h.kindOf(); ok && found != want {
		return nil, nil, found.refuse(in)
	}
	if len(in.Header) == 1 && strings.Count(in.Header[0], " > ") > 0 || len(in.Header) > 0 && isTaxonomyLine(in.Header[0]) {
		return nil, nil, kindTaxonomy.refuse(in)
	}
	return csv, h, nil
}

func isTaxonomyLine(text string) bool {
	return strings.HasPrefix(text, shopifyCategory) || strings.HasPrefix(text, "# Google_Product_Taxonomy") ||
		strings.HasPrefix(text, "# Shopify Product Taxonomy")
}

var errNotTaxonomy = errors.New("it has no categories as text lines, such as Furniture > Beds: is it a taxonomy?")

// check implements checker.
func (taxonomy) check(in *Input) error {
	if err := notText(in, false); err != nil {
		return err
	}
	body := in.Body()
	if _, err := body.Peek(1); err != nil {
		return nil
	}
	data, _ := body.Peek(body.Size())
	lines := strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
	lines = slices.DeleteFunc(lines, func(line string) bool {
		line = strings.TrimSpace(line)
		return line == "" || line[0] == '#'
	})
	if len(lines) == 0 {
		return nil
	}
	text := lines[0]
	if strings.HasPrefix(text, "gid://") && !strings.HasPrefix(text, shopifyCategory) {
		return fmt.Errorf("%s: %w", in.Name, errNotTaxonomy)
	}
	if isTaxonomyLine(text) {
		return nil
	}
	return tableInstead(in, data)
}

// tableInstead refuses a table given as a taxonomy: lines that all have the same
// number of fields, of which none is a path; or a header that is known.
func tableInstead(in *Input, data []byte) error {
	s := &scanner{sep: []byte(string(sniffSeparator(data, '\n', 0, true))), eol: '\n'}
	if !s.scan(&s.try, data, true) {
		return nil
	}
	first := s.try.fields
	if len(first) < 2 {
		return nil
	}
	h := &heading{}
	for _, name := range first {
		h.names = append(h.names, foldName(name))
	}
	if found, ok := h.kindOf(); ok {
		return found.refuse(in)
	}
	rows := 0
	for rest := data[s.try.size:]; len(rest) > 0 && rows < sniffRecords; rows++ {
		if !s.scan(&s.try, rest, true) || len(s.try.fields) != len(first) || slices.ContainsFunc(s.try.fields, isPath) {
			return nil
		}
		rest = rest[s.try.size:]
	}
	if rows+len(first) < 4 { // two lines with a comma each may be two categories
		return nil
	}
	return kindTable.refuse(in)
}

func isPath(text string) bool { return strings.Contains(text, " > ") }
