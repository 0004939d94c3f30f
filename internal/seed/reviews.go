package seed

import (
	"fmt"
	"math"
	"strings"
	"time"

	"souk/internal/importer"
)

// maxReviews is how many reviews the best-known products have.
const maxReviews = 240

// reviews emits the product's reviews. Most products have few or none and a few
// have hundreds; drafts have none.
func (g *generator) reviews(it *item, emit func(importer.Record) error) error {
	if it.product.Status == "DRAFT" {
		return nil
	}
	d := g.set(streamReviews, uint64(it.number))
	age := today().Sub(it.product.CreatedAt)
	// Pareto: P(n or more) falls with n^-1.15. Newer products have been seen by
	// fewer people.
	n := int(0.9*math.Pow(1-d.Float64(), -1/1.15)*min(1, 0.3+age.Hours()/(300*24)) + 0.2)
	for k := range min(n, maxReviews) {
		if err := emit(g.review(it, k, age)); err != nil {
			return err
		}
	}
	return nil
}

func (g *generator) review(it *item, k int, age time.Duration) *importer.Review {
	d := g.set(streamReviews, uint64(it.number)<<20|uint64(k+1))
	rating := g.rating(it.quality)
	review := &importer.Review{
		Place: it.product.Place, Key: fmt.Sprintf("%s-%d", it.product.Key, k+1), ProductKey: it.product.Key, Rating: rating,
		CreatedAt: it.product.CreatedAt.Add(time.Duration(d.Float64() * float64(age))).Truncate(time.Second),
	}
	if d.chance(0.85) {
		review.Title = it.fill(one(d, g.stars[rating-1].Titles))
	}
	if d.chance(0.93) {
		review.Body = it.fill(g.body(it, rating))
	}
	// Few people write much and many little; a larger shop has more of them.
	author := uint64(d.between(0, 120+0.8*float64(it.number), 1.4))
	if !d.chance(0.04) { // else anonymous
		review.AuthorKey = fmt.Sprintf("C%07d", author+1)
		review.AuthorName = g.customer(author)
	}
	return review
}

// rating draws stars as in real shops: mostly five and four, and more ones and
// twos for products that few people like.
func (g *generator) rating(quality float64) int {
	bad := 0.02 + 0.22*(1-quality)
	x := g.Float64()
	switch {
	case x < bad*0.55:
		return 1
	case x < bad:
		return 2
	case x < bad+0.07+0.1*(1-quality):
		return 3
	case x < bad+0.3+0.2*(1-quality):
		return 4
	}
	return 5
}

// body writes a few sentences that agree with the stars.
func (g *generator) body(it *item, rating int) string {
	words := g.themes[it.shelf.Theme]
	good, bad := it.fitting(words.Praise), it.fitting(words.Blame)
	sentences := []string{one(g.dice, g.stars[rating-1].Verdicts)}
	switch rating {
	case 1:
		sentences = append(sentences, sample(g.dice, bad, g.upTo(1, 2))...)
	case 2:
		sentences = append(sentences, one(g.dice, bad))
	case 3:
		sentences = append(sentences, one(g.dice, good), "But: "+firstLower(one(g.dice, bad)))
	case 4:
		sentences = append(sentences, sample(g.dice, good, g.upTo(1, 2))...)
	default:
		sentences = append(sentences, sample(g.dice, good, g.upTo(1, 3))...)
	}
	return strings.TrimSpace(strings.Join(append(sentences, one(g.dice, g.stars[rating-1].Endings)), " "))
}

// firstLower makes the first letter lower case, except in "I".
func firstLower(s string) string {
	if strings.HasPrefix(s, "I ") || strings.HasPrefix(s, "{") {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
