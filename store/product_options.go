package store

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"souk/internal/fault"
)

const (
	// maxOptions is also how many options a product list can be filtered by.
	maxOptions = 10
	// maxOptionValues is more than any size chart or colour card has.
	maxOptionValues = 250
)

// ProductOptionInput is an option of a product, with its possible values.
type ProductOptionInput struct {
	Name   string
	Values []string
}

// ProductOptionsSet replaces a product's options.
type ProductOptionsSet struct {
	ProductID       ProductID
	ExpectedVersion *int64
	Options         []*ProductOptionInput
}

func (s *ProductOptionsSet) check() ([]*ProductOption, error) {
	var problems fault.Problems
	checkID(&problems, "productId", s.ProductID, "product")
	options, err := checkOptions(s.ProductID, s.Options)
	if err := problems.Include(err); err != nil {
		return nil, err
	}
	return options, problems.Err()
}

// SetOptions replaces a product's options. Options are matched by name, and those
// without a match by position. Variants get the first value of each option that is
// new.
func (w *Writer) SetOptions(ctx context.Context, s ProductOptionsSet) error {
	options, err := s.check()
	if err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *Tx) error { return tx.setOptions(ctx, s.ProductID, s.ExpectedVersion, options) })
}

func (tx *Tx) setOptions(ctx context.Context, product ProductID, expected *int64, options []*ProductOption) error {
	if _, err := tx.lockParent(ctx, product, expected); err != nil {
		return err
	}
	before, err := tx.optionsOf(ctx, product)
	if err != nil || slices.EqualFunc(before, options, sameOption) {
		return err
	}
	variants, err := tx.variantsOf(ctx, product)
	if err != nil {
		return err
	}
	changed, err := reassignValues(variants, before, options)
	if err != nil {
		return err
	}
	const clear = `-- name: DeleteOptions
DELETE FROM product_options
WHERE product_id = @product_id`
	if _, err := tx.exec(ctx, clear, args{"product_id": product}); err != nil {
		return err
	}
	if err := tx.insertOptions(ctx, product, options); err != nil {
		return err
	}
	tx.saveVariants(product, changed)
	effects := []effect{changesProducts(product)}
	if !slices.EqualFunc(before, options, func(a, b *ProductOption) bool { return a.Name == b.Name }) {
		effects = append(effects, raisesVersions(variantsByProductID, product))
	}
	tx.changed(SubjectProduct, product,
		[]AuditChange{{Field: "options", Before: optionsText(before), After: optionsText(options)}}, effects...)
	return nil
}

func sameOption(a, b *ProductOption) bool {
	return a.Name == b.Name && slices.Equal(a.Values, b.Values)
}

// checkOptions checks a product's options. Names or values that differ only in case
// are duplicates, because a filter ignores case.
func checkOptions(product ProductID, in []*ProductOptionInput) ([]*ProductOption, error) {
	var problems fault.Problems
	if len(in) > maxOptions {
		return nil, fault.Reject(fault.ReasonTooMany, "options", "there are %d options; give at most %d", len(in), maxOptions)
	}
	options := make([]*ProductOption, len(in))
	names := map[string]bool{}
	for i, o := range in {
		field := itemField("options", i)
		options[i] = &ProductOption{ProductID: product, Name: nonEmptyLine(maxLine)(&problems, field+".name", o.Name)}
		if folded := strings.ToLower(options[i].Name); names[folded] {
			problems.Add(fault.ReasonDuplicate, field+".name", "another option has this name; choose another one")
		} else {
			names[folded] = true
		}
		options[i].Values = checkOptionValues(&problems, field+".values", o.Values)
	}
	return options, problems.Err()
}

func checkOptionValues(problems *fault.Problems, field string, in []string) []string {
	switch n := len(in); {
	case n == 0:
		problems.Add(fault.ReasonRequired, field, "an option needs at least one value; give one, or leave the option out")
	case n > maxOptionValues:
		problems.Add(fault.ReasonTooMany, field, "there are %d values; give at most %d", n, maxOptionValues)
		return nil
	}
	values := make([]string, len(in))
	seen := map[string]bool{}
	for i, value := range in {
		values[i] = nonEmptyLine(maxLine)(problems, itemField(field, i), value)
		if folded := strings.ToLower(values[i]); seen[folded] {
			problems.Add(fault.ReasonDuplicate, itemField(field, i), "the option has this value already; leave it out")
		} else {
			seen[folded] = true
		}
	}
	return values
}

