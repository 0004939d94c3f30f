package model

import "cmp"

// By is what one object is looked up by: its ID, or the name that its type has. The schema
// says that exactly one is given (@oneOf).
type By struct {
	ID, Slug, Sku *string
}

// Name is the slug or the SKU; nil if neither was given.
func (b By) Name() *string { return cmp.Or(b.Slug, b.Sku) }
