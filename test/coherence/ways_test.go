package coherence

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"souk/store"
)

// question is a query with the keys that its answer must have.
type question struct {
	way, query string
	view       View
	expected   []string
	// customer is the number of who asks, from 1; 0: a shopper without an account, or staff.
	customer int
}

// ask chooses a question.
func (g *goods) ask(r *rand.Rand) question {
	ways := g.ways()
	q := ways[r.IntN(len(ways))](r)
	if q.view == Shopper && q.customer == 0 && r.IntN(4) == 0 {
		q.customer = 1 + r.IntN(authors)
	}
	return q
}

// ways are all ways to ask.
func (g *goods) ways() []func(*rand.Rand) question {
	return []func(*rand.Rand) question{
		g.plainProduct, g.plainProduct, g.parts, g.parts, g.review, g.categories, g.vendors, g.listing, g.listing,
		g.toggledProduct, g.toggledProduct, g.counts, g.byName, g.reviewedProduct, g.wholePage, g.ownReviews,
	}
}

func oneOf(r *rand.Rand, queries ...string) string { return queries[r.IntN(len(queries))] }

func (g *goods) plainProduct(r *rand.Rand) question {
	i := r.IntN(plainProducts)
	p := product(kindPlain, i)
	names := strings.NewReplacer("PRODUCT", p, "VARIANT", id[store.VariantID](kindVariant, variantOf(kindPlain, i)), "NUMBER", fmt.Sprint(i))
	query := names.Replace(oneOf(r,
		`{ product(id: "PRODUCT") { id title } }`,
		`{ product(slug: "plain-NUMBER") { id title } }`,
		`{ node(id: "PRODUCT") { ... on Product { id title } } }`,
		`{ nodes(ids: ["PRODUCT"]) { ... on Product { id title } } }`,
		`{ productVariant(sku: "plain-NUMBER") { product { id title } } }`,
		`{ productVariant(id: "VARIANT") { product { id title } } }`))
	return question{way: query, query: query, expected: []string{p + ".title"}}
}

// parts are a product's variants and images.
func (g *goods) parts(r *rand.Rand) question {
	i := r.IntN(plainProducts)
	p, variant, image := product(kindPlain, i), id[store.VariantID](kindVariant, variantOf(kindPlain, i)), id[store.ImageID](kindImage, i)
	amount, alt := []string{variant + ".price.amount"}, []string{image + ".altText"}
	type asked struct {
		query    string
		expected []string
	}
	all := []asked{
		{`{ productVariant(id: "` + variant + `") { id price { amount } } }`, amount},
		{fmt.Sprintf(`{ productVariant(sku: "plain-%d") { id price { amount } } }`, i), amount},
		{`{ product(id: "` + p + `") { variants { nodes { id price { amount } } } } }`, amount},
		{`{ product(id: "` + p + `") { id priceRange { min { amount } } } }`, []string{p + ".priceRange.min.amount"}},
		{`{ product(id: "` + p + `") { images { nodes { id altText } } } }`, alt},
		{`{ node(id: "` + image + `") { ... on Image { id altText } } }`, alt},
	}
	one := all[r.IntN(len(all))]
	return question{way: one.query, query: one.query, expected: one.expected}
}

func (g *goods) review(r *rand.Rand) question {
	i := r.IntN(plainProducts)
	review := id[store.ReviewID](kindReview, i)
	query := oneOf(r,
		`{ node(id: "`+review+`") { ... on Review { id title author { displayName } } } }`,
		`{ product(id: "`+product(kindPlain, i)+`") { reviews(first: 10) { nodes { id title author { displayName } } } } }`)
	return question{way: query, query: query, expected: []string{review + ".title", review + ".author.displayName"}}
}

func (g *goods) categories(r *rand.Rand) question {
	c := id[store.CategoryID](kindCategory, 0)
	query := oneOf(r,
		`{ category(id: "`+c+`") { id name } }`, `{ category(slug: "category-0") { id name } }`,
		`{ categories(first: 100) { nodes { id name } } }`, `{ product(slug: "plain-0") { categories { nodes { id name } } } }`)
	return question{way: query, query: query, expected: []string{c + ".name"}}
}

func (g *goods) vendors(r *rand.Rand) question {
	v := id[store.VendorID](kindVendor, 0)
	query := oneOf(r,
		`{ vendor(id: "`+v+`") { id name } }`, `{ vendor(slug: "vendor-0") { id name } }`,
		`{ vendors(first: 100) { nodes { id name } } }`, `{ product(slug: "plain-0") { vendor { id name } } }`,
		`{ products(first: 1) { facets { vendors { count vendor { id name } } } } }`)
	return question{way: query, query: query, expected: []string{v + ".name"}}
}

// listing shows all goods but those of the other vendors.
func (g *goods) listing(r *rand.Rand) question {
	query := oneOf(r,
		`{ products(first: 100) { nodes { id title } } }`,
		`{ products(first: 100, orderBy: {field: TITLE, direction: ASC}) { nodes { id title vendor { id name } } totalCount } }`,
		`{ products(first: 100) { edges { node { id title } } facets { categories { count category { id name } } } } }`)
	return question{way: query, query: query, expected: g.listed}
}

