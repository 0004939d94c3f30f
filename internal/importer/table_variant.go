package importer

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"souk/internal/money"
)

// boundVariants makes the variants of a row.
type boundVariants struct {
	spec     *variantSpec
	fields   *presences
	forms    []boundVariant // one, or one for each number
	each     textOf
	names    listOf
	values   listOf
	pairs    textOf
	currency textOf
	fallback string   // the currency of a row without one
	numbers  *numbers // of the file
	points   *numbers // of JSON
	drops    bool     // prices that cannot be read, instead of their rows

	ordinal int // of the row in its file
	list    []*Variant
}

// boundVariant reads one variant's own fields.
type boundVariant struct {
	key, title, sku, barcode    textOf
	price, compareAtPrice, cost textOf
	weight, available, inStock  textOf
	image                       textOf
	options                     []textOf
}

func (b *binder) variants(v *variantSpec, currency string) *boundVariants {
	if v == nil {
		return nil
	}
	m := b.mapping.money
	bound := &boundVariants{
		spec: v, fields: b.variantFields(v), each: b.text(v.each), names: b.list(v.namesFrom), values: b.list(v.valuesFrom),
		currency: b.text(m.currencyColumn), fallback: firstOf(currency, m.currency), numbers: b.numbers,
		points: &numbers{mark: '.', declared: true, mapped: true},
		drops:  m.drops,
	}
	if v.pairsFrom != "" {
		bound.pairs = b.text(&cellSpec{column: v.pairsFrom})
	}
	if v.numbered == nil {
		bound.forms = []boundVariant{b.variant(v)}
	}
	for _, n := range v.numbered {
		b.n = &n
		bound.forms = append(bound.forms, b.variant(v))
		b.n = nil
	}
	return bound
}

func (b *binder) variant(v *variantSpec) boundVariant {
	form := boundVariant{
		key: b.identifier(v.key), title: b.text(v.title), sku: b.identifier(v.sku), barcode: b.identifier(v.barcode),
		price: b.text(v.price), compareAtPrice: b.text(v.compareAtPrice), cost: b.text(v.cost),
		weight: b.text(v.weightGrams), available: b.text(v.available), inStock: b.text(v.inStock),
		image: b.text(v.image),
	}
	for _, option := range v.options {
		form.options = append(form.options, b.text(option))
	}
	return form
}

// records makes the row's variants, and gives the product their options. A
// variant without a currency cannot be stored; its product can.
func (v *boundVariants) records(r *tableRow, product *Product) []*Variant {
	v.list = v.list[:0]
	v.ordinal++
	currency, ok := v.currencyOf(r)
	if !ok {
		return nil
	}
	switch {
	case v.each != nil:
		v.fromItems(r, product, currency)
	case v.spec.namesFrom != nil:
		values, ok := v.optionsFromFile(r, product)
		v.add(r, product, &v.forms[0], values, currency)
		if !ok {
			v.withoutOptions(product)
		}
	case v.spec.options != nil:
		v.fromColumns(r, product, currency)
	default:
		v.add(r, product, &v.forms[0], nil, currency)
	}
	if v.spec.perRow {
		// Rows of one product may be scattered, so the position in the file
		// orders them.
		v.list[0].Position = v.ordinal
	}
	return v.list
}

func (v *boundVariants) currencyOf(r *tableRow) (string, bool) {
	if v.currency == nil {
		return v.fallback, true
	}
	before := len(r.unread)
	text, column := v.currency(r)
	code := firstOf(strings.ToUpper(text), v.fallback)
	if _, err := money.Scale(code); err != nil || len(r.unread) > before {
		if v.drops {
			r.warn(column, "currency", "not a currency: use an ISO 4217 code such as USD; without it the product has no price")
		} else {
			r.refuse(column, "currency", "not a currency: use an ISO 4217 code such as USD")
		}
		return "", false
	}
	return code, true
}

// numbersOf is the way to read the number in a column.
func (v *boundVariants) numbersOf(r *tableRow, column int) *numbers {
	if column >= 0 && column < len(r.numeric) && r.numeric[column] {
		return v.points
	}
	return v.numbers
}

// show passes on the numbers of a row, for the decimal mark, but for those in the
// JSON of a cell.
func (v *boundVariants) show(r *tableRow, show func(text string)) {
	if v.each != nil {
		return
	}
	for i := range v.forms {
		form := &v.forms[i]
		for _, read := range [...]textOf{form.price, form.compareAtPrice, form.cost, form.weight, form.available} {
			show(optional(r, read))
		}
	}
}

// fromColumns makes a variant of each form with an option value, or one without
// options when no form has one.
func (v *boundVariants) fromColumns(r *tableRow, product *Product, currency string) {
	for i := range v.forms {
		values := v.optionValues(r, &v.forms[i])
		if slices.ContainsFunc(values, func(value string) bool { return value != "" }) {
			v.add(r, product, &v.forms[i], values, currency)
		}
	}
	if len(v.list) == 0 {
		v.add(r, product, &v.forms[0], nil, currency)
		v.withoutOptions(product)
		return
	}
	product.Options = v.spec.optionNames
	if !v.spec.perRow {
		v.dropUnusedOptions(product)
	}
}

