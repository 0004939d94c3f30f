package store

import (
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const (
	// maxFacetValues limits the values of each facet, and maxFacetOptions the number
	// of options. A longer list would have to be searched instead of read.
	maxFacetValues  = 50
	maxFacetOptions = 20
)

// Facets are the values by which a product list can be filtered, each with the number
// of products that have it. The counts of a facet ignore the filter on that facet
// itself.
type Facets struct {
	Categories   []CategoryFacet
	Vendors      []VendorFacet
	Prices       []PriceFacet  // cheapest first in each currency
	Ratings      []RatingFacet // best first
	Availability []AvailabilityFacet
	Options      []OptionFacet // most used first
}

// FacetSet selects facets. Each one takes time to compute.
type FacetSet struct {
	Categories, Vendors, Prices, Ratings, Availability, Options bool
}

// CategoryFacet is the number of products in a child of the listed category.
type CategoryFacet struct {
	ID    CategoryID
	Count int
}

// VendorFacet is the number of products of a vendor.
type VendorFacet struct {
	ID    VendorID
	Count int
}

// PriceFacet is the number of products whose lowest price is in a band. Both bounds
// are inclusive.
type PriceFacet struct {
	Currency           string
	MinMinor, MaxMinor int64
	Count              int
}

// RatingFacet is the number of products with at least so many stars.
type RatingFacet struct{ Stars, Count int }

// AvailabilityFacet is the number of products with an availability.
type AvailabilityFacet struct {
	Availability Availability
	Count        int
}

// OptionFacet is an option with the values that are in use.
type OptionFacet struct {
	Name   string
	Values []OptionValueFacet
}

// OptionValueFacet is the number of products with a value of an option.
type OptionValueFacet struct {
	Value string
	Count int
}

// priceBands are the lower bounds of the bands, in minor units: 10, 20, 50, 100, … of
// a currency with cents.
var priceBands = func() []int64 {
	bands := []int64{0}
	for decade := int64(1_000); decade <= 1e17; decade *= 10 {
		bands = append(bands, decade, 2*decade, 5*decade)
	}
	return bands
}()

// facetRow is one value of any facet. Name is the name of the option, or the
// currency.
type facetRow struct {
	Ordinal int
	Facet   string
	Name    string
	Value   string
	Count   int
}

var facetColumns = columnsOf("",
	col("ordinal", asInt, func(f *facetRow) *int { return &f.Ordinal }),
	col("facet", asText, func(f *facetRow) *string { return &f.Facet }),
	col("name", asText, func(f *facetRow) *string { return &f.Name }),
	col("value", asText, func(f *facetRow) *string { return &f.Value }),
	col("count", asInt, func(f *facetRow) *int { return &f.Count }),
).all()

// ProductFacets returns the wanted facets of each listing, in the order of listings.
// It reads the whole list: 0.25 to 1 s for 100,000 products, depending on the load of
// the machine.
func (r *Reader) ProductFacets(ctx context.Context, listings []Listing, f ProductFilter, wanted FacetSet) ([]Facets, error) {
	if wanted == (FacetSet{}) {
		return make([]Facets, len(listings)), nil
	}
	// The vendor must stay a condition, because the vendor facet ignores it.
	listings, f = f.narrowScopeToCategory(listings)
	parents, _ := scopes(listings)
	statement, args := f.facetStatement(listings, wanted)
	args["parents"] = keysOf(parents)
	var rows []*facetRow
	err := r.run(ctx, &query{statement: statement, args: args, varied: true, collect: func(found pgx.Rows) (err error) {
		rows, err = facetColumns.rows(found)
		return err
	}})
	if err != nil {
		return nil, err
	}
	result := make([]Facets, len(listings))
	for _, row := range rows {
		if err := result[row.Ordinal-1].add(row); err != nil {
			return nil, fmt.Errorf("read facets: %w", err)
		}
	}
	return result, nil
}

func (f *Facets) add(row *facetRow) error {
	switch row.Facet {
	case "category", "vendor":
		id, err := uuid.Parse(row.Value)
		if err != nil {
			return err
		}
		if row.Facet == "category" {
			f.Categories = append(f.Categories, CategoryFacet{CategoryID(id), row.Count})
		} else {
			f.Vendors = append(f.Vendors, VendorFacet{VendorID(id), row.Count})
		}
	case "price":
		band, err := strconv.Atoi(row.Value)
		if err != nil {
			return err
		}
		f.Prices = append(f.Prices, PriceFacet{row.Name, priceBands[band-1], bandEnd(band), row.Count})
	case "rating":
		stars, err := strconv.Atoi(row.Value)
		if err != nil {
			return err
		}
		f.Ratings = append(f.Ratings, RatingFacet{stars, row.Count})
	case "availability":
		f.Availability = append(f.Availability, AvailabilityFacet{Availability(row.Value), row.Count})
	case "option":
		if last := len(f.Options) - 1; last < 0 || f.Options[last].Name != row.Name {
			f.Options = append(f.Options, OptionFacet{Name: row.Name})
		}
		last := &f.Options[len(f.Options)-1]
		last.Values = append(last.Values, OptionValueFacet{row.Value, row.Count})
	}
	return nil
}

// bandEnd returns the last minor unit of a band. Bands are numbered from 1, as
// width_bucket does.
func bandEnd(band int) int64 {
	if band < len(priceBands) {
		return priceBands[band] - 1
	}
	return 1<<63 - 1
}
