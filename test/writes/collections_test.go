package writes

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"souk/graph/relay"
	"souk/internal/auth"
	"souk/store"
	"souk/test/harness"
	"souk/test/shop"
)

// Collections of the goldens' shop.
var (
	picksID = shop.ID[store.CollectionID]("f01") // manual: mug, draft, linen shirt, hemp shirt
	lampsID = shop.ID[store.CollectionID]("f02") // smart
)

func product(digits string) string { return shop.ID[store.ProductID](digits) }

// collected are the slugs of a collection's products in its order, read in pages of a
// size, forward or backward.
func (b backOffice) collected(t testing.TB, id string, size int, backward bool) []string {
	t.Helper()
	const query = `query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { collection(id: $id) {
  products(first: $first, after: $after, last: $last, before: $before) {
    nodes { slug } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
} }`
	slugs := []string{}
	var cursor any
	for {
		variables := obj{"id": id, "first": size, "after": cursor}
		if backward {
			variables = obj{"id": id, "last": size, "before": cursor}
		}
		page := b.read(t, query, variables).At("collection", "products")
		var here []string
		for _, node := range harness.At(page, "nodes").([]any) {
			here = append(here, harness.At(node, "slug").(string))
		}
		next, end := "hasNextPage", "endCursor"
		if slugs = append(slugs, here...); backward {
			next, end = "hasPreviousPage", "startCursor"
			slugs = append(here, slugs[:len(slugs)-len(here)]...)
		}
		if harness.At(page, "pageInfo", next) == false {
			require.EqualValues(t, len(slugs), harness.At(page, "totalCount"))
			return slugs
		}
		cursor = harness.At(page, "pageInfo", end)
	}
}

func TestCollectionWrites(t *testing.T) {
	b := newBackOffice(t)
	const shown = `collection { id slug title version kind image { url altText width } seo { title description } }`
	input := obj{"title": "Für Ärzte", "seo": obj{"title": " A ", "description": ""}, "idempotencyKey": "c1"}
	made := b.done(t, "collectionCreate", shown, input)["collection"]
	require.Equal(t, "fur-arzte", harness.At(made, "slug"))
	require.Equal(t, obj{"title": "A", "description": nil}, harness.At(made, "seo"))
	require.Equal(t, made, b.done(t, "collectionCreate", shown, input)["collection"], "once under one key")
	id := harness.At(made, "id").(string)

	update := func(input obj) any {
		input["id"] = id
		return b.done(t, "collectionUpdate", shown, input)["collection"]
	}
	require.EqualValues(t, 2, harness.At(update(obj{"image": obj{"url": "/a.svg", "altText": "A", "width": 5}, "expectedVersion": 1}), "version"))
	require.EqualValues(t, 2, harness.At(update(obj{"image": obj{"url": "/a.svg", "altText": "A", "width": 5}, "title": "Für Ärzte"}), "version"), "nothing changed")
	require.Nil(t, harness.At(update(obj{"image": nil}), "image"))
	require.Equal(t, obj{"title": nil, "description": nil}, harness.At(update(obj{"seo": nil}), "seo"))

	add := obj{"collectionId": id, "productIds": []string{product("105"), product("101")}, "expectedVersion": 4, "idempotencyKey": "a1"}
	require.EqualValues(t, 5, harness.At(b.done(t, "collectionProductsAdd", shown, add), "collection", "version"))
	require.EqualValues(t, 5, harness.At(b.done(t, "collectionProductsAdd", shown, add), "collection", "version"), "once under one key")
	reorder := obj{"collectionId": id, "productIds": []string{product("105")}, "position": 0}
	require.EqualValues(t, 5, harness.At(b.done(t, "collectionProductsReorder", shown, reorder), "collection", "version"), "it stands there already")
	reorder["position"] = 1
	require.EqualValues(t, 6, harness.At(b.done(t, "collectionProductsReorder", shown, reorder), "collection", "version"))
	require.Equal(t, []string{"linen-shirt", "floor-lamp"}, b.collected(t, id, 10, false))
	b.done(t, "collectionProductsRemove", shown, obj{"collectionId": id, "productIds": []string{product("101")}})
	requireDerived(t, b.pool)
	require.Equal(t, 7, one[int](t, b, `SELECT version FROM products WHERE slug = 'floor-lamp'`), "a product does not change with its collections")
	require.Equal(t, id, b.done(t, "collectionDelete", `deletedCollectionId`, obj{"id": id})["deletedCollectionId"])
	requireDerived(t, b.pool)

	require.Equal(t, []string{"COLLECTION title: - > Für Ärzte, slug: - > fur-arzte, seoTitle: - > A"}, auditOf(t, b.pool, "collectionCreate"))
	require.Equal(t, []string{
		"COLLECTION imageUrl: - > /a.svg, imageAltText:  > A, imageWidth: - > 5",
		"COLLECTION imageUrl: /a.svg > -, imageAltText: A > , imageWidth: 5 > -",
		"COLLECTION seoTitle: A > -",
	}, auditOf(t, b.pool, "collectionUpdate"))
	require.Equal(t, []string{`COLLECTION products: - > ["floor-lamp","linen-shirt"]`}, auditOf(t, b.pool, "collectionProductsAdd"))
	require.Equal(t, []string{`COLLECTION products: - > ["floor-lamp"], position: - > 1`}, auditOf(t, b.pool, "collectionProductsReorder"))
	require.Equal(t, []string{`COLLECTION products: ["linen-shirt"] > -`}, auditOf(t, b.pool, "collectionProductsRemove"))
	require.Equal(t, []string{"COLLECTION title: Für Ärzte > -, slug: fur-arzte > -"}, auditOf(t, b.pool, "collectionDelete"))
}

