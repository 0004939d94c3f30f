package seed

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
)

// TestTheDemoSetsUpAShopThatNobodyHasSetUp fills shops with settings and shows what
// becomes of those, and in which currency the prices are.
func TestTheDemoSetsUpAShopThatNobodyHasSetUp(t *testing.T) {
	for name, tc := range map[string]struct{ settings, want, prices string }{
		"a new one":                   {"", "Souk demo USD US America/New_York {en}", "USD"},
		"not one that has a currency": {"currency = 'EUR'", "- EUR - - {}", "EUR"},
		"not one that has a name":     {"name = 'Loom'", "Loom - - - {}", "USD"},
	} {
		t.Run(name, func(t *testing.T) {
			db := dbtest.New(t)
			conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
			require.NoError(t, err)
			defer func() { _ = conn.Close(context.Background()) }()
			if tc.settings != "" {
				_, err = conn.Exec(t.Context(), `UPDATE shop SET `+tc.settings)
				require.NoError(t, err)
			}
			_, err = Run(t.Context(), Options{DatabaseURL: db.PrimaryURL, Products: 3})
			require.NoError(t, err)
			var settings, prices string
			require.NoError(t, conn.QueryRow(t.Context(), `
SELECT concat_ws(' ', coalesce(name, '-'), coalesce(currency, '-'), coalesce(country, '-'), coalesce(time_zone, '-'), languages::text),
       (SELECT string_agg(DISTINCT v.currency, ' ') FROM variants v)
FROM shop`).Scan(&settings, &prices))
			require.Equal(t, tc.want, settings)
			require.Equal(t, tc.prices, prices)
		})
	}
}
