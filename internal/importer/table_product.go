package importer

import (
	"slices"
	"time"
)

// boundProduct makes the product of a row, and its images. Fields that the
// mapping does not have are nil.
type boundProduct struct {
	fields *presences
	bySKU  bool // the file has no column for the key

	key, title, description, descriptionHTML textOf
	handle, status, productType, vendor      textOf
	created                                  textOf
	createdLayouts                           []string
	tags, images                             listOf
	paths                                    []listOf
	attributes                               []boundAttribute
	average, count                           textOf
	histogram                                []textOf

	// The paths of the previous row. Files are mostly sorted by category, and a
	// record only reads its paths, so rows with the same paths share them.
	lastPaths [][]string
	scratch   []string
}

func (b *binder) product(m *Mapping) *boundProduct {
	p := m.product
	if p == nil {
		return nil
	}
	bound := &boundProduct{
		fields: b.productFields(m), bySKU: !b.has(p.key),
		key: b.identifier(p.key), title: b.text(p.title),
		description: b.text(p.description), descriptionHTML: b.text(p.descriptionHTML),
		handle: b.text(p.handle), status: b.text(p.status),
		productType: b.text(p.productType), vendor: b.text(p.vendor), created: b.text(p.created),
		tags: b.lists(p.tags), images: b.lists(p.images),
		average: b.text(p.ratingAverage), count: b.text(p.ratingCount),
	}
	if p.created != nil {
		bound.createdLayouts = p.created.dates
	}
	for _, path := range p.categories {
		bound.paths = append(bound.paths, b.list(path))
	}
	for _, a := range p.attributes {
		bound.attributes = append(bound.attributes, b.attribute(a))
	}
	for _, star := range p.ratingHistogram {
		bound.histogram = append(bound.histogram, b.text(star))
	}
	return bound
}

// record makes the product, or rejects the row and returns nil. A row without a
// column for the product's key names it by the SKU or barcode of variants.
func (p *boundProduct) record(r *tableRow, variants *boundVariants) *Product {
	product := &Product{Place: r.Place, Lacks: p.fields.lacks(r, allProductFields) | ProductHidden}
	var column int
	if product.Key, column = p.keyOf(r, variants); product.Key == "" {
		r.refuse(column, "key", "the product has no key; a later import could not find it")
		return nil
	}
	if p.title != nil {
		product.Title, column = p.title(r)
		product.Title = r.plain(product.Title)
	}
	if product.Title == "" && product.Lacks&ProductTitle == 0 {
		if variants == nil || !variants.spec.perRow {
			r.refuse(column, "title", "a product needs a title")
			return nil
		}
		product.Lacks = 0 // another row of the key has it, and with it the product
		p.pictures(r, product)
		return product
	}
	product.Handle = optional(r, p.handle)
	if product.Handle == "" {
		product.Lacks |= ProductSlug
	}
	product.ProductType = readable(r, p.productType, ProductType, &product.Lacks)
	product.Vendor = readable(r, p.vendor, ProductVendor, &product.Lacks)
	p.describe(r, product)
	p.publish(r, product)
	before := len(r.unread)
	if p.tags != nil {
		product.Tags = plainList(r, p.tags)
		product.Lacks |= r.lost(before, ProductTags)
	}
	product.Attributes = p.attributesOf(r)
	if p.created != nil {
		before = len(r.unread)
		product.CreatedAt = date(r, p.created, p.createdLayouts)
		product.Lacks |= r.lost(before, ProductCreatedAt)
	}
	product.Categories = p.categories(r)
	p.rate(r, product)
	p.pictures(r, product)
	return product
}

func (p *boundProduct) describe(r *tableRow, product *Product) {
	before := len(r.unread)
	switch {
	case p.descriptionHTML != nil:
		product.DescriptionHTML, _ = p.descriptionHTML(r)
	case p.description != nil:
		text, _ := p.description(r)
		product.DescriptionHTML = markupOf(r.words(text))
	}
	product.Lacks |= r.lost(before, ProductDescription)
}

// publish reads the status. A new product is a draft if the mapping wants to know the
// status, and the row does not say it or says it in a way that cannot be read.
func (p *boundProduct) publish(r *tableRow, product *Product) {
	before := len(r.unread)
	if p.status != nil && product.Lacks&ProductStatus != 0 {
		product.Status = "DRAFT"
	} else if product.Status = p.statusOf(r); product.Status == "" {
		product.Lacks |= ProductStatus
		if r.lost(before, ProductStatus) != 0 {
			product.Status = "DRAFT"
		}
	}
	if product.Lacks&ProductStatus == 0 {
		product.Lacks &^= ProductVisible
	}
}

// boundAttribute is an attribute that rows have which have its columns.
type boundAttribute struct {
	key, name string
	columns   presence
	value     textOf
}

func (b *binder) attribute(a attributeSpec) boundAttribute {
	bound := boundAttribute{key: a.key, name: a.name, value: b.text(a.value)}
	bound.columns.note(b, a.value)
	return bound
}

func (p *boundProduct) attributesOf(r *tableRow) (all []Attribute) {
	for _, a := range p.attributes {
		if a.columns.in(r) {
			before := len(r.unread)
			value, _ := a.value(r)
			if r.lost(before, ProductAttributes) == 0 {
				all = append(all, Attribute{Key: a.key, Name: a.name, Value: r.words(value)})
			}
		}
	}
	return all
}

