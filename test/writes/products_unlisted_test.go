package writes

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/test/harness"
	"souk/test/shop"
)

const unlisted = `query ($filter: ProductFilter, $orderBy: ProductOrder, $search: String, $first: Int, $after: String) {
  products(filter: $filter, orderBy: $orderBy, search: $search, first: $first, after: $after) {
    totalCount nodes { slug } pageInfo { hasNextPage endCursor }
  }
}`

// withDrafts adds drafts 1 to 9 to the goldens' shop, the odd ones with a price of
// their number, those above five in shirts and of the loom.
func withDrafts(t *testing.T) backOffice {
	t.Helper()
	b := newBackOffice(t)
	harness.Execute(t, b.db.PrimaryURL, `
WITH p AS (
  INSERT INTO products (id, slug, title, status, vendor_id, created_at)
  SELECT ('02000000-0000-7000-8000-00000000000' || n)::uuid, 'draft-' || n, 'Draft ' || (10 - n), 'DRAFT',
         CASE WHEN n > 5 THEN '01900000-0000-7000-8000-000000000401'::uuid END, '2026-04-01'::timestamptz + n * interval '1 day'
  FROM generate_series(1, 9) AS n
  RETURNING id
), v AS (
  INSERT INTO variants (id, product_id, position, currency, price_minor)
  SELECT gen_random_uuid(), p.id, 1, 'EUR', right(p.id::text, 1)::int * 100 FROM p WHERE right(p.id::text, 1)::int % 2 = 1
), o AS (
  INSERT INTO product_options (product_id, position, name, option_values)
  SELECT p.id, 1, 'Size', '{L}' FROM p WHERE right(p.id::text, 1)::int < 3
)
INSERT INTO product_categories (product_id, category_id)
SELECT p.id, '01900000-0000-7000-8000-000000000305' FROM p WHERE right(p.id::text, 1)::int > 5;
SELECT refresh_products(array_agg(id)) FROM products;`)
	require.NoError(t, b.db.WaitReplica(t.Context()))
	return b
}

func (b backOffice) slugs(t *testing.T, variables obj) []string {
	t.Helper()
	answer := b.Query(t, unlisted, variables)
	nodes := answer.At("products", "nodes").([]any)
	slugs := make([]string, len(nodes))
	for i, node := range nodes {
		slugs[i] = harness.At(node, "slug").(string)
	}
	if variables["first"] == nil {
		require.EqualValues(t, len(slugs), answer.At("products", "totalCount"))
	}
	return slugs
}

func numberedDrafts(numbers ...int) []string {
	slugs := make([]string, len(numbers))
	for i, n := range numbers {
		slugs[i] = fmt.Sprintf("draft-%d", n)
	}
	return slugs
}

func TestStaffListWhatIsNotOnSale(t *testing.T) {
	b := withDrafts(t)
	filter := func(fields obj) obj {
		fields["status"] = "DRAFT"
		return obj{"filter": fields}
	}
	require.Equal(t, append(numberedDrafts(9, 8, 7, 6, 5, 4, 3, 2, 1), "secret-draft"), b.slugs(t, filter(obj{})), "the newest first")
	require.Equal(t, []string{"old-shirt"}, b.slugs(t, obj{"filter": obj{"status": "ARCHIVED"}}))
	require.NotContains(t, b.slugs(t, obj{"filter": obj{"status": "ACTIVE"}}), "secret-draft")
	for name, tc := range map[string]struct {
		fields obj
		want   []string
	}{
		"a category above": {obj{"category": shop.ApparelID}, numberedDrafts(9, 8, 7, 6)},
		"its own category": {obj{"category": shirtsID}, numberedDrafts(9, 8, 7, 6)},
		"a vendor":         {obj{"vendors": []string{shop.LoomID}}, append(numberedDrafts(9, 8, 7, 6), "secret-draft")},
		"a price":          {obj{"price": obj{"currencyCode": "EUR", "min": "3", "max": "7"}}, numberedDrafts(7, 5, 3)},
		"an option":        {obj{"options": []obj{{"name": "size", "values": []string{"l"}}}}, numberedDrafts(2, 1)},
		"availability":     {obj{"availability": []string{"OUT_OF_STOCK"}}, numberedDrafts(8, 6, 4, 2)},
	} {
		require.Equal(t, tc.want, b.slugs(t, filter(tc.fields)), name)
	}
	for order, want := range map[string][]string{
		"TITLE": append(numberedDrafts(9, 8, 7, 6, 5, 4, 3, 2, 1), "secret-draft"),
		"PRICE": append(numberedDrafts(1, 3, 5, 7, 9), "secret-draft"),
	} {
		got := b.slugs(t, obj{"filter": obj{"status": "DRAFT"}, "orderBy": obj{"field": order}})
		if order == "PRICE" { // the secret draft costs 1.00 too, and those without a price follow
			require.Equal(t, "secret-draft", got[0])
			require.Equal(t, numberedDrafts(1, 3, 5, 7, 9), got[1:6])
			continue
		}
		require.Equal(t, want, got, order)
	}
	found := filter(obj{})
	found["search"] = "secret"
	require.Equal(t, []string{"secret-draft"}, b.slugs(t, found))
}

