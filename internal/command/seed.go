package command

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/jackc/pgx/v5"

	"souk/internal/seed"
)

// Seed fills the shop with generated data.
type Seed struct {
	Primary  `embed:""`
	Products int    `default:"500" help:"Number of products, at most 1,000,000."`
	Seed     uint64 `default:"1" help:"Seed of the generator; the same number gives the same shop."`
	Quiet    bool   `short:"q" help:"Show no progress."`
}

// Run fills the shop. A second run with the same numbers changes nothing.
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

// seedIfEmpty fills a shop without products with the demo shop, or continues an
// interrupted run, and reports whether it did. In a shop that is filled it updates the
// URLs of the demo's images.
func seedIfEmpty(ctx context.Context, databaseURL string, products int, log *slog.Logger) (filled bool, err error) {
	if products == 0 {
		return false, nil
	}
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return false, fmt.Errorf("look for products: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var done bool
	if err := conn.QueryRow(ctx, shopIsFilled, pgx.StrictNamedArgs{"demo": seed.Source}).Scan(&done); err != nil {
		return false, fmt.Errorf("look for products: %w", err)
	}
	if done {
		return false, seed.MoveImages(ctx, databaseURL)
	}
	log.Info("the shop is empty: filling it with a demo shop", "products", products)
	_, err = seed.Run(ctx, seed.Options{DatabaseURL: databaseURL, Products: products, Seed: 1})
	return err == nil, err
}

// shopIsFilled distinguishes a filled shop from an interrupted run: the demo
// shop's stock at further locations is stored last.
const shopIsFilled = `-- name: ShopIsFilled
SELECT EXISTS (SELECT FROM products)
   AND ((SELECT count(*) FROM locations l WHERE EXISTS (SELECT FROM inventory_levels i WHERE i.location_id = l.id)) > 1
        OR EXISTS (SELECT FROM products WHERE source IS DISTINCT FROM @demo))`
