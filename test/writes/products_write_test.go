package writes

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/test/harness"
	"souk/test/shop"
)

const wholeProduct = `product {
  id slug title description descriptionHtml status productType tags version vendor { id } options { name values }
  variants { nodes { id title sku price { amount currencyCode } cost { amount } weightGrams availability selectedOptions { name value } } }
  images { nodes { url altText width } } categories { nodes { slug } } priceRange { min { amount } max { amount } }
}`

func TestProductCreateMakesAllOfIt(t *testing.T) {
	b := newBackOffice(t)
	made := b.done(t, "productCreate", wholeProduct, obj{
		"title": " Wool Cap ", "descriptionHtml": "<p>Warm.</p><script>x</script>", "productType": "Cap", "tags": []string{"winter", "winter", " wool"},
		"vendorId": shop.LoomID, "status": "ACTIVE", "categoryIds": []string{shirtsID},
		"options": []obj{{"name": "Color", "values": []string{"Red", "Blue"}}, {"name": "Size", "values": []string{"S", "M"}}},
		"variants": []obj{
			{"optionValues": chosen("Size", "M", "color", "blue"), "price": price("19.90", "EUR"), "cost": price("7.5", "EUR"), "sku": "CAP", "weightGrams": 80.1234},
			{"optionValues": chosen("Color", "Red", "Size", "S"), "price": price("25", "EUR"), "inventoryTracked": true},
		},
		"images": []obj{{"url": "https://img.example/cap.jpg", "altText": "A cap", "width": 100}, {"url": "/images/cap.svg"}},
	})["product"]
	require.Equal(t, []any{"wool-cap", "Wool Cap", "Warm.", "<p>Warm.</p>", "ACTIVE", "Cap", []any{"winter", "wool"}, shop.LoomID}, []any{
		harness.At(made, "slug"), harness.At(made, "title"), harness.At(made, "description"), harness.At(made, "descriptionHtml"),
		harness.At(made, "status"), harness.At(made, "productType"), harness.At(made, "tags"), harness.At(made, "vendor", "id"),
	})
	require.Equal(t, obj{"amount": "19.90"}, harness.At(made, "priceRange", "min"))
	require.Equal(t, obj{"amount": "25.00"}, harness.At(made, "priceRange", "max"))
	first := harness.At(made, "variants", "nodes", 0)
	require.Equal(t, "Blue / M", harness.At(first, "title"))
	require.Equal(t, []any{obj{"name": "Color", "value": "Blue"}, obj{"name": "Size", "value": "M"}}, harness.At(first, "selectedOptions"))
	require.Equal(t, "7.50", harness.At(first, "cost", "amount"))
	require.Equal(t, 80.123, harness.At(first, "weightGrams"))
	require.Equal(t, "OUT_OF_STOCK", harness.At(made, "variants", "nodes", 1, "availability"), "counted, and none is there")
	require.Equal(t, []any{obj{"url": "https://img.example/cap.jpg", "altText": "A cap", "width": 100.0}, obj{"url": "/images/cap.svg", "altText": "", "width": nil}},
		harness.At(made, "images", "nodes"))

	listed := b.read(t, `query ($c: ID!) { products(filter: {category: $c}, search: "wool cap") { nodes { slug } } }`, obj{"c": shirtsID})
	require.Equal(t, "wool-cap", listed.At("products", "nodes", 0, "slug"), "found and listed at once")
	require.Equal(t, 3, one[int](t, b, `SELECT count(*)::int FROM audit_events WHERE action = 'productCreate'`), "the product and its variants")
}