func TestCollectionInputsAreRefused(t *testing.T) {
	b := newBackOffice(t)
	nobody, vendor := shop.ID[store.CollectionID]("f99"), shop.LoomID
	of := func(id string, more obj) obj {
		input := obj{"collectionId": id, "productIds": []string{product("104")}}
		for name, value := range more {
			input[name] = value
		}
		return input
	}
	many := make([]string, 101)
	for i := range many {
		many[i] = relay.ID(store.ProductID(uuid.New()))
	}
	for name, tc := range map[string]struct {
		mutation string
		input    obj
		want     []string
	}{
		"no title, a bad slug and an image without an address": {
			"collectionCreate", obj{"title": " ", "slug": "A", "image": obj{"url": ""}}, []string{"REQUIRED input.title", "INVALID input.slug", "REQUIRED input.image.url"},
		},
		"long texts": {
			"collectionCreate",
			obj{"title": "X", "seo": obj{"title": strings.Repeat("x", 256), "description": strings.Repeat("x", 1001)}},
			[]string{"TOO_LONG input.seo.title", "TOO_LONG input.seo.description"},
		},
		"a slug that is taken":     {"collectionCreate", obj{"title": "X", "slug": "fine-lamps"}, []string{"TAKEN input.slug"}},
		"another's slug":           {"collectionUpdate", obj{"id": picksID, "slug": "fine-lamps"}, []string{"TAKEN input.slug"}},
		"null":                     {"collectionUpdate", obj{"id": lampsID, "title": nil, "filter": nil}, []string{"REQUIRED input.title", "REQUIRED input.filter"}},
		"an old version":           {"collectionUpdate", obj{"id": picksID, "title": "X", "expectedVersion": 9}, []string{"VERSION_CONFLICT input.expectedVersion"}},
		"a filter of a manual one": {"collectionUpdate", obj{"id": picksID, "filter": obj{}}, []string{"INVALID input.filter"}},
		"a status in a filter":     {"collectionUpdate", obj{"id": lampsID, "filter": obj{"status": "DRAFT"}}, []string{"INVALID input.filter.status"}},
		"IDs of other types": {
			"collectionUpdate",
			obj{"id": lampsID, "filter": obj{"category": vendor, "vendors": []string{vendor, product("104")}}},
			[]string{"NOT_FOUND input.filter.category", "NOT_FOUND input.filter.vendors.1"},
		},
		"a vendor that does not exist": {
			"collectionUpdate", obj{"id": lampsID, "filter": obj{"vendors": []string{vendor, shop.ID[store.VendorID]("499")}}}, []string{"NOT_FOUND input.filter.vendors.1"},
		},
		"options without a name, of a text with a NUL": {
			"collectionCreate",
			obj{"title": "X", "filter": obj{"options": []obj{{"name": "", "values": []string{"M", "a\x00b"}}}}},
			[]string{"REQUIRED input.filter.options.0.name", "INVALID input.filter.options.0.values.1"},
		},
		"bad amounts": {
			"collectionCreate",
			obj{"title": "X", "filter": obj{"price": obj{"currencyCode": "EUR", "min": "1.234", "max": "x"}}},
			[]string{"INVALID input.filter.price.min", "INVALID input.filter.price.max"},
		},
		"nobody":                            {"collectionUpdate", obj{"id": nobody, "title": "X"}, []string{"NOT_FOUND input.id"}},
		"deleting nobody":                   {"collectionDelete", obj{"id": nobody}, []string{"NOT_FOUND input.id"}},
		"deleting what has changed":         {"collectionDelete", obj{"id": picksID, "expectedVersion": 9}, []string{"VERSION_CONFLICT input.expectedVersion"}},
		"adding to nobody":                  {"collectionProductsAdd", of(nobody, nil), []string{"NOT_FOUND input.collectionId"}},
		"adding to a smart one":             {"collectionProductsAdd", of(lampsID, nil), []string{"INVALID input.collectionId"}},
		"removing from a smart one":         {"collectionProductsRemove", of(lampsID, nil), []string{"INVALID input.collectionId"}},
		"moving in a smart one":             {"collectionProductsReorder", of(lampsID, obj{"position": 0}), []string{"INVALID input.collectionId"}},
		"adding what is there":              {"collectionProductsAdd", of(picksID, nil), []string{"DUPLICATE input.productIds.0"}},
		"adding twice, and a damaged ID":    {"collectionProductsAdd", of(picksID, obj{"productIds": []string{product("105"), product("105"), "x"}}), []string{"DUPLICATE input.productIds.1", "NOT_FOUND input.productIds.2"}},
		"adding nothing":                    {"collectionProductsAdd", of(picksID, obj{"productIds": []string{}}), []string{"REQUIRED input.productIds"}},
		"adding too many":                   {"collectionProductsAdd", of(picksID, obj{"productIds": many}), []string{"TOO_MANY input.productIds"}},
		"adding to what has changed":        {"collectionProductsAdd", of(picksID, obj{"productIds": []string{product("105")}, "expectedVersion": 9}), []string{"VERSION_CONFLICT input.expectedVersion"}},
		"removing what is not there":        {"collectionProductsRemove", of(picksID, obj{"productIds": []string{product("104"), product("105")}}), []string{"NOT_FOUND input.productIds.1"}},
		"moving what is not there":          {"collectionProductsReorder", of(picksID, obj{"productIds": []string{product("105")}, "position": 0}), []string{"NOT_FOUND input.productIds.0"}},
		"moving beyond the end":             {"collectionProductsReorder", of(picksID, obj{"position": 4}), []string{"INVALID input.position"}},
		"moving to before the beginning":    {"collectionProductsReorder", of(picksID, obj{"position": -1}), []string{"INVALID input.position"}},
		"moving an old version's products":  {"collectionProductsReorder", of(picksID, obj{"position": 1, "expectedVersion": 9}), []string{"VERSION_CONFLICT input.expectedVersion"}},
		"removing an old version's product": {"collectionProductsRemove", of(picksID, obj{"expectedVersion": 9}), []string{"VERSION_CONFLICT input.expectedVersion"}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tc.want, faults(b.mutate(t, tc.mutation, "__typename", tc.input)))
		})
	}
}

