package writes

import (
	"testing"

	"github.com/stretchr/testify/require"

	"souk/test/harness"
	"souk/test/shop"
)

const bulkResults = "results { index product { id title vendor { name } variants { nodes { id product { slug } } } } userErrors { code field } }"

func TestBulkAllOrNothingLeavesNothing(t *testing.T) {
	b := newBackOffice(t)
	before := b.state(t)
	items := []obj{{"id": shop.ShirtID, "title": "A"}, {"id": mugID, "title": ""}, {"id": shop.DraftID, "slug": "linen-shirt"}}
	for _, input := range []obj{{"items": items}, {"items": items, "errorPolicy": "ALL_OR_NOTHING"}} {
		payload := b.mutate(t, "productBulkUpdate", bulkResults, input)
		require.Equal(t, []string{"REQUIRED input.items.1.title", "TAKEN input.items.2.slug"}, faults(payload))
		require.Equal(t, []any{
			obj{"index": 0.0, "product": nil, "userErrors": []any{}},
			obj{"index": 1.0, "product": nil, "userErrors": []any{obj{"code": "REQUIRED", "field": []any{"input", "items", "1", "title"}}}},
			obj{"index": 2.0, "product": nil, "userErrors": []any{obj{"code": "TAKEN", "field": []any{"input", "items", "2", "slug"}}}},
		}, payload["results"])
	}
	require.Equal(t, before, b.state(t))
}

func TestBulkSkipFailedDoesTheRest(t *testing.T) {
	b := newBackOffice(t)
	payload := b.mutate(t, "productBulkUpdate", bulkResults, obj{"errorPolicy": "SKIP_FAILED", "items": []obj{
		{"id": shop.ShirtID, "title": "A"}, {"id": mugID, "title": ""}, {"id": shop.DraftID, "title": "C"},
	}})
	require.Equal(t, []string{"REQUIRED input.items.1.title"}, faults(payload))
	require.Equal(t, "A", harness.At(payload, "results", 0, "product", "title"))
	require.Nil(t, harness.At(payload, "results", 1, "product"))
	require.Equal(t, "C", harness.At(payload, "results", 2, "product", "title"))
	require.Equal(t, "A|Enamel Mug|C", one[string](t, b, `SELECT string_agg(title, '|' ORDER BY id) FROM products WHERE slug IN ('linen-shirt', 'enamel-mug', 'secret-draft')`))
	require.Equal(t, 2, one[int](t, b, `SELECT count(*)::int FROM audit_events WHERE action = 'productBulkUpdate'`), "what was refused is no news")
}

func TestBulkCreateUnderAKeyIsDoneOnce(t *testing.T) {
	b := newBackOffice(t)
	input := obj{"idempotencyKey": "bulk", "items": []obj{{"title": "Bulk"}, {"title": "Bulk", "variants": []obj{{"price": price("1", "EUR")}}}}}
	first := b.done(t, "productBulkCreate", bulkResults, input)
	require.Len(t, first["results"], 2)
	require.Equal(t, first, b.done(t, "productBulkCreate", bulkResults, input))
	require.Equal(t, "bulk,bulk-2", one[string](t, b, `SELECT string_agg(slug, ',' ORDER BY slug) FROM products WHERE title = 'Bulk'`))
}

func TestBulkStatusAndDelete(t *testing.T) {
	b := newBackOffice(t)
	items := []obj{{"id": shop.ShirtID}, {"id": shop.DraftID}}
	statuses := func() string {
		return one[string](t, b, `SELECT coalesce(string_agg(status, ',' ORDER BY id), '') FROM products WHERE slug IN ('linen-shirt', 'secret-draft')`)
	}
	b.done(t, "productBulkUnpublish", bulkResults, obj{"items": items})
	require.Equal(t, "DRAFT,DRAFT", statuses())
	require.Equal(t, 1, one[int](t, b, `SELECT count(*)::int FROM audit_events`), "the draft was one before")
	b.done(t, "productBulkPublish", bulkResults, obj{"items": items})
	require.Equal(t, "ACTIVE,ACTIVE", statuses())
	payload := b.done(t, "productBulkDelete", bulkResults, obj{"items": items})
	require.Nil(t, harness.At(payload, "results", 1, "product"))
	require.Empty(t, statuses())
}

// TestBulkLoadsItsResultsOnce counts the statements that read what a list of
// changes shows: as many for three products as for one.
func TestBulkLoadsItsResultsOnce(t *testing.T) {
	b := newBackOffice(t)
	statements := harness.CountStatements(t, b.db)
	reads := func(ids ...string) map[string]int {
		items := make([]obj, len(ids))
		for i, id := range ids {
			items[i] = obj{"id": id, "productType": "Read " + id}
		}
		calls := statements.During(t, func() { b.done(t, "productBulkUpdate", bulkResults, obj{"items": items}) })
		read := map[string]int{}
		for _, name := range []string{"ProductsByIDs", "VendorsByIDs", "ListVariants"} {
			read[name] = calls[name]
		}
		return read
	}
	one, three := reads(shop.ShirtID), reads(mugID, shop.DraftID, "AQGQAAAAAHAAgAAAAAAAAQI")
	require.Equal(t, map[string]int{"ProductsByIDs": 1, "VendorsByIDs": 1, "ListVariants": 1}, three, "the products of their variants are known")
	require.Equal(t, one, three)

	calls := statements.During(t, func() {
		b.done(t, "productVariantsUpsert", "product { title } results { index variant { id cost { amount } selectedOptions { name } product { vendor { name } } } }",
			obj{"productId": shop.ShirtID, "variants": []obj{{"id": whiteSID, "sku": "1"}, {"id": whiteMID, "sku": "2"}, {"id": blueSID, "sku": "3"}}})
	})
	for _, name := range []string{"VariantsByIDs", "CostsByVariantIDs", "OptionsByProductIDs", "VendorsByIDs", "VariantsOfProduct"} {
		require.Equal(t, 1, calls[name], name)
	}
}
