package importer

// presence says which columns of the file a field is read from.
type presence struct {
	field   Fields
	columns []int
	all     bool // the field needs all of the columns; otherwise any of them
	always  bool // the mapping itself has the value
}

// presences are the fields of a product or a variant. A field that the mapping
// does not have is not in the list.
type presences struct {
	list  []presence
	fixed Fields // what a CSV file lacks, the same for all rows
	known bool
}

// lacks returns the fields of all that the row has no column for. The rows of a
// CSV file have the same columns; of JSON objects, each has its own.
func (p *presences) lacks(r *tableRow, all Fields) Fields {
	if p.known && r.given == nil {
		return p.fixed
	}
	lacks := all
	for _, one := range p.list {
		if one.in(r) {
			lacks &^= one.field
		}
	}
	p.fixed, p.known = lacks, r.given == nil
	return lacks
}

func (p presence) in(r *tableRow) bool {
	if p.always {
		return true
	}
	found := 0
	for _, column := range p.columns {
		if column >= 0 && (r.given == nil || r.given[column]) {
			found++
		}
	}
	return found > 0 && (!p.all || found == len(p.columns))
}

// add notes that field is read from specs; it does nothing if all are nil.
func (p *presences) add(b *binder, field Fields, specs ...*cellSpec) {
	one := presence{field: field}
	used := false
	for _, c := range specs {
		if c != nil {
			used = true
			one.note(b, c)
		}
	}
	if used {
		p.list = append(p.list, one)
	}
}

// note adds the columns of c, also those that the file does not have.
func (p *presence) note(b *binder, c *cellSpec) {
	switch {
	case c.constant != nil, c.item != nil: // an item's column is that of variants.each
		p.always = true
	case c.column != "":
		p.columns = append(p.columns, b.index(c.column))
	}
	for _, part := range c.template {
		if part.column != "" {
			p.columns = append(p.columns, b.index(part.column))
		}
	}
	for _, other := range c.firstOf {
		p.note(b, other)
	}
	for _, level := range c.levels {
		p.note(b, level)
	}
}

// has reports whether the file has a column for c, in some row.
func (b *binder) has(c *cellSpec) bool {
	if c == nil {
		return false
	}
	var one presence
	one.note(b, c)
	return one.in(&tableRow{})
}

// productFields are the fields of a mapping's products.
func (b *binder) productFields(m *Mapping) *presences {
	p, v := m.product, m.variants
	list := &presences{}
	list.add(b, ProductTitle, p.title)
	list.add(b, ProductSlug, p.handle)
	list.add(b, ProductDescription, p.description, p.descriptionHTML)
	list.add(b, ProductStatus, p.status)
	list.add(b, ProductType, p.productType)
	list.add(b, ProductTags, p.tags...)
	list.add(b, ProductVendor, p.vendor)
	for _, a := range p.attributes {
		list.add(b, ProductAttributes, a.value)
	}
	list.add(b, ProductCreatedAt, p.created)
	list.add(b, ProductRatingAverage, p.ratingAverage)
	list.add(b, ProductRatingCount, p.ratingCount)
	list.add(b, ProductRatingHistogram, p.ratingHistogram...)
	list.add(b, ProductImages, p.images...)
	if v == nil {
		return list
	}
	if options, ok := b.optionFields(v); ok {
		options.field = ProductOptions | ProductVariants
		list.list = append(list.list, options)
	} else if !v.hasOptions() && (b.hasVariantKeys(v) || v.isSingle()) && b.has(p.title) {
		list.list = append(list.list, presence{field: ProductVariants, always: true})
	}
	return list
}

// variantFields are the fields of a mapping's variants.
func (b *binder) variantFields(v *variantSpec) *presences {
	list := &presences{}
	numbers := v.numbered
	if numbers == nil {
		numbers = []int{0}
	}
	for _, n := range numbers {
		if v.numbered != nil {
			b.n = &n
		}
		list.add(b, VariantTitle, v.title)
		list.add(b, VariantSKU, v.sku)
		list.add(b, VariantBarcode, v.barcode)
		list.add(b, VariantPrice, v.price)
		list.add(b, VariantCompareAtPrice, v.compareAtPrice)
		list.add(b, VariantCost, v.cost)
		list.add(b, VariantWeight, v.weightGrams)
		list.add(b, VariantStock, v.available, v.inStock)
		list.add(b, VariantImage, v.image)
		b.n = nil
	}
	switch options, ok := b.optionFields(v); {
	case ok:
		options.field = VariantOptions | VariantTitle | VariantPosition
		list.list = append(list.list, options)
	case v.hasOptions():
	case b.hasVariantKeys(v), v.isSingle():
		list.list = append(list.list, presence{field: VariantPosition, always: true})
	}
	if b.hasVariantKeys(v) {
		list.list = append(list.list, presence{field: VariantKey, always: true})
	}
	return list
}

// hasOptions reports whether the mapping reads option values.
func (v *variantSpec) hasOptions() bool { return v.options != nil || v.namesFrom != nil }

// isSingle reports whether a row has the only variant of its product.
func (v *variantSpec) isSingle() bool { return !v.perRow && v.numbered == nil && v.each == nil }

// hasVariantKeys reports whether the variants of a product have keys of their own.
func (b *binder) hasVariantKeys(v *variantSpec) bool {
	return b.has(v.key) || !v.isSingle() && b.has(v.sku)
}

// optionFields are the columns of the option values. ok is false if the mapping
// reads none, or if the file has not all of them: two variants that differ in
// the missing option would become one.
func (b *binder) optionFields(v *variantSpec) (fields presence, ok bool) {
	if v.numbered != nil {
		return presence{always: true}, b.hasNumberedOptions(v)
	}
	fields.all = true
	for _, c := range append(v.options[:len(v.options):len(v.options)], v.namesFrom, v.valuesFrom) {
		if c != nil {
			fields.note(b, c)
		}
	}
	if v.pairsFrom != "" {
		fields.columns = append(fields.columns, b.index(v.pairsFrom))
	}
	fields.always = fields.always && len(fields.columns) == 0
	return fields, v.hasOptions() && fields.in(&tableRow{})
}

// hasNumberedOptions reports whether the file has each option for some number.
func (b *binder) hasNumberedOptions(v *variantSpec) bool {
	for _, option := range v.options {
		found := false
		for _, n := range v.numbered {
			b.n = &n
			found = found || b.has(option)
			b.n = nil
		}
		if !found {
			return false
		}
	}
	return v.options != nil
}