func TestProductCreateWithTheLeastIsADraft(t *testing.T) {
	b := newBackOffice(t)
	for _, slug := range []string{"linen-shirt-2", "linen-shirt-3", "linen-shirt-4"} { // linen-shirt is the goldens' own
		made := b.done(t, "productCreate", wholeProduct, obj{"title": "Linen Shirt"})["product"]
		require.Equal(t, []any{slug, "DRAFT", []any{}, nil}, []any{
			harness.At(made, "slug"), harness.At(made, "status"), harness.At(made, "variants", "nodes"), harness.At(made, "vendor"),
		})
	}
	kept := b.done(t, "productCreate", "product { slug }", obj{"title": "Flax shirt"})
	require.Equal(t, "flax-shirt-2", harness.At(kept, "product", "slug"), "flax-shirt leads to a product that had it before")
	odd := b.done(t, "productCreate", "product { slug }", obj{"title": "\U0001F600"})
	require.Equal(t, "product", harness.At(odd, "product", "slug"))
}

func TestProductCreateUnderAKeyMakesOne(t *testing.T) {
	b := newBackOffice(t)
	input := obj{"title": "Once", "idempotencyKey": "k-1", "variants": []obj{{"price": price("5", "EUR")}}}
	first := b.done(t, "productCreate", "product { id }", input)
	require.Equal(t, first, b.done(t, "productCreate", "product { id }", input))
	require.Equal(t, 1, one[int](t, b, `SELECT count(*)::int FROM products WHERE title = 'Once'`))
	input["title"] = "Twice"
	require.Equal(t, []string{"IDEMPOTENCY_CONFLICT input.idempotencyKey"}, faults(b.mutate(t, "productCreate", "product { id }", input)))
}

func TestProductSlugsMove(t *testing.T) {
	b := newBackOffice(t)
	find := func(slug string) any {
		return b.read(t, `query ($slug: String!) { product(slug: $slug) { id } }`, obj{"slug": slug}).At("product", "id")
	}
	b.done(t, "productUpdate", "product { slug }", obj{"id": shop.ShirtID, "slug": "airy-shirt"})
	for _, slug := range []string{"airy-shirt", "linen-shirt", "flax-shirt"} {
		require.Equal(t, shop.ShirtID, find(slug), slug)
	}
	b.done(t, "productUpdate", "product { slug }", obj{"id": mugID, "slug": "linen-shirt"})
	require.Equal(t, mugID, find("linen-shirt"), "taken over from a product that had it")
	require.Equal(t, shop.ShirtID, find("flax-shirt"))
	b.done(t, "productUpdate", "product { slug }", obj{"id": shop.ShirtID, "slug": "flax-shirt"})
	require.Equal(t, shop.ShirtID, find("flax-shirt"))
	require.Equal(t, shop.ShirtID, find("airy-shirt"))
	require.Zero(t, one[int](t, b, `SELECT count(*)::int FROM products JOIN product_slugs USING (slug)`), "a slug is a product's or was one's, not both")

	refused := b.mutate(t, "productUpdate", "product { slug }", obj{"id": shop.ShirtID, "slug": "linen-shirt"})
	require.Equal(t, []string{"TAKEN input.slug"}, faults(refused))
	require.Equal(t, []string{"TAKEN input.slug"}, faults(b.mutate(t, "productCreate", "product { slug }", obj{"title": "X", "slug": "linen-shirt"})))
	b.done(t, "productCreate", "product { id }", obj{"title": "X", "slug": "airy-shirt"})
	require.NotEqual(t, shop.ShirtID, find("airy-shirt"), "a new product took it over")
}

func TestProductUpdateChangesWhatIsNamed(t *testing.T) {
	b := newBackOffice(t)
	changed := b.done(t, "productUpdate", wholeProduct, obj{
		"id": shop.ShirtID, "title": "Flax", "descriptionHtml": "<p>Cool<br>and <b>dry</b></p>", "productType": "", "tags": []string{}, "vendorId": nil,
	})["product"]
	require.Equal(t, []any{"linen-shirt", "Flax", "Cool\nand dry", "<p>Cool<br>and <b>dry</b></p>", "", []any{}, nil}, []any{
		harness.At(changed, "slug"), harness.At(changed, "title"), harness.At(changed, "description"), harness.At(changed, "descriptionHtml"),
		harness.At(changed, "productType"), harness.At(changed, "tags"), harness.At(changed, "vendor"),
	})
	before := b.state(t)
	b.done(t, "productUpdate", "product { id }", obj{"id": shop.ShirtID, "title": " Flax ", "slug": "linen-shirt", "vendorId": nil, "tags": []string{}})
	require.Equal(t, before, b.state(t), "what changes nothing leaves no trace")
}

