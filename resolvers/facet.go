package resolvers

import (
	"context"
	"fmt"
	"math"

	"github.com/99designs/gqlgen/graphql"

	"souk/graph/model"
	"souk/graph/relay"
	"souk/internal/fault"
	"souk/internal/money"
	"souk/loaders"
	"souk/store"
)

// facets counts what the lists of several connections can be narrowed by. The
// connections come from one field and so share its filter.
func facets(ctx context.Context, connections []*relay.ProductConnection) ([]*model.ProductFacets, error) {
	if connections[0].Filter.Unlisted() {
		return nil, fault.Invalid("facets count what is on sale; leave out `filter.status`, or `facets`")
	}
	listings := make([]store.Listing, len(connections))
	for i, c := range connections {
		listings[i] = c.Listing
	}
	counted, err := loaders.Facets(listings[0].Kind(), connections[0].Filter, wantedFacets(ctx)).Leading().LoadMany(ctx, listings)
	if err != nil {
		return nil, err
	}
	named, err := nameFacets(ctx, counted)
	if err != nil {
		return nil, err
	}
	result := make([]*model.ProductFacets, len(counted))
	for i := range counted {
		result[i] = named.facets(&counted[i])
	}
	return result, nil
}

// wantedFacets are those that the query selects.
func wantedFacets(ctx context.Context) store.FacetSet {
	var wanted store.FacetSet
	for _, field := range graphql.CollectFieldsCtx(ctx, []string{"ProductFacets"}) {
		switch field.Name {
		case "categories":
			wanted.Categories = true
		case "vendors":
			wanted.Vendors = true
		case "prices":
			wanted.Prices = true
		case "ratings":
			wanted.Ratings = true
		case "availability":
			wanted.Availability = true
		case "options":
			wanted.Options = true
		}
	}
	return wanted
}

// facetNames are the objects that facets point to.
type facetNames struct {
	categories map[store.CategoryID]*store.Category
	vendors    map[store.VendorID]*store.Vendor
}

func nameFacets(ctx context.Context, all []store.Facets) (facetNames, error) {
	var categories []store.CategoryID
	var vendors []store.VendorID
	for _, f := range all {
		for _, c := range f.Categories {
			categories = append(categories, c.ID)
		}
		for _, v := range f.Vendors {
			vendors = append(vendors, v.ID)
		}
	}
	loaders.Vendor.Ask(ctx, vendors)
	foundCategories, err := loaders.Category.LoadMany(ctx, categories)
	if err != nil {
		return facetNames{}, err
	}
	foundVendors, err := loaders.Vendor.LoadMany(ctx, vendors)
	if err != nil {
		return facetNames{}, err
	}
	names := facetNames{map[store.CategoryID]*store.Category{}, map[store.VendorID]*store.Vendor{}}
	for i, id := range categories {
		names.categories[id] = foundCategories[i]
	}
	for i, id := range vendors {
		names.vendors[id] = foundVendors[i]
	}
	return names, nil
}

func (n facetNames) facets(f *store.Facets) *model.ProductFacets {
	out := &model.ProductFacets{
		Categories:   []*model.CategoryFacetValue{},
		Vendors:      []*model.VendorFacetValue{},
		Prices:       []*model.PriceFacetValue{},
		Ratings:      []*model.RatingFacetValue{},
		Availability: []*model.AvailabilityFacetValue{},
		Options:      []*model.OptionFacet{},
	}
	for _, v := range f.Categories {
		// A category or vendor may have gone between the count and its name.
		if category := n.categories[v.ID]; category != nil {
			out.Categories = append(out.Categories, &model.CategoryFacetValue{
				Label: category.Name, Count: v.Count, Category: category,
				Input: map[string]any{"category": relay.ID(v.ID)},
			})
		}
	}
	for _, v := range f.Vendors {
		if vendor := n.vendors[v.ID]; vendor != nil {
			out.Vendors = append(out.Vendors, &model.VendorFacetValue{
				Label: vendor.Name, Count: v.Count, Vendor: vendor,
				Input: map[string]any{"vendors": []string{relay.ID(v.ID)}},
			})
		}
	}
	for _, v := range f.Prices {
		out.Prices = append(out.Prices, priceFacet(v))
	}
	for _, v := range f.Ratings {
		out.Ratings = append(out.Ratings, &model.RatingFacetValue{
			Label: ratingLabel(v.Stars), Count: v.Count, MinRating: float64(v.Stars),
			Input: map[string]any{"minRating": v.Stars},
		})
	}
	for _, v := range f.Availability {
		out.Availability = append(out.Availability, &model.AvailabilityFacetValue{
			Label: availabilityLabel(v.Availability), Count: v.Count, Availability: v.Availability,
			Input: map[string]any{"availability": []string{string(v.Availability)}},
		})
	}
	for _, o := range f.Options {
		out.Options = append(out.Options, optionFacet(o))
	}
	return out
}

func priceFacet(v store.PriceFacet) *model.PriceFacetValue {
	lowest := money.Amount{Minor: v.MinMinor, Currency: v.Currency}
	highest := money.Amount{Minor: v.MaxMinor, Currency: v.Currency}
	label := lowest.Decimal() + "–" + highest.Decimal() + " " + v.Currency
	if v.MaxMinor == math.MaxInt64 {
		label = lowest.Decimal() + " " + v.Currency + " and above"
	}
	input := map[string]any{"currencyCode": v.Currency, "min": lowest.Decimal()}
	facet := &model.PriceFacetValue{Label: label, Count: v.Count, Min: &lowest, Input: map[string]any{"price": input}}
	if v.MaxMinor != math.MaxInt64 {
		input["max"], facet.Max = highest.Decimal(), &highest
	}
	return facet
}

func optionFacet(o store.OptionFacet) *model.OptionFacet {
	facet := &model.OptionFacet{Name: o.Name}
	for _, v := range o.Values {
		facet.Values = append(facet.Values, &model.OptionFacetValue{
			Label: v.Value, Count: v.Count,
			Input: map[string]any{"options": []any{map[string]any{"name": o.Name, "values": []string{v.Value}}}},
		})
	}
	return facet
}

func ratingLabel(stars int) string {
	if stars == 1 {
		return "1 star & up"
	}
	return fmt.Sprintf("%d stars & up", stars)
}

func availabilityLabel(a store.Availability) string {
	switch a {
	case store.InStock:
		return "In stock"
	case store.Backorder:
		return "On backorder"
	default:
		return "Out of stock"
	}
}
