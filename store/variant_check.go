package store

import (
	"math"
	"slices"
	"strings"

	"souk/internal/fault"
)

// variantRow is a row of the variants table.
type variantRow struct {
	ID                  VariantID
	Position            int
	Title               string
	SKU                 *string
	Barcode             *string
	Currency            string
	PriceMinor          *int64
	CompareAtPriceMinor *int64
	CostMinor           *int64
	WeightGrams         *float64
	OptionValues        []string
	ImageID             *ImageID
	InventoryTracked    bool
	SellWhenOutOfStock  bool
	Version             int64
}

// variantChange is a variant before and after a change. before is nil for a new
// variant.
type variantChange struct{ before, after *variantRow }

// setValues sets the option values of the variant, and the title made from them.
func (v *variantRow) setValues(values []string) {
	v.OptionValues, v.Title = values, strings.Join(values, " / ")
}

// combination returns the option values as one text, which is unique among the
// variants of a product. Values cannot contain the separator.
func combination(values []string) string { return strings.Join(values, "\x1f") }

// assignments returns the columns in which the variant differs from before.
func (v *variantRow) assignments(before *variantRow) *assignments {
	a := &assignments{args: args{}}
	replace(a, "title", before.Title, v.Title)
	replaceNullable(a, "sku", before.SKU, v.SKU)
	replaceNullable(a, "barcode", before.Barcode, v.Barcode)
	replace(a, "currency", before.Currency, v.Currency)
	for _, amount := range []struct {
		column        string
		before, after *int64
	}{
		{"price", before.PriceMinor, v.PriceMinor},
		{"compare_at_price", before.CompareAtPriceMinor, v.CompareAtPriceMinor},
		{"cost", before.CostMinor, v.CostMinor},
	} {
		if !equal(amount.before, amount.after) {
			a.put(amount.column+"_minor", amount.after, AuditChange{
				Field: camel(amount.column), Before: moneyText(before.Currency, amount.before), After: moneyText(v.Currency, amount.after),
			})
		}
	}
	replaceNullable(a, "weight_grams", before.WeightGrams, v.WeightGrams)
	replaceList(a, "option_values", before.OptionValues, v.OptionValues)
	replaceKey(a, "image_id", SubjectImage, before.ImageID, v.ImageID)
	if replace(a, "inventory_tracked", before.InventoryTracked, v.InventoryTracked); a.has("inventory_tracked") {
		a.terms = append(a.terms, `available_quantity = CASE WHEN @inventory_tracked::boolean THEN (
  SELECT coalesce(sum(on_hand - committed - unavailable), 0)::bigint
  FROM inventory_levels
  WHERE variant_id = @id) END`)
	}
	replace(a, "sell_when_out_of_stock", before.SellWhenOutOfStock, v.SellWhenOutOfStock)
	return a
}

// variantsChange is a change of a product's variants. It has the data that the items
// are checked against, and the rows to write.
type variantsChange struct {
	product ProductID
	// ofNewProduct: the product is created together with its variants.
	ofNewProduct bool

	options  []*ProductOption
	existing []*variantRow
	images   map[ImageID]bool

	currency string // of the product's prices; "" if it has none yet
	// shopCurrency is for amounts that name no currency: see currencyFor.
	shopCurrency string

	added   []*variantRow
	changed []variantChange
}

// check checks each item by itself and against the others, and adds the valid ones to
// added and changed. The outcomes are in the order of items.
func (c *variantsChange) check(items []VariantInput) []Outcome[VariantID] {
	c.currency = c.remainingCurrency(items)
	outcomes := make([]Outcome[VariantID], len(items))
	changes := make([]variantChange, len(items))
	refuse := func(i int, err error) {
		problems, _ := fault.Rejected(fault.Under(err, "variants", i))
		outcomes[i] = Outcome[VariantID]{Problems: problems}
	}
	targets := map[VariantID]bool{}
	for i, in := range items {
		change, err := c.apply(in, targets)
		if err != nil {
			refuse(i, err)
			continue
		}
		changes[i], outcomes[i].Value = change, &change.after.ID
	}
	for again := true; again; { // repeat: a refused variant keeps its values, which can conflict with other items
		again = false
		taken := c.takenCombinations(changes)
		for i, change := range changes {
			if change.after == nil || (change.before != nil && slices.Equal(change.before.OptionValues, change.after.OptionValues)) {
				continue
			}
			key := combination(change.after.OptionValues)
			if !taken[key] {
				taken[key] = true
				continue
			}
			refuse(i, fault.Reject(fault.ReasonDuplicate, "optionValues", "the product already has a variant %s; change that one, or choose other values", describeValues(change.after)))
			changes[i], again = variantChange{}, true
			break
		}
	}
	c.record(changes)
	return outcomes
}

// takenCombinations returns the combinations of the variants whose option values do
// not change.
func (c *variantsChange) takenCombinations(changes []variantChange) map[string]bool {
	moved := map[*variantRow]bool{}
	for _, change := range changes {
		if change.before != nil && !slices.Equal(change.before.OptionValues, change.after.OptionValues) {
			moved[change.before] = true
		}
	}
	taken := make(map[string]bool, len(c.existing))
	for _, v := range c.existing {
		if !moved[v] {
			taken[combination(v.OptionValues)] = true
		}
	}
	return taken
}

func describeValues(v *variantRow) string {
	if v.Title == "" {
		return "without option values"
	}
	return "with the values " + quoted(v.Title)
}

// record adds the changes to the rows to write. New variants are placed after the
// existing ones.
func (c *variantsChange) record(changes []variantChange) {
	last := 0
	for _, v := range c.existing {
		last = max(last, v.Position)
	}
	for _, change := range changes {
		switch {
		case change.after == nil:
		case change.before == nil:
			last++
			change.after.Position = last
			c.added = append(c.added, change.after)
		case change.after.assignments(change.before).any():
			c.changed = append(c.changed, change)
		}
	}
}

