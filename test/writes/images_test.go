package writes

import (
	"testing"

	"github.com/stretchr/testify/require"

	"souk/test/harness"
	"souk/test/shop"
)

const ofImages = "product { version images { nodes { id url } } }"

func TestImagesAddPutsThemLast(t *testing.T) {
	b := newBackOffice(t)
	input := obj{"productId": shop.ShirtID, "idempotencyKey": "i", "images": []obj{
		{"url": "https://img.example/a.jpg?w=1&h=2", "altText": "A", "width": 10, "height": 20}, {"url": "/images/b.svg"},
	}}
	first := b.done(t, "imagesAdd", "images { id url altText width height version } "+ofImages, input)
	require.Equal(t, "A", harness.At(first, "images", 0, "altText"))
	require.Equal(t, harness.At(first, "images", 1, "id"), harness.At(first, "product", "images", "nodes", 3, "id"))
	require.Equal(t, first, b.done(t, "imagesAdd", "images { id url altText width height version } "+ofImages, input))
	require.Equal(t, 4, one[int](t, b, `SELECT count(*)::int FROM images WHERE product_id = '01900000-0000-7000-8000-000000000101'`))
}

func TestImagesReorder(t *testing.T) {
	b := newBackOffice(t)
	payload := b.done(t, "imagesReorder", ofImages, obj{"productId": shop.ShirtID, "imageIds": []string{blueImgID, whiteImgID}})
	require.Equal(t, blueImgID, harness.At(payload, "product", "images", "nodes", 0, "id"))
	before := b.state(t)
	b.done(t, "imagesReorder", ofImages, obj{"productId": shop.ShirtID, "imageIds": []string{blueImgID, whiteImgID}})
	require.Equal(t, before, b.state(t))
}

func TestImagesRemoveTakesThemFromVariants(t *testing.T) {
	b := newBackOffice(t)
	payload := b.done(t, "imagesRemove", "deletedImageIds product { images { nodes { id } } variants { nodes { version image { id } } } }",
		obj{"productId": shop.ShirtID, "imageIds": []string{whiteImgID}})
	require.Equal(t, []any{whiteImgID}, payload["deletedImageIds"])
	require.Equal(t, []any{obj{"id": blueImgID}}, harness.At(payload, "product", "images", "nodes"))
	require.Equal(t, obj{"version": 2.0, "image": nil}, harness.At(payload, "product", "variants", "nodes", 0))
	require.Equal(t, obj{"version": 1.0, "image": obj{"id": blueImgID}}, harness.At(payload, "product", "variants", "nodes", 2))
}

func TestImageUpdateRaisesItsProduct(t *testing.T) {
	b := newBackOffice(t)
	version := func() int64 { return one[int64](t, b, `SELECT version FROM products WHERE slug = 'desk-lamp'`) }
	was := version()
	payload := b.done(t, "imageUpdate", "image { altText version }", obj{"id": lampImgID, "altText": "A lamp", "expectedVersion": 1})
	require.Equal(t, obj{"altText": "A lamp", "version": 2.0}, payload["image"])
	require.Greater(t, version(), was)
	before := b.state(t)
	b.done(t, "imageUpdate", "image { altText }", obj{"id": lampImgID, "altText": "A lamp"})
	require.Equal(t, before, b.state(t))
}
