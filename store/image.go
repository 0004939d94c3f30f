package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Image is an image of a product.
type Image struct {
	ID        ImageID
	ProductID ProductID
	URL       string
	AltText   string
	Width     *int
	Height    *int
	Version   int64
}

var imageColumns = columnsOf("Image",
	col("i.id", asUUID, func(i *Image) *ImageID { return &i.ID }),
	col("i.product_id", asUUID, func(i *Image) *ProductID { return &i.ProductID }),
	col("i.url", asText, func(i *Image) *string { return &i.URL }),
	col("i.alt_text", asText, func(i *Image) *string { return &i.AltText }),
	maybe("i.width", asInt, func(i *Image) **int { return &i.Width }),
	maybe("i.height", asInt, func(i *Image) **int { return &i.Height }),
	col("i.version", asInt, func(i *Image) *int64 { return &i.Version }),
)

// ImagesByPosition is the order that the shop has chosen for a product's images.
var ImagesByPosition = Order{"POSITION:ASC", []sortKey{{"i.position", "int"}, {"i.id", "uuid"}}, false}

var imagesOfProduct = list{
	name: "ListImages", from: "images i",
	where: "i.product_id = parent.id",
}

// ListImages returns the page of each product's images, in the order of ids.
func (r *Reader) ListImages(ctx context.Context, ids []ProductID, p PageRequest) ([]Page[Image], error) {
	return pages(ctx, r, imageColumns, imagesOfProduct, ids, p)
}

// CountImages returns the number of each product's images, in the order of ids.
func (r *Reader) CountImages(ctx context.Context, ids []ProductID) ([]Count, error) {
	return counts(ctx, r, imagesOfProduct, ids)
}

// ImagesByIDs returns the images that exist among ids and whose products the view
// shows, in any order.
func (r *Reader) ImagesByIDs(ctx context.Context, ids []ImageID) ([]*Image, error) {
	what := imageColumns.choose(r.selects)
	statement := `-- name: ImagesByIDs
SELECT ` + what.sql + `
FROM images i
JOIN products p ON p.id = i.product_id AND (p.status = 'ACTIVE' OR @drafts)
WHERE i.id = ANY (@ids)`
	return many(ctx, r, what, statement, pgx.StrictNamedArgs{"ids": keysOf(ids), "drafts": r.view.Drafts})
}
