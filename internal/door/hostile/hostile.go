// Package hostile has documents that once cost a server far more than their
// sender. Tests send them in each way there is.
package hostile

import (
	"fmt"
	"slices"
	"strings"
)

// Document is a text, and the code that refuses it. An empty code means that the
// document is harmless and may run.
type Document struct {
	Name, Text, Code string
}

// Operation is the name of the operation to run: documents with several begin with Q0.
func (d Document) Operation() string {
	if strings.HasPrefix(d.Text, "query Q0 ") {
		return "Q0"
	}
	return ""
}

const (
	invalid    = "GRAPHQL_VALIDATION_FAILED"
	unparsable = "GRAPHQL_PARSE_FAILED"
)

// Documents returns all of them.
func Documents() []Document {
	return slices.Concat(nested(), fragments(), wide(), several(), odd())
}

// nested are deep, or multiply lists in lists.
func nested() []Document {
	page := "products(first: 100) { nodes { id } }"
	for range 3 {
		page = "products(first: 100) { nodes { vendor { " + page + " } } }"
	}
	var d []Document
	for _, levels := range []int{14, 16, 20} {
		d = append(d, Document{
			fmt.Sprintf("related products of related products, %d levels", levels),
			"{ products(first: 2) { nodes { " + nest("relatedProducts(first: 2) { nodes { ", "id", " } }", levels) + " } } }", "",
		})
	}
	d[0].Code, d[1].Code, d[2].Code = "COST_TOO_HIGH", "TOO_DEEP", "TOO_DEEP"
	return append(d,
		Document{"related products of related products, 10 levels", "{ products(first: 2) { nodes { " + nest("relatedProducts(first: 4) { nodes { ", "id", " } }", 10) + " } } }", "COST_TOO_HIGH"},
		Document{"first: 100 four times", "{ " + page + " }", "COST_TOO_HIGH"},
		Document{"a selection 10,000 deep", nest("{ a ", "{ b }", " }", 10_000), "TOO_DEEP"},
		Document{"a selection 10,000 deep that never ends", strings.Repeat("{a", 10_000), "TOO_DEEP"},
		Document{"a list 10,000 deep", "{ nodes(ids: " + nest("[", "1", "]", 10_000) + ") { id } }", "TOO_DEEP"},
		Document{"an object 10,000 deep", "{ products(filter: " + nest("{a: ", "1", "}", 10_000) + ") { nodes { id } } }", "TOO_DEEP"},
		Document{"a list type 10,000 deep", "query($v: " + nest("[", "Int", "]", 10_000) + ") { products { nodes { id } } }", "TOO_DEEP"},
		Document{"inline fragments 10,000 deep", "{ " + nest("... { ", "__typename", " }", 10_000) + " }", "TOO_DEEP"},
		Document{"types of types", "{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }", invalid},
		Document{"types of types through fragments", "{ __schema { types { ...A } } } fragment A on __Type { fields { type { ...B } } } fragment B on __Type { fields { type { ...C } } } fragment C on __Type { fields { name } }", invalid},
		Document{"__type under 50 names", "{ " + each(50, func(i int) string {
			return fmt.Sprintf("t%d: __type(name: \"Product\") { fields { name args { name type { name ofType { name ofType { name fields { name } } } } } } }", i)
		}) + " }", "TOO_MANY_ROOT_FIELDS"},
		Document{"__schema under 3 names", "{ " + each(3, func(i int) string {
			return fmt.Sprintf("s%d: __schema { types { name fields { name args { name type { name ofType { name ofType { name } } } } type { name ofType { name ofType { name ofType { name } } } } } } }", i)
		}) + " }", "TOO_MANY_ROOT_FIELDS"},
	)
}

