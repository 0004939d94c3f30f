package writes

import (
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/store"
	"souk/test/harness"
	"souk/test/shop"
)

const noShopCurrency = `UPDATE shop SET currency = NULL`

func TestShopUpdate(t *testing.T) {
	db := shop.New(t)
	server, pool := harness.Start(t, db, harness.AsStaff(auth.SettingsWrite)), poolOf(t, db.PrimaryURL)
	const shown = `shop { id name currency country timeZone languages version }`
	id := shop.ID[store.ShopID]("001")

	got := applied(t, server, "shopUpdate", shown, map[string]any{
		"name": " Lamp House ", "currency": "jpy", "country": "jp", "timeZone": "Asia/Tokyo", "languages": []any{"ja", "PT_br"}, "expectedVersion": 2,
	})["shop"]
	want := map[string]any{
		"id": id, "name": "Lamp House", "currency": "JPY", "country": "JP", "timeZone": "Asia/Tokyo",
		"languages": []any{"ja", "pt-BR"}, "version": 3.0,
	}
	require.Equal(t, want, got)
	require.Equal(t, want, applied(t, server, "shopUpdate", shown, map[string]any{"currency": "JPY"})["shop"], "nothing differs, nothing changes")
	require.NoError(t, db.WaitReplica(t.Context()))
	require.Equal(t, want, server.Query(t, `{ `+shown+` }`, nil).At("shop"))

	got = applied(t, server, "shopUpdate", shown, map[string]any{"name": nil, "currency": "", "country": nil, "timeZone": " ", "languages": []any{}})["shop"]
	require.Equal(t, map[string]any{
		"id": id, "name": nil, "currency": nil, "country": nil, "timeZone": nil, "languages": []any{}, "version": 4.0,
	}, got)
	require.Equal(t, []string{
		`SHOP name: Loom & Lamp > Lamp House, currency: EUR > JPY, country: DE > JP, timeZone: Europe/Berlin > Asia/Tokyo, languages: ["de","en"] > ["ja","pt-BR"]`,
		`SHOP name: Lamp House > -, currency: JPY > -, country: JP > -, timeZone: Asia/Tokyo > -, languages: ["ja","pt-BR"] > []`,
	}, auditOf(t, pool, "shopUpdate"))
	require.Equal(t, "EUR 49.90", lowestPrice(t, server, shop.ShirtID), "prices keep their currency")
}

// lowestPrice is the lowest price of a product.
func lowestPrice(t testing.TB, server *harness.Server, product string) string {
	t.Helper()
	answer := server.Query(t, `query ($id: ID!) { product(id: $id) { priceRange { min { currencyCode amount } } } }`, map[string]any{"id": product})
	lowest := answer.At("product", "priceRange", "min")
	return harness.At(lowest, "currencyCode").(string) + " " + harness.At(lowest, "amount").(string)
}

func TestShopUpdateRefuses(t *testing.T) {
	server := harness.Start(t, shop.New(t), harness.AsStaff(auth.SettingsWrite))
	many := make([]any, 101)
	for i := range many {
		many[i] = "de"
	}
	for name, tc := range map[string]struct {
		input map[string]any
		want  []string
	}{
		"a currency that is none":       {map[string]any{"currency": "EURO"}, []string{"INVALID at input.currency"}},
		"the code for no currency":      {map[string]any{"currency": "XXX"}, []string{"INVALID at input.currency"}},
		"a country of three letters":    {map[string]any{"country": "DEU"}, []string{"INVALID at input.country"}},
		"a country that is not on maps": {map[string]any{"country": "UK"}, []string{"INVALID at input.country"}},
		"an abbreviated time zone":      {map[string]any{"timeZone": "Berlin"}, []string{"INVALID at input.timeZone"}},
		"the server's time zone":        {map[string]any{"timeZone": "Local"}, []string{"INVALID at input.timeZone"}},
		"a path as a time zone":         {map[string]any{"timeZone": "../../etc/passwd"}, []string{"INVALID at input.timeZone"}},
		"a language by its name":        {map[string]any{"languages": []any{"de", "english language"}}, []string{"INVALID at input.languages.1"}},
		"no language at all":            {map[string]any{"languages": []any{"", "und"}}, []string{"INVALID at input.languages.0", "INVALID at input.languages.1"}},
		"a language of 36 letters":      {map[string]any{"languages": []any{"de-x-abcdefgh-abcdefgh-abcdefgh-abcd"}}, []string{"INVALID at input.languages.0"}},
		"a language twice":              {map[string]any{"languages": []any{"de", "DE"}}, []string{"DUPLICATE at input.languages.1"}},
		"too many languages":            {map[string]any{"languages": many}, []string{"TOO_MANY at input.languages"}},
		"null as languages":             {map[string]any{"languages": nil}, []string{"REQUIRED at input.languages"}},
		"a line break in the name":      {map[string]any{"name": "a\nb"}, []string{"INVALID at input.name"}},
		"an old version":                {map[string]any{"name": "X", "expectedVersion": 1}, []string{"VERSION_CONFLICT at input.expectedVersion"}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tc.want, refusals(sendInput(t, server, "shopUpdate", `__typename`, tc.input)))
		})
	}
}

