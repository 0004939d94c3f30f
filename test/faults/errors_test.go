package faults

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/test/harness"
	"souk/test/shop"
)

// asked is short, for the long tables of requests.
var asked = harness.Body

func TestWrongInputIsToldWhatToDo(t *testing.T) {
	server := harness.Start(t, shop.New(t), harness.AsStaff(auth.CatalogueWrite))
	const version = `mutation ($v: Long) { productUpdate(input: {id: "x", expectedVersion: $v}) { product { id } } }`
	const anID = `query ($id: ID!) { product(id: $id) { id } }`
	cursor := harness.At(server.Query(t, `{ products(first: 2) { pageInfo { endCursor } } }`, nil).Data, "products", "pageInfo", "endCursor").(string)
	ids := make([]string, 101)
	for i := range ids {
		ids[i] = shop.ShirtID
	}
	for name, tc := range map[string]struct {
		body          string
		code, message string
		path          string
	}{
		"no JSON":                {`{"query": `, "BAD_USER_INPUT", `not a valid GraphQL request`, ""},
		"a list":                 {`[1]`, "BAD_USER_INPUT", `Batching is off`, ""},
		"variables are a string": {`{"query": "{ __typename }", "variables": "x"}`, "BAD_USER_INPUT", `not a valid GraphQL request`, ""},
		"nothing":                {`{}`, "BAD_USER_INPUT", "has no `query`", ""},
		"two operations":         {`{"query": "query A { __typename } query B { __typename }"}`, "GRAPHQL_VALIDATION_FAILED", "2 operations: `A`, `B`. Send the name", ""},
		"an unknown operation":   {`{"query": "query A { __typename }", "operationName": "B"}`, "GRAPHQL_VALIDATION_FAILED", "no operation `B`", ""},
		"a mutation":             {asked(`mutation { sellAll }`, nil), "GRAPHQL_VALIDATION_FAILED", "", ""},
		"syntax":                 {asked(`{ products(first: }`, nil), "GRAPHQL_PARSE_FAILED", "Unexpected", ""},
		"an unknown field":       {asked(`{ products { nodes { titel } } }`, nil), "GRAPHQL_VALIDATION_FAILED", `Did you mean "title"`, ""},
		"an unknown argument":    {asked(`{ products(frist: 1) { nodes { title } } }`, nil), "GRAPHQL_VALIDATION_FAILED", `"first"`, ""},
		"a type of no variable":  {asked(anID, map[string]any{"id": map[string]any{"a": 1}}), "BAD_USER_INPUT", "$id", "variable.id"},
		"a missing variable":     {asked(anID, nil), "BAD_USER_INPUT", "$id", "variable.id"},
		"a fraction for Int":     {asked(`query ($n: Int) { products(first: $n) { nodes { id } } }`, map[string]any{"n": 1.5}), "BAD_USER_INPUT", "`$n`: it is not a valid Int", "variable.n"},
		"a text for Float":       {asked(`query ($f: ProductFilter) { products(filter: $f) { nodes { id } } }`, map[string]any{"f": map[string]any{"minRating": "good"}}), "BAD_USER_INPUT", "$f.minRating", "variable.f.minRating"},
		"an unknown input field": {asked(`query ($f: ProductFilter) { products(filter: $f) { nodes { id } } }`, map[string]any{"f": map[string]any{"colour": "x"}}), "BAD_USER_INPUT", "$f.colour", "variable.f.colour"},
		"an unknown enum value":  {asked(`query ($o: ProductOrder) { products(orderBy: $o) { nodes { id } } }`, map[string]any{"o": map[string]any{"field": "WEIGHT"}}), "BAD_USER_INPUT", "$o.field", "variable.o.field"},

		"neither id nor slug": {asked(`{ product { id } }`, nil), "BAD_USER_INPUT", "Give either `id` or `slug`", "product"},
		"both id and slug":    {asked(`{ product(id: "`+shop.ShirtID+`", slug: "x") { id } }`, nil), "BAD_USER_INPUT", "either `id` or `slug`", "product"},
		"an empty slug":       {asked(`{ shop: category(slug: "") { id } }`, nil), "BAD_USER_INPUT", "`slug` is empty", "shop"},
		"a shared SKU":        {asked(`{ productVariant(sku: "SHARED") { id } }`, nil), "BAD_USER_INPUT", "request one of them by its `id`: AgGQ", "productVariant"},
		"101 ids":             {asked(`query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, map[string]any{"ids": ids}), "BAD_USER_INPUT", "at most 100 IDs", "nodes"},

		"a category that is none":    {asked(`{ products(filter: {category: "`+shop.LoomID+`"}) { totalCount } }`, nil), "BAD_USER_INPUT", "`filter.category` is not the ID of a category", "products"},
		"a vendor that is none":      {asked(`{ products(filter: {vendors: ["`+shop.LoomID+`", "x"]}) { totalCount } }`, nil), "BAD_USER_INPUT", "`filter.vendors[1]` is not the ID of a vendor", "products"},
		"an unknown currency":        {asked(`{ products(filter: {price: {currencyCode: "euro"}}) { totalCount } }`, nil), "BAD_USER_INPUT", "ISO 4217", "products"},
		"an amount that is none":     {asked(`{ products(filter: {price: {currencyCode: "EUR", min: "cheap"}}) { totalCount } }`, nil), "BAD_USER_INPUT", "`filter.price.min` is not an amount in EUR", "products"},
		"an amount with a sign":      {asked(`{ products(filter: {price: {currencyCode: "EUR", min: "20 €"}}) { totalCount } }`, nil), "BAD_USER_INPUT", "`filter.price.min` is not an amount in EUR", "products"},
		"an amount in groups":        {asked(`{ products(filter: {price: {currencyCode: "EUR", max: "1,234.50"}}) { totalCount } }`, nil), "BAD_USER_INPUT", "`filter.price.max` is not an amount in EUR", "products"},
		"too precise an amount":      {asked(`{ products(filter: {price: {currencyCode: "EUR", max: "1.999"}}) { totalCount } }`, nil), "BAD_USER_INPUT", `filter.price.max`, "products"},
		"an amount past all money":   {asked(`{ products(filter: {price: {currencyCode: "EUR", max: "1`+strings.Repeat("0", 40)+`"}}) { totalCount } }`, nil), "BAD_USER_INPUT", `filter.price.max`, "products"},
		"min above max":              {asked(`{ products(filter: {price: {currencyCode: "EUR", min: "2", max: "1"}}) { totalCount } }`, nil), "BAD_USER_INPUT", "min` is above `max`", "products"},
		"nine stars":                 {asked(`{ products(filter: {minRating: 9}) { totalCount } }`, nil), "BAD_USER_INPUT", "ratings run from 1 to 5", "products"},
		"an option without a value":  {asked(`{ products(filter: {options: [{name: "Color", values: []}]}) { totalCount } }`, nil), "BAD_USER_INPUT", "options[0].values` is empty", "products"},
		"a match of nothing":         {asked(`{ products(orderBy: {field: BEST_MATCH}) { totalCount } }`, nil), "BAD_USER_INPUT", "BEST_MATCH` needs a search", "products"},
		"the worst match":            {asked(`{ products(search: "x", orderBy: {field: BEST_MATCH, direction: ASC}) { totalCount } }`, nil), "BAD_USER_INPUT", "only DESC", "products"},
		"first and last":             {asked(`{ products(first: 1, last: 1) { totalCount } }`, nil), "BAD_USER_INPUT", "`first` or `last`, not both", "products"},
		"last -1":                    {asked(`{ products(last: -1) { totalCount } }`, nil), "BAD_USER_INPUT", "ask for 0 to 100", "products"},
		"first 101":                  {asked(`{ products(first: 101) { totalCount } }`, nil), "BAD_USER_INPUT", "at most 100", "products"},
		"first 2147483648":           {asked(`{ products(first: 2147483648) { totalCount } }`, nil), "BAD_USER_INPUT", "2147483648", "products"},
		"first 101 of a list inside": {asked(`{ products(first: 1) { nodes { reviews(first: 101) { totalCount } } } }`, nil), "BAD_USER_INPUT", "at most 100", "products.nodes.0.reviews"},
		"a damaged cursor":           {asked(`{ products(after: "`+cursor[1:]+`") { totalCount } }`, nil), "BAD_USER_INPUT", "`after` is not a cursor", "products"},
		"a cursor of another order":  {asked(`{ products(before: "`+cursor+`", orderBy: {field: TITLE}) { totalCount } }`, nil), "BAD_USER_INPUT", "another order", "products"},
		"a cursor of another list":   {asked(`{ vendors(after: "`+cursor+`") { totalCount } }`, nil), "BAD_USER_INPUT", "another list", "vendors"},

		"a text for Long":         {asked(version, map[string]any{"v": "abc"}), "BAD_USER_INPUT", "must be a whole number", "productUpdate.input.expectedVersion"},
		"a fraction for Long":     {asked(version, map[string]any{"v": 1.5}), "BAD_USER_INPUT", "must be a whole number", "productUpdate.input.expectedVersion"},
		"too large a Long":        {asked(version, map[string]any{"v": 1e20}), "BAD_USER_INPUT", "must be a whole number", "productUpdate.input.expectedVersion"},
		"an object for a Decimal": {asked(`query ($d: Decimal) { products(filter: {price: {currencyCode: "EUR", min: $d}}) { totalCount } }`, map[string]any{"d": map[string]any{}}), "BAD_USER_INPUT", "must be a string", "products.filter.price.min"},

		"a NUL in an SKU":      {asked(`query ($s: String) { productVariant(sku: $s) { id } }`, map[string]any{"s": "a\x00"}), "BAD_USER_INPUT", "character", "productVariant"},
		"a NUL in a search":    {asked(`query ($s: String) { products(search: $s) { nodes { id } } }`, map[string]any{"s": "a\x00"}), "BAD_USER_INPUT", "character", "products"},
		"a NUL in an option":   {asked(`query ($s: String!) { products(filter: {options: [{name: $s, values: [$s]}]}) { nodes { id } } }`, map[string]any{"s": "\x00"}), "BAD_USER_INPUT", "character", "products"},
		"a NUL in a page":      {asked(`query ($s: String!) { category(slug: "home") { products(filter: {options: [{name: $s, values: [$s]}]}) { nodes { id } } } }`, map[string]any{"s": "\x00"}), "BAD_USER_INPUT", "character", "category.products"},
		"a NUL in a facet":     {asked(`query ($s: String!) { products(filter: {options: [{name: "x", values: [$s]}]}) { facets { ratings { count } } } }`, map[string]any{"s": "\x00"}), "BAD_USER_INPUT", "character", "products"},
		"a NUL in the query":   {asked("{ product(slug: \"\x00\") { id } }", nil), "GRAPHQL_PARSE_FAILED", "", ""},
		"a NUL in a currency":  {asked(`query ($s: CurrencyCode!) { products(filter: {price: {currencyCode: $s}}) { nodes { id } } }`, map[string]any{"s": "\x00"}), "BAD_USER_INPUT", "ISO 4217", "products"},
		"a body past the size": {asked(`{ product(slug: "`+strings.Repeat("x", 300<<10)+`") { id } }`, nil), "BODY_TOO_LARGE", "larger than the limit of 256 KB", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := harness.Fetch(t, server, "/graphql", tc.body)
			require.NotEmpty(t, got.Errors, got.Body)
			require.Equal(t, tc.code, got.Errors[0].Extensions["code"], got.Body)
			require.Contains(t, got.Errors[0].Message, tc.message)
			require.Regexp(t, "^[A-Z`\"].*[.?]$", got.Errors[0].Message, "a sentence for a person")
			require.Equal(t, tc.path, harness.Dotted(got.Errors[0].Path), got.Body)
			require.NotRegexp(t, harness.Leaks, got.Body)
		})
	}
	require.NotContains(t, server.Log.String(), "internal error", "none of it is our fault")
}

// An ID of another type, a damaged one, or one of what is not public finds
// nothing, and says nothing about what there is.
func TestAnIDThatFindsNothingGivesNull(t *testing.T) {
	server := harness.Start(t, shop.New(t))
	for name, id := range map[string]string{
		"empty": "", "words": "linen shirt", "a number": "12", "NUL": "\x00", "another alphabet": "рубашка",
		"damaged": "B" + shop.ShirtID[1:], "cut": shop.ShirtID[:20], "line ends": "0" + strings.Repeat("\n", 7) + strings.Repeat("0", 15),
		"long": strings.Repeat("A", 10_000), "a draft's": shop.DraftID, "nobody's": "AQGQAAAAAHAAgAAAAAAAAP8", "no kind's": "fwGQAAAAAHAAgAAAAAAAAQE",
		"SQL": "' OR 1=1 --",
	} {
		t.Run(name, func(t *testing.T) {
			answer := server.Query(t, `query ($id: ID!) {
				node(id: $id) { id } nodes(ids: [$id]) { id }
				product(id: $id) { id } productVariant(id: $id) { id } category(id: $id) { id } vendor(id: $id) { id }
			}`, map[string]any{"id": id})
			require.Equal(t, map[string]any{
				"node": nil, "nodes": []any{nil}, "product": nil, "productVariant": nil, "category": nil, "vendor": nil,
			}, answer.Data)
		})
	}
	t.Run("of another type", func(t *testing.T) {
		answer := server.Query(t, `query ($id: ID!) { product(id: $id) { id } }`, map[string]any{"id": shop.LoomID})
		require.Equal(t, map[string]any{"product": nil}, answer.Data)
	})
}
