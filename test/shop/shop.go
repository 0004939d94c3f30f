// Package shop is the small shop that most tests share: a few products of two
// vendors, in a tree of categories, with variants, images, reviews and customers.
// Its rows have fixed keys, so that a test can name them.
package shop

import (
	"context"
	_ "embed"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"souk/graph/relay"
	"souk/internal/dbtest"
	"souk/test/harness"
)

// Global IDs, as clients have them.
const (
	ShirtID   = "AQGQAAAAAHAAgAAAAAAAAQE"
	DraftID   = "AQGQAAAAAHAAgAAAAAAAAQY"
	ApparelID = "AwGQAAAAAHAAgAAAAAAAAwI"
	LoomID    = "BAGQAAAAAHAAgAAAAAAABAE"
)

// Customer is the customer who asks where a golden says "# as: customer".
var Customer = uuid.MustParse("01900000-0000-7000-8000-000000000701")

// ProductUpdate changes a product.
const ProductUpdate = `mutation ($input: ProductUpdateInput!) {
  productUpdate(input: $input) {
    product { title version }
    userErrors { __typename code field ... on VersionConflict { currentVersion } }
  }
}`

// Storefront is a query of three levels.
const Storefront = `{ products(first: 5) { nodes { title vendor { name } reviews(first: 2) { nodes { author { displayName } } } } totalCount } }`

//go:embed shop.sql
var content string

// New returns a database with the shop, a test's own.
func New(t testing.TB) *dbtest.DB {
	t.Helper()
	return dbtest.Named(t, "shop", func(ctx context.Context, url string) error {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return fmt.Errorf("fill the shop: %w", err)
		}
		defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
		if _, err := conn.Exec(ctx, content); err != nil {
			return fmt.Errorf("fill the shop: %w", err)
		}
		return nil
	})
}

// Fill makes the shop in a migrated, empty database.
func Fill(t testing.TB, url string) {
	t.Helper()
	harness.Execute(t, url, content)
}

// Key is a key of the shop by its last digits.
func Key(digits string) uuid.UUID {
	return uuid.MustParse("01900000-0000-7000-8000-000000000" + digits)
}

// ID is the global ID of what has a key of the shop.
func ID[K relay.Key](digits string) string { return relay.ID(K(Key(digits))) }