func TestACollectionHasAtMost5000Products(t *testing.T) {
	b := newBackOffice(t)
	harness.Execute(t, b.db.PrimaryURL, `
INSERT INTO products (id, slug, title) SELECT gen_random_uuid(), 'many-' || n, 'Many' FROM generate_series(1, 4995) AS n;
INSERT INTO collection_products (collection_id, product_id, position)
SELECT '01900000-0000-7000-8000-000000000f01', id, 10 + row_number() OVER () FROM products WHERE slug LIKE 'many-%';`)
	add := func(ids ...string) []string {
		return faults(b.mutate(t, "collectionProductsAdd", "__typename", obj{"collectionId": picksID, "productIds": ids}))
	}
	require.Equal(t, []string{"TOO_MANY input.productIds"}, add(product("102"), product("105")))
	require.Empty(t, add(product("105")), "the 5,000th")
	require.Equal(t, []string{"TOO_MANY input.productIds"}, add(product("102")))
	b.done(t, "collectionProductsReorder", "__typename", obj{"collectionId": picksID, "productIds": []string{product("105")}, "position": 0})
	require.Equal(t, "floor-lamp", b.collected(t, picksID, 100, false)[0])
}

// TestManualOrderAgreesWithAModel makes random changes and compares the collection
// with a list.
func TestManualOrderAgreesWithAModel(t *testing.T) {
	b := newBackOffice(t)
	harness.Execute(t, b.db.PrimaryURL, `
INSERT INTO products (id, slug, title, status) SELECT gen_random_uuid(), 'more-' || n, 'More', 'ACTIVE' FROM generate_series(1, 30) AS n;
SELECT refresh_products(array_agg(id)) FROM products`)
	rows, err := b.pool.Query(t.Context(), `SELECT slug, id, status = 'ACTIVE' FROM products`)
	require.NoError(t, err)
	ids, active := map[string]string{}, map[string]bool{}
	var every []string
	for rows.Next() {
		var slug string
		var id uuid.UUID
		var shown bool
		require.NoError(t, rows.Scan(&slug, &id, &shown))
		ids[slug], active[slug] = relay.ID(store.ProductID(id)), shown
		every = append(every, slug)
	}
	require.NoError(t, rows.Err())
	slices.Sort(every)
	model := []string{"enamel-mug", "secret-draft", "linen-shirt", "hemp-shirt"}
	random := rand.New(rand.NewPCG(20260301, 0))
	some := func(from []string) (slugs, keys []string) {
		for _, i := range random.Perm(len(from))[:min(len(from), 1+random.IntN(5))] {
			slugs, keys = append(slugs, from[i]), append(keys, ids[from[i]])
		}
		return slugs, keys
	}
	for step := range 120 {
		absent := slices.DeleteFunc(slices.Clone(every), func(slug string) bool { return slices.Contains(model, slug) })
		switch change := random.IntN(8); {
		case change < 3 && len(absent) > 0:
			slugs, keys := some(absent)
			b.done(t, "collectionProductsAdd", "__typename", obj{"collectionId": picksID, "productIds": keys})
			model = append(model, slugs...)
		case change == 3 && len(model) > 0:
			slugs, keys := some(model)
			b.done(t, "collectionProductsRemove", "__typename", obj{"collectionId": picksID, "productIds": keys})
			model = slices.DeleteFunc(model, func(slug string) bool { return slices.Contains(slugs, slug) })
		case change == 4:
			slug := every[random.IntN(len(every))]
			verb := map[bool]string{true: "productPublish", false: "productArchive"}[!active[slug]]
			b.done(t, verb, "__typename", obj{"id": ids[slug]})
			active[slug] = !active[slug]
		case len(model) > 0:
			slugs, keys := some(model)
			rest := slices.DeleteFunc(slices.Clone(model), func(slug string) bool { return slices.Contains(slugs, slug) })
			position := random.IntN(len(rest) + 1)
			b.done(t, "collectionProductsReorder", "__typename", obj{"collectionId": picksID, "productIds": keys, "position": position})
			model = slices.Insert(rest, position, slugs...)
		}
		want := slices.DeleteFunc(slices.Clone(model), func(slug string) bool { return !active[slug] })
		require.Equal(t, want, b.collected(t, picksID, 100, false), "step %d", step)
		if step%10 == 0 {
			require.Equal(t, want, b.collected(t, picksID, 1+random.IntN(4), false), "in pages")
			require.Equal(t, want, b.collected(t, picksID, 1+random.IntN(4), true), "in pages, backward")
		}
	}
	requireDerived(t, b.pool)
}