// fragments multiply, go round in circles, or are unknown.
func fragments() []Document {
	var d []Document
	for _, n := range []int{10, 20, 60} {
		d = append(d, Document{fmt.Sprintf("%d fragments that spread the next one twice", n), fan(n, "...F%[1]d ...F%[1]d"), "TOO_MANY_FIELDS"})
	}
	return append(d,
		Document{"12 fragments that select the next one under two names", "{ products { nodes { ...F0 } } } " + each(12, func(i int) string {
			return fmt.Sprintf("fragment F%d on Product { a: relatedProducts(first: 1) { nodes { ...F%d } } b: relatedProducts(first: 1) { nodes { ...F%[2]d } } }", i, i+1)
		}) + " fragment F12 on Product { id }", "TOO_MANY_FIELDS"},
		Document{"a ring of 120 fragments", "{ products { nodes { ...F0 } } } " + each(120, func(i int) string {
			return fmt.Sprintf("fragment F%d on Product { ...F%d }", i, (i+1)%120)
		}), invalid},
		Document{"a chain of 180 fragments", "{ products { nodes { ...F0 } } } " + each(180, func(i int) string {
			return fmt.Sprintf("fragment F%d on Product { ...F%d id title slug }", i, i+1)
		}) + " fragment F180 on Product { id }", "TOO_MANY_FRAGMENTS"},
		Document{"a chain of 90 fragments", "{ products { nodes { ...F0 } } } " + each(90, func(i int) string {
			return fmt.Sprintf("fragment F%d on Product { ...F%d id title slug }", i, i+1)
		}) + " fragment F90 on Product { id }", ""},
		Document{"a chain of 2,000 fragments", "{ products { nodes { ...F0 } } } " + each(2000, func(i int) string {
			return fmt.Sprintf("fragment F%d on Product { ...F%d }", i, i+1)
		}) + " fragment F2000 on Product { id }", "TOO_MANY_TOKENS"},
		Document{"a fragment that spreads itself", "{ products { nodes { ...A } } } fragment A on Product { ...A ...A ...A }", invalid},
		Document{"a circle through fields", "{ products { nodes { ...A } } } fragment A on Product { vendor { products { nodes { ...A } } } }", invalid},
		Document{"100 fragments that each spread all", "{ products { nodes { ...F0 } } } " + each(70, func(i int) string {
			return fmt.Sprintf("fragment F%d on Product { id %s }", i, each(60, func(j int) string { return fmt.Sprintf("...F%d", j) }))
		}), "TOO_MANY_TOKENS"},
		Document{"40 fragments that each spread all", "{ products { nodes { ...F0 } } } " + each(40, func(i int) string {
			return fmt.Sprintf("fragment F%d on Product { id %s }", i, each(40, func(j int) string { return fmt.Sprintf("...F%d", j) }))
		}), "TOO_MANY_FRAGMENTS"},
		Document{"unknown fragments, 44 KB", "{ products { nodes { " + each(5000, func(i int) string { return fmt.Sprintf("...F%d", i) }) + " } } }", "TOO_MANY_TOKENS"},
		Document{"unknown fragments, 2,000", "{ products { nodes { " + each(1900, func(i int) string { return fmt.Sprintf("...F%d", i) }) + " } } }", invalid},
		Document{"unknown fragments, 239 KB", "{ products { nodes { " + each(26_000, func(i int) string { return fmt.Sprintf("...F%d", i) }) + " } } }", "TOO_MANY_TOKENS"},
		Document{"150 fragments that nobody uses", "{ shop { name } } " + each(150, func(i int) string {
			return fmt.Sprintf("fragment F%d on Product { id }", i)
		}), invalid},
		Document{"7,500 inline fragments", "{ products { nodes { " + strings.Repeat("... { id } ", 7500) + " } } }", "TOO_MANY_TOKENS"},
		Document{"1,200 inline fragments", "{ products { nodes { " + strings.Repeat("... { id } ", 1200) + " } } }", "TOO_MANY_FIELDS"},
		Document{"inline fragments that double", "{ products { nodes { " + double("... { %[1]s %[1]s }", "id", 9) + strings.Repeat(" id", 1000) + " } } }", "TOO_MANY_FIELDS"},
		Document{"operations that each spread 30 fragments", each(250, func(i int) string {
			return fmt.Sprintf("query Q%d { products { nodes { ...F0 } } }", i)
		}) + each(30, func(i int) string {
			return fmt.Sprintf(" fragment F%d on Product { ...F%d id title }", i, i+1)
		}) + " fragment F30 on Product { id }", "TOO_MANY_FRAGMENTS"},
	)
}

