package people

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/store"
	"souk/test/harness"
	"souk/test/shop"
)

const historyQuery = `query ($filter: AuditEventFilter) {
  auditEvents(first: 100, filter: $filter) {
    totalCount
    nodes { occurredAt action subjectKind subjectId changes { field before after } }
  } }`

// TestAHistoryHasTheParts changes a product and its parts, and reads the log by each
// condition.
func TestAHistoryHasTheParts(t *testing.T) {
	p := startPeople(t)
	variant, image := shop.ID[store.VariantID]("201"), shop.ID[store.ImageID]("501")
	began := time.Now().Add(-time.Minute)
	p.made(t, "eve", "productUpdate", "", map[string]any{"id": shop.ShirtID, "tags": []string{"a, b", "c"}, "vendorId": nil})
	p.made(t, "eve", "productVariantsUpsert", "", map[string]any{"productId": shop.ShirtID, "variants": []any{
		map[string]any{"id": variant, "weightGrams": 1e6, "imageId": image, "price": map[string]any{"amount": "45", "currencyCode": "EUR"}},
	}})
	p.made(t, "eve", "imageUpdate", "", map[string]any{"id": image, "altText": "Front"})
	p.made(t, "eve", "vendorUpdate", "", map[string]any{"id": shop.LoomID, "name": "Webstuhl"})
	require.NoError(t, p.db.WaitReplica(t.Context()))

	events := func(filter map[string]any) []any {
		answer := p.ask(t, "ada", historyQuery, map[string]any{"filter": filter})
		nodes, _ := answer.At("auditEvents", "nodes").([]any)
		require.EqualValues(t, len(nodes), answer.At("auditEvents", "totalCount"))
		return nodes
	}
	actions := func(filter map[string]any) []any {
		var all []any
		for _, event := range events(filter) {
			all = append(all, harness.At(event, "action"))
		}
		return all
	}
	for name, c := range map[string]struct {
		filter map[string]any
		want   []any
	}{
		"of a product, with its parts":  {map[string]any{"subjectId": shop.ShirtID}, []any{"imageUpdate", "productVariantsUpsert", "productUpdate"}},
		"of a part alone":               {map[string]any{"subjectId": variant}, []any{"productVariantsUpsert"}},
		"of a vendor":                   {map[string]any{"subjectId": shop.LoomID}, []any{"vendorUpdate"}},
		"by kind":                       {map[string]any{"subjectKind": "IMAGE"}, []any{"imageUpdate"}},
		"by kind, of a product's parts": {map[string]any{"subjectId": shop.ShirtID, "subjectKind": "VARIANT"}, []any{"productVariantsUpsert"}},
		"by action":                     {map[string]any{"action": "productUpdate"}, []any{"productUpdate"}},
		"by an action without events":   {map[string]any{"action": "productDelete"}, nil},
		"from a time on":                {map[string]any{"occurredFrom": began}, []any{"vendorUpdate", "imageUpdate", "productVariantsUpsert", "productUpdate"}},
		"before a time":                 {map[string]any{"occurredBefore": began}, nil},
		"from a future time on":         {map[string]any{"occurredFrom": time.Now().Add(time.Hour)}, nil},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, actions(c.filter)) })
	}

	change := func(field string, before, after any) any {
		return map[string]any{"field": field, "before": before, "after": after}
	}
	t.Run("writes values so that they can be read back", func(t *testing.T) {
		product := harness.At(events(map[string]any{"action": "productUpdate"})[0], "changes")
		require.Contains(t, product, change("tags", `["summer","linen"]`, `["a, b","c"]`))
		require.Contains(t, product, change("vendorId", shop.LoomID, nil))
		upserted := harness.At(events(map[string]any{"subjectId": variant})[0], "changes")
		require.Contains(t, upserted, change("price", "49.90 EUR", "45.00 EUR"))
		require.Contains(t, upserted, change("weightGrams", nil, "1000000"))
		require.NotContains(t, upserted, "imageId", "which is the same as before")
	})
}