func TestProductStatus(t *testing.T) {
	b := newBackOffice(t)
	version := func() float64 {
		return b.read(t, `query ($id: ID!) { product(id: $id) { version } }`, obj{"id": shop.DraftID}).At("product", "version").(float64)
	}
	was := version()
	for _, step := range [][2]string{{"productPublish", "ACTIVE"}, {"productUnpublish", "DRAFT"}, {"productArchive", "ARCHIVED"}} {
		payload := b.done(t, step[0], "product { status }", obj{"id": shop.DraftID, "expectedVersion": was})
		require.Equal(t, step[1], harness.At(payload, "product", "status"))
		require.Greater(t, version(), was)
		was = version()
		require.Equal(t, step[1] == "ACTIVE", one[bool](t, b, `SELECT EXISTS (SELECT FROM product_listings l JOIN products p ON p.id = l.product_id WHERE p.slug = 'secret-draft')`))
		before := b.state(t)
		b.done(t, step[0], "product { status }", obj{"id": shop.DraftID})
		require.Equal(t, before, b.state(t))
	}
	require.Equal(t, []string{"VERSION_CONFLICT input.expectedVersion"}, faults(b.mutate(t, "productPublish", "product { id }", obj{"id": shop.DraftID, "expectedVersion": 1})))
}

func TestProductDeleteTakesAllWithIt(t *testing.T) {
	b := newBackOffice(t)
	require.Equal(t, []string{"VERSION_CONFLICT input.expectedVersion"}, faults(b.mutate(t, "productDelete", "deletedProductId", obj{"id": shop.ShirtID, "expectedVersion": 1})))
	payload := b.done(t, "productDelete", "deletedProductId", obj{"id": shop.ShirtID})
	require.Equal(t, shop.ShirtID, payload["deletedProductId"])
	for _, table := range []string{"variants", "images", "product_options", "product_categories", "product_slugs", "product_listings", "reviews"} {
		require.Zero(t, one[int](t, b, `SELECT count(*)::int FROM `+table+` WHERE product_id = '01900000-0000-7000-8000-000000000101'`), table)
	}
	again := b.mutate(t, "productDelete", "deletedProductId", obj{"id": shop.ShirtID})
	require.Equal(t, []string{"NOT_FOUND input.id"}, faults(again))
	require.Nil(t, again["deletedProductId"])
	require.Equal(t, 1, one[int](t, b, `SELECT count(*)::int FROM audit_events WHERE action = 'productDelete'`))
}

func TestProductOptionsSet(t *testing.T) {
	b := newBackOffice(t)
	option := func(name string, values ...string) obj { return obj{"name": name, "values": values} }
	set := func(options ...obj) obj {
		return b.mutate(t, "productOptionsSet", wholeProduct, obj{"productId": shop.ShirtID, "options": options})
	}
	titles := func() []string {
		return one[[]string](t, b, `SELECT array_agg(title ORDER BY position) FROM variants WHERE product_id = '01900000-0000-7000-8000-000000000101'`)
	}
	before := b.state(t)
	require.Empty(t, faults(set(option("Color", "White", "Blue"), option("Size", "S", "M"))))
	require.Equal(t, before, b.state(t), "the options that it has change nothing")

	refused := set(option("Color", "White", "Green"), option("Size", "S", "M"))
	require.Equal(t, []string{"IN_USE input.options.0.values"}, faults(refused))
	require.Contains(t, harness.At(refused, "userErrors", 0, "message"), "Blue / S")
	require.Equal(t, []string{"IN_USE input.options"}, faults(set(option("Color", "White", "Blue"))), "without a size two would be the same")
	require.Equal(t, before, b.state(t))

	versions := func() []int64 {
		return one[[]int64](t, b, `SELECT array_agg(version ORDER BY position) FROM variants WHERE product_id = '01900000-0000-7000-8000-000000000101'`)
	}
	old := versions()
	require.Empty(t, faults(set(option("Farbe", "White", "Blue", "Green"), option("Size", "S", "M"))))
	for i, version := range versions() {
		require.Equal(t, old[i]+1, version, "a variant shows its options' names")
	}
	require.Equal(t, []string{"White / S", "White / M", "Blue / S", "Blue / M"}, titles(), "renamed by place")
	require.Empty(t, faults(set(option("Size", "M", "S"), option("Farbe", "White", "Blue"), option("Fit", "Slim", "Wide"))))
	require.Equal(t, []string{"S / White / Slim", "M / White / Slim", "S / Blue / Slim", "M / Blue / Slim"}, titles(), "moved by name, and a new one")
	require.Empty(t, faults(set(option("Size", "M", "S"), option("Farbe", "White", "Blue"))))
	require.Equal(t, []string{"S / White", "M / White", "S / Blue", "M / Blue"}, titles())
	require.Equal(t, 3, one[int](t, b, `SELECT count(*)::int FROM audit_events WHERE action = 'productOptionsSet' AND subject_kind = 'PRODUCT'`))
}

