package command_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/command"
	"souk/internal/importer"
)

func TestImportTakesTheShopsCurrencyOrAsksForOne(t *testing.T) {
	s := newShopCommand(t)
	file := filepath.Join(t.TempDir(), "products.csv")
	require.NoError(t, os.WriteFile(file, []byte("Handle,Title,Variant Price\ncup,Cup,9.90\n"), 0o600))
	products := func(currency string) error {
		var c command.Import
		c.ShopifyProducts.Primary, c.ShopifyProducts.Paths = s.at, []string{file}
		c.ShopifyProducts.Currency, c.ShopifyProducts.Location, c.ShopifyProducts.Quiet = currency, "Default", true
		return c.ShopifyProducts.Run(t.Context())
	}
	imported := func() (prices []string) {
		rows, err := s.conn.Query(t.Context(), `SELECT price_minor || ' ' || currency FROM variants ORDER BY 1`)
		require.NoError(t, err)
		prices, err = pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		return prices
	}
	err := products("")
	require.ErrorIs(t, err, importer.ErrNoCurrency)
	requireUsage(t, err, "--currency EUR")
	requireUsage(t, err, "souk shop set --currency EUR")
	requireUsage(t, products("EURO"), "EURO")
	require.Empty(t, imported())

	_, err = s.set(t, command.ShopSet{Currency: new("JPY")})
	require.NoError(t, err)
	require.NoError(t, products("CHF"), "another currency than the shop's is fine")
	require.Equal(t, []string{"990 CHF"}, imported())
	_, err = s.set(t, command.ShopSet{Currency: new("EUR")})
	require.NoError(t, err)
	require.NoError(t, products(""))
	require.Equal(t, []string{"990 EUR"}, imported())
}
