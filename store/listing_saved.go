package store

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// storedFilter is the JSON of a ProductFilter in a column. It has no status and no
// search: what a smart collection lists is on sale.
type storedFilter struct {
	Category     *uuid.UUID     `json:"category,omitempty"`
	Vendors      []uuid.UUID    `json:"vendors,omitempty"`
	Price        *storedPrice   `json:"price,omitempty"`
	MinRating    *float64       `json:"min_rating,omitempty"`
	Availability []Availability `json:"availability,omitempty"`
	Options      []storedOption `json:"options,omitempty"`
}

type storedPrice struct {
	Currency string `json:"currency"`
	MinMinor *int64 `json:"min_minor,omitempty"`
	MaxMinor *int64 `json:"max_minor,omitempty"`
}

type storedOption struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

// MarshalJSON writes the filter as it is stored.
func (f ProductFilter) MarshalJSON() ([]byte, error) {
	return json.Marshal(storedFilter{
		(*uuid.UUID)(f.Category), mapSlice(f.Vendors, func(v VendorID) uuid.UUID { return uuid.UUID(v) }), (*storedPrice)(f.Price),
		f.MinRating, f.Availability, mapSlice(f.Options, func(o OptionFilter) storedOption { return storedOption(o) }),
	})
}

// UnmarshalJSON reads a stored filter.
func (f *ProductFilter) UnmarshalJSON(text []byte) error {
	var s storedFilter
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	*f = ProductFilter{
		Category: (*CategoryID)(s.Category), Price: (*PriceFilter)(s.Price), MinRating: s.MinRating, Availability: s.Availability,
	}
	for _, v := range s.Vendors {
		f.Vendors = append(f.Vendors, VendorID(v))
	}
	for _, o := range s.Options {
		f.Options = append(f.Options, OptionFilter(o))
	}
	return nil
}

// InCollection lists the products of a collection. A smart collection lists the scope
// of its saved category, or of its only vendor, or the whole shop; the rest of its
// filter are conditions of each product: see savedConditions.
func InCollection(c *Collection) Listing {
	l := Listing{of: ofCollection, scope: ScopeID(c.ID), saved: c.Filter}
	switch {
	case c.Filter == nil:
	case c.Filter.Category != nil:
		l.scope = ScopeID(*c.Filter.Category)
	case len(c.Filter.Vendors) == 1:
		l.scope = ScopeID(c.Filter.Vendors[0])
	default:
		l.scope = WholeShop().scope
	}
	return l
}

// beyondScope returns the saved conditions that the listing's scope does not express.
func (l Listing) beyondScope() ProductFilter {
	if l.saved == nil {
		return ProductFilter{}
	}
	f := *l.saved
	if f.Category == nil && len(f.Vendors) == 1 {
		f.Vendors = nil
	}
	f.Category = nil
	return f
}

