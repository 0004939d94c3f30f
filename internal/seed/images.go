package seed

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"souk/internal/artwork"
)

// MoveImages gives the demo shop's pictures their present addresses. Until the
// pictures had a path of their own they were under /images/, and databases that
// were seeded then say so. It changes nothing else and may run again.
func MoveImages(ctx context.Context, databaseURL string) error {
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return fmt.Errorf("move the demo's pictures: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	const statement = `-- name: MoveDemoImages
WITH moved AS (
  UPDATE images i
  SET url = @prefix || substr(i.url, length('/images/') + 1)
  FROM products p
  WHERE p.id = i.product_id
    AND p.source = @source
    AND i.url ~ '^/images/[a-z-]+/[a-z-]+/[0-9a-f]{8}-[1-9]\.svg$'
  RETURNING i.product_id
)
UPDATE products
SET version = version + 1
WHERE id IN (SELECT product_id FROM moved)`
	if _, err := conn.Exec(ctx, statement, pgx.StrictNamedArgs{"prefix": artwork.Prefix, "source": Source}); err != nil {
		return fmt.Errorf("move the demo's pictures: %w", err)
	}
	return nil
}