// TestCollectionsChangeAtOnce makes changes of collections and of their products at
// the same time. None is lost, and nobody waits for ever.
func TestCollectionsChangeAtOnce(t *testing.T) {
	b := newBackOffice(t)
	harness.Execute(t, b.db.PrimaryURL, `
INSERT INTO products (id, slug, title) SELECT ('03000000-0000-7000-8000-0000000000' || lpad(n::text, 2, '0'))::uuid, 'more-' || n, 'More' FROM generate_series(10, 39) AS n;
SELECT refresh_products(array_agg(id)) FROM products`)
	atOnce(30, func(i int) bool {
		id := relay.ID(store.ProductID(uuid.MustParse(fmt.Sprintf("03000000-0000-7000-8000-0000000000%d", 10+i))))
		switch i % 3 {
		case 0:
			b.done(t, "productArchive", "__typename", obj{"id": id})
		case 1:
			b.done(t, "productUpdate", "__typename", obj{"id": id, "vendorId": shop.LoomID})
		}
		b.done(t, "collectionProductsAdd", "__typename", obj{"collectionId": picksID, "productIds": []string{id}})
		b.done(t, "productPublish", "__typename", obj{"id": id})
		return true
	})
	require.Len(t, b.collected(t, picksID, 100, false), 33)
	require.Equal(t, 34, one[int](t, b, `SELECT count(DISTINCT position) FROM collection_products`))
	requireDerived(t, b.pool)
	atOnce(10, func(i int) bool {
		id := relay.ID(store.ProductID(uuid.MustParse(fmt.Sprintf("03000000-0000-7000-8000-0000000000%d", 10+i))))
		if i == 5 {
			b.done(t, "collectionDelete", "__typename", obj{"id": picksID})
		} else {
			b.done(t, "productArchive", "__typename", obj{"id": id})
			b.done(t, "productPublish", "__typename", obj{"id": id})
		}
		return true
	})
	requireDerived(t, b.pool)
	require.Zero(t, one[int](t, b, `SELECT count(*) FROM product_listings WHERE scope_id = '01900000-0000-7000-8000-000000000f01'`))
}

