package store_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
	"souk/migrations"
)

// TestAShopGetsTheCurrencyOfItsPrices applies the migration to shops that were there
// before their settings.
func TestAShopGetsTheCurrencyOfItsPrices(t *testing.T) {
	db := dbtest.New(t)
	conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	_, err = conn.Exec(t.Context(), `INSERT INTO products (id, slug, title) VALUES (gen_random_uuid(), 'mug', 'Mug')`)
	require.NoError(t, err)

	for name, tc := range map[string]struct {
		currencies []string
		want       *string
	}{
		"none without prices":                {nil, nil},
		"that of all prices":                 {[]string{"EUR", "EUR"}, new("EUR")},
		"whatever variants have no amount":   {[]string{"XXX", "JPY", "XXX"}, new("JPY")},
		"none with prices of two currencies": {[]string{"EUR", "USD", "EUR"}, nil},
		"none if no variant has an amount":   {[]string{"XXX"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for hasShop := true; hasShop; {
				require.NoError(t, migrations.Down(t.Context(), db.PrimaryURL))
				require.NoError(t, conn.QueryRow(t.Context(), `SELECT to_regclass('shop') IS NOT NULL`).Scan(&hasShop))
			}
			_, err := conn.Exec(t.Context(), `DELETE FROM variants`)
			require.NoError(t, err)
			_, err = conn.Exec(t.Context(), `
INSERT INTO variants (id, product_id, position, currency)
SELECT gen_random_uuid(), p.id, c.n, c.code
FROM products p, unnest($1::text[]) WITH ORDINALITY AS c (code, n)`, tc.currencies)
			require.NoError(t, err)
			require.NoError(t, migrations.Up(t.Context(), db.PrimaryURL))
			var got *string
			require.NoError(t, conn.QueryRow(t.Context(), `SELECT currency FROM shop`).Scan(&got))
			require.Equal(t, tc.want, got)
		})
	}
	_, err = conn.Exec(t.Context(), `INSERT INTO shop (id) VALUES (gen_random_uuid())`)
	require.ErrorContains(t, err, "shop_id_check", "there is one row")
}
