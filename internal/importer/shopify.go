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
// between exports; they are found by name, and the report lists unknown ones.
type shopifyProducts struct{ currency string }

// shopifyColumns are the indexes of the known columns; -1 for a column that a
// file does not have.
type shopifyColumns struct {
	handle, title, body, vendor, category, kind, tags, published, status int
	optionName, optionValue                                              [3]int
	sku, grams, tracker, quantity, policy, price, compareAt, barcode     int
	image, imagePosition, imageAlt, variantImage, cost                   int
	attributes                                                           []attributeColumn
	missing                                                              Fields // those that the file has no column for
	maxOptions                                                           int    // that it has columns for
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
		c.optionName[i] = either("Option" + n + " Name")
		c.optionValue[i] = either("Option" + n + " Value")
	}
	c.attributes = h.attributes()
	c.missing, c.maxOptions = c.lacks()
	return c
}

// lacks is the fields that the file has no column for, and the number of options
// that it has columns for: up to the first whose values it does not have.
func (c *shopifyColumns) lacks() (lacks Fields, options int) {
	for options < len(c.optionValue) && c.optionValue[options] >= 0 {
		options++
	}
	names := options > 0
	for _, column := range c.optionName[:options] {
		names = names && column >= 0
	}
	for field, has := range map[Fields]bool{
		ProductTitle: c.title >= 0, ProductSlug: c.handle >= 0 && c.title >= 0, ProductDescription: c.body >= 0,
		ProductStatus: c.published >= 0 || c.status >= 0, ProductType: c.kind >= 0, ProductTags: c.tags >= 0,
		ProductVendor: c.vendor >= 0, ProductCreatedAt: false, ProductRatingAverage: false, ProductRatingCount: false,
		ProductRatingHistogram: false, ProductOptions: names, ProductImages: c.image >= 0,
		ProductVariants: options > 0 && c.title >= 0, ProductAttributes: len(c.attributes) > 0,
		VariantTitle: options > 0, VariantSKU: c.sku >= 0, VariantBarcode: c.barcode >= 0, VariantPrice: c.price >= 0,
		VariantCompareAtPrice: c.compareAt >= 0, VariantCost: c.cost >= 0, VariantWeight: c.grams >= 0,
		VariantImage: c.variantImage >= 0, VariantSellWhenOutOfStock: c.policy >= 0, VariantStock: c.quantity >= 0,
		VariantOptions: options > 0, VariantKey: false, VariantPosition: options > 0 && c.title >= 0,
	} {
		if !has {
			lacks |= field
		}
	}
	return lacks, options
}

// identifies reports whether the file's rows say which product they are of.
func (c *shopifyColumns) identifies() bool { return c.handle >= 0 || c.sku >= 0 || c.barcode >= 0 }

// shopifyRows is the state between the rows of one file.
type shopifyRows struct {
	shopifyColumns
	currency string
	numbers  *numbers
	emit     func(Record) error
	reject   func(Fault)

	key      string // of the product of the previous row
	started  bool   // the product's own row was read
	untitled bool   // a row before it was read
	title    string // that it has
	options  int    // how many it has
	pending  *Product
}

// Read implements Reader.
func (s shopifyProducts) Read(ctx context.Context, in *Input, emit func(Record) error, reject func(Fault)) error {
	csv, columns, err := s.open(in, reject)
	if err != nil {
		return err
	}
	rows := &shopifyRows{shopifyColumns: columns, currency: s.currency, emit: emit, reject: reject}
	rows.numbers = csv.numbers(rows.price, rows.compareAt, rows.cost, rows.grams, rows.quantity)
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
	if len(in.Header) > 0 && !columns.identifies() {
		return nil, columns, errors.New("read " + in.Name + ": it has none of the columns Handle, Variant SKU and Variant Barcode, " +
			"so its rows' products are not known: is it a Shopify product CSV?")
	}
	if len(in.Header) > 0 && columns.saysNothing() {
		return nil, columns, errors.New("read " + in.Name + ": it has no column that could change a product, " +
			"beside those by which products are found; its columns are " + quoteAll(in.Header) + ": is it a Shopify product CSV?")
	}
	heading.done(reject)
	in.titled = columns.title >= 0
	return csv, columns, nil
}

