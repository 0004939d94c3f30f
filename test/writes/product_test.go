package writes

import (
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/test/harness"
	"souk/test/shop"
)

func TestProductUpdate(t *testing.T) {
	server := harness.Start(t, shop.New(t), harness.AsStaff(auth.CatalogueWrite))
	update := func(input map[string]any) *harness.Answer {
		return server.Query(t, shop.ProductUpdate, map[string]any{"input": input})
	}
	answer := update(map[string]any{"id": shop.ShirtID, "title": "Flax shirt"})
	require.Equal(t, "Flax shirt", answer.At("productUpdate", "product", "title"))
	require.Empty(t, answer.At("productUpdate", "userErrors"))
	version := answer.At("productUpdate", "product", "version")

	answer = update(map[string]any{"id": shop.ShirtID, "title": "Linen shirt", "expectedVersion": 1})
	require.Equal(t, map[string]any{
		"__typename": "VersionConflict", "code": "VERSION_CONFLICT", "field": []any{"input", "expectedVersion"}, "currentVersion": version,
	}, answer.At("productUpdate", "userErrors", 0))
}