func TestUnlistedProductsPage(t *testing.T) {
	b := withDrafts(t)
	for _, field := range []string{"NEWEST", "PRICE", "TITLE", "RATING"} {
		for _, direction := range []string{"ASC", "DESC"} {
			order := obj{"field": field, "direction": direction}
			whole := b.slugs(t, obj{"filter": obj{"status": "DRAFT"}, "orderBy": order})
			var paged []string
			variables := obj{"filter": obj{"status": "DRAFT"}, "orderBy": order, "first": 3}
			for more := true; more; {
				answer := b.Query(t, unlisted, variables)
				paged = append(paged, b.slugs(t, variables)...)
				more = answer.At("products", "pageInfo", "hasNextPage").(bool)
				variables["after"] = answer.At("products", "pageInfo", "endCursor")
			}
			require.Equal(t, whole, paged, "%s %s", field, direction)
		}
	}
}

func TestUnlistedUnderACategoryAndAVendor(t *testing.T) {
	b := withDrafts(t)
	answer := b.Query(t, `query ($c: ID!, $v: ID!) {
  category(id: $c) { products(filter: {status: DRAFT}) { totalCount nodes { slug } } }
  vendor(id: $v) { products(filter: {status: DRAFT}) { totalCount } }
}`, obj{"c": shop.ApparelID, "v": shop.LoomID})
	require.EqualValues(t, 4, answer.At("category", "products", "totalCount"))
	require.Equal(t, "draft-9", answer.At("category", "products", "nodes", 0, "slug"))
	require.EqualValues(t, 5, answer.At("vendor", "products", "totalCount"))
}

func TestUnlistedHasNoFacets(t *testing.T) {
	b := newBackOffice(t)
	answer := b.Do(t, `{ products(filter: {status: DRAFT}) { nodes { slug } facets { vendors { count } } } }`, nil)
	require.Equal(t, "secret-draft", answer.At("products", "nodes", 0, "slug"))
	require.Nil(t, answer.At("products", "facets"))
	require.Equal(t, "BAD_USER_INPUT", answer.Errors[0].Extensions["code"])
}

func TestUnlistedIsForStaffAlone(t *testing.T) {
	db := shop.New(t)
	for name, as := range map[string][]func(*harness.Setup){
		"nobody": nil, "staff without the permission": {harness.AsStaff(auth.ReviewsModerate)},
		"a customer": {harness.AsCustomer([16]byte{1})},
	} {
		server := harness.Start(t, db, as...)
		for _, query := range []string{
			`{ products(filter: {status: DRAFT}) { nodes { slug } } }`,
			`{ products(filter: {status: ARCHIVED}, search: "shirt") { totalCount } }`,
			`{ category(slug: "shirts") { products(filter: {status: ARCHIVED}) { totalCount } } }`,
		} {
			answer := server.Do(t, query, nil)
			require.Len(t, answer.Errors, 1, name)
			require.Equal(t, "FORBIDDEN", answer.Errors[0].Extensions["code"], name)
			require.NotContains(t, string(answer.Raw), "old-shirt")
		}
		require.Empty(t, server.Do(t, `{ products(filter: {status: ACTIVE}) { totalCount } }`, nil).Errors, name)
	}
}
