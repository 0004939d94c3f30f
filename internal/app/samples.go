package app

import (
	"context"
	"strings"

	"souk/graph/relay"
	"souk/internal/edge/graphiql"
	"souk/internal/money"
	"souk/store"
)

// samples finds values for GraphiQL's example queries in the current shop: its
// best rated product, related objects, and the product's name with a missing
// letter. What it does not find keeps the demo shop's value.
func (a *App) samples(ctx context.Context) graphiql.Samples {
	var s graphiql.Samples
	reader := a.Store.Reader(store.View{}, 0)
	best, err := reader.ListProducts(ctx, []store.Listing{store.WholeShop()}, store.ProductFilter{},
		store.PageRequest{Order: store.ProductsByRating, Limit: 1})
	if err != nil || len(best[0].Items) == 0 {
		return s
	}
	product := best[0].Items[0]
	s.ProductSlug = product.Slug
	s.Search = misspelt(product.Title)
	s.ProductID, s.ProductVersion, s.NewTitle = relay.ID(product.ID), product.Version, retitled(product.Title)
	sampleVariant(ctx, reader, product.ID, &s)
	sampleCategory(ctx, reader, product.ID, &s)
	reviews, err := reader.ListReviews(ctx, []store.ProductID{product.ID},
		store.PageRequest{Order: store.ReviewsByNewest, Limit: 1})
	if err == nil && len(reviews[0].Items) > 0 {
		s.ReviewID = relay.ID(reviews[0].Items[0].ID)
	}
	return s
}

// sampleVariant finds a variant of the product with a price, and lowers the
// price by a tenth.
func sampleVariant(ctx context.Context, reader *store.Reader, id store.ProductID, s *graphiql.Samples) {
	variants, err := reader.ListVariants(ctx, []store.ProductID{id},
		store.PageRequest{Order: store.VariantsByPosition, Limit: 1})
	if err != nil || len(variants[0].Items) == 0 {
		return
	}
	variant := variants[0].Items[0]
	s.VariantID = relay.ID(variant.ID)
	if price := variant.Price(); price != nil {
		lower := money.Amount{Minor: price.Minor - price.Minor/10, Currency: price.Currency}
		s.NewPrice, s.Currency = lower.Decimal(), lower.Currency
	}
}

// sampleCategory finds a category of the product, and a top-level category that
// is not above it.
func sampleCategory(ctx context.Context, reader *store.Reader, id store.ProductID, s *graphiql.Samples) {
	categories, err := reader.ListProductCategories(ctx, []store.ProductID{id},
		store.PageRequest{Order: store.CategoriesByName, Limit: 1})
	if err != nil || len(categories[0].Items) == 0 {
		return
	}
	category := categories[0].Items[0]
	s.CategorySlug, s.CategoryID = category.Slug, relay.ID(category.ID)
	root := category.ID
	if len(category.AncestorIDs) > 0 {
		root = category.AncestorIDs[0]
	}
	atTheTop := true
	tops, err := reader.ListCategories(ctx, store.CategoryFilter{IsRoot: &atTheTop},
		store.PageRequest{Order: store.CategoriesByName, Limit: 2})
	if err != nil {
		return
	}
	for _, top := range tops.Items {
		if top.ID != root {
			s.OtherCategoryID = relay.ID(top.ID)
		}
	}
}

// retitled returns a changed title, and for a changed title the original.
func retitled(title string) string {
	const mark = " (new)"
	if original, marked := strings.CutSuffix(title, mark); marked {
		return original
	}
	return title + mark
}

// misspelt removes a letter from the longest word.
func misspelt(title string) string {
	longest := ""
	for _, word := range strings.Fields(title) {
		if len(word) > len(longest) {
			longest = word
		}
	}
	letters := []rune(longest)
	if len(letters) < 6 {
		return longest
	}
	return string(letters[:3]) + string(letters[4:])
}
