package resolvers

import (
	"context"
	"strings"

	"souk/graph/model"
	"souk/graph/relay"
	"souk/internal/fault"
	"souk/loaders"
	"souk/store"
)

// listProducts reads the page of each listing in one statement. name names the
// list for its cursors.
func listProducts(ctx context.Context, name string, listings []store.Listing, f store.ProductFilter, order store.Order, args relay.Args) ([]*relay.ProductConnection, error) {
	of := relay.List{Name: name, Order: order}
	request, err := args.Request(ctx, of)
	if err != nil {
		return nil, err
	}
	pages, err := connections(ctx, of, request, loaders.Products(listings[0].Kind(), f), listings)
	if err != nil {
		return nil, err
	}
	filtered := make([]*relay.ProductConnection, len(pages))
	for i, page := range pages {
		filtered[i] = &relay.ProductConnection{Connection: page, Listing: listings[i], Filter: f}
	}
	return filtered, nil
}

// askProducts hands in what listProducts is about to be called for. Wrong arguments are left to
// that.
func askProducts(ctx context.Context, name string, listings []store.Listing, f store.ProductFilter, order store.Order, args relay.Args) {
	request, err := args.Request(ctx, relay.List{Name: name, Order: order})
	if err == nil {
		loaders.Products(listings[0].Kind(), f).AskPages(ctx, listings, request)
	}
}

// listings resolves a field that lists products under each parent.
func listings[P any](ctx context.Context, parents []*P, listing func(*P) store.Listing, name string,
	f store.ProductFilter, order store.Order, args relay.Args,
) ([]*relay.ProductConnection, error) {
	all := make([]store.Listing, len(parents))
	for i, p := range parents {
		all[i] = listing(p)
	}
	return listProducts(ctx, name, all, f, order, args)
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
	query, err := loaders.Search.Leading().Load(ctx, words)
	if err != nil {
		return "", err
	}
	f.Search = &query
	return words, nil
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