// wide repeat fields, aliases, directives and mutations.
func wide() []Document {
	return []Document{
		{"conflicting aliases, 1.3 KB", "{ products { nodes { " + strings.Repeat("a:id a:title ", 100) + " } } }", invalid},
		{"conflicting aliases, 26 KB", "{ products { nodes { " + strings.Repeat("a:id a:title ", 2000) + " } } }", "TOO_MANY_TOKENS"},
		{"conflicting aliases, 9 KB", "{ products { nodes { " + strings.Repeat("a:id a:title ", 800) + " } } }", invalid},
		{"one field 7,000 times", "{ products { nodes { " + strings.Repeat("id ", 7000) + " } } }", "TOO_MANY_TOKENS"},
		{"one field 1,900 times", "{ products { nodes { " + strings.Repeat("id ", 1900) + " } } }", ""},
		{"one object 600 times", "{ " + strings.Repeat("products { nodes { id } } ", 600) + " }", ""},
		{"overlaps four levels deep", "{ " + strings.Repeat("products { nodes { vendor { products { nodes { id } } } } } ", 150) + " }", ""},
		{"overlaps four levels deep, 24 KB", "{ " + strings.Repeat("products { nodes { vendor { products { nodes { id } } } } } ", 410) + " }", "TOO_MANY_TOKENS"},
		{"120 failing aliases over 100 products", "{ products(first: 100) { nodes { " + each(120, func(i int) string {
			return fmt.Sprintf("a%d: variants(first: 1000) { nodes { id } }", i)
		}) + " } } }", "TOO_MANY_ALIASES"},
		{"350 failing aliases over 100 products", "{ products(first: 100) { nodes { " + each(350, func(i int) string {
			return fmt.Sprintf("a%d: variants(first: 1000) { nodes { id } }", i)
		}) + " } } }", "TOO_MANY_ALIASES"},
		{"50 aliases of pages over 100 products", "{ products(first: 100) { nodes { " + each(50, func(i int) string {
			return fmt.Sprintf("a%d: variants(first: 100) { nodes { id } }", i)
		}) + " } } }", "COST_TOO_HIGH"},
		{"1,500 aliases of a leaf", "{ products(first: 100) { nodes { " + each(1500, func(i int) string { return fmt.Sprintf("a%d: id", i) }) + " } } }", "TOO_MANY_ALIASES"},
		{"60 root fields", "{ " + each(60, func(i int) string { return fmt.Sprintf("a%d: shop { name }", i) }) + " }", "TOO_MANY_ROOT_FIELDS"},
		{"1,500 mutations", "mutation { " + each(1500, func(i int) string {
			return fmt.Sprintf("m%d: sessionRevoke { userErrors { message } }", i)
		}) + " }", "TOO_MANY_TOKENS"},
		{"400 mutations", "mutation { " + each(400, func(i int) string {
			return fmt.Sprintf("m%d: sessionRevoke { userErrors { message } }", i)
		}) + " }", "TOO_MANY_MUTATIONS"},
		{"mutations through fragments", "mutation { " + each(30, func(i int) string { return fmt.Sprintf("...M%d", i) }) + " } " + each(30, func(i int) string {
			return fmt.Sprintf("fragment M%d on Mutation { m%d: sessionRevoke { userErrors { message } } }", i, i)
		}), "TOO_MANY_MUTATIONS"},
		{"forbidden fields under aliases", "{ products(first: 100) { nodes { reviews(first: 100) { nodes { " + each(40, func(i int) string {
			return fmt.Sprintf("a%d: status", i)
		}) + " } } } } }", "COST_TOO_HIGH"},
		{"1,000 directives", "{ products { nodes { id " + strings.Repeat("@include(if: true) ", 600) + " } } }", "TOO_MANY_DIRECTIVES"},
		{"90 directives on one field", "{ products { nodes { id " + strings.Repeat("@include(if: true) ", 90) + " } } }", invalid},
		{"100 directives, each on a field", "{ products { nodes { " + strings.Repeat("id @include(if: true) ", 100) + " } } }", ""},
		{"unknown directives", "{ products { nodes { id " + each(100, func(i int) string { return fmt.Sprintf("@d%d", i) }) + " } } }", invalid},
		{"1,000 variables", "query(" + each(1000, func(i int) string { return fmt.Sprintf("$v%d: Int", i) }) + ") { products { nodes { id } } }", "TOO_MANY_VARIABLES"},
		{"1,600 unknown fields", "{ products { nodes { " + each(1600, func(i int) string { return fmt.Sprintf("unknown%d", i) }) + " } } }", invalid},
		{"1,600 unknown arguments", "{ products(" + each(1600, func(i int) string { return fmt.Sprintf("a%d: 1 ", i) }) + ") { nodes { id } } }", invalid},
		{"nodes of 100 IDs, 30 times", "{ " + each(30, func(i int) string {
			return fmt.Sprintf("n%d: nodes(ids: [%s]) { id }", i, strings.Repeat("1 ", 100))
		}) + " }", ""},
		{"nodes of 120,000 IDs", "{ nodes(ids: [" + strings.Repeat("1 ", 120_000) + "]) { id } }", "TOO_MANY_TOKENS"},
		{"nodes of 4,000 IDs", "{ nodes(ids: [" + strings.Repeat("1 ", 4000) + "]) { id } }", "LIST_TOO_LONG"},
	}
}

