package importer

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

// boundReview makes the review of a row.
type boundReview struct {
	key, product          textOf
	authorKey, authorName textOf
	rating, title, body   textOf
	created               textOf
	createdLayouts        []string
	productSource         string
}

func (b *binder) review(r *reviewSpec, source string) *boundReview {
	if r == nil {
		return nil
	}
	bound := &boundReview{
		key: b.text(r.key), product: b.text(r.product),
		authorKey: b.text(r.authorKey), authorName: b.text(r.authorName),
		rating: b.text(r.rating), title: b.text(r.title), body: b.text(r.body), created: b.text(r.created),
		productSource: firstOf(r.productSource, source),
	}
	if r.created != nil {
		bound.createdLayouts = r.created.dates
	}
	return bound
}

// record makes the review, or rejects the row and returns nil.
func (v *boundReview) record(r *tableRow) *Review {
	product, column := v.product(r)
	if product == "" {
		r.refuse(column, "key", "the review has no product key")
		return nil
	}
	text, column := v.rating(r)
	stars, err := parseStars(text)
	if err != nil {
		r.refuse(column, "rating", err.Error())
		return nil
	}
	review := &Review{
		Place: r.Place, ProductKey: product, ProductSource: v.productSource, Rating: stars,
		Title: optional(r, v.title), AuthorName: optional(r, v.authorName),
	}
	if v.authorKey != nil {
		review.AuthorKey, _ = v.authorKey(r)
	}
	if v.body != nil {
		text, _ := v.body(r)
		review.Body = r.words(text)
	}
	if v.created != nil {
		review.CreatedAt = date(r, v.created, v.createdLayouts)
	}
	if v.key != nil {
		review.Key, column = v.key(r)
		if review.Key == "" {
			r.refuse(column, "key", "the review has no key; a later import could not find it")
			return nil
		}
		return review
	}
	review.Key = wordsKey(review)
	return review
}

// wordsKey makes a key for a review without one, from its whole content: the
// same review is recognised in a second import, and a customer's second review
// of a product is another review.
func wordsKey(r *Review) string {
	hash := sha256.New()
	for _, part := range [...]string{
		r.ProductKey, r.AuthorKey, strconv.Itoa(r.Rating), r.CreatedAt.Format(time.RFC3339), r.Title, r.Body,
	} {
		hash.Write([]byte(part))
		hash.Write([]byte{0})
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// boundCategory makes the category of a row.
type boundCategory struct {
	key  textOf
	path listOf
}

func (b *binder) category(c *categorySpec) *boundCategory {
	if c == nil {
		return nil
	}
	// A category whose own name is null must not be taken for its parent.
	b.keepBlank = true
	path := b.list(c.path)
	b.keepBlank = false
	return &boundCategory{key: b.text(c.key), path: path}
}

func (v *boundCategory) record(r *tableRow) *Category {
	before := len(r.unread)
	path, column := v.path(r, nil)
	r.refuseLost(before) // it must not be taken for its parent
	for i := range path {
		path[i] = r.plain(path[i])
		if path[i] == "" {
			r.refuse(column, "category", "name "+strconv.Itoa(i+1)+" of the category's path is blank")
			return nil
		}
	}
	if len(path) == 0 {
		r.refuse(column, "category", "a category needs a path of names")
		return nil
	}
	category := &Category{Place: r.Place, Path: path}
	if v.key != nil {
		category.Key, _ = v.key(r)
	}
	return category
}
