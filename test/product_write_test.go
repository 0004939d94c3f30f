package test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/test/harness"
)

const productUpdate = `mutation ($input: ProductUpdateInput!) {
  productUpdate(input: $input) {
    product { title version }
    userErrors { __typename code field ... on VersionConflict { currentVersion } }
  }
}`

func TestProductUpdate(t *testing.T) {
	server := harness.Start(t, goldenShop(t), harness.AsStaff(auth.CatalogueWrite))
	update := func(input map[string]any) *harness.Answer {
		return server.Query(t, productUpdate, map[string]any{"input": input})
	}
	answer := update(map[string]any{"id": shirtID, "title": "Flax shirt"})
	require.Equal(t, "Flax shirt", answer.At("productUpdate", "product", "title"))
	require.Empty(t, answer.At("productUpdate", "userErrors"))
	version := answer.At("productUpdate", "product", "version")

	answer = update(map[string]any{"id": shirtID, "title": "Linen shirt", "expectedVersion": 1})
	require.Equal(t, map[string]any{
		"__typename": "VersionConflict", "code": "VERSION_CONFLICT", "field": []any{"input", "expectedVersion"}, "currentVersion": version,
	}, answer.At("productUpdate", "userErrors", 0))
}
