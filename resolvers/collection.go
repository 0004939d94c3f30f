package resolvers

import (
	"context"

	"souk/graph/model"
	"souk/graph/relay"
	"souk/store"
)

const collectionProducts = "collection.products"

// productsOfCollections lists the products of collections. By default the kinds of
// collections have different orders, so each has a statement of its own.
func productsOfCollections(ctx context.Context, collections []*store.Collection, filter *model.ProductFilter, orderBy *model.ProductOrder, args relay.Args) ([]*relay.ProductConnection, error) {
	if orderBy != nil {
		return filteredListings(ctx, collections, store.InCollection, collectionProducts, filter, orderBy, args)
	}
	f, err := productFilter(ctx, filter)
	if err != nil {
		return nil, err
	}
	manual := ofKind(collections, store.CollectionManual, store.ProductsByPosition)
	smart := ofKind(collections, store.CollectionSmart, store.ProductsByNewest)
	if len(manual.listings) > 0 && len(smart.listings) > 0 { // in one round trip
		askProducts(ctx, collectionProducts, smart.listings, f, smart.order, args)
	}
	connections := make([]*relay.ProductConnection, len(collections))
	for _, some := range []sameOrder{manual, smart} {
		if len(some.listings) == 0 {
			continue
		}
		listed, err := listProducts(ctx, collectionProducts, some.listings, f, some.order, args)
		if err != nil {
			return nil, err
		}
		for i, at := range some.places {
			connections[at] = listed[i]
		}
	}
	return connections, nil
}

// sameOrder are the collections that list their products in an order, with their places.
type sameOrder struct {
	order    store.Order
	places   []int
	listings []store.Listing
}

func ofKind(collections []*store.Collection, kind store.CollectionKind, order store.Order) sameOrder {
	some := sameOrder{order: order}
	for i, c := range collections {
		if c.Kind() == kind {
			some.places, some.listings = append(some.places, i), append(some.listings, store.InCollection(c))
		}
	}
	return some
}

// collectionFilters returns the saved filters; nil for a manual collection.
func collectionFilters(_ context.Context, collections []*store.Collection) ([]map[string]any, error) {
	filters := make([]map[string]any, len(collections))
	for i, c := range collections {
		if c.Filter != nil {
			filters[i] = filterInput(c.Filter)
		}
	}
	return filters, nil
}
