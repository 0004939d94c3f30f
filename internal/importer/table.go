package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// table reads any table with a mapping.
type table struct {
	mapping  *Mapping
	source   string // of reviewed products, if the mapping names none
	currency string // overrides the mapping's currency unless empty
}

// tableReader returns the reader of the table format.
func (o *Options) tableReader() (Reader, error) {
	if o.Mapping == "" {
		return nil, fmt.Errorf("the table format needs a mapping: the path of a file, or one of %s", strings.Join(mappingNames(), ", "))
	}
	mapping, err := LoadMapping(o.Mapping)
	if err != nil {
		return nil, err
	}
	o.Source = firstOf(o.Source, mapping.Source)
	return mapping.reader(o.Source, o.Currency), nil
}

func (m *Mapping) reader(source, currency string) Reader {
	return table{mapping: m, source: firstOf(source, m.Source), currency: currency}
}

// isPerRow reports whether each row of the reader's files is a variant.
func isPerRow(r Reader) bool {
	t, ok := r.(table)
	return ok && t.mapping.variants != nil && t.mapping.variants.perRow
}

// Read implements Reader.
func (t table) Read(ctx context.Context, in *Input, emit func(Record) error, reject func(Fault)) error {
	if err := t.begin(in); err != nil {
		return err
	}
	if t.mapping.file.json {
		return t.readJSON(ctx, in, emit, reject)
	}
	return t.readCSV(ctx, in, emit, reject)
}

// begin refuses what is not text.
func (t table) begin(in *Input) error {
	if err := in.Decode(t.mapping.file.encoding); err != nil {
		return err
	}
	return notText(in, t.mapping.file.json)
}

// check implements checker.
func (t table) check(in *Input) error {
	if err := t.begin(in); err != nil {
		return err
	}
	if first, err := firstByte(in.Body()); t.mapping.file.json && (err != nil || first == '[' || first == '{') {
		return nil
	}
	_, _, err := t.open(in, func(Record) error { return nil }, func(Fault) {})
	return err
}

// open reads the header of a CSV file, and refuses one that the mapping is not
// for.
func (t table) open(in *Input, emit func(Record) error, reject func(Fault)) (*CSV, *tableRows, error) {
	csv, err := NewCSV(in, CSVOptions{Comma: t.mapping.file.separator, Header: t.mapping.file.header}, reject)
	if err != nil {
		return nil, nil, err
	}
	b := &binder{
		mapping: t.mapping, column: csv.Column, header: in.Header, numbers: t.numbers(in),
		used: make([]bool, len(in.Header)+len(rejectColumns)),
	}
	rows := t.bind(b, emit, reject)
	in.titled = t.mapping.product == nil || b.has(t.mapping.product.title)
	if len(in.Header) > 0 {
		if err := rows.checkColumns(b, csv); err != nil {
			return nil, nil, err
		}
	}
	rows.look(csv)
	return csv, rows, nil
}

// numbers is the way to read in's numbers as far as it is declared.
func (t table) numbers(in *Input) *numbers {
	return newNumbers(in).withMapping(t.mapping.money.format)
}

// look finds the decimal mark in the first rows.
func (t *tableRows) look(csv *CSV) {
	if t.variants == nil {
		return
	}
	t.variants.numbers.look(csv, func(fields []string, show func(string)) {
		t.row.reset(Place{}, fields, nil)
		t.variants.show(&t.row, show)
	})
	t.row.reset(Place{}, nil, nil)
}

func (t table) readCSV(ctx context.Context, in *Input, emit func(Record) error, reject func(Fault)) error {
	csv, rows, err := t.open(in, emit, reject)
	if err != nil {
		return err
	}
	if t.mapping.file.json { // rejects of a JSON file: a property that an object did not have is a blank cell
		rows.row.given = make([]bool, len(in.Header))
	}
	var row Row // reused for all rows
	for n := 0; ; n++ {
		row, err = csv.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		rows.row.reset(row.Place, row.Fields, &row)
		for i := range rows.row.given {
			rows.row.given[i] = row.Fields[i] != ""
		}
		if err := rows.take(); err != nil {
			return err
		}
	}
}

