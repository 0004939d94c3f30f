package importer

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTaxonomyOfEachForm(t *testing.T) {
	s := newShop(t)
	tree := func() []string {
		return list[string](s, `
			SELECT array_to_string(ARRAY(SELECT a.name FROM categories a WHERE a.id = ANY (c.ancestor_ids)
			         ORDER BY array_position(c.ancestor_ids, a.id)) || c.name, ' > ') || coalesce(' = ' || c.source_key, '')
			FROM categories c ORDER BY 1`)
	}
	options := Options{Format: FormatTaxonomy, Paths: []string{
		s.file("google.txt", "# Google_Product_Taxonomy_Version: 2019-07-10\n3237 - Animals & Pets > Live Animals\n1 - Animals & Pets\n"),
		s.file("shopify.txt", "# Shopify\n\ngid://shopify/TaxonomyCategory/ap-2-1      : Animals & pets > Food > Cats\n"+
			"gid://shopify/TaxonomyCategory/ap-2    : Animals & Pets > Food\nPlain > Path\n"),
	}}
	report := s.run(options)
	require.Zero(t, report.TotalRejected())
	require.Equal(t, []string{
		"Animals & Pets = 1",
		"Animals & Pets > Food = gid://shopify/TaxonomyCategory/ap-2",
		"Animals & Pets > Food > Cats = gid://shopify/TaxonomyCategory/ap-2-1",
		"Animals & Pets > Live Animals = 3237",
		"Plain",
		"Plain > Path",
	}, tree())
	before := s.hashes()
	s.run(options)
	require.Equal(t, before, s.hashes())
	s.consistent()
}
