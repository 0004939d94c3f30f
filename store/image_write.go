package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"souk/internal/fault"
)

const (
	// maxImages is how many pictures a product has at most.
	maxImages = 250
	// maxPixels is the longest side that a JPEG can have.
	maxPixels = 65_535
)

// ImageInput is a picture to add to a product. nil: not given.
type ImageInput struct {
	URL           string
	AltText       *string
	Width, Height *int
}

// imageRow is a picture as it is written.
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

// AddImages adds pictures to a product, after those that it has, and returns them
// in the order of images.
func (w *Writer) AddImages(ctx context.Context, product ProductID, expected *int64, images []*ImageInput) ([]ImageID, error) {
	return once(ctx, w, func(tx *Tx) ([]ImageID, error) { return tx.addImages(ctx, product, expected, images) })
}

func (tx *Tx) addImages(ctx context.Context, product ProductID, expected *int64, in []*ImageInput) ([]ImageID, error) {
	if _, err := tx.lockParent(ctx, product, expected); err != nil {
		return nil, err
	}
	before, err := tx.imagesOf(ctx, product)
	if err != nil {
		return nil, err
	}
	var problems fault.Problems
	if len(in) == 0 {
		problems.Add(fault.ReasonRequired, "images", "the list is empty; give at least one picture")
	}
	added, err := checkImages(&problems, product, before, in)
	if err != nil {
		return nil, err
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	ids := make([]ImageID, len(added))
	for i, row := range added {
		ids[i] = row.ID
		tx.audit(SubjectImage, row.ID, AuditChange{Field: "url", After: &row.URL})
	}
	tx.touch(derivedNothing, product)
	return ids, tx.insertImages(ctx, product, added)
}

// checkImages checks pictures that shall join those that a product has.
func checkImages(problems *fault.Problems, product ProductID, before []*imageRow, in []*ImageInput) ([]*imageRow, error) {
	switch n := len(in); {
	case n > MaxBulk:
		problems.Add(fault.ReasonTooMany, "images", "the list has %d pictures; send at most %d at once", n, MaxBulk)
		return nil, nil
	case n+len(before) > maxImages:
		problems.Add(fault.ReasonTooMany, "images", "the product would have %d pictures; at most %d are possible", n+len(before), maxImages)
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
		rows[i] = &imageRow{ID: id, ProductID: product, Position: last + 1 + i}
		rows[i].check(problems, entry("images", i), image)
		if known[image.URL] {
			problems.Add(fault.ReasonDuplicate, entry("images", i)+".url", "the product has a picture with this address already; leave it out")
		}
		known[image.URL] = true
	}
	return rows, nil
}

func (r *imageRow) check(problems *fault.Problems, field string, in *ImageInput) {
	checkURL(problems, field+".url", in.URL)
	r.URL, r.Width, r.Height = in.URL, in.Width, in.Height
	if in.AltText != nil {
		r.AltText = oneLine(problems, field+".altText", *in.AltText, maxAltText)
	}
	if in.Width != nil && (*in.Width < 1 || *in.Width > maxPixels) {
		problems.Add(fault.ReasonInvalid, field+".width", "it is %d; a width has 1 to %d pixels", *in.Width, maxPixels)
	}
	if in.Height != nil && (*in.Height < 1 || *in.Height > maxPixels) {
		problems.Add(fault.ReasonInvalid, field+".height", "it is %d; a height has 1 to %d pixels", *in.Height, maxPixels)
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

// ReorderImages puts a product's pictures into the order of ids, which names all
// of them.
func (w *Writer) ReorderImages(ctx context.Context, product ProductID, expected *int64, ids []ImageID) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.reorderImages(ctx, product, expected, ids) })
}

