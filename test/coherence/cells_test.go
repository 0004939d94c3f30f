package coherence

import (
	"fmt"
	"strings"

	"souk/store"
	"souk/test/harness"
)

// fillCells lists all that is written. What a write leaves does not depend on whether those
// before it were saved.
func (g *goods) fillCells() {
	for i := range plainProducts {
		g.cells = append(g.cells, plainTitle(i), price(i), imageText(i), reviewTitle(i))
	}
	for i := range toggledProducts {
		g.cells = append(g.cells, toggled(i))
	}
	for i := range madeProducts {
		g.cells = append(g.cells, made(i))
	}
	for i := range filedProducts {
		g.cells = append(g.cells, filed(i))
	}
	for i := range reviewedProducts {
		g.cells = append(g.cells, reviewed(i))
	}
	for i := range pairs {
		g.cells = append(g.cells, soldAs(i), slugOf(i))
	}
	for i := range authors {
		g.cells = append(g.cells, author(i))
	}
	g.cells = append(g.cells, vendorName(), categoryName())
}

// typeOf names the objects of tables.
var typeOf = map[string]string{
	"products": "Product", "images": "Image", "reviews": "Review", "vendors": "Vendor", "categories": "Category",
}

// text makes the cell of a text that is one column, written by the API and by SQL.
func text(key, what, mutation, table, column, id string) *cell {
	changes := func(n int) []Change { return []Change{{key, State{Value: named(n)}}} }
	object, field, _ := strings.Cut(key, ".")
	probe := fmt.Sprintf(`{ node(id: "%s") { id ... on %s { %s } } }`, object, typeOf[table], field)
	return &cell{name: what, beginning: changes(0), probe: probe, ways: []func(int) action{
		func(n int) action {
			return action{way: what + " by the API", changes: changes(n), mutation: fmt.Sprintf(mutation, named(n))}
		},
		func(n int) action {
			return action{way: what + " by SQL", changes: changes(n), sql: fmt.Sprintf(`UPDATE %s SET %s = '%s' WHERE id = '%s'`, table, column, named(n), id)}
		},
	}}
}

func plainTitle(i int) *cell {
	p := product(kindPlain, i)
	return text(p+".title", "title",
		`mutation { m: productUpdate(input: {id: "`+p+`", title: "%s"}) { userErrors { message } } }`,
		"products", "title", key(kindPlain, i).String())
}

func imageText(i int) *cell {
	image := id[store.ImageID](kindImage, i)
	return text(image+".altText", "image",
		`mutation { m: imageUpdate(input: {id: "`+image+`", altText: "%s"}) { userErrors { message } } }`,
		"images", "alt_text", key(kindImage, i).String())
}

func reviewTitle(i int) *cell {
	review := id[store.ReviewID](kindReview, i)
	c := text(review+".title", "review",
		`mutation { m: reviewUpdate(input: {id: "`+review+`", title: "%s"}) { userErrors { message } } }`,
		"reviews", "title", key(kindReview, i).String())
	byStaff := c.ways[0]
	c.ways[0] = func(n int) action {
		a := byStaff(n)
		a.customer = key(kindCustomer, i%authors).String()
		return a
	}
	return c
}

// price is that of a product's only variant.
func price(i int) *cell {
	variant := id[store.VariantID](kindVariant, variantOf(kindPlain, i))
	amount := func(n int) string { return fmt.Sprintf("%d.%02d", n/100, n%100) }
	changes := func(n int) []Change {
		s := State{Value: amount(n)}
		return []Change{{variant + ".price.amount", s}, {product(kindPlain, i) + ".priceRange.min.amount", s}}
	}
	return &cell{name: "price", beginning: changes(0), ways: []func(int) action{
		func(n int) action {
			return action{way: "price by the API", changes: changes(n), mutation: fmt.Sprintf(
				`mutation { m: productVariantsUpsert(input: {productId: "%s", variants: [{id: "%s", price: {amount: "%s"}}]}) { userErrors { message } } }`,
				product(kindPlain, i), variant, amount(n))}
		},
		func(n int) action {
			return action{way: "price by SQL", changes: changes(n), sql: fmt.Sprintf(`UPDATE variants SET price_minor = %d WHERE id = '%s'`,
				n, key(kindVariant, variantOf(kindPlain, i))) + refresh(kindPlain, i)}
		},
	}}
}

