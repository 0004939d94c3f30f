package store

import (
	"slices"

	"souk/internal/fault"
)

const (
	// maxAttributes is the number that the table takes.
	maxAttributes = 250
	// maxAttributeBytes is of all values of a product, because lists read them with the
	// product. A description has as many.
	maxAttributeBytes = 64 << 10
)

// ProductAttribute is one thing that is known of a product, such as its material. Key
// is unique within the product. None of the texts is empty.
type ProductAttribute struct {
	Key   string `json:"key"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

// checkAttributes checks a product's attributes and returns them in the form in which
// they are stored. The list is never nil.
func checkAttributes(p *fault.Problems, field string, given []*ProductAttribute) []*ProductAttribute {
	if len(given) > maxAttributes {
		p.Add(fault.ReasonTooMany, field, "there are %d attributes; give at most %d", len(given), maxAttributes)
		return nil
	}
	seen := make(map[string]bool, len(given))
	checked := make([]*ProductAttribute, len(given))
	size := 0
	for i, one := range given {
		at := itemField(field, i)
		a := &ProductAttribute{
			Key: nonEmptyLine(maxLine)(p, at+".key", one.Key), Name: nonEmptyLine(maxLine)(p, at+".name", one.Name),
			Value: plainLines(one.Value),
		}
		if seen[a.Key] {
			p.Add(fault.ReasonDuplicate, at+".key", "the list has this key already; leave one of them out")
		}
		switch n := len(a.Value); {
		case n == 0:
			p.Add(fault.ReasonRequired, at+".value", "it is empty; give a value, or leave the attribute out of the list")
		case size <= maxAttributeBytes && size+n > maxAttributeBytes:
			p.Add(fault.ReasonTooLong, at+".value", "all values up to this one have %d bytes; shorten them to %d", size+n, maxAttributeBytes)
		}
		size += len(a.Value)
		seen[a.Key], checked[i] = true, a
	}
	return checked
}

// replaceAttributes assigns a product's attributes if they change.
func replaceAttributes(a *assignments, before, after []*ProductAttribute) {
	if !slices.EqualFunc(before, after, equal[ProductAttribute]) {
		a.put("attributes", after, AuditChange{Field: "attributes", Before: text(before), After: text(after)})
	}
}
