package importer

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"

	"souk/internal/money"
)

// shopifyProducts reads Shopify's product CSV: one or more rows for each
// handle. The first row has the product; rows with a price or an option value
// have a variant; rows with an image URL have one more image. Columns differ
// between exports; they are found by name, and unknown ones are ignored.
type shopifyProducts struct{ currency string }

// shopifyColumns are the indexes of the known columns; -1 for a column that a
// file does not have.
type shopifyColumns struct {
	handle, title, body, vendor, category, kind, tags, published, status int
	optionName, optionValue                                              [3]int
	sku, grams, tracker, quantity, policy, price, compareAt, barcode     int
	image, imagePosition, imageAlt, variantImage, cost                   int
}

func shopifyHeader(h *heading) shopifyColumns {
	either := h.either
	c := shopifyColumns{
		handle: either("Handle", "URL handle"), title: either("Title"), body: either("Body (HTML)", "Body", "Description"),
		vendor: either("Vendor"), category: either("Product Category", "Standard Product Type"),
		kind: either("Type", "Custom Product Type"), tags: either("Tags"),
		published: either("Published", "Published on online store"), status: either("Status"),
		sku: either("Variant SKU", "SKU"), grams: either("Variant Grams", "Weight value (grams)"),
		tracker:  either("Variant Inventory Tracker", "Inventory tracker"),
		quantity: either("Variant Inventory Qty", "Variant Inventory Quantity", "Inventory quantity"),
		policy:   either("Variant Inventory Policy", "Continue selling when out of stock"),
		price:    either("Variant Price", "Price"), compareAt: either("Variant Compare At Price", "Compare-at price"),
		barcode: either("Variant Barcode", "Barcode"), image: either("Image Src", "Product image URL"),
		imagePosition: either("Image Position"), imageAlt: either("Image Alt Text"),
		variantImage: either("Variant Image", "Variant image URL"), cost: either("Cost per item"),
	}
	for i := range c.optionName {
		n := strconv.Itoa(i + 1)
		c.optionName[i] = either("Option"+n+" Name", "Option"+n+" name")
		c.optionValue[i] = either("Option"+n+" Value", "Option"+n+" value")
	}
	return c
}

// shopifyRows is the state between the rows of one file.
type shopifyRows struct {
	shopifyColumns
	currency string
	numbers  *numbers
	emit     func(Record) error
	reject   func(Fault)

	handle  string // of the previous row
	titled  bool   // the product of handle was emitted
	options int    // how many it has
}

