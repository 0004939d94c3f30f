package plans

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/store"
)

// readCollections returns the manual collections, the fullest first, and the smart
// ones.
func readCollections(t *testing.T, conn *pgx.Conn) (manual, smart []*store.Collection) {
	t.Helper()
	rows, err := conn.Query(t.Context(), `
SELECT o.id, o.filter
FROM collections o
ORDER BY (SELECT count(*) FROM collection_products cp WHERE cp.collection_id = o.id) DESC, o.id`)
	require.NoError(t, err)
	all, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByNameLax[store.Collection])
	require.NoError(t, err)
	for _, c := range all {
		if c.Kind() == store.CollectionManual {
			manual = append(manual, c)
		} else {
			smart = append(smart, c)
		}
	}
	return manual[:100], smart[:100]
}

func listingsOf(collections []*store.Collection) []store.Listing {
	listings := make([]store.Listing, len(collections))
	for i, c := range collections {
		listings[i] = store.InCollection(c)
	}
	return listings
}

// collectionReads are the lists of collections, and those of manual collections, which
// no filter restricts.
func collectionReads(t *testing.T, s *store.Reader, k planKeys) []planCall {
	t.Helper()
	manual := listingsOf(k.collected)
	products := func(ctx context.Context, s *store.Reader, n int, p store.PageRequest) ([]store.Position, error) {
		return placesOf(s.ListProducts(ctx, manual[:n], store.ProductFilter{}, p))
	}
	calls := listCalls(t, s, "collections", planRule{}, 1, lister(func(ctx context.Context, s *store.Reader, _ int, p store.PageRequest) ([]store.Position, error) {
		return placesOfOne(s.ListCollections(ctx, p))
	}).in(store.CollectionsByTitle))
	for _, o := range append([]store.Order{store.ProductsByPosition}, productOrders...) {
		calls = append(calls, listCalls(t, s, "collection's products by "+o.Name(), planRule{}, len(manual), lister(products).in(o))...)
	}
	ids := make([]store.CollectionID, len(k.collected))
	for i, c := range k.collected {
		ids[i] = c.ID
	}
	read := func(name string, rule planRule, do func(ctx context.Context, s *store.Reader) error) {
		calls = append(calls, planCall{name: name, rule: rule, do: do})
	}
	for _, n := range []int{1, len(ids)} {
		read(fmt.Sprintf("collections of %d", n), planRule{keys: n, sorted: n, buffersPer: n}, func(ctx context.Context, s *store.Reader) error {
			return second(s.CollectionsByIDs(ctx, ids[:n]))
		})
		read(fmt.Sprintf("count of collection's products of %d", n), planRule{}, func(ctx context.Context, s *store.Reader) error {
			return second(s.CountProducts(ctx, manual[:n], store.ProductFilter{}))
		})
	}
	read("collection by slug", planRule{keys: 1, buffersPer: 1}, func(ctx context.Context, s *store.Reader) error {
		return second(s.CollectionBySlug(ctx, k.slugs["collections"]))
	})
	read("count of collections", planRule{scans: true}, func(ctx context.Context, s *store.Reader) error { return second(s.CountCollections(ctx)) })
	return calls
}

// smartCollections are the reads of collections with filters, whose cost is not that
// of a page: of one collection, of several, and of both kinds together. Most look at the whole shop for
// each, so that four take as long as four lists of the shop with a filter.
func smartCollections(k planKeys) []planCall {
	both := append(listingsOf(k.collected[:2]), listingsOf(k.smart[:2])...)
	rating := 4.0
	narrowed := store.ProductFilter{MinRating: &rating, Options: []store.OptionFilter{{Name: "color", Values: []string{"Black"}}}}
	var calls []planCall
	for name, listings := range map[string][]store.Listing{
		"one smart collection": listingsOf(k.smart[:1]), "four smart collections": listingsOf(k.smart[:4]), "collections of both kinds": both,
	} {
		for filter, f := range map[string]store.ProductFilter{"": {}, ", filtered": narrowed} {
			for _, o := range []store.Order{store.ProductsByNewest, store.ProductsByPrice} {
				calls = append(calls, planCall{name: name + filter + " by " + o.Name(), rule: planRule{sorted: -1}, do: func(ctx context.Context, s *store.Reader) error {
					return second(s.ListProducts(ctx, listings, f, store.PageRequest{Order: o, Limit: nestedLimit}))
				}})
			}
			calls = append(calls,
				// An estimate, for one of more than 10,000 products, is only planned.
				planCall{name: "count of " + name + filter, rule: planRule{sorted: -1, scans: true}, do: func(ctx context.Context, s *store.Reader) error {
					return second(s.CountProducts(ctx, listings, f))
				}},
				planCall{name: "facets of " + name + filter, rule: planRule{sorted: -1, scans: true}, do: func(ctx context.Context, s *store.Reader) error {
					return second(s.ProductFacets(ctx, listings, f, everyFacet))
				}})
		}
	}
	for _, order := range []store.Order{store.ProductsByPosition, store.ProductsByNewest} {
		calls = append(calls, planCall{name: "filtered manual collection by " + order.Name(), rule: planRule{sorted: -1}, do: func(ctx context.Context, s *store.Reader) error {
			return second(s.ListProducts(ctx, listingsOf(k.collected[:1]), narrowed, store.PageRequest{Order: order, Limit: pageLimit}))
		}})
	}
	return calls
}

// collectionChanges are the lives of a manual collection and of a smart one.
func collectionChanges(ctx context.Context, w *store.Writer, k planKeys, mode string) error {
	smart, err := w.CreateCollection(ctx, store.NewCollection{Title: "Smart " + mode, Filter: &store.ProductFilter{Vendors: k.vendors[:2], Category: &k.categories[0]}})
	if err != nil {
		return err
	}
	if err := w.UpdateCollection(ctx, store.CollectionPatch{ID: smart, Filter: toValue(store.ProductFilter{Vendors: k.vendors[:1]})}); err != nil {
		return err
	}
	id, err := w.CreateCollection(ctx, store.NewCollection{Title: "Manual " + mode})
	if err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error {
			return second(w.AddCollectionProducts(ctx, store.CollectionProductsAdd{CollectionID: id, ProductIDs: k.products[1:6]}))
		},
		func() error {
			return w.ReorderCollectionProducts(ctx, store.CollectionProductsReorder{CollectionID: id, ProductIDs: k.products[4:6]})
		},
		func() error {
			return w.RemoveCollectionProducts(ctx, store.CollectionProductsRemove{CollectionID: id, ProductIDs: k.products[1:3]})
		},
		func() error {
			return w.UpdateCollection(ctx, store.CollectionPatch{ID: id, Title: toValue("Renamed " + mode)})
		},
		func() error { return w.DeleteCollection(ctx, store.Ref[store.CollectionID]{ID: id}) },
		func() error { return w.DeleteCollection(ctx, store.Ref[store.CollectionID]{ID: smart}) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
