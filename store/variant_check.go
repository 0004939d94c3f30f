package store

import (
	"math"
	"slices"
	"strings"

	"souk/internal/fault"
)

// variantRow is a variant as it is written.
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

// variantChange is a variant before and after.
type variantChange struct{ before, after *variantRow }

// setValues gives the variant other option values, and with them its title.
func (v *variantRow) setValues(values []string) {
	v.OptionValues, v.Title = values, strings.Join(values, " / ")
}

// combination is what no two variants of a product share. The separator cannot
// stand in a value.
func combination(values []string) string { return strings.Join(values, "\x1f") }

// assignments are the columns in which the variant differs from before.
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

// variantsChange is a change of a product's variants: what they are checked
// against, and then what shall be written.
type variantsChange struct {
	product  ProductID
	options  []*ProductOption
	existing []*variantRow
	images   map[ImageID]bool

	currency string // that of the product's prices; "" when it has none yet

	added   []*variantRow
	changed []variantChange
}

// check checks each of the items by itself and against the others, and notes what
// is good as added and changed. The outcomes stand in the order of items.
func (c *variantsChange) check(items []VariantInput) []Outcome[VariantID] {
	c.currency = c.currencyBeside(items)
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
	for again := true; again; { // a refusal leaves a variant as it was, in the way of others
		again = false
		taken := c.taken(changes)
		for i, change := range changes {
			if change.after == nil || (change.before != nil && slices.Equal(change.before.OptionValues, change.after.OptionValues)) {
				continue
			}
			key := combination(change.after.OptionValues)
			if !taken[key] {
				taken[key] = true
				continue
			}
			refuse(i, fault.Reject(fault.ReasonDuplicate, "optionValues", "the product has a variant of %s already; change that one, or choose other values", titled(change.after)))
			changes[i], again = variantChange{}, true
			break
		}
	}
	c.note(changes)
	return outcomes
}

// taken are the combinations of the variants that keep theirs.
func (c *variantsChange) taken(changes []variantChange) map[string]bool {
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

func titled(v *variantRow) string {
	if v.Title == "" {
		return "one form only"
	}
	return quoted(v.Title)
}

// note keeps what shall be written: new variants come after the others.
func (c *variantsChange) note(changes []variantChange) {
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

// apply returns a variant before and after an item.
func (c *variantsChange) apply(in VariantInput, targets map[VariantID]bool) (variantChange, error) {
	var before *variantRow
	after := &variantRow{Currency: noCurrency}
	if in.ID != nil {
		at := slices.IndexFunc(c.existing, func(v *variantRow) bool { return v.ID == *in.ID })
		switch {
		case at < 0:
			return variantChange{}, fault.Reject(fault.ReasonNotFound, "id", "the product has no variant with this ID; leave the ID out to make a new one")
		case targets[*in.ID]:
			return variantChange{}, fault.Reject(fault.ReasonDuplicate, "id", "the list changes this variant already; put all of its changes into one item")
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

// setLine sets a text that null or an empty text clears.
func setLine(problems *fault.Problems, field string, p Patch[*string], into **string) {
	if optional(problems, field, &p, line(maxLine)); p.Set {
		*into = p.Value
	}
}

// maxWeight is what the column can hold, in grams.
const maxWeight = 1e10

func setWeight(problems *fault.Problems, p Patch[*float64], v *variantRow) {
	if !p.Set {
		return
	}
	if v.WeightGrams = p.Value; p.Value == nil {
		return
	}
	if !(*p.Value >= 0 && *p.Value <= maxWeight) {
		problems.Add(fault.ReasonInvalid, "weightGrams", "a weight has 0 to %.0f grams", maxWeight)
		return
	}
	rounded := math.Round(*p.Value*1000) / 1000 // as the column keeps it
	v.WeightGrams = &rounded
}

// setOptions gives a variant its values: all of them when it is new, else those
// that are named.
func (c *variantsChange) setOptions(problems *fault.Problems, in VariantInput, v *variantRow, isNew bool) {
	if !in.OptionValues.Set && !isNew {
		return
	}
	if in.OptionValues.Set && in.OptionValues.Value == nil {
		problems.Add(fault.ReasonRequired, "optionValues", "a variant has a value of each option always; give the values, or leave the field out")
		return
	}
	values := make([]string, len(c.options))
	copy(values, v.OptionValues)
	named := make([]bool, len(c.options))
	wrong := false
	for i, chosen := range in.OptionValues.Value {
		field := entry("optionValues", i)
		at := optionNamed(c.options, strings.TrimSpace(chosen.Name))
		switch {
		case at < 0:
			problems.Add(fault.ReasonNotFound, field+".name", "the product has no such option; %s", c.optionNames())
			wrong = true
			continue
		case named[at]:
			problems.Add(fault.ReasonDuplicate, field+".name", "the option has a value in this list already; leave one of them out")
			continue
		}
		named[at] = true
		var ok bool
		if values[at], ok = valueNamed(c.options[at], strings.TrimSpace(chosen.Value)); !ok {
			problems.Add(fault.ReasonNotFound, field+".value", "%s has no such value; it has %s", quoted(c.options[at].Name), listed(c.options[at].Values))
			wrong = true
		}
	}
	for i, option := range c.options {
		if values[i] == "" && !wrong {
			problems.Add(fault.ReasonRequired, "optionValues", "give a value of %s: %s", quoted(option.Name), listed(option.Values))
		}
	}
	v.setValues(values)
}

func (c *variantsChange) optionNames() string {
	if len(c.options) == 0 {
		return "it has none: set them with productOptionsSet first"
	}
	names := make([]string, len(c.options))
	for i, o := range c.options {
		names[i] = o.Name
	}
	return "it has " + listed(names)
}

// valueNamed returns an option's value as the option writes it.
func valueNamed(option *ProductOption, value string) (string, bool) {
	if slices.Contains(option.Values, value) {
		return value, true
	}
	at := slices.IndexFunc(option.Values, func(known string) bool { return strings.EqualFold(known, value) })
	if at < 0 {
		return "", false
	}
	return option.Values[at], true
}
