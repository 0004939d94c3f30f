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

const imageColumns = "i.id, i.product_id, i.url, i.alt_text, i.width, i.height, i.version"

// ImagesByPosition is the order that the shop has chosen for a product's images.
var ImagesByPosition = Order{"POSITION:ASC", []sortKey{{"i.position", "int"}, {"i.id", "uuid"}}, false}

var imagesOfProduct = list{
	name: "ListImages", columns: imageColumns, from: "images i",
	where: "i.product_id = parent.id",
}

// ListImages returns the page of each product's images, in the order of ids.
func (r *Reader) ListImages(ctx context.Context, ids []ProductID, p PageRequest) ([]Page[Image], error) {
	return pages[Image](ctx, r, imagesOfProduct, ids, p)
}

// CountImages returns the number of each product's images, in the order of ids.
func (r *Reader) CountImages(ctx context.Context, ids []ProductID) ([]Count, error) {
	return counts(ctx, r, imagesOfProduct, ids)
}

// ImagesByIDs returns the images that exist among ids and whose products the view
// shows, in any order.
func (r *Reader) ImagesByIDs(ctx context.Context, ids []ImageID) ([]*Image, error) {
	const statement = `-- name: ImagesByIDs
SELECT ` + imageColumns + `
FROM images i
JOIN products p ON p.id = i.product_id AND (p.status = 'ACTIVE' OR @drafts)
WHERE i.id = ANY (@ids)`
	return many[Image](ctx, r, statement, pgx.StrictNamedArgs{"ids": ids, "drafts": r.view.Drafts})
}