// optionValues reads the values of one variant. If one of them cannot be read, the
// others would mean another variant: the row is rejected.
func (v *boundVariants) optionValues(r *tableRow, form *boundVariant) []string {
	before := len(r.unread)
	values := make([]string, len(v.spec.options))
	for i, read := range form.options {
		values[i] = optional(r, read)
	}
	r.refuseLost(before)
	return values
}

// withoutOptions is for a row whose cells for the options are blank or cannot be read:
// they say nothing of the options that the shop has.
func (v *boundVariants) withoutOptions(product *Product) {
	product.Lacks |= ProductOptions | ProductVariants
	for _, one := range v.list {
		one.Lacks |= VariantOptions | VariantTitle | VariantPosition
	}
}

// dropUnusedOptions removes options for which no variant has a value: a product
// has only the options that it needs, not all columns of the file.
func (v *boundVariants) dropUnusedOptions(product *Product) {
	for i := len(product.Options) - 1; i >= 0; i-- {
		used := slices.ContainsFunc(v.list, func(one *Variant) bool { return one.OptionValues[i] != "" })
		if used {
			continue
		}
		product.Options = slices.Delete(slices.Clone(product.Options), i, i+1)
		for _, one := range v.list {
			one.OptionValues = slices.Delete(one.OptionValues, i, i+1)
		}
	}
}

// optionsFromFile reads names and values that are both in the row. ok is false if they
// cannot be read.
func (v *boundVariants) optionsFromFile(r *tableRow, product *Product) (values []string, ok bool) {
	before := len(r.unread)
	names := plainList(r, v.names)
	if len(r.unread) > before || len(names) == 0 {
		return nil, len(r.unread) == before
	}
	column := -1
	if v.pairs != nil {
		values = v.pairedValues(r, names)
	} else {
		values, column = v.values(r, nil)
		for i := range values {
			values[i] = r.plain(values[i])
		}
	}
	switch {
	case len(r.unread) > before:
		return nil, false
	case len(values) == 0:
		return nil, true
	case len(values) != len(names):
		r.warn(column, "option", "the values do not match the options "+strings.Join(names, ", ")+" one to one, and are ignored")
		return nil, false
	}
	product.Options = names
	return values, true
}

func (v *boundVariants) pairedValues(r *tableRow, names []string) []string {
	text, column := v.pairs(r)
	values := make([]string, len(names))
	if text == "" {
		return values
	}
	var pairs []map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &pairs); err != nil {
		r.cannotRead(column, "json", "not a JSON list of objects such as [{\"name\": \"Color\", \"value\": \"Red\"}]")
		return values
	}
	for _, pair := range pairs {
		at := slices.Index(names, r.plain(jsonText(pair[v.spec.pairsName])))
		if at >= 0 && values[at] == "" {
			values[at] = r.plain(jsonText(pair[v.spec.pairsValue]))
		}
	}
	return values
}

// fromItems makes a variant of each item of a JSON list. A list that cannot be read says
// nothing of the variants that the shop has.
func (v *boundVariants) fromItems(r *tableRow, product *Product, currency string) {
	before := len(r.unread)
	text, column := v.each(r)
	var items []json.RawMessage
	if text != "" {
		if err := json.Unmarshal([]byte(text), &items); err != nil {
			r.cannotRead(column, "json", "not a JSON list: no variant was added or changed")
		}
	}
	if len(r.unread) > before {
		v.withoutOptions(product)
		return
	}
	for _, item := range items {
		r.item = strings.TrimSpace(jsonText(item))
		clear(r.props)
		if len(item) > 0 && item[0] == '{' {
			_ = json.Unmarshal(item, &r.props)
		}
		v.add(r, product, &v.forms[0], v.optionValues(r, &v.forms[0]), currency)
	}
	r.item = ""
	clear(r.props)
	if len(v.list) == 0 {
		v.add(r, product, &v.forms[0], nil, currency)
		return
	}
	product.Options = v.spec.optionNames
	v.dropUnusedOptions(product)
}

// add makes one variant, unless the row already has one with the same key.
func (v *boundVariants) add(r *tableRow, product *Product, form *boundVariant, options []string, currency string) {
	priced := &pricedVariant{Variant: Variant{
		Place: r.Place, Lacks: v.fields.lacks(r, allVariantFields), ProductKey: product.Key, Currency: currency, Position: len(v.list) + 1,
		OptionValues: options,
	}}
	variant := &priced.Variant
	v.identify(r, form, variant)
	if slices.ContainsFunc(v.list, func(one *Variant) bool { return one.Key == variant.Key }) {
		r.warn(-1, "variant", "two variants of the row have the key "+cut(variant.Key)+": the first was taken")
		return
	}
	if variant.Title == "" {
		variant.Title = strings.Join(slices.DeleteFunc(slices.Clone(options), func(s string) bool { return s == "" }), " / ")
	}
	v.charge(r, form, priced)
	v.measure(r, form, variant)
	v.list = append(v.list, variant)
}

