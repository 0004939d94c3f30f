package follower

import "souk/internal/coherence"

// A tagging says which tags a changed row of a table moves: one for the value of its column,
// before the change and after it.
type tagging struct {
	what   string
	column string // empty: one tag, whatever the row
	text   bool   // the column is text; otherwise a UUID
	roots  bool   // NULL has a tag as well, that of the empty key
	moves  bool   // only rows that come, go, or change the column
}

func byID(what, column string) tagging   { return tagging{what: what, column: column} }
func byText(what, column string) tagging { return tagging{what: what, column: column, text: true} }
func anyRow(what string) tagging         { return tagging{what: what} }

// taggings are, by table of the publication, the tags that its rows move. Whoever keeps a value
// gives it the tags of what he has read, and the generations of all tables that he has read of.
var taggings = map[string][]tagging{
	"products":         {byID("product", "id"), byText("slug", "slug"), anyRow("products")},
	"product_slugs":    {byText("slug", "slug"), byID("product", "product_id")},
	"product_listings": {byID("listing", "scope_id"), comesAndGoes(byID("listing-set", "scope_id")), anyRow("listings")},
	"product_categories": {
		byID("filed", "product_id"), byID("filed-under", "category_id"),
	},
	"product_options": {byID("options-of", "product_id"), anyRow("options")},
	"option_labels":   {anyRow("options")},
	"variants":        {byID("variant", "id"), byID("variants-of", "product_id"), byText("sku", "sku")},
	"images":          {byID("image", "id"), byID("images-of", "product_id")},
	"reviews":         {byID("review", "id"), byID("reviews-of", "product_id"), byID("reviews-by", "customer_id")},
	"categories": {
		byID("category", "id"), withRoots(byID("children-of", "parent_id")), byText("category-slug", "slug"), anyRow("categories"),
	},
	"vendors":             {byID("vendor", "id"), byText("vendor-slug", "slug"), anyRow("vendors")},
	"customers":           {byID("customer", "id")},
	"collections":         {byID("collection", "id"), byText("collection-slug", "slug"), anyRow("collections")},
	"collection_products": {byID("collected", "collection_id")},
	"shop":                {anyRow("shop")},
}

func comesAndGoes(t tagging) tagging {
	t.moves = true
	return t
}

func withRoots(t tagging) tagging {
	t.roots = true
	return t
}

// generation is the tag of a whole table. A transaction that changes too many rows, or all of
// them, moves it instead of theirs.
func generation(table string) coherence.Tag { return coherence.TagOf("table", table) }

// MovedBy returns the names of all tags, each with the tables whose rows move it.
func MovedBy() map[string][]string {
	tables := map[string][]string{}
	for table, list := range taggings {
		for _, t := range list {
			tables[t.what] = append(tables[t.what], table)
		}
	}
	return tables
}