func (tx *Tx) reorderImages(ctx context.Context, product ProductID, expected *int64, ids []ImageID) error {
	known, err := tx.lockImages(ctx, product, expected, ids)
	if err != nil {
		return err
	}
	if len(ids) < len(known) {
		return fault.Reject(fault.ReasonRequired, "imageIds", "the product has %d pictures and the list %d; name each of them once", len(known), len(ids))
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
		tx.audit(SubjectImage, id, AuditChange{Field: "position", Before: text(row.Position), After: text(i + 1)})
	}
	if batch.Len() == 0 {
		return nil
	}
	tx.touch(derivedNothing, product)
	return tx.send(ctx, batch)
}

// RemoveImages removes pictures of a product. Variants that showed one show none.
func (w *Writer) RemoveImages(ctx context.Context, product ProductID, expected *int64, ids []ImageID) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.removeImages(ctx, product, expected, ids) })
}

func (tx *Tx) removeImages(ctx context.Context, product ProductID, expected *int64, ids []ImageID) error {
	if len(ids) == 0 {
		return fault.Reject(fault.ReasonRequired, "imageIds", "the list is empty; name at least one picture")
	}
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
		tx.audit(SubjectImage, id, AuditChange{Field: "url", Before: &known[id].URL})
	}
	tx.touch(derivedNothing, product)
	return nil
}

// UpdateImage changes what is said of a picture.
func (w *Writer) UpdateImage(ctx context.Context, id ImageID, expected *int64, alt Patch[string]) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.updateImage(ctx, id, expected, alt) })
}

func (tx *Tx) updateImage(ctx context.Context, id ImageID, expected *int64, alt Patch[string]) error {
	const statement = `-- name: ImageToUpdate
SELECT id, product_id, position, url, alt_text, width, height, version
FROM images
WHERE id = @id`
	row, err := oneRow[imageRow](ctx, tx, statement, args{"id": id})
	if err == nil && row != nil { // again, now that nobody else can change it
		if _, err = tx.lockProduct(ctx, row.ProductID, nil); err == nil {
			row, err = oneRow[imageRow](ctx, tx, statement, args{"id": id})
		}
	}
	switch _, refused := fault.Rejected(err); {
	case refused, err == nil && row == nil:
		return fault.Reject(fault.ReasonNotFound, "id", "there is no picture with this ID")
	case err != nil:
		return err
	}
	if err := checkVersion(row.Version, expected); err != nil {
		return err
	}
	var problems fault.Problems
	var a assignments
	alt.Value = oneLine(&problems, "altText", alt.Value, maxAltText)
	assign(&a, "alt_text", alt, row.AltText)
	if err := problems.Err(); err != nil || !a.any() {
		return err
	}
	a.args["id"] = id
	tx.touch(derivedNothing, row.ProductID)
	tx.audit(SubjectImage, id, a.changes...)
	_, err = tx.exec(ctx, a.statement("UpdateImage", "images"), a.args)
	return err
}

// imagesOf returns a product's pictures in their order.
func (tx *Tx) imagesOf(ctx context.Context, product ProductID) ([]*imageRow, error) {
	const statement = `-- name: ImagesOfProduct
SELECT id, product_id, position, url, alt_text, width, height, version
FROM images
WHERE product_id = @product_id
ORDER BY position, id`
	return rowsOf[imageRow](ctx, tx, statement, args{"product_id": product})
}

// lockImages locks a product and returns its pictures. It refuses ids that are not
// among them, or come twice.
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
	return known, checkMembers(known, ids, "imageIds", "picture")
}

// checkMembers refuses ids that are not among what a product has, or come twice.
func checkMembers[K comparable, V any](known map[K]V, ids []K, field, noun string) error {
	var problems fault.Problems
	seen := make(map[K]bool, len(ids))
	for i, id := range ids {
		switch _, ok := known[id]; {
		case !ok:
			problems.Add(fault.ReasonNotFound, entry(field, i), "the product has no %s with this ID", noun)
		case seen[id]:
			problems.Add(fault.ReasonDuplicate, entry(field, i), "the %s is in the list already; leave it out", noun)
		}
		seen[id] = true
	}
	return problems.Err()
}