// TestCollectionsFollowTheirProducts: a smart collection is evaluated when it is read.
func TestCollectionsFollowTheirProducts(t *testing.T) {
	b := newBackOffice(t)
	lamp := product("105")
	require.Equal(t, []string{"desk-lamp"}, b.collected(t, lampsID, 10, false), "the floor lamp costs 259 euros")
	b.done(t, "productVariantsUpsert", "__typename", obj{"productId": lamp, "variants": []obj{{"id": shop.ID[store.VariantID]("207"), "price": price("99", "EUR")}}})
	require.Equal(t, []string{"floor-lamp", "desk-lamp"}, b.collected(t, lampsID, 10, false))
	b.done(t, "productUpdate", "__typename", obj{"id": lamp, "vendorId": shop.LoomID})
	require.Equal(t, []string{"desk-lamp"}, b.collected(t, lampsID, 10, false))
	b.done(t, "collectionUpdate", "__typename", obj{"id": lampsID, "filter": obj{"availability": []string{"BACKORDER"}}})
	require.Equal(t, []string{"enamel-mug"}, b.collected(t, lampsID, 10, false))
	b.done(t, "productArchive", "__typename", obj{"id": mugID})
	require.Empty(t, b.collected(t, lampsID, 10, false))
	require.Equal(t, []string{"linen-shirt", "hemp-shirt"}, b.collected(t, picksID, 10, false), "what is archived is not listed")
	b.done(t, "productPublish", "__typename", obj{"id": mugID})
	require.Equal(t, []string{"enamel-mug", "linen-shirt", "hemp-shirt"}, b.collected(t, picksID, 10, false), "and keeps its place")
	b.done(t, "productDelete", "__typename", obj{"id": mugID})
	require.Equal(t, []string{"linen-shirt", "hemp-shirt"}, b.collected(t, picksID, 10, false))
	b.done(t, "collectionUpdate", "__typename", obj{"id": lampsID, "filter": obj{
		"category": shop.ID[store.CategoryID]("301"), "price": obj{"currencyCode": "JPY", "min": "100", "max": "2000"}, "minRating": 4.5,
		"options": []obj{{"name": "Size & fit", "values": []string{"<M>"}}},
	}})
	const backorder = `{"availability":["BACKORDER"]}`
	require.Equal(t, []string{
		`COLLECTION filter: {"vendors":["eclair"],"price":{"currencyCode":"EUR","max":"200.00"}} > ` + backorder,
		`COLLECTION filter: ` + backorder + ` > {"category":"home","price":{"currencyCode":"JPY","min":"100","max":"2000"},"minRating":4.5,` +
			`"options":[{"name":"Size & fit","values":["<M>"]}]}`,
	}, auditOf(t, b.pool, "collectionUpdate"))

	customer := b.As(t, auth.Principal{Kind: auth.Customer, ID: shop.Customer})
	const drafts = `query ($id: ID!) { collection(id: $id) { products(filter: {status: DRAFT}) { nodes { slug } totalCount } } }`
	require.Equal(t, obj{"nodes": []any{obj{"slug": "secret-draft"}}, "totalCount": 1.0}, b.read(t, drafts, obj{"id": picksID}).At("collection", "products"))
	require.Equal(t, "FORBIDDEN", customer.Do(t, drafts, obj{"id": picksID}).Errors[0].Extensions["code"])
}
