package writes

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
	"souk/migrations"
	"souk/test/harness"
)

const (
	currenciesMigration = 20261129090000
	beforeCurrencies    = 20261128110000
)

// TestStoredAmountsGetTheDecimalsOfTheirCurrency writes amounts as the version before
// stored them, and compares what the migration makes of them with what its triggers and
// refresh_products say.
func TestStoredAmountsGetTheDecimalsOfTheirCurrency(t *testing.T) {
	db := dbtest.New(t)
	conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	read := func(sql string) (values []string) {
		rows, err := conn.Query(t.Context(), sql)
		require.NoError(t, err)
		values, err = pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		return values
	}
	migrateTo(t, db.PrimaryURL, beforeCurrencies)
	_, err = conn.Exec(t.Context(), `
INSERT INTO products (id, slug, title) SELECT gen_random_uuid(), slug, slug FROM unnest('{rsd,iqd,eur,mixed,unpriced}'::text[]) AS slug;
INSERT INTO variants (id, product_id, position, currency, price_minor, compare_at_price_minor, cost_minor)
SELECT gen_random_uuid(), p.id, v.position, v.currency, v.price, v.before, v.cost
FROM (VALUES ('rsd', 1, 'RSD', 1220, 1500, 900), ('rsd', 2, 'RSD', 2000, NULL, NULL),
             ('iqd', 1, 'IQD', 7, NULL, NULL), ('eur', 1, 'EUR', 1220, 1500, 900),
             ('mixed', 1, 'EUR', 500, NULL, NULL), ('mixed', 2, 'DEM', 500, NULL, NULL), ('mixed', 3, 'ITL', 500, NULL, 400),
             ('unpriced', 1, 'PKR', NULL, NULL, 30), ('unpriced', 2, 'XXX', NULL, NULL, NULL)) AS v (slug, position, currency, price, before, cost)
JOIN products p USING (slug);
INSERT INTO collections (id, slug, title, filter) VALUES
  (gen_random_uuid(), 'a', 'A', '{"price": {"currency": "RSD", "min_minor": 1000, "max_minor": 9223372036854775807}, "min_rating": 4}'),
  (gen_random_uuid(), 'b', 'B', '{"price": {"currency": "IQD", "max_minor": 5}}'),
  (gen_random_uuid(), 'c', 'C', '{"price": {"currency": "EUR", "min_minor": 1000}}'),
  (gen_random_uuid(), 'd', 'D', '{"min_rating": 4}'), (gen_random_uuid(), 'e', 'E', NULL);
SELECT refresh_products(array_agg(id)) FROM products;
UPDATE products SET version = 1, updated_at = '2026-01-01'; UPDATE variants SET version = 1; UPDATE collections SET version = 1;`)
	require.NoError(t, err)

	const variants = `
SELECT concat_ws(' ', p.slug, v.currency, v.price_minor, v.compare_at_price_minor, v.cost_minor)
FROM variants v JOIN products p ON p.id = v.product_id ORDER BY p.slug, v.position`
	const products = `SELECT concat_ws(' ', slug, currency, price_min_minor, price_max_minor) FROM products ORDER BY slug`
	const listings = `
SELECT concat_ws(' ', p.slug, l.currency, l.price_minor) FROM product_listings l JOIN products p ON p.id = l.product_id ORDER BY p.slug`
	const filters = `SELECT concat_ws(' ', slug, filter) FROM collections ORDER BY slug`
	before := [][]string{read(variants), read(products), read(listings), read(filters)}

	versions := read(`SELECT concat(slug, version) FROM products UNION ALL SELECT concat(slug, version) FROM collections ORDER BY 1`)
	migrateTo(t, db.PrimaryURL, currenciesMigration)
	require.Equal(t, []string{
		"eur EUR 1220 1500 900", "iqd IQD 7000", "mixed EUR 500", "mixed DEM 500", "mixed ITL 50000 40000",
		"rsd RSD 122000 150000 90000", "rsd RSD 200000", "unpriced PKR 3000", "unpriced XXX",
	}, read(variants))
	require.Equal(t, []string{"eur EUR 1220 1220", "iqd IQD 7000 7000", "mixed EUR 500 500", "rsd RSD 122000 200000", "unpriced PKR"}, read(products))
	require.Equal(t, []string{"eur EUR 1220", "iqd IQD 7000", "mixed EUR 500", "rsd RSD 122000", "unpriced"}, read(listings))
	require.Equal(t, []string{
		`a {"price": {"currency": "RSD", "max_minor": 9223372036854775807, "min_minor": 100000}, "min_rating": 4}`,
		`b {"price": {"currency": "IQD", "max_minor": 5000}}`,
		`c {"price": {"currency": "EUR", "min_minor": 1000}}`, `d {"min_rating": 4}`, `e`,
	}, read(filters))
	require.NotEqual(t, versions, read(`SELECT concat(slug, version) FROM products UNION ALL SELECT concat(slug, version) FROM collections ORDER BY 1`))
	require.Equal(t, []string{"iqd", "mixed", "rsd", "unpriced"},
		read(`SELECT slug FROM products WHERE version = 2 AND updated_at > '2026-01-01' ORDER BY 1`), "no cached product outlives it")
	require.Equal(t, []string{"a", "b"}, read(`SELECT slug FROM collections WHERE version = 2 ORDER BY 1`))
	require.Equal(t, []string{"IQD", "ITL", "PKR", "RSD", "RSD"}, read(`SELECT currency FROM variants WHERE version = 2 ORDER BY 1`))

	_, err = conn.Exec(t.Context(), `SELECT refresh_products(array_agg(id)) FROM products`)
	require.NoError(t, err)
	require.Equal(t, []string{"4"}, read(`SELECT count(*)::text FROM products WHERE version = 2`), "what is derived is right already")

	_, err = conn.Exec(t.Context(), `UPDATE variants SET price_minor = 122050 WHERE price_minor = 122000`)
	require.NoError(t, err)
	migrateTo(t, db.PrimaryURL, beforeCurrencies)
	before[0][5] = "rsd RSD 1221 1500 900"
	before[3][0] = `a {"price": {"currency": "RSD", "max_minor": 92233720368547758, "min_minor": 1000}, "min_rating": 4}`
	require.Equal(t, before, [][]string{read(variants), read(products), read(listings), read(filters)})
}