// toggled is a product that is a draft after every other write.
func toggled(i int) *cell {
	p, vendor := product(kindToggled, i), id[store.VendorID](kindVendor, 1+i)
	changes := func(n int) []Change {
		draft, count := n%2 == 1, fmt.Sprint(1-n%2)
		return []Change{
			{p + ".title", State{named(n), draft}},
			{vendor + ".products.totalCount", State{Value: count}},
			{id[store.VariantID](kindVariant, variantOf(kindToggled, i)) + ".title", State{"First", draft}},
		}
	}
	return &cell{name: "status", beginning: changes(0), ways: []func(int) action{
		func(n int) action {
			change, status := "productPublish", n%2 == 0
			if !status {
				change = "productUnpublish"
			}
			// The title is saved first.
			first := Change{p + ".title", State{named(n), status}}
			return action{way: "status by the API", changes: append([]Change{first}, changes(n)...), mutation: fmt.Sprintf(
				`mutation { t: productUpdate(input: {id: "%[1]s", title: "%[2]s"}) { userErrors { message } } m: %[3]s(input: {id: "%[1]s"}) { userErrors { message } } }`,
				p, named(n), change)}
		},
		func(n int) action {
			return action{way: "status by SQL", changes: changes(n), sql: fmt.Sprintf(`UPDATE products SET title = '%s', status = '%s' WHERE id = '%s'`,
				named(n), [...]string{"ACTIVE", "DRAFT"}[n%2], key(kindToggled, i)) + refresh(kindToggled, i)}
		},
	}}
}

// made is a product that is there after every other write.
func made(i int) *cell {
	slug, known := fmt.Sprint("made-", i), "none"
	changes := func(n int) []Change {
		s := State{}
		if n%2 == 1 {
			s.Value = named(n)
		}
		return []Change{{fmt.Sprintf("made_%d.title", i), s}}
	}
	return &cell{name: "product", beginning: changes(0), ways: []func(int) action{
		func(n int) action {
			a := action{way: "product deleted by the API", changes: changes(n), mutation: fmt.Sprintf(
				`mutation { m: productDelete(input: {id: "%s"}) { userErrors { message } } }`, known)}
			if n%2 == 1 {
				a.way, a.mutation = "product made by the API", fmt.Sprintf(
					`mutation { m: productCreate(input: {title: "%s", slug: "%s", status: ACTIVE}) { product { id } userErrors { message } } }`, named(n), slug)
				a.after = func(data any) { known, _ = harness.At(data, "m", "product", "id").(string) }
			}
			return a
		},
		func(n int) action {
			a := action{way: "product deleted by SQL", changes: changes(n), sql: `DELETE FROM products WHERE slug = '` + slug + `'`}
			if n%2 == 1 {
				a.way, a.sql = "product made by SQL", a.sql+"; "+insertProduct(kindMade, i, 0, named(n))+refresh(kindMade, i)
				a.after = func(any) { known = product(kindMade, i) }
			}
			return a
		},
	}}
}

// filed is a product that is in a category of its own after every other write.
func filed(i int) *cell {
	p, category := product(kindFiled, i), id[store.CategoryID](kindCategory, 1+i)
	changes := func(n int) []Change {
		return []Change{{category + ".products.totalCount", State{Value: fmt.Sprint(n % 2)}}}
	}
	return &cell{name: "categories", beginning: changes(0), ways: []func(int) action{
		func(n int) action {
			list := ""
			if n%2 == 1 {
				list = `"` + category + `"`
			}
			return action{way: "categories by the API", changes: changes(n), mutation: fmt.Sprintf(
				`mutation { m: productCategoriesSet(input: {productId: "%s", categoryIds: [%s]}) { userErrors { message } } }`, p, list)}
		},
		func(n int) action {
			sql := fmt.Sprintf(`DELETE FROM product_categories WHERE product_id = '%s'`, key(kindFiled, i))
			if n%2 == 1 {
				sql += fmt.Sprintf(`; INSERT INTO product_categories (product_id, category_id) VALUES ('%s', '%s')`, key(kindFiled, i), key(kindCategory, 1+i))
			}
			return action{way: "categories by SQL", changes: changes(n), sql: sql + refresh(kindFiled, i)}
		},
	}}
}