// toggledProduct asks for what may be a draft.
func (g *goods) toggledProduct(r *rand.Rand) question {
	i := r.IntN(toggledProducts)
	p, variant := product(kindToggled, i), id[store.VariantID](kindVariant, variantOf(kindToggled, i))
	q := question{view: View(r.IntN(2)), expected: []string{p + ".title"}}
	switch n := r.IntN(6); n {
	case 0, 1, 2:
		q.query = oneOf(r,
			`{ product(id: "`+p+`") { id title } }`, fmt.Sprintf(`{ product(slug: "toggled-%d") { id title } }`, i),
			`{ node(id: "`+p+`") { ... on Product { id title } } }`, `{ nodes(ids: ["`+p+`"]) { ... on Product { id title } } }`)
	case 3:
		q.view = Shopper // the list leaves drafts out for staff too
		q.query = fmt.Sprintf(`{ vendor(slug: "vendor-%d") { products(first: 5) { nodes { id title } } } }`, 1+i)
	default:
		q.query = oneOf(r, `{ productVariant(id: "`+variant+`") { id title } }`, fmt.Sprintf(`{ productVariant(sku: "toggled-%d") { id title } }`, i))
		q.expected = []string{variant + ".title"}
	}
	q.way = q.query
	return q
}

func (g *goods) counts(r *rand.Rand) question {
	vendor, category := 1+r.IntN(toggledProducts), 1+r.IntN(filedProducts)
	v, c := id[store.VendorID](kindVendor, vendor), id[store.CategoryID](kindCategory, category)
	if r.IntN(2) == 0 {
		return question{
			way: "a vendor's count", query: `{ vendor(id: "` + v + `") { id products(first: 1) { totalCount } } }`,
			expected: []string{v + ".products.totalCount"},
		}
	}
	return question{
		way: "a category's count", query: fmt.Sprintf(`{ category(slug: "category-%d") { id products(first: 1) { totalCount } } }`, category),
		expected: []string{c + ".products.totalCount"},
	}
}

// byName asks for names that lead to another object after each write.
func (g *goods) byName(r *rand.Rand) question {
	i, pair := r.IntN(madeProducts), r.IntN(pairs)
	switch r.IntN(3) {
	case 0:
		return question{
			way: "a slug that comes and goes", query: fmt.Sprintf(`{ made_%[1]d: product(slug: "made-%[1]d") { title } }`, i),
			expected: []string{fmt.Sprintf("made_%d.title", i)},
		}
	case 1:
		return question{
			way: "an SKU that moves", query: fmt.Sprintf(`{ pair_%[1]d: productVariant(sku: "sku-%[1]d") { barcode } }`, pair),
			expected: []string{fmt.Sprintf("pair_%d.barcode", pair)},
		}
	}
	return question{
		way: "a slug that moved", query: fmt.Sprintf(`{ product(slug: "pair-%d") { id slug } }`, pair),
		expected: []string{product(kindPair, pair) + ".slug"},
	}
}

func (g *goods) reviewedProduct(r *rand.Rand) question {
	p := product(kindReviewed, r.IntN(reviewedProducts))
	return question{
		way:      "a product's reviews",
		query:    `{ product(id: "` + p + `") { id newest: reviews(first: 1, orderBy: {field: NEWEST, direction: DESC}) { nodes { title } } reviews(first: 5) { totalCount } reviewSummary { count } } }`,
		expected: []string{p + ".newest.nodes.0.title", p + ".reviews.totalCount", p + ".reviewSummary.count"},
	}
}

func (g *goods) wholePage(r *rand.Rand) question {
	i := r.IntN(plainProducts)
	p := product(kindPlain, i)
	return question{
		way: "a product's page", query: fmt.Sprintf(`{ product(slug: "plain-%d") { id title priceRange { min { amount } } vendor { id name } categories { nodes { id name } }
			variants(first: 5) { nodes { id price { amount } } totalCount } images { nodes { id altText } } reviews(first: 5) { nodes { id title author { displayName } } } } }`, i),
		expected: []string{
			p + ".title", p + ".priceRange.min.amount", id[store.VendorID](kindVendor, 0) + ".name", id[store.CategoryID](kindCategory, 0) + ".name",
			id[store.VariantID](kindVariant, variantOf(kindPlain, i)) + ".price.amount", id[store.ImageID](kindImage, i) + ".altText",
			id[store.ReviewID](kindReview, i) + ".title", id[store.ReviewID](kindReview, i) + ".author.displayName",
		},
	}
}

// private is a word in the review of a customer that nobody else may see, as it is not published.
func private(customer int) string { return fmt.Sprintf("private-of-%d;", customer) }

// ownReviews asks for reviews of which some are not published.
func (g *goods) ownReviews(r *rand.Rand) question {
	if r.IntN(2) == 0 {
		return question{way: "a product's reviews with private ones", query: `{ product(id: "` + product(kindFiled, 0) + `") { reviews(first: 20) { nodes { body } totalCount } } }`}
	}
	return question{way: "own reviews", query: `{ viewer { reviews(first: 20) { nodes { body } } } }`, customer: 1 + r.IntN(authors)}
}

// leaked is private text in an answer to a shopper that is not theirs; "": none.
func (q question) leaked(raw string) string {
	if q.view == Staff {
		return ""
	}
	if strings.Contains(raw, secret) {
		return secret
	}
	for customer := 1; customer <= authors; customer++ {
		if customer != q.customer && strings.Contains(raw, private(customer)) {
			return private(customer)
		}
	}
	return ""
}