// reassignValues computes each variant's option values after a change of the options.
// It returns the variants whose values change, before and after.
func reassignValues(variants []*variantRow, before, after []*ProductOption) ([]variantChange, error) {
	from := previousPositions(before, after)
	var problems fault.Problems
	for i, option := range after {
		var lost []string
		for _, v := range variants {
			if value, ok := valueAt(v, from[i]); ok && !slices.Contains(option.Values, value) {
				lost = append(lost, v.Title)
			}
		}
		if len(lost) > 0 {
			problems.Add(fault.ReasonInUse, itemField("options", i)+".values",
				"some variants have a value that this change removes: %s; keep the value, or change or delete these variants first", quotedList(lost))
		}
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	var changed []variantChange
	taken := map[string]*variantRow{}
	for _, v := range variants {
		values := make([]string, len(after))
		for i, option := range after {
			var ok bool
			if values[i], ok = valueAt(v, from[i]); !ok {
				values[i] = option.Values[0]
			}
		}
		key := combination(values)
		if other := taken[key]; other != nil && combination(other.OptionValues) != combination(v.OptionValues) {
			return nil, fault.Reject(fault.ReasonInUse, "options",
				"the variants %s and %s would have the same option values; delete one of them first", quoted(other.Title), quoted(v.Title))
		}
		taken[key] = v
		if !slices.Equal(values, v.OptionValues) {
			next := *v
			next.setValues(values)
			changed = append(changed, variantChange{v, &next})
		}
	}
	return changed, nil
}

// valueAt returns a variant's value at a position. ok is false if there is none.
func valueAt(v *variantRow, position int) (string, bool) {
	if position < 0 || position >= len(v.OptionValues) {
		return "", false
	}
	return v.OptionValues[position], true
}

// previousPositions returns the previous position of each option, or -1 for a new
// option.
func previousPositions(before, after []*ProductOption) []int {
	from := make([]int, len(after))
	claimed := make([]bool, len(before))
	for i, option := range after {
		from[i] = optionIndex(before, option.Name)
		if from[i] >= 0 {
			claimed[from[i]] = true
		}
	}
	for i := range after {
		if from[i] < 0 && i < len(before) && !claimed[i] {
			from[i] = i
		}
	}
	return from
}

// optionIndex returns the position of the option with a name, or -1.
func optionIndex(options []*ProductOption, name string) int {
	return slices.IndexFunc(options, func(o *ProductOption) bool { return strings.EqualFold(o.Name, name) })
}

// optionsOf returns a product's options in their order.
func (tx *Tx) optionsOf(ctx context.Context, product ProductID) ([]*ProductOption, error) {
	const statement = `-- name: OptionsOfProduct
SELECT o.product_id, o.name, o.option_values AS values
FROM product_options o
WHERE o.product_id = @product_id
ORDER BY o.position`
	return rowsOf[ProductOption](ctx, tx, statement, args{"product_id": product})
}

func (tx *Tx) insertOptions(ctx context.Context, product ProductID, options []*ProductOption) error {
	const statement = `-- name: InsertOption
INSERT INTO product_options (product_id, position, name, option_values)
VALUES (@product_id, @position, @name, @values)`
	batch := &pgx.Batch{}
	for i, o := range options {
		batch.Queue(statement, args{"product_id": product, "position": i + 1, "name": o.Name, "values": o.Values})
	}
	return tx.send(ctx, batch)
}

// optionsText returns options for the audit log:
// [{"name":"Size","values":["S","M"]}].
func optionsText(options []*ProductOption) *string {
	type named struct {
		Name   string   `json:"name"`
		Values []string `json:"values"`
	}
	return text(mapSlice(options, func(o *ProductOption) named { return named{o.Name, o.Values} }))
}
