package seed

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// demoCurrency is the currency of the demo's prices in a shop that has none.
const demoCurrency = "USD"

// shopCurrency returns the shop's currency, "" if it has none. A shop in which nobody has
// made any setting gets those of the demo first.
func shopCurrency(ctx context.Context, databaseURL string) (string, error) {
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return "", fmt.Errorf("set up the shop: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	const statement = `-- name: SeedShop
UPDATE shop
SET name = 'Souk demo', currency = @currency, country = 'US', time_zone = 'America/New_York', languages = '{en}'
WHERE name IS NULL AND currency IS NULL AND country IS NULL AND time_zone IS NULL AND languages = '{}'`
	if _, err := conn.Exec(ctx, statement, pgx.StrictNamedArgs{"currency": demoCurrency}); err != nil {
		return "", fmt.Errorf("set up the shop: %w", err)
	}
	const read = `-- name: SeedCurrency
SELECT coalesce(currency, '')
FROM shop`
	var currency string
	if err := conn.QueryRow(ctx, read).Scan(&currency); err != nil {
		return "", fmt.Errorf("set up the shop: %w", err)
	}
	return currency, nil
}
