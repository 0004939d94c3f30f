package model

// Delivers yields the categories and vendors of the facets.
func (f *ProductFacets) Delivers(yield func(any)) {
	for _, v := range f.Categories {
		yield(v.Category)
	}
	for _, v := range f.Vendors {
		yield(v.Vendor)
	}
}