// identify reads what a variant is found by. A row whose variant has no name but a key
// or an SKU that cannot be read is rejected: it would mean another variant.
func (v *boundVariants) identify(r *tableRow, form *boundVariant, variant *Variant) {
	before := len(r.unread)
	if form.key != nil {
		variant.Key, _ = form.key(r)
		r.refuseLost(before)
	}
	if variant.Key == "" && len(variant.OptionValues) > 0 {
		variant.Key = strings.Join(variant.OptionValues, " / ")
	}
	before = len(r.unread)
	variant.SKU = readable(r, form.sku, VariantSKU, &variant.Lacks)
	variant.Key = firstOf(variant.Key, variant.SKU)
	if variant.Key == "" && !v.spec.isSingle() {
		r.refuseLost(before)
	}
	variant.Key = firstOf(variant.Key, defaultVariant)
	variant.Barcode = readable(r, form.barcode, VariantBarcode, &variant.Lacks)
	variant.Title = readable(r, form.title, VariantTitle, &variant.Lacks)
}

// pricedVariant is a variant together with its prices: one allocation instead
// of four.
type pricedVariant struct {
	Variant
	price, compareAtPrice, cost money.Amount
}

// charge reads the prices. A price before reduction that is zero or equals the
// price is ignored. A price that cannot be read costs the row, unless the mapping drops
// such prices.
func (v *boundVariants) charge(r *tableRow, form *boundVariant, variant *pricedVariant) {
	var reason string
	before := len(r.unread)
	if variant.Price, reason = v.amount(r, form.price, variant.Currency, &variant.price); reason != "" {
		_, column := form.price(r)
		if v.drops {
			r.warn(column, "price", reason)
		} else {
			r.refuse(column, "price", reason)
		}
		variant.Lacks |= VariantPrice
	}
	variant.Lacks |= r.lost(before, VariantPrice)
	before = len(r.unread)
	if variant.Cost, reason = v.amount(r, form.cost, variant.Currency, &variant.cost); reason != "" {
		_, column := form.cost(r)
		r.warn(column, "price", reason)
		variant.Lacks |= VariantCost
	}
	variant.Lacks |= r.lost(before, VariantCost)
	before = len(r.unread)
	if variant.CompareAtPrice, reason = v.amount(r, form.compareAtPrice, variant.Currency, &variant.compareAtPrice); reason != "" {
		_, column := form.compareAtPrice(r)
		r.warn(column, "price", reason)
		variant.Lacks |= VariantCompareAtPrice
	}
	variant.Lacks |= r.lost(before, VariantCompareAtPrice)
	if variant.CompareAtPrice != nil && (variant.compareAtPrice.Minor == 0 || variant.Price != nil && variant.price == variant.compareAtPrice) {
		variant.CompareAtPrice = nil
	}
}

// amount reads one price into place, and returns nil when there is none, or when
// it cannot be read, with the reason.
func (v *boundVariants) amount(r *tableRow, read textOf, currency string, place *money.Amount) (amount *money.Amount, reason string) {
	if read == nil {
		return nil, ""
	}
	text, column := read(r)
	if text == "" {
		return nil, ""
	}
	parsed, err := v.numbersOf(r, column).amount(text, currency)
	switch {
	case err != nil && !errors.Is(err, errRounded):
		return nil, err.Error()
	case err != nil:
		r.warn(column, "rounded", err.Error())
	}
	*place = parsed
	return place, ""
}

func (v *boundVariants) measure(r *tableRow, form *boundVariant, variant *Variant) {
	before := len(r.unread)
	if form.weight != nil {
		if text, column := form.weight(r); text != "" {
			grams, err := v.numbersOf(r, column).number(text)
			if err == nil && grams < 0 {
				err = errNumber
			}
			if err != nil {
				r.warn(column, "weight", err.Error())
				variant.Lacks |= VariantWeight
			} else {
				variant.WeightGrams = &grams
			}
		}
	}
	variant.Lacks |= r.lost(before, VariantWeight)
	before = len(r.unread)
	if form.available != nil {
		if text, column := form.available(r); text != "" {
			n, err := v.numbersOf(r, column).count(text)
			if err != nil {
				r.warn(column, "stock", err.Error())
				variant.Lacks |= VariantStock
			} else {
				variant.InventoryTracked, variant.Available = true, &n
			}
		}
	}
	if form.inStock != nil && variant.Available == nil {
		if text, column := form.inStock(r); text != "" {
			in, err := parseFlag(text)
			switch {
			case err != nil:
				r.warn(column, "stock", err.Error())
				variant.Lacks |= VariantStock
			case !in:
				variant.InventoryTracked, variant.Available = true, new(int64)
			}
		}
	}
	variant.Lacks |= r.lost(before, VariantStock)
	before = len(r.unread)
	if form.image != nil {
		if url, column := form.image(r); url != "" {
			if isImageURL(url) {
				variant.ImageURL = url
			} else {
				r.warn(column, "image", "not an image URL: it must start with https:// or http:// and contain no spaces")
			}
		}
	}
	variant.Lacks |= r.lost(before, VariantImage)
}
