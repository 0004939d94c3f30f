package writes

import (
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/test/harness"
	"souk/test/shop"
)

// atOnce runs do n times at the same moment and returns what each gave.
func atOnce[T any](n int, do func(i int) T) []T {
	results := make([]T, n)
	var ready, all sync.WaitGroup
	ready.Add(1)
	for i := range n {
		all.Go(func() {
			ready.Wait()
			results[i] = do(i)
		})
	}
	ready.Done()
	all.Wait()
	return results
}

func TestConcurrentCreatesOfOneTitleGetSlugsOfTheirOwn(t *testing.T) {
	b := newBackOffice(t)
	slugs := map[string]bool{}
	for _, payload := range atOnce(20, func(int) obj {
		return b.mutate(t, "productCreate", "product { slug }", obj{"title": "Same Thing"})
	}) {
		require.Empty(t, faults(payload))
		slugs[harness.At(payload, "product", "slug").(string)] = true
	}
	require.Len(t, slugs, 20, "%v", slices.Sorted(maps.Keys(slugs)))
}

func TestConcurrentCreatesUnderOneSlugHaveOneWinner(t *testing.T) {
	b := newBackOffice(t)
	made := 0
	for _, payload := range atOnce(10, func(int) obj {
		return b.mutate(t, "productCreate", "product { slug }", obj{"title": "T", "slug": "only-one"})
	}) {
		if payload["product"] != nil {
			made++
			continue
		}
		require.Equal(t, []string{"TAKEN input.slug"}, faults(payload))
	}
	require.Equal(t, 1, made)
}

func TestConcurrentMovesToOneSlugHaveOneWinner(t *testing.T) {
	b := newBackOffice(t)
	ids := []string{shop.ShirtID, mugID, shop.DraftID}
	moved := 0
	for _, payload := range atOnce(len(ids), func(i int) obj {
		return b.mutate(t, "productUpdate", "product { slug }", obj{"id": ids[i], "slug": "the-one"})
	}) {
		if payload["product"] != nil {
			moved++
			continue
		}
		require.Equal(t, []string{"TAKEN input.slug"}, faults(payload))
	}
	require.Equal(t, 1, moved)
	require.Equal(t, 2, one[int](t, b, `SELECT count(*)::int FROM product_slugs`), "the winner's old slug, and one that was there")
}

func TestConcurrentCreatesUnderOneKeyMakeOne(t *testing.T) {
	b := newBackOffice(t)
	ids := map[any]bool{}
	for _, payload := range atOnce(20, func(int) obj {
		return b.mutate(t, "productCreate", "product { id }", obj{"title": "Once", "idempotencyKey": "race"})
	}) {
		require.Empty(t, faults(payload))
		ids[harness.At(payload, "product", "id")] = true
	}
	require.Len(t, ids, 1)
	require.Equal(t, 1, one[int](t, b, `SELECT count(*)::int FROM products WHERE title = 'Once'`))
}

func TestConcurrentVariantsOfOneCombinationHaveOneWinner(t *testing.T) {
	b := newBackOffice(t)
	b.done(t, "productVariantsDelete", "deletedVariantIds", obj{"productId": shop.ShirtID, "ids": []string{blueMID}})
	made := 0
	for _, payload := range atOnce(10, func(int) obj {
		return b.mutate(t, "productVariantsUpsert", "product { id }", obj{
			"productId": shop.ShirtID, "variants": []obj{{"optionValues": chosen("Color", "Blue", "Size", "M"), "price": price("1", "EUR")}},
		})
	}) {
		if payload["product"] != nil {
			made++
			continue
		}
		require.Equal(t, []string{"DUPLICATE input.variants.0.optionValues"}, faults(payload))
	}
	require.Equal(t, 1, made)
	require.Equal(t, 1, one[int](t, b, `SELECT count(*)::int FROM variants WHERE title = 'Blue / M'`))
}

func TestConcurrentUpdatesOfDifferentFieldsBothSurvive(t *testing.T) {
	b := newBackOffice(t)
	changes := []obj{{"title": "New title"}, {"productType": "New type"}, {"tags": []string{"new"}}, {"descriptionHtml": "<p>New</p>"}}
	atOnce(40, func(i int) obj {
		input := maps.Clone(changes[i%len(changes)])
		input["id"] = shop.ShirtID
		return b.done(t, "productUpdate", "product { id }", input)
	})
	require.Equal(t, "New title|New type|{new}|<p>New</p>|New", one[string](t, b,
		`SELECT concat_ws('|', title, product_type, tags::text, description_html, description) FROM products WHERE slug = 'linen-shirt'`))
}

// TestConcurrentListsInOppositeOrderWaitInLine wants each list to need one
// transaction: one that was ended for a deadlock would begin a second one.
func TestConcurrentListsInOppositeOrderWaitInLine(t *testing.T) {
	b := newBackOffice(t)
	began := harness.CountStatements(t, b.db)
	ids := []string{shop.ShirtID, mugID, shop.DraftID}
	for mutation, item := range map[string]func(i int, id string) obj{
		"productBulkUpdate":  func(i int, id string) obj { return obj{"id": id, "productType": strconv.Itoa(i)} },
		"productBulkPublish": func(_ int, id string) obj { return obj{"id": id} },
	} {
		t.Run(mutation, func(t *testing.T) {
			calls := began.During(t, func() {
				for _, payload := range atOnce(20, func(i int) obj {
					items := make([]obj, len(ids))
					for n, id := range ids {
						items[n] = item(i, id)
					}
					if i%2 == 1 {
						slices.Reverse(items)
					}
					return b.mutate(t, mutation, "results { index }", obj{"items": items})
				}) {
					require.Empty(t, faults(payload))
				}
			})
			require.Equal(t, 20, calls["TransactionNumber"])
		})
	}
}

// TestConcurrentRenamesAndFilingsAllSucceed changes what products belong to while
// products are given to it: both lock it before they lock products.
func TestConcurrentRenamesAndFilingsAllSucceed(t *testing.T) {
	b := newBackOffice(t)
	atOnce(40, func(i int) obj {
		name := strconv.Itoa(i)
		switch i % 4 {
		case 0:
			return b.done(t, "vendorUpdate", "vendor { id }", obj{"id": shop.LoomID, "name": "Loom " + name})
		case 1:
			return b.done(t, "productUpdate", "product { id }", obj{"id": shop.ShirtID, "vendorId": shop.LoomID, "title": "Shirt " + name})
		case 2:
			return b.done(t, "categoryUpdate", "category { id }", obj{"id": shirtsID, "name": "Shirts " + name})
		default:
			return b.done(t, "productCategoriesSet", "product { id }", obj{"productId": shop.ShirtID, "categoryIds": []string{shirtsID}[:i/4%2]})
		}
	})
}