// saysNothing reports whether a file without titles has no fields but those by which
// its products and variants are found. If it has handles, SKUs and barcodes are values.
func (c *shopifyColumns) saysNothing() bool {
	if c.title >= 0 || c.category >= 0 {
		return false
	}
	found := ProductTitle | ProductSlug | ProductHidden | ProductVisible | ProductVariants | VariantTitle | VariantOptions | VariantKey | VariantPosition
	if c.handle < 0 {
		found |= VariantSKU | VariantBarcode
	}
	for _, field := range fieldNames {
		if field < LevelCommitted && field&^(c.missing|found) != 0 {
			return false
		}
	}
	return true
}

// check implements checker.
func (s shopifyProducts) check(in *Input) error {
	_, _, err := s.open(in, func(Fault) {})
	return err
}

// take emits the records of one row: up to a product, a variant and an image.
func (s *shopifyRows) take(row Row) error {
	key, ok := s.keyOf(row)
	if !ok {
		return nil
	}
	if key != s.key {
		s.key, s.started, s.untitled, s.title, s.options, s.pending = key, false, false, "", -1, nil
	}
	title := row.Field(s.shopifyColumns.title)
	switch {
	case !s.started && (title != "" || s.missing&ProductTitle != 0):
		s.started, s.title = true, title
		s.pending = s.product(row)
		s.options = len(s.pending.Options)
	case !s.started && !s.untitled:
		// A row without a title changes the product that the shop has, or that
		// another row makes.
		s.untitled = true
		s.pending = s.product(row)
		s.pending.Lacks |= ProductTitle | ProductSlug
	case s.title != "" && title != "" && title != s.title:
		s.reject(row.Fault(s.shopifyColumns.title, "conflict",
			"another row has the same handle and the title "+strconv.Quote(s.title)+": give this row a handle of its own, or the same title"))
		return nil
	}
	var variant *Variant
	if values := s.values(row); s.hasVariant(row, values) {
		var ok bool
		if variant, ok = s.variant(row, values); !ok {
			return nil
		}
	}
	return s.send(row, variant)
}

// send emits the records of a row that was taken. The product comes with the first
// such row: if all its rows are rejected, there is none.
func (s *shopifyRows) send(row Row, variant *Variant) error {
	if s.pending != nil {
		if err := s.emit(s.pending); err != nil {
			return err
		}
		s.pending = nil
	}
	if url := row.Field(s.image); url != "" {
		if err := s.emit(s.picture(row, url)); err != nil {
			return err
		}
	}
	if variant == nil {
		return nil
	}
	return s.emit(variant)
}

// keyOf is the key of the row's product: its handle, in lower case as in
// Shopify's addresses. In a file without handles it is the SKU or the barcode.
func (s *shopifyRows) keyOf(row Row) (string, bool) {
	if s.handle >= 0 {
		key := strings.ToLower(row.Identifier(s.handle, s.reject))
		if key == "" {
			s.reject(row.Fault(s.handle, "key", "the row has no handle, so its product is not known"))
		}
		return key, key != ""
	}
	silently := func(Fault) {} // the variant's own reading warns
	sku, barcode := row.Identifier(s.sku, silently), row.Identifier(s.barcode, silently)
	if sku == "" && barcode == "" {
		s.reject(row.Fault(s.sku, "key", "the row has neither a handle nor an SKU nor a barcode, so its product is not known"))
		return "", false
	}
	return bySKU(sku, barcode), true
}

// hasVariant tells rows with a variant from those that only have one more image.
func (s *shopifyRows) hasVariant(row Row, values []string) bool {
	if len(values) > 0 {
		return true
	}
	for _, column := range [...]int{s.price, s.optionValue[0], s.sku, s.barcode, s.quantity} {
		if row.Field(column) != "" {
			return true
		}
	}
	return false
}

func (s *shopifyRows) product(row Row) *Product {
	p := &Product{
		Place: row.Place, Key: s.key, Title: row.Field(s.shopifyColumns.title), DescriptionHTML: row.Field(s.body),
		Handle: row.Field(s.handle), Vendor: row.Field(s.vendor), ProductType: row.Field(s.kind),
		Tags: splitTags(row.Field(s.tags)), Attributes: attributesOf(row, s.attributes), Lacks: s.missing, MaxOptions: s.maxOptions,
	}
	s.setStatus(row, p)
	path := splitPath(row.Field(s.category))
	if len(path) == 1 && strings.EqualFold(path[0], "uncategorized") {
		path = nil
	}
	switch {
	case len(path) > 0:
		p.Categories = [][]string{path}
	case p.ProductType != "" && s.missing&ProductTitle == 0:
		p.CategoryIfNone = []string{p.ProductType}
	}
	p.Options = s.optionNames(row)
	if len(p.Options) == 0 && !s.isDefault(row) {
		p.Lacks |= ProductOptions | ProductVariants
	}
	return p
}