func TestProductCategoriesSet(t *testing.T) {
	b := newBackOffice(t)
	payload := b.done(t, "productCategoriesSet", wholeProduct, obj{"productId": mugID, "categoryIds": []string{shirtsID}})
	require.Equal(t, []any{obj{"slug": "shirts"}}, harness.At(payload, "product", "categories", "nodes"))
	require.Equal(t, []string{"apparel", "shirts"}, one[[]string](t, b, `SELECT array_agg(c.slug ORDER BY c.slug) FROM product_listings l
		JOIN categories c ON c.id = l.scope_id JOIN products p ON p.id = l.product_id WHERE p.slug = 'enamel-mug'`))
	before := b.state(t)
	b.done(t, "productCategoriesSet", "product { id }", obj{"productId": mugID, "categoryIds": []string{shirtsID}})
	require.Equal(t, before, b.state(t))
	b.done(t, "productCategoriesSet", "product { id }", obj{"productId": mugID, "categoryIds": []string{}})
	require.Zero(t, one[int](t, b, `SELECT count(*)::int FROM product_categories WHERE product_id = '01900000-0000-7000-8000-000000000104'`))
}

func TestHTMLComesBackClean(t *testing.T) {
	b := newBackOffice(t)
	for attack, clean := range map[string]string{
		`<p>a</p><script>alert(1)</script>`:                              `<p>a</p>`,
		`<img src="x.png" onerror="alert(1)">`:                           `<img src="x.png">`,
		`<a href="javascript:alert(1)">x</a>`:                            `x`,
		`<a href="JaVa&#x09;ScRiPt:alert(1)">x</a>`:                      `x`,
		`<svg onload=alert(1)><script>alert(1)</script></svg>b`:          `b`,
		`<style>p{background:url(javascript:1)}</style><p>c</p>`:         `<p>c</p>`,
		`<p style="background:url(javascript:1)">d</p>`:                  `<p>d</p>`,
		`<iframe src="//evil.example"></iframe>e`:                        `e`,
		`<<script>script>alert(1)<</script>/script>`:                     ``,
		`<form action="/x"><input name="password"></form>f`:              `f`,
		`<p onclick="x()" onmouseover=y()>g</p><object data=x></object>`: `<p>g</p>`,
	} {
		payload := b.done(t, "productUpdate", "product { descriptionHtml description }", obj{"id": shop.ShirtID, "descriptionHtml": attack})
		got, _ := harness.At(payload, "product", "descriptionHtml").(string)
		if clean != "" {
			require.Equal(t, clean, got, attack)
		}
		require.NotRegexp(t, `(?i)<script|<svg|<style|<iframe|\son\w+=|javascript:|style=`, got, attack)
		plain, _ := harness.At(payload, "product", "description").(string)
		require.False(t, strings.Contains(plain, "<p>"), attack)
	}
}