func TestAmountsWithoutRoomForTheirDecimalsAreNamed(t *testing.T) {
	db := dbtest.New(t)
	migrateTo(t, db.PrimaryURL, beforeCurrencies)
	harness.Execute(t, db.PrimaryURL, `
INSERT INTO products (id, slug, title) SELECT gen_random_uuid(), slug, slug FROM unnest('{price,was,cost,eur,most}'::text[]) AS slug;
INSERT INTO variants (id, product_id, position, currency, price_minor, compare_at_price_minor, cost_minor)
SELECT gen_random_uuid(), p.id, 1, v.currency, v.price, v.before, v.cost
FROM (VALUES ('price', 'IDR', 100000000000000000, NULL, NULL), ('was', 'IQD', 1, 9223372036854776, NULL),
             ('cost', 'RSD', 1, NULL, 92233720368547759), ('eur', 'EUR', 100000000000000000, NULL, NULL),
             ('most', 'IDR', 92233720368547758, NULL, NULL)) AS v (slug, currency, price, before, cost)
JOIN products p USING (slug)`)
	require.ErrorContains(t, migrations.Up(t.Context(), db.PrimaryURL), "(at most 20): cost, price, was")

	harness.Execute(t, db.PrimaryURL, `DELETE FROM products WHERE slug IN ('price', 'was', 'cost')`)
	require.NoError(t, migrations.Up(t.Context(), db.PrimaryURL))
}

// migrateTo applies or reverts migrations until version is the newest applied one.
func migrateTo(t *testing.T, url string, version int64) {
	t.Helper()
	require.NoError(t, migrations.UpTo(t.Context(), url, version))
	list, err := migrations.List(t.Context(), url)
	require.NoError(t, err)
	for _, step := range slices.Backward(list) {
		if step.Applied && step.Version > version {
			require.NoError(t, migrations.Revert(t.Context(), url, step.Name))
		}
	}
}
