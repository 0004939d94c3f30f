package seed

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// collection is one of the demo shop's collections: a smart one if it has a filter,
// otherwise a manual one of the first products in an order.
type collection struct {
	slug, title, description string
	filter                   *string // JSON, as the column has it
	orderBy                  string
}

func collections() []collection {
	loved := `{"min_rating": 4.5, "availability": ["IN_STOCK"]}`
	return []collection{
		{slug: "staff-picks", title: "Staff picks", description: "What we use ourselves.", orderBy: "p.rating_count DESC, p.rating_average DESC, p.source_key"},
		{slug: "small-gifts", title: "Small gifts", description: "Something for everybody, for little money.", orderBy: "p.price_min_minor, p.source_key"},
		{slug: "loved-and-in-stock", title: "Loved and in stock", description: "At least 4.5 stars, and ready to ship.", filter: &loved},
	}
}

// collected is how many products a manual collection has.
const collected = 12

// addCollections stores the demo shop's collections, except those whose slugs are
// taken. They are stored after the products, because a manual one lists some of them.
func addCollections(ctx context.Context, databaseURL string) error {
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return fmt.Errorf("add collections: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, c := range collections() {
			if err := c.add(ctx, tx); err != nil {
				return fmt.Errorf("add collection %s: %w", c.slug, err)
			}
		}
		return nil
	})
}

func (c collection) add(ctx context.Context, tx pgx.Tx) error {
	const insert = `-- name: SeedCollection
INSERT INTO collections (id, slug, title, description, description_html, filter)
VALUES (@id, @slug, @title, @description, '<p>' || @description || '</p>', @filter)
ON CONFLICT (slug) DO NOTHING`
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	made, err := tx.Exec(ctx, insert, pgx.StrictNamedArgs{
		"id": id, "slug": c.slug, "title": c.title, "description": c.description, "filter": c.filter,
	})
	if err != nil || made.RowsAffected() == 0 || c.filter != nil {
		return err
	}
	fill := `-- name: SeedCollectionProducts
INSERT INTO collection_products (collection_id, product_id, position)
SELECT @id, p.id, row_number() OVER (ORDER BY ` + c.orderBy + `)
FROM products p
WHERE p.status = 'ACTIVE' AND p.price_min_minor IS NOT NULL
ORDER BY ` + c.orderBy + `
LIMIT @collected`
	if _, err := tx.Exec(ctx, fill, pgx.StrictNamedArgs{"id": id, "collected": collected}); err != nil {
		return err
	}
	const picture = `-- name: SeedCollectionImage
UPDATE collections o
SET image_url = i.url, image_alt_text = i.alt_text, image_width = i.width, image_height = i.height
FROM collection_products cp
JOIN images i ON i.product_id = cp.product_id
WHERE o.id = @id AND cp.collection_id = o.id AND cp.position = 1 AND i.position = 1`
	if _, err := tx.Exec(ctx, picture, pgx.StrictNamedArgs{"id": id}); err != nil {
		return err
	}
	const list = `-- name: RefreshCollectedProducts
SELECT refresh_products(ARRAY(SELECT cp.product_id FROM collection_products cp WHERE cp.collection_id = @id))`
	_, err = tx.Exec(ctx, list, pgx.StrictNamedArgs{"id": id})
	return err
}