// isDefault reports whether the row has Shopify's only variant of a product without
// options. Blank cells say nothing of the options.
func (s *shopifyRows) isDefault(row Row) bool {
	return s.maxOptions > 0 && strings.EqualFold(row.Field(s.optionValue[0]), "Default Title")
}

// optionNames are the names of the product's options, none for a product that
// has only Shopify's default variant.
func (s *shopifyRows) optionNames(row Row) (names []string) {
	for i := range s.maxOptions {
		name, value := row.Field(s.optionName[i]), row.Field(s.optionValue[i])
		switch {
		case name == "" && value == "":
			return names
		case (name == "" || strings.EqualFold(name, "Title")) && strings.EqualFold(value, "Default Title"):
			return names
		case name == "":
			name = "Option " + strconv.Itoa(i+1)
		}
		names = append(names, name)
	}
	return names
}

// setStatus combines two columns: an active product that is not published on the
// online store must not be shown. Without a status, "published" decides how a new
// product begins and hides an active one, but publishes no draft: it says nothing
// of why the product is one.
func (s *shopifyRows) setStatus(row Row, p *Product) {
	status, ok := statusOf(row.Field(s.status))
	if !ok {
		s.warn(row, s.status, "status", hiddenReason)
	}
	published := row.Field(s.published)
	shown, ok := statusOf(published)
	hidden := shown != "" && shown != "ACTIVE"
	if hidden && !ok && !isHidden(published) {
		s.warn(row, s.published, "status", hiddenReason)
	}
	if hidden && status != "ARCHIVED" {
		p.Status = "DRAFT"
	} else {
		p.Status = status
	}
	if !hidden {
		p.Lacks |= ProductHidden
	}
	if status == "" {
		p.Lacks |= ProductStatus
		if shown == "" {
			p.Lacks |= ProductVisible
		}
	}
}

func (s *shopifyRows) picture(row Row, url string) *Image {
	image := &Image{Place: row.Place, ProductKey: s.key, URL: fullAddress(url), AltText: row.Field(s.imageAlt)}
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
	for i, column := range s.optionValue[:s.maxOptions] {
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
		Place: row.Place, Lacks: s.missing, ProductKey: s.key, Key: strings.Join(values, " / "), Title: strings.Join(values, " / "),
		OptionValues: values, Currency: s.currency,
		SKU: row.Identifier(s.sku, s.reject), Barcode: row.Identifier(s.barcode, s.reject),
		ImageURL: fullAddress(row.Field(s.variantImage)),
	}
	if len(values) == 0 && !s.isDefault(row) {
		v.Lacks |= VariantOptions | VariantTitle | VariantPosition
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
	if v.Cost, ok = s.amount(row, s.cost, true); !ok {
		v.Lacks |= VariantCost
	}
	if v.CompareAtPrice, ok = s.amount(row, s.compareAt, true); !ok {
		v.Lacks |= VariantCompareAtPrice
	}
	if v.CompareAtPrice != nil && v.CompareAtPrice.Minor == 0 {
		v.CompareAtPrice = nil // some exports write it if there is none
	}
	if text := row.Field(s.grams); text != "" {
		grams, err := s.numbers.number(text)
		if err != nil {
			s.warn(row, s.grams, "weight", err.Error()+"; the weight stays as it is")
			v.Lacks |= VariantWeight
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
	if s.tracker >= 0 && row.Field(s.tracker) == "" || text == "" {
		return
	}
	n, err := s.numbers.count(text)
	if err != nil {
		s.warn(row, s.quantity, "quantity", err.Error()+"; the quantity stays as it is")
		v.Lacks |= VariantStock
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
	amount, err := s.numbers.amount(text, s.currency)
	if errors.Is(err, errRounded) {
		s.warn(row, column, "price", err.Error()+": it was rounded")
		err = nil
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
			tags = append(tags, tag)
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
