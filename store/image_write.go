package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"souk/internal/fault"
)

const (
	// maxImages is the maximum number of images of a product.
	maxImages = 250
	// maxPixels is the maximum side length of a JPEG.
	maxPixels = 65_535
)

// ImageInput is an image to add to a product. Fields that are nil are not given.
type ImageInput struct {
	URL           string
	AltText       *string
	Width, Height *int
}

// imageRow is a row of the images table.
type imageRow struct {
	ID        ImageID
	ProductID ProductID
	Position  int
	URL       string
	AltText   string
	Width     *int
	Height    *int
	Version   int64
}

// ImagesAdd adds images to a product.
type ImagesAdd struct {
	ProductID       ProductID
	ExpectedVersion *int64
	Images          []*ImageInput
	IdempotencyKey  *string
}

// ImagesReorder changes the order of a product's images.
type ImagesReorder struct {
	ProductID       ProductID
	ExpectedVersion *int64
	// ImageIDs must contain all images of the product.
	ImageIDs []ImageID
}

// ImagesRemove removes images from a product.
type ImagesRemove struct {
	ProductID       ProductID
	ExpectedVersion *int64
	ImageIDs        []ImageID
}

// ImagePatch has the fields of an image that an update changes.
type ImagePatch struct {
	ID              ImageID
	ExpectedVersion *int64

	AltText Patch[*string]
}

func (a *ImagesAdd) check() (problems fault.Problems) {
	checkID(&problems, "productId", a.ProductID, "product")
	if checkLength(&problems, "images", len(a.Images), MaxBulk); len(a.Images) <= MaxBulk {
		for i, image := range a.Images {
			image.check(&problems, itemField("images", i))
		}
	}
	return problems
}

func (r *ImagesReorder) check() (problems fault.Problems) {
	checkID(&problems, "productId", r.ProductID, "product")
	return problems
}

func (r *ImagesRemove) check() (problems fault.Problems) {
	checkID(&problems, "productId", r.ProductID, "product")
	checkLength(&problems, "imageIds", len(r.ImageIDs), maxImages)
	return problems
}

func (p *ImagePatch) check() (problems fault.Problems) {
	checkID(&problems, "id", p.ID, "image")
	required(&problems, "altText", &p.AltText, line(maxAltText))
	return problems
}

// AddImages adds images to a product, after its existing images, and returns their
// IDs in the order of the input.
func (w *Writer) AddImages(ctx context.Context, a ImagesAdd) ([]ImageID, error) {
	if err := a.check().Err(); err != nil {
		return nil, err
	}
	return idempotent(ctx, w, a.IdempotencyKey, func(tx *Tx) ([]ImageID, error) { return tx.addImages(ctx, a) })
}

func (tx *Tx) addImages(ctx context.Context, a ImagesAdd) ([]ImageID, error) {
	product := a.ProductID
	if _, err := tx.lockParent(ctx, product, a.ExpectedVersion); err != nil {
		return nil, err
	}
	before, err := tx.imagesOf(ctx, product)
	if err != nil {
		return nil, err
	}
	var problems fault.Problems
	added, err := newImages(&problems, product, before, a.Images)
	if err != nil {
		return nil, err
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	ids := make([]ImageID, len(added))
	for i, row := range added {
		ids[i] = row.ID
		tx.changed(SubjectImage, row.ID, []AuditChange{createdField("url", row.URL)}, partOf(product, derivedNothing))
	}
	return ids, tx.insertImages(ctx, product, added)
}

// newImages makes the rows of checked images to add to a product. before are its
// existing images.
func newImages(problems *fault.Problems, product ProductID, before []*imageRow, in []*ImageInput) ([]*imageRow, error) {
	if n := len(in) + len(before); n > maxImages {
		problems.Add(fault.ReasonTooMany, "images", "the product would have %d images; it can have at most %d", n, maxImages)
		return nil, nil
	}
	known := make(map[string]bool, len(before)+len(in))
	last := 0
	for _, row := range before {
		known[row.URL], last = true, row.Position
	}
	rows := make([]*imageRow, len(in))
	for i, image := range in {
		id, err := newID[ImageID]()
		if err != nil {
			return nil, err
		}
		rows[i] = &imageRow{
			ID: id, ProductID: product, Position: last + 1 + i,
			URL: image.URL, AltText: *image.AltText, Width: image.Width, Height: image.Height,
		}
		if known[image.URL] {
			problems.Add(fault.ReasonDuplicate, itemField("images", i)+".url", "the product has an image with this address already; leave it out")
		}
		known[image.URL] = true
	}
	return rows, nil
}

// check checks an image at field. Its alternative text is not nil afterwards.
func (in *ImageInput) check(problems *fault.Problems, field string) {
	checkURL(problems, field+".url", in.URL)
	textOrEmpty(problems, field+".altText", &in.AltText, line(maxAltText))
	if in.Width != nil && (*in.Width < 1 || *in.Width > maxPixels) {
		problems.Add(fault.ReasonInvalid, field+".width", "it is %d; give a width of 1 to %d pixels", *in.Width, maxPixels)
	}
	if in.Height != nil && (*in.Height < 1 || *in.Height > maxPixels) {
		problems.Add(fault.ReasonInvalid, field+".height", "it is %d; give a height of 1 to %d pixels", *in.Height, maxPixels)
	}
}

func (tx *Tx) insertImages(ctx context.Context, product ProductID, rows []*imageRow) error {
	const statement = `-- name: InsertImage
INSERT INTO images (id, product_id, position, url, alt_text, width, height)
VALUES (@id, @product_id, @position, @url, @alt_text, @width, @height)`
	batch := &pgx.Batch{}
	for _, r := range rows {
		batch.Queue(statement, args{
			"id": r.ID, "product_id": product, "position": r.Position, "url": r.URL, "alt_text": r.AltText,
			"width": r.Width, "height": r.Height,
		})
	}
	return tx.send(ctx, batch)
}

// ReorderImages changes the order of a product's images.
func (w *Writer) ReorderImages(ctx context.Context, r ImagesReorder) error {
	if err := r.check().Err(); err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *Tx) error { return tx.reorderImages(ctx, r.ProductID, r.ExpectedVersion, r.ImageIDs) })
}

