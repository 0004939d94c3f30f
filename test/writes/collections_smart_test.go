package writes

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/graph/relay"
	"souk/internal/auth"
	"souk/internal/money"
	"souk/store"
	"souk/test/catalogue"
	"souk/test/harness"
)

// smartProduct is all that a filter looks at.
type smartProduct struct {
	ID           uuid.UUID
	CreatedAt    time.Time
	Vendor       *uuid.UUID
	Categories   []uuid.UUID // with their ancestors
	Currency     *string
	Minor        *int64
	Rating       *float64
	Availability string
	Options      []string // "size=m"
}

// smartShop has what random filters are made of.
type smartShop struct {
	random     *rand.Rand
	products   []smartProduct // the newest first
	vendors    []uuid.UUID
	categories []uuid.UUID
}

// TestSmartCollectionsAgreeWithAModel makes collections of random filters, lists them
// with other random filters, and compares products, counts and facets with what a
// program finds that looks at every product.
func TestSmartCollectionsAgreeWithAModel(t *testing.T) {
	const products, rounds, each = 300, 12, 12
	db := catalogue.New(t, products)
	server, pool := harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite)), poolOf(t, db.PrimaryURL)
	rows, err := pool.Query(t.Context(), `
SELECT p.id, p.created_at, p.vendor_id AS vendor, p.currency, p.price_min_minor AS minor, p.rating_average::float8 AS rating, p.availability,
       ARRAY(SELECT DISTINCT unnest(c.ancestor_ids || c.id) FROM product_categories pc JOIN categories c ON c.id = pc.category_id WHERE pc.product_id = p.id) AS categories,
       ARRAY(SELECT lower(o.name || '=' || v) FROM product_options o, unnest(o.option_values) AS v WHERE o.product_id = p.id) AS options
FROM products p WHERE p.status = 'ACTIVE' ORDER BY p.created_at DESC, p.id DESC`)
	require.NoError(t, err)
	s := smartShop{random: rand.New(rand.NewPCG(20260301, 0))}
	s.products, err = pgx.CollectRows(rows, pgx.RowToStructByName[smartProduct])
	require.NoError(t, err)
	for _, p := range s.products {
		if s.categories = append(s.categories, p.Categories...); p.Vendor != nil {
			s.vendors = append(s.vendors, *p.Vendor)
		}
	}
	const query = `query ($ids: [ID!]!, $filter: ProductFilter, $orderBy: ProductOrder) { nodes(ids: $ids) { ... on Collection { filter
  products(first: 100, filter: $filter, orderBy: $orderBy) { totalCount nodes { id } facets {
    vendors { count vendor { id } } availability { count availability } ratings { count minRating } categories { count category { id } } } } } } }`
	matched, narrowed := 0, 0
	for round := range rounds {
		var ids []string
		var saved []obj
		for i := range each {
			filter := s.filter()
			made := applied(t, server, "collectionCreate", "collection { id }", obj{"title": fmt.Sprint("Smart ", round, " ", i), "filter": filter})
			saved, ids = append(saved, filter), append(ids, harness.At(made, "collection", "id").(string))
		}
		require.NoError(t, db.WaitReplica(t.Context()))
		own, order := s.filter(), any(nil)
		if round%3 == 0 {
			own = obj{}
		}
		if round%2 == 0 {
			order = obj{"field": "NEWEST"}
		}
		answer := server.Query(t, query, obj{"ids": ids, "filter": own, "orderBy": order})
		for i, filter := range saved {
			says := fmt.Sprintf("saved %v, asked for %v", filter, own)
			got := answer.At("nodes", i)
			require.Equal(t, fmt.Sprint(filter), fmt.Sprint(harness.At(got, "filter")), "it is given back as it was saved")
			inCollection := s.pick(s.products, filter, "")
			want := s.pick(inCollection, own, "")
			matched, narrowed = matched+len(want), narrowed+len(inCollection)-len(want)
			shown := []string{}
			for _, node := range harness.At(got, "products", "nodes").([]any) {
				shown = append(shown, harness.At(node, "id").(string))
			}
			expected := []string{}
			for _, p := range want[:min(100, len(want))] {
				expected = append(expected, relay.ID(store.ProductID(p.ID)))
			}
			require.Equal(t, expected, shown, says)
			require.EqualValues(t, len(want), harness.At(got, "products", "totalCount"), says)
			s.requireFacets(t, harness.At(got, "products", "facets"), inCollection, filter, own, says)
		}
	}
	require.Greater(t, matched, 500, "the filters match too little to show anything")
	require.Greater(t, narrowed, 100)
	t.Log(matched, "products")
}

