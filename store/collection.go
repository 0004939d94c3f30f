package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Collection is a list of products that the shop has put together. It is smart if it
// has a Filter, which is evaluated whenever its products are listed. A manual one lists
// the rows of collection_products.
type Collection struct {
	ID              CollectionID
	Slug            string
	Title           string
	DescriptionHTML string
	Description     string
	ImageURL        *string
	ImageAltText    string
	ImageWidth      *int
	ImageHeight     *int
	SeoTitle        *string
	SeoDescription  *string
	Filter          *ProductFilter
	CreatedAt       time.Time
	UpdatedAt       time.Time
	Version         int64
}

// CollectionKind says how the products of a collection are chosen.
type CollectionKind string

// The kinds of collections.
const (
	CollectionManual CollectionKind = "MANUAL"
	CollectionSmart  CollectionKind = "SMART"
)

// Kind returns the collection's kind, which never changes.
func (c *Collection) Kind() CollectionKind {
	if c.Filter != nil {
		return CollectionSmart
	}
	return CollectionManual
}

// CollectionImage is the image of a collection.
type CollectionImage struct {
	URL           string
	AltText       string
	Width, Height *int
}

// Image returns the collection's image, or nil if it has none.
func (c *Collection) Image() *CollectionImage {
	if c.ImageURL == nil {
		return nil
	}
	return &CollectionImage{*c.ImageURL, c.ImageAltText, c.ImageWidth, c.ImageHeight}
}

// Seo has the texts of a page for search engines. nil: not given.
type Seo struct{ Title, Description *string }

// Seo returns the collection's texts for search engines.
func (c *Collection) Seo() *Seo { return &Seo{c.SeoTitle, c.SeoDescription} }

var collectionColumns = columnsOf("Collection",
	col("o.id", asUUID, func(c *Collection) *CollectionID { return &c.ID }),
	col("o.slug", asText, func(c *Collection) *string { return &c.Slug }),
	col("o.title", asText, func(c *Collection) *string { return &c.Title }),
	onlyFor("descriptionHtml", col("o.description_html", asText, func(c *Collection) *string { return &c.DescriptionHTML })),
	onlyFor("description", col("o.description", asText, func(c *Collection) *string { return &c.Description })),
	maybe("o.image_url", asText, func(c *Collection) **string { return &c.ImageURL }),
	col("o.image_alt_text", asText, func(c *Collection) *string { return &c.ImageAltText }),
	maybe("o.image_width", asInt, func(c *Collection) **int { return &c.ImageWidth }),
	maybe("o.image_height", asInt, func(c *Collection) **int { return &c.ImageHeight }),
	maybe("o.seo_title", asText, func(c *Collection) **string { return &c.SeoTitle }),
	maybe("o.seo_description", asText, func(c *Collection) **string { return &c.SeoDescription }),
	maybe("o.filter", asJSON, func(c *Collection) **ProductFilter { return &c.Filter }),
	col("o.created_at", asTime, func(c *Collection) *time.Time { return &c.CreatedAt }),
	col("o.updated_at", asTime, func(c *Collection) *time.Time { return &c.UpdatedAt }),
	col("o.version", asInt, func(c *Collection) *int64 { return &c.Version }),
)

// CollectionsByTitle orders collections by title. Case and accents do not count.
var CollectionsByTitle = Order{"TITLE:ASC", []sortKey{{"sort_key(o.title)", `text COLLATE "C"`}, {"o.id", "uuid"}}, false}

var allCollections = list{name: "ListCollections", from: "collections o", where: "true"}

// ListCollections returns a page of all collections.
func (r *Reader) ListCollections(ctx context.Context, p PageRequest) (Page[Collection], error) {
	return only(pages(ctx, r, collectionColumns, allCollections, noParent, p))
}

// CountCollections returns the number of collections.
func (r *Reader) CountCollections(ctx context.Context) (Count, error) {
	return only(counts(ctx, r, allCollections, noParent))
}

// CollectionsByIDs returns the collections that exist among ids, in any order.
func (r *Reader) CollectionsByIDs(ctx context.Context, ids []CollectionID) ([]*Collection, error) {
	what := collectionColumns.choose(r.selects)
	statement := `-- name: CollectionsByIDs
SELECT ` + what.sql + `
FROM collections o
WHERE o.id = ANY (@ids)`
	return many(ctx, r, what, statement, pgx.StrictNamedArgs{"ids": keysOf(ids)})
}

// CollectionBySlug returns the collection that has the slug, or NotFound.
func (r *Reader) CollectionBySlug(ctx context.Context, slug string) (*Collection, error) {
	what := collectionColumns.choose(r.selects)
	statement := `-- name: CollectionBySlug
SELECT ` + what.sql + `
FROM collections o
WHERE o.slug = @slug`
	return one(ctx, r, what, "there is no collection with this slug", statement, bySlug(slug))
}

// byPosition returns the list of the products of manual collections in their order. It
// walks collection_products and looks up the listing of each: without OFFSET 0 the
// planner joins and sorts whole collections (18,762 buffers instead of 727 for a page
// of one with 5,000 products).
func (f ProductFilter) byPosition(l list) list {
	const listed = `collection_products cp
  CROSS JOIN LATERAL (
    SELECT l.* FROM product_listings l WHERE l.product_id = cp.product_id AND l.scope_id = cp.collection_id OFFSET 0) AS l
  JOIN products p ON p.id = l.product_id`
	l.name = "ListCollectionProducts"
	l.where += "\n    AND cp.collection_id = parent.id"
	if f.Unlisted() {
		l.from += "\n  JOIN collection_products cp ON cp.product_id = p.id"
	} else {
		l.from = listed
	}
	return l
}
