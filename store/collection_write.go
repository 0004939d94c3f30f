package store

import (
	"context"

	"souk/internal/fault"
	"souk/internal/richtext"
)

// maxSeoDescription is in characters. Search engines show less than 200.
const maxSeoDescription = 1000

// NewCollection is a collection to create. Fields that are nil are not given.
type NewCollection struct {
	Title           string
	Slug            *string // nil: made from the title
	DescriptionHTML *string
	Image           *ImageInput
	Seo             *Seo
	Filter          *ProductFilter // not nil: a smart collection
	IdempotencyKey  *string

	// FilterProblems are what is wrong with the filter as it was sent. They are
	// reported together with those that the store finds.
	FilterProblems fault.Problems
}

// CollectionPatch has the fields of a collection that an update changes. Null removes
// the image and the texts for search engines; the other fields refuse null.
type CollectionPatch struct {
	ID              CollectionID
	ExpectedVersion *int64

	Title           Patch[*string]
	Slug            Patch[*string]
	DescriptionHTML Patch[*string]
	Image           Patch[*ImageInput]
	Seo             Patch[*Seo]
	Filter          Patch[*ProductFilter]

	FilterProblems fault.Problems // as in NewCollection
}

// check returns the collection as it is stored, without its keys.
func (n *NewCollection) check() (*Collection, error) {
	problems := n.FilterProblems
	c := &Collection{Title: nonEmptyLine(maxLine)(&problems, "title", n.Title), Filter: n.Filter}
	checkNewSlug(&problems, &n.Slug)
	textOrEmpty(&problems, "descriptionHtml", &n.DescriptionHTML, cleanHTML)
	c.DescriptionHTML = *n.DescriptionHTML
	c.Description = richtext.Plain(c.DescriptionHTML)
	c.setImage(&problems, n.Image)
	c.setSeo(&problems, n.Seo)
	checkFilter(&problems, n.Filter)
	return c, problems.Err()
}

func (c *Collection) setImage(problems *fault.Problems, in *ImageInput) {
	if in == nil {
		c.ImageURL, c.ImageAltText, c.ImageWidth, c.ImageHeight = nil, "", nil, nil
		return
	}
	in.check(problems, "image")
	c.ImageURL, c.ImageAltText, c.ImageWidth, c.ImageHeight = &in.URL, *in.AltText, in.Width, in.Height
}

func (c *Collection) setSeo(problems *fault.Problems, in *Seo) {
	given := func(field string, value *string, most int) *string {
		if textOrEmpty(problems, field, &value, line(most)); *value == "" {
			return nil
		}
		return value
	}
	if in == nil {
		in = &Seo{}
	}
	c.SeoTitle = given("seo.title", in.Title, maxLine)
	c.SeoDescription = given("seo.description", in.Description, maxSeoDescription)
}

// check returns the values of the image and of the texts for search engines, if the
// patch sets them.
func (p *CollectionPatch) check() (*Collection, error) {
	problems := p.FilterProblems
	checkID(&problems, "id", p.ID, "collection")
	required(&problems, "title", &p.Title, nonEmptyLine(maxLine))
	required(&problems, "slug", &p.Slug, slugText)
	required(&problems, "descriptionHtml", &p.DescriptionHTML, cleanHTML)
	required(&problems, "filter", &p.Filter, nil)
	var after Collection
	after.setImage(&problems, p.Image.Value)
	after.setSeo(&problems, p.Seo.Value)
	checkFilter(&problems, p.Filter.Value)
	return &after, problems.Err()
}

// CreateCollection creates a collection: a smart one if it has a filter, otherwise a
// manual one without products.
func (w *Writer) CreateCollection(ctx context.Context, n NewCollection) (CollectionID, error) {
	c, err := n.check()
	if err != nil {
		return CollectionID{}, err
	}
	return idempotent(ctx, w, n.IdempotencyKey, func(tx *Tx) (CollectionID, error) { return tx.createCollection(ctx, *c, n.Slug) })
}

// UpdateCollection changes the fields that the patch sets. Only a smart collection can
// have a filter.
func (w *Writer) UpdateCollection(ctx context.Context, p CollectionPatch) error {
	after, err := p.check()
	if err != nil {
		return err
	}
	return w.inTx(ctx, func(tx *Tx) error { return tx.updateCollection(ctx, p, after) })
}

// DeleteCollection deletes a collection. Its products stay.
func (w *Writer) DeleteCollection(ctx context.Context, ref Ref[CollectionID]) error {
	return w.inTx(ctx, func(tx *Tx) error { return tx.deleteCollection(ctx, ref) })
}