func (tx *Tx) reorderImages(ctx context.Context, product ProductID, expected *int64, ids []ImageID) error {
	known, err := tx.lockImages(ctx, product, expected, ids)
	if err != nil {
		return err
	}
	if len(ids) < len(known) {
		return fault.Reject(fault.ReasonRequired, "imageIds", "the product has %d images and the list has %d; list each image exactly once", len(known), len(ids))
	}
	const statement = `-- name: MoveImage
UPDATE images
SET position = @position
WHERE id = @id`
	batch := &pgx.Batch{}
	for i, id := range ids {
		row := known[id]
		if row.Position == i+1 {
			continue
		}
		batch.Queue(statement, args{"id": id, "position": i + 1})
		fields := []AuditChange{{Field: "position", Before: text(row.Position), After: text(i + 1)}}
		tx.changed(SubjectImage, id, fields, partOf(product, derivedNothing))
	}
	return tx.send(ctx, batch)
}

// RemoveImages removes images from a product. Variants that used one of them have no
// image afterwards.
func (w *Writer) RemoveImages(ctx context.Context, r ImagesRemove) error {
	if err := r.check().Err(); err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *Tx) error { return tx.removeImages(ctx, r.ProductID, r.ExpectedVersion, r.ImageIDs) })
}

func (tx *Tx) removeImages(ctx context.Context, product ProductID, expected *int64, ids []ImageID) error {
	known, err := tx.lockImages(ctx, product, expected, ids)
	if err != nil {
		return err
	}
	const statement = `-- name: DeleteImages
DELETE FROM images
WHERE id = ANY (@ids)`
	if _, err := tx.exec(ctx, statement, args{"ids": ids}); err != nil {
		return err
	}
	for _, id := range ids {
		tx.changed(SubjectImage, id, []AuditChange{removedField("url", known[id].URL)}, partOf(product, derivedNothing))
	}
	return nil
}

// UpdateImage changes the fields that the patch sets.
func (w *Writer) UpdateImage(ctx context.Context, p ImagePatch) error {
	if err := p.check().Err(); err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *Tx) error { return tx.updateImage(ctx, p) })
}

func (tx *Tx) updateImage(ctx context.Context, p ImagePatch) error {
	const statement = `-- name: ImageToUpdate
SELECT id, product_id, position, url, alt_text, width, height, version
FROM images
WHERE id = @id`
	row, err := oneRow[imageRow](ctx, tx, statement, args{"id": p.ID})
	if err == nil && row != nil { // read it again after the lock, because it may have changed
		if _, err = tx.lockProduct(ctx, row.ProductID, nil); err == nil {
			row, err = oneRow[imageRow](ctx, tx, statement, args{"id": p.ID})
		}
	}
	switch _, refused := fault.Rejected(err); {
	case refused, err == nil && row == nil:
		return fault.Reject(fault.ReasonNotFound, "id", notFound, "image")
	case err != nil:
		return err
	}
	if err := checkVersion(row.Version, p.ExpectedVersion); err != nil {
		return err
	}
	var a assignments
	assign(&a, "alt_text", p.AltText, row.AltText)
	if !a.any() {
		return nil
	}
	if err := tx.update(ctx, "UpdateImage", "images", p.ID, &a); err != nil {
		return err
	}
	tx.changed(SubjectImage, p.ID, a.changes, partOf(row.ProductID, derivedNothing))
	return nil
}

// imagesOf returns a product's images in their order.
func (tx *Tx) imagesOf(ctx context.Context, product ProductID) ([]*imageRow, error) {
	const statement = `-- name: ImagesOfProduct
SELECT id, product_id, position, url, alt_text, width, height, version
FROM images
WHERE product_id = @product_id
ORDER BY position, id`
	return rowsOf[imageRow](ctx, tx, statement, args{"product_id": product})
}

// lockImages locks a product and returns its images. It refuses ids that are not
// among them and duplicate ids.
func (tx *Tx) lockImages(ctx context.Context, product ProductID, expected *int64, ids []ImageID) (map[ImageID]*imageRow, error) {
	if _, err := tx.lockParent(ctx, product, expected); err != nil {
		return nil, err
	}
	rows, err := tx.imagesOf(ctx, product)
	if err != nil {
		return nil, err
	}
	known := make(map[ImageID]*imageRow, len(rows))
	for _, row := range rows {
		known[row.ID] = row
	}
	return known, checkMembers(known, ids, "imageIds", "product", "image")
}