// several have many operations, of which one runs, and names that stand for several
// fields.
func several() []Document {
	bomb := func(ops, levels int) string {
		return each(ops, func(i int) string { return fmt.Sprintf("query Q%d { products { nodes { ...F%d_0 } } }", i, i) }) +
			each(ops, func(i int) string {
				return each(levels, func(j int) string {
					return fmt.Sprintf("fragment F%d_%d on Product { ...F%[1]d_%[3]d v: vendor { products { nodes { ...F%[1]d_%[3]d } } } }", i, j, j+1)
				}) + fmt.Sprintf(" fragment F%d_%d on Product { id }", i, levels)
			})
	}
	return []Document{
		{"5 operations with 7 fragments that double", bomb(5, 7), "COST_TOO_HIGH"},
		{"12 operations with 6 fragments that double", bomb(12, 6), "COST_TOO_HIGH"},
		{"a cheap field and a dear one of one name", `{ nodes(ids: ["a"]) { ` + each(40, func(i int) string {
			return fmt.Sprintf("... on Vendor { x%d: products(first: 1) { nodes { id } } } ... on Category { x%[1]d: products(first: 100) { nodes { id variants { nodes { id } } } } }", i)
		}) + " } }", "COST_TOO_HIGH"},
		{"135 aliases behind names of another type", `{ nodes(ids: ["a"]) { ` + each(60, func(i int) string {
			return fmt.Sprintf("... on Vendor { x%d: name } ... on Product { x%[1]d: title }", i)
		}) + " } }", "TOO_MANY_ALIASES"},
	}
}