// requireFacets counts the products of a collection by what facets show of them. A
// facet ignores the client's filter on itself, and never the collection's.
func (s *smartShop) requireFacets(t *testing.T, got any, inCollection []smartProduct, saved, own obj, says string) {
	t.Helper()
	vendors, available, rated, filed := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	for _, p := range s.pick(inCollection, own, "vendors") {
		if p.Vendor != nil {
			vendors[relay.ID(store.VendorID(*p.Vendor))]++
		}
	}
	for _, p := range s.pick(inCollection, own, "availability") {
		available[p.Availability]++
	}
	for _, p := range s.pick(inCollection, own, "minRating") {
		for stars := 1; p.Rating != nil && stars <= min(4, int(*p.Rating)); stars++ {
			rated[fmt.Sprint(stars)]++
		}
	}
	for _, p := range s.pick(inCollection, own, "") {
		for _, category := range p.Categories {
			filed[relay.ID(store.CategoryID(category))]++
		}
	}
	for name, want := range map[string]map[string]int{"vendors vendor id": vendors, "availability availability": available, "ratings minRating": rated} {
		steps := strings.Fields(name)
		counted := map[string]int{}
		for _, value := range harness.At(got, steps[0]).([]any) {
			path := make([]any, len(steps)-1)
			for i, step := range steps[1:] {
				path[i] = step
			}
			counted[fmt.Sprint(harness.At(value, path...))] = int(harness.At(value, "count").(float64))
		}
		if len(want) > 50 { // more than a facet shows
			require.Len(t, counted, 50, "%s of %s", name, says)
			continue
		}
		require.Equal(t, want, counted, "%s of %s", name, says)
	}
	categories := harness.At(got, "categories").([]any)
	for _, value := range categories {
		require.EqualValues(t, filed[harness.At(value, "category", "id").(string)], harness.At(value, "count"), "categories of %s", says)
	}
	if own["category"] == nil && saved["category"] == nil && len(filed) > 0 {
		require.NotEmpty(t, categories, says)
	}
}

// filter makes a filter as a client writes it.
func (s *smartShop) filter() obj {
	f := obj{}
	chance := func() bool { return s.random.IntN(3) == 0 }
	one := func(keys []uuid.UUID) uuid.UUID { return keys[s.random.IntN(len(keys))] }
	if chance() {
		f["category"] = relay.ID(store.CategoryID(one(s.categories)))
	}
	if chance() {
		vendors := []string{}
		for range []int{1, 1, 30}[s.random.IntN(3)] {
			vendors = append(vendors, relay.ID(store.VendorID(one(s.vendors))))
		}
		f["vendors"] = vendors
	}
	if chance() {
		price := obj{"currencyCode": []string{"EUR", "INR", "VND"}[s.random.IntN(3)]}
		for _, end := range []string{"min", "max"} {
			if chance() {
				amount := money.Amount{Minor: int64(1 + s.random.IntN(5000)), Currency: price["currencyCode"].(string)}
				price[end] = amount.Decimal()
			}
		}
		if price["min"] == nil || price["max"] == nil {
			f["price"] = price
		}
	}
	if chance() {
		f["minRating"] = []float64{1, 2.5, 3.25, 4, 4.35}[s.random.IntN(5)]
	}
	if chance() {
		f["availability"] = [][]string{{"IN_STOCK"}, {"BACKORDER", "IN_STOCK"}, {"OUT_OF_STOCK"}}[s.random.IntN(3)]
	}
	if chance() {
		f["options"] = [][]obj{
			{{"name": "SIZE", "values": []string{"m"}}},
			{{"name": "color", "values": []string{"RED", "Blue"}}},
			{{"name": "Color", "values": []string{"black"}}, {"name": "size", "values": []string{"L", "XL"}}},
			{{"name": "Weight", "values": []string{"1"}}},
		}[s.random.IntN(4)]
	}
	return f
}

// pick returns the products that match all conditions of a filter but one.
func (s *smartShop) pick(from []smartProduct, f obj, but string) []smartProduct {
	return slices.DeleteFunc(slices.Clone(from), func(p smartProduct) bool {
		for name, value := range f {
			if name != but && !p.meets(name, value) {
				return true
			}
		}
		return false
	})
}

func (p smartProduct) meets(name string, value any) bool {
	switch name {
	case "category":
		return slices.ContainsFunc(p.Categories, func(id uuid.UUID) bool { return relay.ID(store.CategoryID(id)) == value })
	case "vendors":
		return p.Vendor != nil && slices.Contains(value.([]string), relay.ID(store.VendorID(*p.Vendor)))
	case "minRating":
		return p.Rating != nil && cmp.Compare(*p.Rating, value.(float64)) >= 0
	case "availability":
		return slices.Contains(value.([]string), p.Availability)
	case "options":
		return !slices.ContainsFunc(value.([]obj), func(option obj) bool {
			return !slices.ContainsFunc(option["values"].([]string), func(v string) bool {
				return slices.Contains(p.Options, strings.ToLower(option["name"].(string)+"="+v))
			})
		})
	}
	price := value.(obj)
	if p.Minor == nil || *p.Currency != price["currencyCode"] {
		return false
	}
	beyond := func(end string) int {
		text, given := price[end].(string)
		if !given {
			return 0
		}
		amount, _ := money.Parse(text, *p.Currency)
		return cmp.Compare(*p.Minor, amount.Minor)
	}
	return beyond("min") >= 0 && beyond("max") <= 0
}
