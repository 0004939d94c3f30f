package resolvers

import (
	"context"
	"fmt"
	"strings"

	"souk/graph/model"
	"souk/graph/relay"
	"souk/internal/auth"
	"souk/internal/fault"
	"souk/internal/money"
	"souk/loaders"
	"souk/store"
)

// listProducts reads the page of each listing in one statement. name names the
// list for its cursors.
func listProducts(ctx context.Context, name string, listings []store.Listing, f store.ProductFilter, order store.Order, args relay.Args) ([]*relay.ProductConnection, error) {
	of := relay.List{Name: name, Order: order}
	request, err := args.Request(of)
	if err != nil {
		return nil, err
	}
	reader := loaders.For(ctx).Reader
	pages, err := reader.ListProducts(ctx, listings, f, request)
	if err != nil {
		return nil, err
	}
	connections := make([]*relay.ProductConnection, len(pages))
	for i, page := range relay.Connect(of, pages, relay.ShareCounts(func(ctx context.Context) ([]store.Count, error) {
		return reader.CountProducts(ctx, listings, f)
	})) {
		connections[i] = &relay.ProductConnection{Connection: page, Listing: listings[i], Filter: f}
	}
	return connections, nil
}

// listings resolves a field that lists products under each parent.
func listings[P any](ctx context.Context, parents []*P, listing func(*P) store.Listing, name string,
	f store.ProductFilter, order store.Order, args relay.Args,
) ([]*relay.ProductConnection, error) {
	return loaders.Field(ctx, parents, func(ctx context.Context, parents []*P) ([]*relay.ProductConnection, error) {
		all := make([]store.Listing, len(parents))
		for i, p := range parents {
			all[i] = listing(p)
		}
		return listProducts(ctx, name, all, f, order, args)
	})
}

// filteredListings is listings with the arguments filter and orderBy.
func filteredListings[P any](ctx context.Context, parents []*P, listing func(*P) store.Listing, name string,
	filter *model.ProductFilter, orderBy *model.ProductOrder, args relay.Args,
) ([]*relay.ProductConnection, error) {
	f, err := productFilter(ctx, filter)
	if err != nil {
		return nil, err
	}
	order, err := productOrder(orderBy, false)
	if err != nil {
		return nil, err
	}
	return listings(ctx, parents, listing, name, f, order, args)
}

// searchFor narrows the filter to what was searched for and returns the text that
// names the search in cursors: "" when there is nothing to search for.
func searchFor(ctx context.Context, text *string, f *store.ProductFilter) (string, error) {
	if text == nil || strings.TrimSpace(*text) == "" {
		return "", nil
	}
	words := strings.TrimSpace(*text)
	query, err := loaders.For(ctx).Reader.ExpandSearch(ctx, words)
	if err != nil {
		return "", err
	}
	f.Search = &query
	return words, nil
}

const (
	// maxFilterOptions bounds the conditions of one statement: each is a term of
	// its own, and 4,000 of them took five seconds to plan.
	maxFilterOptions = 10
	// maxFilterValues is more than a form shows.
	maxFilterValues = 100
)

func atMost(field string, n, limit int) error {
	if n > limit {
		return fault.Invalid("`%s` has %d entries; give at most %d", field, n, limit)
	}
	return nil
}