// tableRows turns the rows of one file into records.
type tableRows struct {
	row      tableRow
	product  *boundProduct
	variants *boundVariants
	review   *boundReview
	category *boundCategory
	required []string // columns that every row needs
	emit     func(Record) error
	reject   func(Fault)
}

func (t table) bind(b *binder, emit func(Record) error, reject func(Fault)) *tableRows {
	m := t.mapping
	rows := &tableRows{
		row:  tableRow{header: b.header, entities: m.entities},
		emit: emit, reject: reject,
	}
	if m.product != nil && !b.identifies(m) {
		_ = b.text(m.product.key)
	}
	if m.review != nil {
		_, _, _ = b.text(m.review.product), b.text(m.review.rating), b.text(m.review.key)
	}
	if m.category != nil {
		b.list(m.category.path)
	}
	rows.required = b.missing
	b.missing = nil
	rows.product = b.product(m)
	rows.variants = b.variants(m.variants, t.currency)
	rows.review = b.review(m.review, t.source)
	rows.category = b.category(m.category)
	return rows
}

// identifies reports whether the file's rows say which product they are of: by
// its key, or by an SKU or a barcode.
func (b *binder) identifies(m *Mapping) bool {
	before := len(b.missing)
	found := b.has(m.product.key) || m.variants != nil && (b.has(m.variants.sku) || b.has(m.variants.barcode))
	b.missing = b.missing[:before]
	return found
}

// checkColumns refuses a file without the columns that every row needs, naming
// all of them, warns about missing columns that the mapping uses otherwise, and
// notes which columns it does not use.
func (t *tableRows) checkColumns(b *binder, csv *CSV) error {
	in := csv.in
	if len(t.required) > 0 {
		advice := "is it the right mapping?"
		if found, ok := csv.heading().kindOf(); ok {
			advice = "it looks like " + found.name + ": " + found.advice
		}
		return fmt.Errorf("read %s: mapping %s needs the columns %s, and the file has %s: %s",
			in.Name, b.mapping.Name, quoteAll(t.required), quoteAll(in.Header), advice)
	}
	for _, name := range b.missing {
		reason := "the mapping uses this column, but the file does not have it: what the shop has stays"
		if p := b.mapping.product; p != nil && p.status != nil && p.status.column == name {
			reason += ", and new products are drafts"
		}
		t.reject(Fault{
			Place: Place{File: in.Name, Line: max(csv.headLine, 1)}, Column: name, Code: "column", Warning: true,
			Reason: reason,
		})
	}
	for i, name := range in.Header {
		if !b.used[i] && strings.TrimSpace(name) != "" {
			in.unused = append(in.unused, name)
		}
	}
	return nil
}

func quoteAll(names []string) string {
	return `"` + strings.Join(names, `", "`) + `"`
}

// take makes the records of the current row and emits them, all or none.
func (t *tableRows) take() error {
	r := &t.row
	var product *Product
	var variants []*Variant
	var review *Review
	var category *Category
	if t.product != nil {
		if product = t.product.record(r, t.variants); product != nil && t.variants != nil {
			variants = t.variants.records(r, product)
		}
	}
	if t.review != nil && r.fault == nil {
		review = t.review.record(r)
	}
	if t.category != nil && r.fault == nil {
		category = t.category.record(r)
	}
	if r.fault != nil {
		t.reject(*r.fault)
		return nil
	}
	if product != nil {
		if err := t.send(product, variants); err != nil {
			return err
		}
	}
	if review != nil {
		if err := t.emit(review); err != nil {
			return err
		}
	}
	if category != nil {
		if err := t.emit(category); err != nil {
			return err
		}
	}
	for _, warning := range r.warnings {
		t.reject(warning)
	}
	return nil
}

func (t *tableRows) send(product *Product, variants []*Variant) error {
	if product.Title != "" || product.Lacks&ProductTitle != 0 {
		if err := t.emit(product); err != nil {
			return err
		}
	}
	for _, variant := range variants {
		if err := t.emit(variant); err != nil {
			return err
		}
	}
	for i, url := range t.row.images {
		if err := t.emit(&Image{Place: product.Place, ProductKey: product.Key, Position: i + 1, URL: url}); err != nil {
			return err
		}
	}
	return nil
}