// Read implements Reader.
func (s shopifyProducts) Read(ctx context.Context, in *Input, emit func(Record) error, reject func(Fault)) error {
	csv, columns, err := s.open(in, reject)
	if err != nil {
		return err
	}
	rows := &shopifyRows{shopifyColumns: columns, currency: s.currency, emit: emit, reject: reject}
	rows.numbers = csv.numbers(rows.price, rows.compareAt, rows.cost, rows.grams)
	for {
		row, err := csv.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := rows.take(row); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// open reads the header, and refuses a file of another kind.
func (s shopifyProducts) open(in *Input, reject func(Fault)) (*CSV, shopifyColumns, error) {
	csv, heading, err := openAs(in, kindProducts, reject)
	if err != nil {
		return nil, shopifyColumns{}, err
	}
	columns := shopifyHeader(heading)
	if len(in.Header) > 0 && (columns.handle < 0 || columns.title < 0) {
		return nil, columns, errors.New("read " + in.Name + ": it has no columns Handle and Title: is it a Shopify product CSV?")
	}
	heading.done(reject)
	return csv, columns, nil
}

// check implements checker.
func (s shopifyProducts) check(in *Input) error {
	_, _, err := s.open(in, func(Fault) {})
	return err
}

// take emits the records of one row: up to a product, a variant and an image.
func (s *shopifyRows) take(row Row) error {
	handle := row.Identifier(s.shopifyColumns.handle, s.reject)
	if handle == "" {
		s.reject(row.Fault(s.shopifyColumns.handle, "key", "the row has no handle, so its product is not known"))
		return nil
	}
	if handle != s.handle {
		s.handle, s.titled, s.options = handle, false, -1
	}
	if !s.titled && row.Field(s.title) != "" {
		s.titled = true
		product := s.product(row)
		s.options = len(product.Options)
		if err := s.emit(product); err != nil {
			return err
		}
	}
	if url := row.Field(s.image); url != "" {
		if err := s.emit(s.picture(row, url)); err != nil {
			return err
		}
	}
	values := s.values(row)
	if row.Field(s.price) == "" && row.Field(s.optionValue[0]) == "" && len(values) == 0 {
		return nil
	}
	if variant, ok := s.variant(row, values); ok {
		return s.emit(variant)
	}
	return nil
}

func (s *shopifyRows) product(row Row) *Product {
	p := &Product{
		Place: row.Place, Key: s.handle, Handle: s.handle, Title: row.Field(s.title), DescriptionHTML: row.Field(s.body),
		Vendor: row.Field(s.vendor), ProductType: row.Field(s.kind), Tags: splitTags(row.Field(s.tags)),
		Status: s.statusOf(row),
	}
	path := splitPath(row.Field(s.category))
	if len(path) == 1 && strings.EqualFold(path[0], "uncategorized") {
		path = nil
	}
	if len(path) == 0 && p.ProductType != "" {
		path = []string{p.ProductType}
	}
	if len(path) > 0 {
		p.Categories = [][]string{path}
	}
	for i := range s.optionName {
		name := row.Field(s.optionName[i])
		switch {
		case name == "" && row.Field(s.optionValue[i]) == "":
			return p
		case strings.EqualFold(name, "Title") && strings.EqualFold(row.Field(s.optionValue[i]), "Default Title"):
			return p
		case name == "":
			name = "Option " + strconv.Itoa(i+1)
		}
		p.Options = append(p.Options, cutBytes(name, maxNameBytes))
	}
	return p
}

// statusOf combines two columns: an active product that is not published on the
// online store must not be shown.
func (s *shopifyRows) statusOf(row Row) string {
	published := true
	switch strings.ToLower(row.Field(s.published)) {
	case "false", "no", "0":
		published = false
	}
	switch status := strings.ToUpper(row.Field(s.status)); status {
	case "", "ACTIVE":
		if !published {
			return "DRAFT"
		}
		return "ACTIVE"
	case "DRAFT", "ARCHIVED":
		return status
	default:
		s.warn(row, s.status, "status", "the status is not active, draft or archived: the product was stored as a draft")
		return "DRAFT"
	}
}

func (s *shopifyRows) picture(row Row, url string) *Image {
	image := &Image{Place: row.Place, ProductKey: s.handle, URL: fullAddress(url), AltText: row.Field(s.imageAlt)}
	if text := row.Field(s.imagePosition); text != "" {
		n, err := strconv.ParseInt(strings.TrimSuffix(text, ".0"), 10, 31)
		if err != nil || n < 0 {
			s.warn(row, s.imagePosition, "position", "not a position: the image keeps its position in the file")
		} else {
			image.Position = int(n)
		}
	}
	return image
}

// values are the variant's option values, one for each option of the product.
// If the product's first row was not seen, there are as many as the row has.
func (s *shopifyRows) values(row Row) []string {
	var values []string
	for i, column := range s.optionValue {
		if value := row.Field(column); i < s.options || s.options < 0 && value != "" {
			values = append(values, value)
		}
	}
	if s.options < 0 && len(values) == 1 && strings.EqualFold(values[0], "Default Title") {
		return nil
	}
	for _, value := range values {
		if value != "" {
			return values
		}
	}
	return nil
}

func (s *shopifyRows) variant(row Row, values []string) (*Variant, bool) {
	v := &Variant{
		Place: row.Place, ProductKey: s.handle, Key: strings.Join(values, " / "), Title: strings.Join(values, " / "),
		OptionValues: values, Currency: s.currency,
		SKU: row.Identifier(s.sku, s.reject), Barcode: row.Identifier(s.barcode, s.reject),
		ImageURL: fullAddress(row.Field(s.variantImage)),
	}
	switch strings.ToLower(row.Field(s.policy)) {
	case "continue", "true":
		v.SellWhenOutOfStock = true
	}
	price, ok := s.amount(row, s.price, false)
	if !ok {
		return nil, false
	}
	v.Price = price
	v.Cost, _ = s.amount(row, s.cost, true)
	v.CompareAtPrice, _ = s.amount(row, s.compareAt, true)
	if v.CompareAtPrice != nil && v.CompareAtPrice.Minor == 0 {
		v.CompareAtPrice = nil // some exports write it if there is none
	}
	if text := row.Field(s.grams); text != "" {
		grams, err := strconv.ParseFloat(s.numbers.plain(text), 64)
		if err != nil {
			s.warn(row, s.grams, "weight", "not a number: the variant was stored without a weight")
		} else {
			v.WeightGrams = &grams
		}
	}
	s.stock(row, v)
	return v, true
}

// stock returns the quantity of a variant whose stock is tracked. Exports
// without a quantity say nothing about stock: such a variant can be bought
// until an inventory file has a quantity.
func (s *shopifyRows) stock(row Row, v *Variant) {
	text := row.Field(s.quantity)
	if row.Field(s.tracker) == "" || text == "" {
		return
	}
	n, ok := s.numbers.whole(text)
	if !ok {
		s.warn(row, s.quantity, "quantity", "not a whole number: the variant was stored without a quantity")
		return
	}
	v.InventoryTracked, v.Available = true, &n
}

// amount reads a money cell; nil for a blank one. An invalid amount costs the
// variant, or only the cell if that is optional.
func (s *shopifyRows) amount(row Row, column int, optional bool) (*money.Amount, bool) {
	text := row.Field(column)
	if text == "" {
		return nil, true
	}
	amount, err := money.Parse(text, s.currency, s.numbers.format(text))
	if errors.Is(err, money.ErrRounded) {
		s.warn(row, column, "price", err.Error()+": it was rounded")
		err = nil
	}
	if err == nil && amount.Minor < 0 {
		err = errors.New("a price cannot be negative")
	}
	if err != nil {
		fault := row.Fault(column, "price", err.Error())
		fault.Warning = optional
		s.reject(fault)
		return nil, false
	}
	return &amount, true
}

func (s *shopifyRows) warn(row Row, column int, code, reason string) {
	fault := row.Fault(column, code, reason)
	fault.Warning = true
	s.reject(fault)
}

// fullAddress adds the scheme to a URL that begins with //.
func fullAddress(url string) string {
	if strings.HasPrefix(url, "//") {
		return "https:" + url
	}
	return url
}

// splitTags reads a comma-separated cell; each tag once, ignoring case.
func splitTags(text string) []string {
	var tags []string
	seen := map[string]bool{}
	for tag := range strings.SplitSeq(text, ",") {
		tag = strings.TrimSpace(tag)
		if key := strings.ToLower(tag); tag != "" && !seen[key] {
			seen[key] = true
			tags = append(tags, cutBytes(tag, maxNameBytes))
		}
	}
	return tags
}

// splitPath reads a path such as "Furniture > Beds".
func splitPath(text string) []string {
	var path []string
	for name := range strings.SplitSeq(text, ">") {
		if name = strings.TrimSpace(name); name != "" {
			path = append(path, name)
		}
	}
	return path
}