// odd are strange texts.
func odd() []Document {
	return []Document{
		{"nothing but brackets", strings.Repeat("[", 200_000), "TOO_DEEP"},
		{"nothing but comments", strings.Repeat("#\n", 120_000), "TOO_MANY_TOKENS"},
		{"nothing but blanks", strings.Repeat(" ", 250_000), ""},
		{"nothing but byte order marks", strings.Repeat("\ufeff", 80_000), ""},
		{"nothing but quotes", strings.Repeat(`"`, 240_000), "STRING_TOO_LONG"},
		{"a string of 200 KB", `{ products(search: "` + strings.Repeat("a", 200_000) + `") { nodes { id } } }`, "STRING_TOO_LONG"},
		{"a string of 100 KB of escapes", `{ products(search: "` + strings.Repeat(`\u0041`, 16_000) + `") { nodes { id } } }`, "STRING_TOO_LONG"},
		{"a string of 60 KB of escapes", `{ products(search: "` + strings.Repeat(`\u0041`, 10_000) + `") { nodes { id } } }`, ""},
		{"a block string of 120 KB of lines", `{ products(search: """` + strings.Repeat("\n", 60_000) + "a" + strings.Repeat("\n", 60_000) + "a" + `""") { nodes { id } } }`, "STRING_TOO_LONG"},
		{"a block string of 60 KB of lines", `{ products(search: """` + strings.Repeat("\na", 30_000) + `""") { nodes { id } } }`, ""},
		{"a block string of 60 KB of indented lines", `{ products(search: """` + strings.Repeat("\n   a", 12_000) + `""") { nodes { id } } }`, ""},
		{"a block string that never ends", `{ products(search: """` + strings.Repeat(`\"""`, 30_000), unparsable},
		{"a name of 200 KB", "{ " + strings.Repeat("a", 200_000) + " }", "NAME_TOO_LONG"},
		{"a number of 200 KB", "{ products(first: " + strings.Repeat("9", 200_000) + ") { nodes { id } } }", "NAME_TOO_LONG"},
		{"a number of 250 digits", "{ products(first: " + strings.Repeat("9", 250) + ") { nodes { id } } }", invalid},
		{"1e999999999", "{ products(filter: {minRating: 1e999999999}) { nodes { id } } }", invalid},
		{"a comment that a carriage return ends", "#\r{ nodes(ids: [" + strings.Repeat("1 ", 120_000) + "]) { id } }", "TOO_MANY_TOKENS"},
		{"a comment that a zero byte ends", "#\x01{ " + strings.Repeat("id ", 80_000) + " }", unparsable},
		{"numbers without blanks", "{ nodes(ids: [" + strings.Repeat("-1", 100_000) + "]) { id } }", "TOO_MANY_TOKENS"},
		{"numbers and names without blanks", "{ nodes(ids: [" + strings.Repeat("0_", 100_000) + "]) { id } }", "NAME_TOO_LONG"},
		{"a block string that ends with four quotes", `{ products(search: """x"""") ` + strings.Repeat("id ", 60_000) + " }", "TOO_MANY_TOKENS"},
		{"a long alias behind a carriage return", "#\r{ products(first: 100) { nodes { " + strings.Repeat("a", 100_000) + ": id } } }", "NAME_TOO_LONG"},
		{"zero bytes", strings.Repeat("\x00", 4000), unparsable},
		{"invalid UTF-8", "{ products(search: \"" + strings.Repeat("\xff", 4000) + "\") { nodes { id } } }", ""},
	}
}

func nest(open, inner, end string, levels int) string {
	return strings.Repeat(open, levels) + inner + strings.Repeat(end, levels)
}

func each(n int, text func(int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(text(i))
		b.WriteByte(' ')
	}
	return b.String()
}

// fan is a chain of fragments, each of which spreads the next one twice.
func fan(n int, body string) string {
	return "{ products { nodes { ...F0 } } } " + each(n, func(i int) string {
		return fmt.Sprintf("fragment F%d on Product { %s }", i, fmt.Sprintf(body, i+1))
	}) + fmt.Sprintf("fragment F%d on Product { id }", n)
}

func double(body, inner string, times int) string {
	for range times {
		inner = fmt.Sprintf(body, inner)
	}
	return inner
}
