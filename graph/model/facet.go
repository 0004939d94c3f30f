package model

// Delivers yields the objects that the facets point to.
func (f *ProductFacets) Delivers(yield func(any)) {
	for _, v := range f.Categories {
		yield(v.Category)
	}
	for _, v := range f.Vendors {
		yield(v.Vendor)
	}
}