// productFilter checks a filter and reads its IDs and amounts. An empty list does
// not restrict: it is what a form without a choice sends.
func productFilter(ctx context.Context, in *model.ProductFilter) (store.ProductFilter, error) {
	var f store.ProductFilter
	if in == nil {
		return f, nil
	}
	if in.Status != nil {
		f.Status = *in.Status
	}
	if f.Unlisted() && !auth.For(ctx).May(auth.CatalogueRead) {
		return f, fault.Forbidden("`filter.status: %s` is for the shop's staff; leave it out to list what is on sale", f.Status)
	}
	if in.Category != nil {
		id, err := relay.RequireKey[store.CategoryID](*in.Category, "filter.category")
		if err != nil {
			return f, err
		}
		f.Category = &id
	}
	if err := atMost("filter.vendors", len(in.Vendors), maxFilterValues); err != nil {
		return f, err
	}
	for i, vendor := range in.Vendors {
		id, err := relay.RequireKey[store.VendorID](vendor, fmt.Sprintf("filter.vendors[%d]", i))
		if err != nil {
			return f, err
		}
		f.Vendors = append(f.Vendors, id)
	}
	if in.MinRating != nil {
		if *in.MinRating < 0 || *in.MinRating > 5 {
			return f, fault.Invalid("`filter.minRating` is %g; ratings run from 1 to 5", *in.MinRating)
		}
		f.MinRating = in.MinRating
	}
	if len(in.Availability) > 0 {
		f.Availability = in.Availability
	}
	if err := atMost("filter.options", len(in.Options), maxFilterOptions); err != nil {
		return f, err
	}
	for i, o := range in.Options {
		if err := atMost(fmt.Sprintf("filter.options[%d].values", i), len(o.Values), maxFilterValues); err != nil {
			return f, err
		}
		if len(o.Values) == 0 {
			return f, fault.Invalid("`filter.options[%d].values` is empty; name a value or leave the option out", i)
		}
		f.Options = append(f.Options, store.OptionFilter{Name: o.Name, Values: o.Values})
	}
	var err error
	f.Price, err = priceFilter(in.Price)
	return f, err
}

func priceFilter(in *model.PriceFilter) (*store.PriceFilter, error) {
	if in == nil {
		return nil, nil
	}
	if _, err := money.Scale(in.CurrencyCode); err != nil {
		return nil, fault.Invalid("`filter.price.currencyCode` is not an ISO 4217 code such as EUR")
	}
	f := &store.PriceFilter{Currency: in.CurrencyCode}
	for _, end := range []struct {
		name string
		text *string
		into **int64
	}{{"min", in.Min, &f.MinMinor}, {"max", in.Max, &f.MaxMinor}} {
		if end.text == nil {
			continue
		}
		amount, err := money.Parse(*end.text, in.CurrencyCode, money.Format{Decimal: '.'})
		if err != nil {
			return nil, fault.Invalid("`filter.price.%s` is not an amount in %s; write it as in \"19.90\"", end.name, in.CurrencyCode)
		}
		*end.into = &amount.Minor
	}
	if f.MinMinor != nil && f.MaxMinor != nil && *f.MinMinor > *f.MaxMinor {
		return nil, fault.Invalid("`filter.price.min` is above `max`; swap them")
	}
	return f, nil
}

// productOrder returns the order asked for, by default the best match of a search
// or the newest.
func productOrder(in *model.ProductOrder, searching bool) (store.Order, error) {
	if in == nil {
		if searching {
			return store.ProductsByMatch, nil
		}
		return store.ProductsByNewest, nil
	}
	pick := func(byDefault model.OrderDirection, asc, desc store.Order) store.Order {
		direction := byDefault
		if in.Direction != nil {
			direction = *in.Direction
		}
		if direction == model.OrderDirectionAsc {
			return asc
		}
		return desc
	}
	switch in.Field {
	case model.ProductOrderFieldNewest:
		return pick(model.OrderDirectionDesc, store.ProductsByOldest, store.ProductsByNewest), nil
	case model.ProductOrderFieldPrice:
		return pick(model.OrderDirectionAsc, store.ProductsByPrice, store.ProductsByPriceDesc), nil
	case model.ProductOrderFieldTitle:
		return pick(model.OrderDirectionAsc, store.ProductsByTitle, store.ProductsByTitleDesc), nil
	case model.ProductOrderFieldRating:
		return pick(model.OrderDirectionDesc, store.ProductsByRatingAsc, store.ProductsByRating), nil
	case model.ProductOrderFieldBestMatch:
		if !searching {
			return store.Order{}, fault.Invalid("`orderBy: BEST_MATCH` needs a search; give `search` some words or order by another field")
		}
		if in.Direction != nil && *in.Direction == model.OrderDirectionAsc {
			return store.Order{}, fault.Invalid("`orderBy: BEST_MATCH` runs only DESC, the best first; leave `direction` out")
		}
		return store.ProductsByMatch, nil
	}
	return store.Order{}, fault.Invalid("`orderBy.field: %s` is not known", in.Field)
}