func (tx *Tx) createCollection(ctx context.Context, c Collection, slug *string) (id CollectionID, err error) {
	if id, err = newID[CollectionID](); err != nil {
		return id, err
	}
	names, err := tx.namesInFilters(ctx, c.Filter)
	if err != nil {
		return id, err
	}
	if err := names.check(c.Filter); err != nil {
		return id, err
	}
	const statement = `-- name: InsertCollection
INSERT INTO collections (id, slug, title, description_html, description, image_url, image_alt_text, image_width, image_height,
  seo_title, seo_description, filter)
VALUES (@id, @slug, @title, @description_html, @description, @image_url, @image_alt_text, @image_width, @image_height,
  @seo_title, @seo_description, @filter)
ON CONFLICT (slug) DO NOTHING`
	c.Slug, err = tx.insertWithSlug(ctx, statement, args{
		"id": id, "title": c.Title, "description_html": c.DescriptionHTML, "description": c.Description,
		"image_url": c.ImageURL, "image_alt_text": c.ImageAltText, "image_width": c.ImageWidth, "image_height": c.ImageHeight,
		"seo_title": c.SeoTitle, "seo_description": c.SeoDescription, "filter": c.Filter,
	}, slug, c.Title, "collection")
	if err != nil {
		return id, err
	}
	var a assignments
	replace(&a, "title", "", c.Title)
	replace(&a, "slug", "", c.Slug)
	replace(&a, "description_html", "", c.DescriptionHTML)
	replaceImage(&a, &Collection{}, &c)
	replaceSeo(&a, &Collection{}, &c)
	if c.Filter != nil {
		a.put("filter", c.Filter, createdField("filter", names.text(c.Filter)))
	}
	tx.changed(SubjectCollection, id, withoutBefore(a.changes))
	return id, nil
}

func (tx *Tx) updateCollection(ctx context.Context, p CollectionPatch, after *Collection) error {
	old, err := tx.lockCollection(ctx, p.ID, p.ExpectedVersion)
	if err != nil {
		return err
	}
	var a assignments
	assign(&a, "title", p.Title, old.Title)
	assign(&a, "slug", p.Slug, old.Slug)
	if assign(&a, "description_html", p.DescriptionHTML, old.DescriptionHTML); a.has("description_html") {
		a.derive("description", richtext.Plain(*p.DescriptionHTML.Value))
	}
	if p.Image.Set {
		replaceImage(&a, old, after)
	}
	if p.Seo.Set {
		replaceSeo(&a, old, after)
	}
	if p.Filter.Set {
		if err := tx.replaceFilter(ctx, &a, old.Filter, p.Filter.Value); err != nil {
			return err
		}
	}
	if !a.any() {
		return nil
	}
	if err := tx.update(ctx, "UpdateCollection", "collections", p.ID, &a); err != nil {
		return collectionTaken(err)
	}
	tx.changed(SubjectCollection, p.ID, a.changes)
	return nil
}

func replaceImage(a *assignments, before, after *Collection) {
	replaceNullable(a, "image_url", before.ImageURL, after.ImageURL)
	replace(a, "image_alt_text", before.ImageAltText, after.ImageAltText)
	replaceNullable(a, "image_width", before.ImageWidth, after.ImageWidth)
	replaceNullable(a, "image_height", before.ImageHeight, after.ImageHeight)
}

func replaceSeo(a *assignments, before, after *Collection) {
	replaceNullable(a, "seo_title", before.SeoTitle, after.SeoTitle)
	replaceNullable(a, "seo_description", before.SeoDescription, after.SeoDescription)
}

func (tx *Tx) deleteCollection(ctx context.Context, ref Ref[CollectionID]) error {
	old, err := tx.lockCollection(ctx, ref.ID, ref.ExpectedVersion)
	if err != nil {
		return err
	}
	// Whoever refreshes one of the products at the same time would list it again.
	if _, err := tx.lockProducts(ctx, productsInCollections, []CollectionID{ref.ID}); err != nil {
		return err
	}
	const unlist = `-- name: DeleteCollectionListings
DELETE FROM product_listings
WHERE scope_id = @id`
	if _, err := tx.exec(ctx, unlist, args{"id": ref.ID}); err != nil {
		return err
	}
	if err := tx.delete(ctx, "DeleteCollection", "collections", ref.ID); err != nil {
		return err
	}
	tx.changed(SubjectCollection, ref.ID, []AuditChange{removedField("title", old.Title), removedField("slug", old.Slug)})
	return nil
}

// lockCollection returns a collection and locks it until the transaction ends: against
// changes, and against changes of the list of its products.
func (tx *Tx) lockCollection(ctx context.Context, id CollectionID, expected *int64) (*Collection, error) {
	found, err := lockRow[Collection](ctx, tx, "collection", `-- name: LockCollection
SELECT `+collectionColumns.sql()+`
FROM collections o
WHERE o.id = @id
FOR UPDATE`, args{"id": id})
	if err != nil {
		return nil, err
	}
	return found, checkVersion(found.Version, expected)
}

// collectionTaken turns the violation of a unique index into a rejection.
func collectionTaken(err error) error {
	if uniqueViolation(err) == "collections_slug_key" {
		return slugTaken()
	}
	return err
}
