package writes

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/graph/relay"
	"souk/store"
	"souk/test/harness"
	"souk/test/shop"
)

// A form sends every field, also those that nobody has changed.

func TestAllImagesCanBeRemovedAtOnce(t *testing.T) {
	b := newBackOffice(t)
	harness.Execute(t, b.db.PrimaryURL, `
INSERT INTO images (id, product_id, position, url)
SELECT gen_random_uuid(), p.id, 100 + n, '/n/' || n
FROM products p, generate_series(1, 250 - (SELECT count(*)::int FROM images i JOIN products q ON q.id = i.product_id WHERE q.slug = 'linen-shirt')) AS n
WHERE p.slug = 'linen-shirt'`)
	rows, err := b.pool.Query(t.Context(), `SELECT i.id FROM images i JOIN products p ON p.id = i.product_id WHERE p.slug = 'linen-shirt'`)
	require.NoError(t, err)
	var all []string
	for rows.Next() {
		var id store.ImageID
		require.NoError(t, rows.Scan(&id))
		all = append(all, relay.ID(id))
	}
	require.NoError(t, rows.Err())
	require.Len(t, all, 250)
	tooMany := append(append([]string{}, all...), all[0])
	require.Equal(t, []string{"TOO_MANY input.imageIds"}, faults(b.mutate(t, "imagesRemove", "deletedImageIds", obj{"productId": shop.ShirtID, "imageIds": tooMany})))
	require.Len(t, b.done(t, "imagesRemove", "deletedImageIds", obj{"productId": shop.ShirtID, "imageIds": all})["deletedImageIds"], 250)
}

// The header Idempotency-Key is for mutations whose input can have a key. The others
// may be repeated as they are.
func TestTheHeaderIsIgnoredWhereAnInputHasNoKey(t *testing.T) {
	b := newBackOffice(t)
	header := http.Header{"Idempotency-Key": {"one-request"}}
	send := func(mutation string) string {
		answer := b.Send(t, header, map[string]any{
			"query":     `mutation ($items: [Product` + mutation + `Input!]!) { productBulk` + mutation + `(input: {items: $items}) { results { product { status } } userErrors { code } } }`,
			"variables": obj{"items": []obj{{"id": shop.ShirtID}}},
		})
		require.Empty(t, answer.Errors)
		require.Empty(t, answer.At("productBulk"+mutation, "userErrors"))
		return answer.At("productBulk"+mutation, "results", 0, "product", "status").(string)
	}
	for range 2 {
		require.Equal(t, "DRAFT", send("Unpublish"))
		require.Equal(t, "ACTIVE", send("Publish"))
	}
}

// Both lists of a person's mistakes come at once: those of the form, and those that only
// the database knows.
func TestMistakesComeTogether(t *testing.T) {
	b := newBackOffice(t)
	nowhere := shop.ID[store.CategoryID]("399")
	require.Equal(t, []string{"NOT_FOUND input.categoryIds.0", "NOT_FOUND input.categoryIds.1"},
		faults(b.mutate(t, "productCategoriesSet", "product { id }", obj{"productId": shop.ShirtID, "categoryIds": []string{"x", nowhere}})))
	many := make([]string, 150)
	for i := range many {
		many[i] = nowhere
	}
	require.Equal(t, []string{"TOO_MANY input.categoryIds"}, faults(b.mutate(t, "productCreate", "product { id }", obj{"title": "Hat", "categoryIds": many})))
}