// apply applies an item to a variant.
func (c *variantsChange) apply(in VariantInput, targets map[VariantID]bool) (variantChange, error) {
	var before *variantRow
	after := &variantRow{Currency: noCurrency}
	if in.ID != nil {
		at := slices.IndexFunc(c.existing, func(v *variantRow) bool { return v.ID == *in.ID })
		switch {
		case at < 0:
			return variantChange{}, fault.Reject(fault.ReasonNotFound, "id", "the product has no variant with this ID; leave the ID out to create a new variant")
		case targets[*in.ID]:
			return variantChange{}, fault.Reject(fault.ReasonDuplicate, "id", "the list already changes this variant; put all of its changes into one item")
		}
		targets[*in.ID] = true
		before = c.existing[at]
		if err := checkVersion(before.Version, in.ExpectedVersion); err != nil {
			return variantChange{}, err
		}
		copied := *before
		after = &copied
	} else {
		id, err := newID[VariantID]()
		if err != nil {
			return variantChange{}, err
		}
		after.ID = id
		if c.currency != "" {
			after.Currency = c.currency
		}
	}
	var problems fault.Problems
	setLine(&problems, "sku", in.SKU, &after.SKU)
	setLine(&problems, "barcode", in.Barcode, &after.Barcode)
	c.setPrices(&problems, in, after)
	setWeight(&problems, in.WeightGrams, after)
	c.setOptions(&problems, in, after, before == nil)
	if in.ImageID.Set {
		if after.ImageID = in.ImageID.Value; after.ImageID != nil && !c.images[*after.ImageID] {
			problems.Add(fault.ReasonNotFound, "imageId", "the product has no image with this ID; add it with imagesAdd first")
		}
	}
	setRequired(&problems, "inventoryTracked", in.InventoryTracked, &after.InventoryTracked)
	setRequired(&problems, "sellWhenOutOfStock", in.SellWhenOutOfStock, &after.SellWhenOutOfStock)
	return variantChange{before, after}, problems.Err()
}

// setRequired sets a value that null cannot clear.
func setRequired[T any](problems *fault.Problems, field string, p Patch[*T], into *T) {
	if required(problems, field, &p, nil); p.Set {
		*into = *p.Value
	}
}

// setLine sets a text. Null and an empty text clear it.
func setLine(problems *fault.Problems, field string, p Patch[*string], into **string) {
	if optional(problems, field, &p, line(maxLine)); p.Set {
		*into = p.Value
	}
}

// maxWeight is the largest weight that the column can store, in grams.
const maxWeight = 1e10

func setWeight(problems *fault.Problems, p Patch[*float64], v *variantRow) {
	if !p.Set {
		return
	}
	if v.WeightGrams = p.Value; p.Value == nil {
		return
	}
	if !(*p.Value >= 0 && *p.Value <= maxWeight) {
		problems.Add(fault.ReasonInvalid, "weightGrams", "it is out of range; give 0 to %.0f grams", maxWeight)
		return
	}
	rounded := math.Round(*p.Value*1000) / 1000 // the precision of the column
	v.WeightGrams = &rounded
}

// setOptions sets a variant's option values. A new variant needs a value for every
// option; for an existing variant, the options that the item does not name keep their
// values.
func (c *variantsChange) setOptions(problems *fault.Problems, in VariantInput, v *variantRow, isNew bool) {
	if !in.OptionValues.Set && !isNew {
		return
	}
	if in.OptionValues.Set && in.OptionValues.Value == nil {
		problems.Add(fault.ReasonRequired, "optionValues", "a variant must have a value for each option; give the values, or leave the field out")
		return
	}
	values := make([]string, len(c.options))
	copy(values, v.OptionValues)
	named := make([]bool, len(c.options))
	wrong := false
	for i, chosen := range in.OptionValues.Value {
		field := itemField("optionValues", i)
		at := optionIndex(c.options, strings.TrimSpace(chosen.Name))
		switch {
		case at < 0:
			problems.Add(fault.ReasonNotFound, field+".name", "the product has no such option; %s", c.optionNames())
			wrong = true
			continue
		case named[at]:
			problems.Add(fault.ReasonDuplicate, field+".name", "the list already has a value for this option; leave one of them out")
			continue
		}
		named[at] = true
		var ok bool
		if values[at], ok = canonicalValue(c.options[at], strings.TrimSpace(chosen.Value)); !ok {
			problems.Add(fault.ReasonNotFound, field+".value", "%s has no such value; it has %s", quoted(c.options[at].Name), quotedList(c.options[at].Values))
			wrong = true
		}
	}
	for i, option := range c.options {
		if values[i] == "" && !wrong {
			problems.Add(fault.ReasonRequired, "optionValues", "give a value for the option %s: %s", quoted(option.Name), quotedList(option.Values))
		}
	}
	v.setValues(values)
}

func (c *variantsChange) optionNames() string {
	if len(c.options) == 0 {
		return "add it with productOptionsSet first"
	}
	names := make([]string, len(c.options))
	for i, o := range c.options {
		names[i] = o.Name
	}
	return "it has " + quotedList(names)
}

// canonicalValue returns an option's value in the option's own spelling.
func canonicalValue(option *ProductOption, value string) (string, bool) {
	if slices.Contains(option.Values, value) {
		return value, true
	}
	at := slices.IndexFunc(option.Values, func(known string) bool { return strings.EqualFold(known, value) })
	if at < 0 {
		return "", false
	}
	return option.Values[at], true
}
