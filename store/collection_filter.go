package store

import (
	"cmp"
	"context"

	"github.com/google/uuid"

	"souk/internal/fault"
	"souk/internal/money"
)

// checkFilter checks the texts of a filter that is saved, as those of products' options
// are checked. f may be nil.
func checkFilter(problems *fault.Problems, f *ProductFilter) {
	if f == nil {
		return
	}
	check := nonEmptyLine(maxLine)
	for i, o := range f.Options {
		field := itemField("filter.options", i)
		f.Options[i].Name = check(problems, field+".name", o.Name)
		for j, value := range o.Values {
			o.Values[j] = check(problems, itemField(field+".values", j), value)
		}
	}
}

// filterNames are the slugs of the categories and vendors in filters, by their keys.
type filterNames map[uuid.UUID]string

// namesInFilters finds the categories and vendors in filters, of which some may be
// nil. It does not lock them: one that is deleted later matches no product.
func (tx *Tx) namesInFilters(ctx context.Context, filters ...*ProductFilter) (filterNames, error) {
	var categories, vendors []uuid.UUID
	for _, f := range filters {
		if f == nil {
			continue
		}
		if f.Category != nil {
			categories = append(categories, uuid.UUID(*f.Category))
		}
		vendors = append(vendors, uuids(f.Vendors)...)
	}
	if len(categories)+len(vendors) == 0 {
		return nil, nil
	}
	const statement = `-- name: NamesInFilters
SELECT c.id, c.slug
FROM categories c
WHERE c.id = ANY (@categories)
UNION ALL
SELECT v.id, v.slug
FROM vendors v
WHERE v.id = ANY (@vendors)`
	rows, err := rowsOf[struct {
		ID   uuid.UUID
		Slug string
	}](ctx, tx, statement, args{"categories": categories, "vendors": vendors})
	names := filterNames{}
	for _, row := range rows {
		names[row.ID] = row.Slug
	}
	return names, err
}

// check refuses a filter with categories or vendors that do not exist.
func (n filterNames) check(f *ProductFilter) error {
	var problems fault.Problems
	if f == nil {
		return nil
	}
	if f.Category != nil && n[uuid.UUID(*f.Category)] == "" {
		problems.Add(fault.ReasonNotFound, "filter.category", notFound, "category")
	}
	for i, id := range f.Vendors {
		if n[uuid.UUID(id)] == "" {
			problems.Add(fault.ReasonNotFound, itemField("filter.vendors", i), notFound, "vendor")
		}
	}
	return problems.Err()
}

// auditFilterText is the JSON of a filter in the audit log: the input ProductFilter
// with slugs instead of IDs.
type auditFilterText struct {
	Category     string          `json:"category,omitempty"`
	Vendors      []string        `json:"vendors,omitempty"`
	Price        *auditPriceText `json:"price,omitempty"`
	MinRating    *float64        `json:"minRating,omitempty"`
	Availability []Availability  `json:"availability,omitempty"`
	Options      []storedOption  `json:"options,omitempty"`
}

type auditPriceText struct {
	CurrencyCode string `json:"currencyCode"`
	Min          string `json:"min,omitempty"`
	Max          string `json:"max,omitempty"`
}

// text returns a filter for the audit log; "" if it is nil.
func (n filterNames) text(f *ProductFilter) string {
	if f == nil {
		return ""
	}
	t := auditFilterText{
		Vendors:   mapSlice(f.Vendors, func(v VendorID) string { return n.of(uuid.UUID(v)) }),
		MinRating: f.MinRating, Availability: f.Availability,
		Options: mapSlice(f.Options, func(o OptionFilter) storedOption { return storedOption(o) }),
	}
	if f.Category != nil {
		t.Category = n.of(uuid.UUID(*f.Category))
	}
	if p := f.Price; p != nil {
		decimal := func(minor *int64) string {
			if minor == nil {
				return ""
			}
			return money.Amount{Minor: *minor, Currency: p.Currency}.Decimal()
		}
		t.Price = &auditPriceText{p.Currency, decimal(p.MinMinor), decimal(p.MaxMinor)}
	}
	return jsonText(t)
}

// of returns the slug of a category or vendor; its key if it was deleted.
func (n filterNames) of(id uuid.UUID) string {
	return cmp.Or(n[id], id.String())
}

// replaceFilter assigns the filter of a smart collection.
func (tx *Tx) replaceFilter(ctx context.Context, a *assignments, before, after *ProductFilter) error {
	if before == nil {
		return fault.Reject(fault.ReasonInvalid, "filter", "a manual collection has no filter; leave it out, or create a smart collection")
	}
	names, err := tx.namesInFilters(ctx, before, after)
	if err != nil {
		return err
	}
	if err := names.check(after); err != nil {
		return err
	}
	if was, is := names.text(before), names.text(after); was != is {
		a.put("filter", after, AuditChange{Field: "filter", Before: &was, After: &is})
	}
	return nil
}
