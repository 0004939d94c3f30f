package writes

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/test/harness"
	"souk/test/shop"
)

const createOnce = `mutation ($title: String!, $key: String) {
  productCreate(input: {title: $title, idempotencyKey: $key}) { product { id } userErrors { code field } }
}`

// createUnder creates a product under a key in the header, in the input, or both.
func createUnder(t testing.TB, server *harness.Server, header, own, title string) *harness.Answer {
	t.Helper()
	headers, variables := http.Header{}, map[string]any{"title": title}
	if header != "" {
		headers.Set("Idempotency-Key", header)
	}
	if own != "" {
		variables["key"] = own
	}
	answer := server.Send(t, headers, map[string]any{"query": createOnce, "variables": variables})
	require.Empty(t, answer.Errors)
	return answer
}

func createdID(t testing.TB, answer *harness.Answer) string {
	t.Helper()
	id, ok := answer.At("productCreate", "product", "id").(string)
	require.True(t, ok, string(answer.Raw))
	return id
}

func TestAKeyMakesOneProduct(t *testing.T) {
	db := shop.New(t)
	server := harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite, auth.CatalogueRead))
	called := func(title string) string {
		return harness.Text(t, db.PrimaryURL, `SELECT count(*)::text FROM products WHERE title = '`+title+`'`)
	}
	t.Run("under a header", func(t *testing.T) {
		first := createdID(t, createUnder(t, server, "h", "", "Header"))
		require.Equal(t, first, createdID(t, createUnder(t, server, "h", "", "Header")))
		require.Equal(t, "1", called("Header"))
	})
	t.Run("under the input's key, which goes before the header", func(t *testing.T) {
		first := createdID(t, createUnder(t, server, "", "own", "Input"))
		require.Equal(t, first, createdID(t, createUnder(t, server, "another", "own", "Input")))
		require.Equal(t, "1", called("Input"))
	})
	t.Run("another input is refused", func(t *testing.T) {
		answer := createUnder(t, server, "h", "", "Another")
		require.Nil(t, answer.At("productCreate", "product"))
		require.Equal(t, "IDEMPOTENCY_CONFLICT", answer.At("productCreate", "userErrors", 0, "code"))
		require.Equal(t, "0", called("Another"))
	})
	t.Run("of fifty at once", func(t *testing.T) {
		ids := make([]string, 50)
		var done sync.WaitGroup
		for i := range ids {
			done.Go(func() { ids[i] = createdID(t, createUnder(t, server, "many", "", "Many")) })
		}
		done.Wait()
		for _, id := range ids {
			require.Equal(t, ids[0], id)
		}
		require.Equal(t, "1", called("Many"))
	})
	t.Run("and without a key each makes one", func(t *testing.T) {
		createUnder(t, server, "", "", "Free")
		createUnder(t, server, "", "", "Free")
		require.Equal(t, "2", called("Free"))
	})
	t.Run("several mutations under one header are each their own", func(t *testing.T) {
		const fields = `a: productCreate(input: {title: "Twin"}) { product { id } userErrors { code } }
			b: productCreate(input: {title: "Twin"}) { product { id } userErrors { code } }`
		for name, query := range map[string]string{
			"written out": `mutation { ` + fields + ` }`, "in a fragment": `mutation { ...both } fragment both on Mutation { ` + fields + ` }`,
		} {
			var answers []string
			for range 2 {
				answer := server.Send(t, http.Header{"Idempotency-Key": {"twins " + name}}, obj{"query": query})
				require.Empty(t, answer.Errors)
				require.NotContains(t, string(answer.Raw), "CONFLICT", name)
				require.NotEqual(t, answer.At("a", "product", "id"), answer.At("b", "product", "id"))
				answers = append(answers, fmt.Sprint(answer.Data))
			}
			require.Equal(t, answers[0], answers[1])
		}
		require.Equal(t, "4", called("Twin"))
	})
	t.Run("a day later it makes another", func(t *testing.T) {
		harness.Execute(t, db.PrimaryURL, `UPDATE idempotency_keys SET created_at = created_at - interval '24 hours 1 minute'`)
		createUnder(t, server, "h", "", "Header")
		require.Equal(t, "2", called("Header"))
	})
	t.Run("a key that is too long is refused", func(t *testing.T) {
		answer := createUnder(t, server, strings.Repeat("k", 256), "", "Long")
		require.Equal(t, "TOO_LONG", answer.At("productCreate", "userErrors", 0, "code"))
	})
}

const adjustStock = `mutation ($input: InventoryAdjustInput!) {
  inventoryAdjust(input: $input) { inventoryLevel { onHand available version updatedAt } userErrors { code } }
}`

// TestAKeyMovesStockOnce starts from 12 in the warehouse and takes one away under
// one key, in every way in which a client may send it twice.
func TestAKeyMovesStockOnce(t *testing.T) {
	take := obj{"variantId": whiteS, "locationId": warehouse, "delta": -1, "idempotencyKey": "take"}
	onHand := func(url string) string {
		return harness.Text(t, url, `SELECT on_hand || ' ' || available_quantity || ' ' || (SELECT count(*) FROM audit_events)
			FROM inventory_levels l JOIN variants v ON v.id = l.variant_id WHERE v.sku = 'LS-W-S'`)
	}
	t.Run("of fifty at once", func(t *testing.T) {
		url, start := stockedShop(t)
		server := start(auth.InventoryWrite)
		for _, answer := range atOnce(50, func(int) *harness.Answer { return server.Query(t, adjustStock, obj{"input": take}) }) {
			require.Equal(t, 11.0, answer.At("inventoryAdjust", "inventoryLevel", "onHand"), string(answer.Raw))
		}
		require.Equal(t, "11 8 1", onHand(url))
		t.Run("and the figures are the first ones still when the stock has moved on", func(t *testing.T) {
			first := server.Query(t, adjustStock, obj{"input": take}).At("inventoryAdjust")
			server.Query(t, adjustStock, obj{"input": obj{"variantId": whiteS, "locationId": warehouse, "delta": -5}})
			require.Equal(t, "6 3 2", onHand(url))
			require.Equal(t, first, server.Query(t, adjustStock, obj{"input": take}).At("inventoryAdjust"))
		})
	})
}
