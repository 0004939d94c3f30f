package graphiql

import (
	"embed"
	"encoding/json"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

//go:embed examples
var exampleFiles embed.FS

// Example is a query that GraphiQL offers, and opens in its own tab.
type Example struct {
	// Group is the topic under which GraphiQL lists it.
	Group string `json:"group"`
	// Title is the query's first line: a comment that says what it shows.
	Title string `json:"title"`
	// Query is the document. GraphiQL names the tab after its operation.
	Query string `json:"query"`
	// Variables is a JSON object, or "" for a query without any.
	Variables string `json:"variables,omitempty"`
}

// Samples are values that find something in the current shop. An empty field
// means the demo shop's value.
type Samples struct {
	ProductSlug  string
	CategorySlug string
	// Search is the search text of the example, ideally with a typing error.
	Search string
	// The global IDs and new values of the mutation examples. The demo shop's
	// IDs are not known before it is filled; without them the mutations are
	// refused.
	ProductID       string
	ProductVersion  int64
	NewTitle        string
	VariantID       string
	NewPrice        string // in units of the currency
	Currency        string
	CategoryID      string
	OtherCategoryID string // where the category is moved to
	ReviewID        string
}

// demoSamples find something in the demo shop.
func demoSamples() Samples {
	return Samples{ProductSlug: "linen-shirt", CategorySlug: "clothing", Search: "shrit"}
}

// Examples returns the queries of examples/, in the order of their folders and
// file names. A folder is a group: 1-one-product is "One product". A query's
// variables are in the .json file beside it. Names in braces there, such as
// {product_slug}, are replaced by the samples.
func Examples(s Samples) []Example {
	fill := s.replacer()
	names, err := fs.Glob(exampleFiles, "examples/*/*.graphql")
	if err != nil {
		return nil // the pattern above is well-formed
	}
	examples := make([]Example, 0, len(names))
	for _, name := range names {
		query, err := fs.ReadFile(exampleFiles, name)
		if err != nil {
			continue // embedded files are always readable
		}
		title, _, _ := strings.Cut(string(query), "\n")
		e := Example{Group: groupOf(name), Title: strings.TrimSpace(strings.TrimLeft(title, "# ")), Query: string(query)}
		variables := strings.TrimSuffix(name, path.Ext(name)) + ".json"
		if text, err := fs.ReadFile(exampleFiles, variables); err == nil {
			e.Variables = strings.TrimSpace(fill.Replace(string(text)))
		}
		examples = append(examples, e)
	}
	return examples
}

func groupOf(name string) string {
	_, topic, _ := strings.Cut(path.Base(path.Dir(name)), "-")
	topic = strings.ReplaceAll(topic, "-", " ")
	return strings.ToUpper(topic[:1]) + topic[1:]
}

func (s Samples) replacer() *strings.Replacer {
	demo := demoSamples()
	return strings.NewReplacer(
		`"{product_slug}"`, quoted(s.ProductSlug, demo.ProductSlug),
		`"{category_slug}"`, quoted(s.CategorySlug, demo.CategorySlug),
		`"{search}"`, quoted(s.Search, demo.Search),
		`"{product_id}"`, quoted(s.ProductID, ""),
		`"{product_version}"`, strconv.FormatInt(s.ProductVersion, 10),
		`"{new_title}"`, quoted(s.NewTitle, "Another title"),
		`"{variant_id}"`, quoted(s.VariantID, ""),
		`"{new_price}"`, quoted(s.NewPrice, "9.90"),
		`"{currency}"`, quoted(s.Currency, "EUR"),
		`"{category_id}"`, quoted(s.CategoryID, ""),
		`"{other_category_id}"`, quoted(s.OtherCategoryID, ""),
		`"{review_id}"`, quoted(s.ReviewID, ""),
	)
}

// quoted returns value, or fallback when it is empty, as a JSON string.
func quoted(value, fallback string) string {
	if value == "" {
		value = fallback
	}
	text, err := json.Marshal(value)
	if err != nil {
		return `""` // strings always marshal
	}
	return string(text)
}