// amountsWithoutCurrency are inputs with an amount that names no currency, with the
// place of the amount.
var amountsWithoutCurrency = map[string]struct {
	mutation string
	input    map[string]any
	at       []string
}{
	"a product": {"productCreate", map[string]any{
		"title": "Cup", "variants": []any{map[string]any{"price": map[string]any{"amount": "5"}}},
	}, []string{"input.variants.0.price"}},
	"a list of products": {"productBulkCreate", map[string]any{"errorPolicy": "ALL_OR_NOTHING", "items": []any{
		map[string]any{"title": "Cup", "variants": []any{map[string]any{"cost": map[string]any{"amount": "5"}}}},
		map[string]any{"title": "Jar", "variants": []any{map[string]any{"price": map[string]any{"amount": "6"}}}},
	}}, []string{"input.items.0.variants.0.cost", "input.items.1.variants.0.price"}},
	"a variant": {"productVariantsUpsert", map[string]any{
		"productId": shop.ShirtID, "variants": []any{map[string]any{"id": shop.ID[store.VariantID]("201"), "compareAtPrice": map[string]any{"amount": "70"}}},
	}, []string{"input.variants.0.compareAtPrice"}},
	"a saved filter": {"collectionCreate", map[string]any{
		"title": "Cheap", "filter": map[string]any{"price": map[string]any{"max": "50"}},
	}, []string{"input.filter.price"}},
}

func TestAnAmountWithoutACurrencyTakesTheShops(t *testing.T) {
	db := shop.New(t)
	server, pool := harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite)), poolOf(t, db.PrimaryURL)
	for name, tc := range amountsWithoutCurrency {
		t.Run(name, func(t *testing.T) { applied(t, server, tc.mutation, `__typename`, tc.input) })
	}
	rows := func(statement string) (n int) {
		require.NoError(t, pool.QueryRow(t.Context(), statement).Scan(&n))
		return n
	}
	require.Equal(t, 3, rows(`SELECT count(*) FROM variants WHERE currency = 'EUR' AND (price_minor IN (500, 600) OR cost_minor = 500)`))
	require.Equal(t, 1, rows(`SELECT count(*) FROM variants WHERE currency = 'EUR' AND compare_at_price_minor = 7000`))
	require.Equal(t, 1, rows(`SELECT count(*) FROM collections WHERE title = 'Cheap' AND filter->'price' = '{"currency": "EUR", "max_minor": 5000}'`))

	require.NoError(t, db.WaitReplica(t.Context()))
	named := server.Query(t, `{ products(filter: {price: {currencyCode: "EUR", max: "50"}}) { nodes { slug } } }`, nil).At("products", "nodes")
	require.NotEmpty(t, named)
	require.Equal(t, named, server.Query(t, `{ products(filter: {price: {max: "50"}}) { nodes { slug } } }`, nil).At("products", "nodes"))

	t.Run("with one statement for a whole list", func(t *testing.T) {
		items := make([]any, 20)
		for i := range items {
			items[i] = map[string]any{"title": "Plate", "variants": []any{map[string]any{"price": map[string]any{"amount": "5"}}}}
		}
		statements := harness.CountStatements(t, db)
		calls := statements.During(t, func() {
			applied(t, server, "productBulkCreate", `__typename`, map[string]any{"errorPolicy": "ALL_OR_NOTHING", "items": items})
		})
		require.Equal(t, 1, calls["ShopCurrency"])
	})
	t.Run("and one that names its currency reads no setting", func(t *testing.T) {
		statements := harness.CountStatements(t, db)
		calls := statements.During(t, func() {
			applied(t, server, "productCreate", `__typename`, map[string]any{"title": "Bowl", "variants": []any{
				map[string]any{"price": map[string]any{"amount": "5", "currencyCode": "USD"}},
			}})
		})
		require.NotContains(t, calls, "ShopCurrency")
	})
}

func TestAShopWithoutACurrencyIsAskedForIt(t *testing.T) {
	db := shop.New(t)
	harness.Execute(t, db.PrimaryURL, noShopCurrency)
	require.NoError(t, db.WaitReplica(t.Context()))
	server := harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite))
	for name, tc := range amountsWithoutCurrency {
		t.Run(name, func(t *testing.T) {
			payload := sendInput(t, server, tc.mutation, `__typename`, tc.input)
			var want []string
			for _, at := range tc.at {
				want = append(want, "REQUIRED at "+at+".currencyCode")
			}
			require.Equal(t, want, refusals(payload))
			require.Contains(t, harness.At(payload["userErrors"], 0, "message"), "souk shop set --currency EUR")
		})
	}
	t.Run("a list", func(t *testing.T) {
		answer := server.Do(t, `{ products(filter: {price: {max: "50"}}) { nodes { slug } } }`, nil)
		require.Len(t, answer.Errors, 1)
		require.Contains(t, answer.Errors[0].Message, "`filter.price.currencyCode` is missing, and the shop has no currency yet")
	})
}
