package app

import (
	"context"
	"strings"

	"souk/internal/edge/graphiql"
	"souk/store"
)

// samples finds values for GraphiQL's example queries in the shop at hand: its
// best rated product, a category of it, and its name with a letter missing. What
// it does not find keeps the demo shop's value.
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
	categories, err := reader.ListProductCategories(ctx, []store.ProductID{product.ID},
		store.PageRequest{Order: store.CategoriesByName, Limit: 1})
	if err == nil && len(categories[0].Items) > 0 {
		s.CategorySlug = categories[0].Items[0].Slug
	}
	return s
}

// misspelt leaves a letter out of the longest word.
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