func (p *boundProduct) keyOf(r *tableRow, variants *boundVariants) (key string, column int) {
	column = -1
	if p.key != nil {
		if key, column = p.key(r); key != "" {
			return key, column
		}
	}
	if !p.bySKU {
		return "", column
	}
	warnings, unread := len(r.warnings), len(r.unread)
	sku, barcode := optional(r, variants.forms[0].sku), optional(r, variants.forms[0].barcode)
	r.warnings, r.unread = r.warnings[:warnings], r.unread[:unread] // the variant has them again
	if sku == "" && barcode == "" {
		return "", column
	}
	return bySKU(sku, barcode), column
}

// optional reads an optional field as one line.
func optional(r *tableRow, read textOf) string {
	if read == nil {
		return ""
	}
	value, _ := read(r)
	if value == "" {
		return ""
	}
	return r.plain(value)
}

// readable is optional, and adds field to lacks if the cell cannot be read.
func readable(r *tableRow, read textOf, field Fields, lacks *Fields) string {
	before := len(r.unread)
	value := optional(r, read)
	*lacks |= r.lost(before, field)
	return value
}

func plainList(r *tableRow, read listOf) []string {
	list, _ := read(r, nil)
	kept := list[:0]
	for _, value := range list {
		if value = r.plain(value); value != "" && !slices.Contains(kept, value) {
			kept = append(kept, value)
		}
	}
	return kept
}

func date(r *tableRow, read textOf, layouts []string) time.Time {
	text, column := read(r)
	if text == "" {
		return time.Time{}
	}
	t, err := parseDate(text, layouts)
	if err != nil {
		r.warn(column, "date", err.Error())
	}
	return t
}

func (p *boundProduct) statusOf(r *tableRow) string {
	if p.status == nil {
		return ""
	}
	text, column := p.status(r)
	status, ok := statusOf(text)
	if !ok {
		r.warn(column, "status", hiddenReason)
	}
	return status
}

// categories reads the paths. Without a name that cannot be read, a path would be that
// of another category, so such paths are left out.
func (p *boundProduct) categories(r *tableRow) [][]string {
	before := len(r.unread)
	if len(p.paths) == 1 {
		p.scratch, _ = p.paths[0](r, p.scratch[:0])
		if len(r.unread) > before {
			return nil
		}
		if len(p.lastPaths) == 1 && slices.Equal(p.lastPaths[0], p.scratch) && !r.entities {
			return p.lastPaths
		}
		p.lastPaths = addPath(r, nil, slices.Clone(p.scratch))
		return p.lastPaths
	}
	var paths [][]string
	for _, read := range p.paths {
		before = len(r.unread)
		if path, _ := read(r, nil); len(r.unread) == before {
			paths = addPath(r, paths, path)
		}
	}
	return paths
}

// addPath adds a path to paths, without its blank names.
func addPath(r *tableRow, paths [][]string, path []string) [][]string {
	kept := path[:0]
	for _, name := range path {
		if name = r.plain(name); name != "" {
			kept = append(kept, name)
		}
	}
	if len(kept) == 0 {
		return paths
	}
	return append(paths, kept)
}

// rate reads totals of ratings.
func (p *boundProduct) rate(r *tableRow, product *Product) {
	if p.average == nil {
		return
	}
	const totals = ProductRatingAverage | ProductRatingCount | ProductRatingHistogram
	unread := len(r.unread)
	if text, column := p.average(r); text != "" {
		average, err := parseAverage(text)
		if err != nil {
			r.warn(column, "rating", err.Error())
			product.Lacks |= totals
			return
		}
		product.RatingAverage = &average
	}
	if product.Lacks |= r.lost(unread, totals); len(r.unread) > unread {
		return
	}
	if p.count != nil {
		before := len(r.warnings)
		product.RatingCount = int(cellCount(r, p.count, "rating_count"))
		if len(r.warnings) > before {
			product.Lacks |= ProductRatingCount
		}
	}
	if p.histogram == nil {
		return
	}
	stars := make([]int, len(p.histogram))
	before := len(r.warnings)
	for i, read := range p.histogram {
		stars[i] = int(cellCount(r, read, "rating_count"))
	}
	if len(r.warnings) > before {
		product.Lacks |= ProductRatingHistogram
	}
	product.RatingHistogram = stars
}

// maxCount keeps a count, together with the shop's own reviews, within an
// integer column of Postgres.
const maxCount = 1_000_000_000

func cellCount(r *tableRow, read textOf, code string) int64 {
	text, column := read(r)
	if text == "" {
		return 0
	}
	n, err := parseCount(text)
	if err != nil || n < 0 || n > maxCount {
		r.warn(column, code, errCount.Error())
		return 0
	}
	return n
}

// pictures reads the row's images into r.images. A product with an image that
// cannot be read keeps all that it has.
func (p *boundProduct) pictures(r *tableRow, product *Product) {
	r.images = r.images[:0]
	if p.images == nil {
		return
	}
	before := len(r.unread)
	all, column := p.images(r, nil)
	product.Lacks |= r.lost(before, ProductImages)
	for _, url := range all {
		switch {
		case !isImageURL(url):
			r.warn(column, "image", "not an image URL: it must start with https:// or http:// and contain no spaces")
			product.Lacks |= ProductImages
		case !slices.Contains(r.images, url):
			r.images = append(r.images, url)
		}
	}
}