// The saved conditions of collections, used by lists, counts and facets. Each listing
// has its own, so the arguments are arrays by the ordinal of the parent. NULL is no
// condition.
var savedConditions = []struct {
	// has reports whether a filter has the condition.
	has       func(ProductFilter) bool
	condition string
	// args are the arguments of all listings.
	args func([]ProductFilter) pgx.StrictNamedArgs
}{
	{
		// A scope expresses it, except among products that are not on sale.
		func(f ProductFilter) bool { return f.Category != nil },
		`(@saved_category::uuid[])[parent.ordinal::int] IS NULL OR EXISTS (
      SELECT FROM product_categories pc JOIN categories c ON c.id = pc.category_id
      WHERE pc.product_id = l.product_id AND (@saved_category::uuid[])[parent.ordinal::int] = ANY (c.ancestor_ids || c.id))`,
		func(all []ProductFilter) pgx.StrictNamedArgs {
			return pgx.StrictNamedArgs{"saved_category": mapSlice(all, func(f ProductFilter) *CategoryID { return f.Category })}
		},
	},
	{
		func(f ProductFilter) bool { return len(f.Vendors) > 0 },
		`(@saved_vendors::jsonb[])[parent.ordinal::int] IS NULL
      OR (@saved_vendors::jsonb[])[parent.ordinal::int] ? l.vendor_id::text`,
		func(all []ProductFilter) pgx.StrictNamedArgs {
			return pgx.StrictNamedArgs{"saved_vendors": mapSlice(all, func(f ProductFilter) *string { return jsonArray(uuids(f.Vendors)) })}
		},
	},
	{
		func(f ProductFilter) bool { return f.Price != nil },
		`(@saved_currency::text[])[parent.ordinal::int] IS NULL OR (l.currency = (@saved_currency::text[])[parent.ordinal::int]
      AND l.price_minor BETWEEN coalesce((@saved_min::bigint[])[parent.ordinal::int], 0)
        AND coalesce((@saved_max::bigint[])[parent.ordinal::int], 9223372036854775807))`,
		func(all []ProductFilter) pgx.StrictNamedArgs {
			currencies, lowest, highest := make([]*string, len(all)), make([]*int64, len(all)), make([]*int64, len(all))
			for i, f := range all {
				if f.Price != nil {
					currencies[i], lowest[i], highest[i] = &f.Price.Currency, f.Price.MinMinor, f.Price.MaxMinor
				}
			}
			return pgx.StrictNamedArgs{"saved_currency": currencies, "saved_min": lowest, "saved_max": highest}
		},
	},
	{
		func(f ProductFilter) bool { return f.MinRating != nil },
		`(@saved_rating::float8[])[parent.ordinal::int] IS NULL
      OR l.rating_average >= (@saved_rating::float8[])[parent.ordinal::int]::numeric`,
		func(all []ProductFilter) pgx.StrictNamedArgs {
			return pgx.StrictNamedArgs{"saved_rating": mapSlice(all, func(f ProductFilter) *float64 { return f.MinRating })}
		},
	},
	{
		func(f ProductFilter) bool { return len(f.Availability) > 0 },
		`(@saved_availability::jsonb[])[parent.ordinal::int] IS NULL
      OR (@saved_availability::jsonb[])[parent.ordinal::int] ? l.availability`,
		func(all []ProductFilter) pgx.StrictNamedArgs {
			return pgx.StrictNamedArgs{"saved_availability": mapSlice(all, func(f ProductFilter) *string { return jsonArray(f.Availability) })}
		},
	},
	{
		func(f ProductFilter) bool { return len(f.Options) > 0 },
		`NOT EXISTS (
      SELECT FROM jsonb_array_elements((@saved_options::jsonb[])[parent.ordinal::int]) AS wanted
      WHERE NOT p.option_keys && ARRAY(
        SELECT option_key(wanted->>'name', value) FROM jsonb_array_elements_text(wanted->'values') AS value))`,
		func(all []ProductFilter) pgx.StrictNamedArgs {
			return pgx.StrictNamedArgs{"saved_options": mapSlice(all, func(f ProductFilter) *string {
				return jsonArray(mapSlice(f.Options, func(o OptionFilter) storedOption { return storedOption(o) }))
			})}
		},
	},
}

// jsonArray returns the JSON of a list, or nil if it is empty.
func jsonArray[T any](list []T) *string {
	if len(list) == 0 {
		return nil
	}
	written, err := json.Marshal(list)
	if err != nil {
		panic("store: texts always marshal: " + err.Error())
	}
	text := string(written)
	return &text
}

// savedFilters returns for each listing the filter whose conditions its products must
// meet, or nil if there are none at all. whole keeps the conditions that a scope
// expresses.
func savedFilters(listings []Listing, whole bool) []ProductFilter {
	var filters []ProductFilter
	for i, l := range listings {
		if l.saved == nil {
			continue
		}
		if filters == nil {
			filters = make([]ProductFilter, len(listings))
		}
		if filters[i] = l.beyondScope(); whole {
			filters[i] = *l.saved
		}
	}
	return filters
}

// restrict returns the saved conditions that some of the filters have, each starting
// with AND, and adds their arguments to args.
func restrict(filters []ProductFilter, args pgx.StrictNamedArgs) string {
	var where strings.Builder
	for _, saved := range savedConditions {
		if !slices.ContainsFunc(filters, saved.has) {
			continue
		}
		where.WriteString("\n    AND (" + saved.condition + ")")
		maps.Copy(args, saved.args(filters))
	}
	return where.String()
}
