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
	connections := make([]*relay.ProductConnection, len(collections))
	for kind, order := range map[store.CollectionKind]store.Order{
		store.CollectionManual: store.ProductsByPosition, store.CollectionSmart: store.ProductsByNewest,
	} {
		var places []int
		var listings []store.Listing
		for i, c := range collections {
			if c.Kind() == kind {
				places, listings = append(places, i), append(listings, store.InCollection(c))
			}
		}
		if len(listings) == 0 {
			continue
		}
		listed, err := listProducts(ctx, collectionProducts, listings, f, order, args)
		if err != nil {
			return nil, err
		}
		for i, at := range places {
			connections[at] = listed[i]
		}
	}
	return connections, nil
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
