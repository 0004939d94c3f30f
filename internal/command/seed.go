package command

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/jackc/pgx/v5"

	"souk/internal/seed"
)

// Seed fills the shop with invented things.
type Seed struct {
	Primary  `embed:""`
	Products int    `default:"500" help:"How many products: up to 1,000,000."`
	Seed     uint64 `default:"1" help:"The same number makes the same shop."`
	Quiet    bool   `short:"q" help:"No progress."`
}

// Run fills the shop. Run again with the same numbers, it changes nothing.
func (s *Seed) Run(ctx context.Context) error {
	options := seed.Options{DatabaseURL: s.DatabaseURL, Products: s.Products, Seed: s.Seed}
	if !s.Quiet {
		options.Progress = os.Stderr
	}
	report, err := seed.Run(ctx, options)
	if report == nil {
		return err
	}
	if failed := report.Render(os.Stdout); failed != nil && err == nil {
		err = failed
	}
	return err
}

// SeedIfEmpty fills a shop that has no product yet with the demo shop, and goes on
// with one whose filling was interrupted. In one that is filled it brings the
// addresses of the demo's pictures up to date.
func SeedIfEmpty(ctx context.Context, databaseURL string, products int, log *slog.Logger) error {
	if products == 0 {
		return nil
	}
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return fmt.Errorf("look for products: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var done bool
	if err := conn.QueryRow(ctx, shopIsFilled, pgx.StrictNamedArgs{"demo": seed.Source}).Scan(&done); err != nil {
		return fmt.Errorf("look for products: %w", err)
	}
	if done {
		return seed.MoveImages(ctx, databaseURL)
	}
	log.Info("the shop is empty: filling it with a demo shop", "products", products)
	_, err = seed.Run(ctx, seed.Options{DatabaseURL: databaseURL, Products: products, Seed: 1})
	return err
}

// shopIsFilled tells a shop with products from one whose filling was interrupted:
// of the demo shop the stock at more than one place is stored last.
const shopIsFilled = `-- name: ShopIsFilled
SELECT EXISTS (SELECT FROM products)
   AND ((SELECT count(*) FROM locations l WHERE EXISTS (SELECT FROM inventory_levels i WHERE i.location_id = l.id)) > 1
        OR EXISTS (SELECT FROM products WHERE source IS DISTINCT FROM @demo))`