// reviewed is a product that has a second, newer review after every other write.
func reviewed(i int) *cell {
	p, known := product(kindReviewed, i), "none"
	customer := key(kindCustomer, 1+i).String()
	changes := func(n int) []Change {
		title, count := "base", "1"
		if n%2 == 1 {
			title, count = named(n), "2"
		}
		return []Change{{p + ".newest.nodes.0.title", State{Value: title}}, {p + ".reviews.totalCount", State{Value: count}}, {p + ".reviewSummary.count", State{Value: count}}}
	}
	return &cell{name: "newest review", beginning: changes(0), ways: []func(int) action{
		func(n int) action {
			a := action{way: "review deleted by the API", changes: changes(n), customer: customer, mutation: fmt.Sprintf(
				`mutation { m: reviewDelete(input: {id: "%s"}) { userErrors { message } } }`, known)}
			if n%2 == 1 {
				a.way, a.mutation = "review made by the API", fmt.Sprintf(
					`mutation { m: reviewCreate(input: {productId: "%s", rating: 4, title: "%s"}) { review { id } userErrors { message } } }`, p, named(n))
				a.after = func(data any) { known, _ = harness.At(data, "m", "review", "id").(string) }
			}
			return a
		},
		func(n int) action {
			a := action{way: "review deleted by SQL", changes: changes(n), sql: fmt.Sprintf(
				`DELETE FROM reviews WHERE product_id = '%s' AND title <> 'base'`, key(kindReviewed, i))}
			if n%2 == 1 {
				number := variantOf(kindReviewed, i)
				a.way, a.sql = "review made by SQL", a.sql+"; "+insertReview(kindReview, number, kindReviewed, i, 1+i, named(n), "now()")
				a.after = func(any) { known = id[store.ReviewID](kindReview, number) }
			}
			a.sql += refresh(kindReviewed, i)
			return a
		},
	}}
}

// soldAs is an SKU that each write moves to the other variant of a product.
func soldAs(i int) *cell {
	changes := func(n int) []Change { return []Change{{fmt.Sprintf("pair_%d.barcode", i), State{Value: named(n)}}} }
	variants := [...]string{key(kindVariant, variantOf(kindPair, i)).String(), key(kindSecond, i).String()}
	return &cell{name: "SKU", beginning: changes(0), ways: []func(int) action{
		func(n int) action {
			return action{way: "SKU by SQL", changes: changes(n), sql: fmt.Sprintf(
				`UPDATE variants SET sku = NULL WHERE id = '%s'; UPDATE variants SET sku = 'sku-%d', barcode = '%s' WHERE id = '%s'`,
				variants[1-n%2], i, named(n), variants[n%2])}
		},
	}}
}

// slugOf is the slug of a product that is asked for by its first one.
func slugOf(i int) *cell {
	p := product(kindPair, i)
	slug := func(n int) string {
		if n == 0 {
			return fmt.Sprint("pair-", i)
		}
		return fmt.Sprintf("pair-%d-n-%d", i, n)
	}
	changes := func(n int) []Change { return []Change{{p + ".slug", State{Value: slug(n)}}} }
	return &cell{name: "slug", beginning: changes(0), ways: []func(int) action{
		func(n int) action {
			return action{way: "slug by the API", changes: changes(n), mutation: fmt.Sprintf(
				`mutation { m: productUpdate(input: {id: "%s", slug: "%s"}) { userErrors { message } } }`, p, slug(n))}
		},
		func(n int) action {
			return action{way: "slug by SQL", changes: changes(n), sql: fmt.Sprintf(
				`INSERT INTO product_slugs (slug, product_id) SELECT slug, id FROM products WHERE id = '%[1]s' ON CONFLICT DO NOTHING; UPDATE products SET slug = '%[2]s' WHERE id = '%[1]s'`,
				key(kindPair, i), slug(n))}
		},
	}}
}

// author is a customer's name, which shows in the reviews.
func author(i int) *cell {
	changes := func(n int) (all []Change) {
		for r := range plainProducts {
			if r%authors == i {
				all = append(all, Change{id[store.ReviewID](kindReview, r) + ".author.displayName", State{Value: named(n)}})
			}
		}
		return all
	}
	return &cell{name: "author", beginning: changes(0), ways: []func(int) action{
		func(n int) action {
			return action{way: "author by SQL", changes: changes(n), sql: fmt.Sprintf(
				`UPDATE customers SET display_name = '%s' WHERE id = '%s'`, named(n), key(kindCustomer, i))}
		},
	}}
}

func vendorName() *cell {
	vendor := id[store.VendorID](kindVendor, 0)
	return text(vendor+".name", "vendor", `mutation { m: vendorUpdate(input: {id: "`+vendor+`", name: "%s"}) { userErrors { message } } }`,
		"vendors", "name", key(kindVendor, 0).String())
}

func categoryName() *cell {
	category := id[store.CategoryID](kindCategory, 0)
	return text(category+".name", "category", `mutation { m: categoryUpdate(input: {id: "`+category+`", name: "%s"}) { userErrors { message } } }`,
		"categories", "name", key(kindCategory, 0).String())
}
