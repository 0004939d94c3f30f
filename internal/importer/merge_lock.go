package importer

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// lockable are the rows of a chunk, in a table with n and product_id.
type lockable struct {
	table string
	lost  []lostRows
}

// lostRows are rows about what somebody has deleted since the run found it. gone is
// their condition, with t as the row, and input a query for the file, the line and the
// product's key of their input: key is in @lost.
type lostRows struct{ table, key, gone, input, reason string }

const (
	lostProduct = "'the product was deleted while the import ran'"
	lostVariant = "'the variant was deleted while the import ran'"
	noProduct   = "NOT EXISTS (SELECT FROM products p WHERE p.id = t.product_id)"
	noVariant   = "NOT EXISTS (SELECT FROM variants v WHERE v.id = t.variant_id)"
)

var (
	lockedTargets = lockable{"t_target", []lostRows{
		{"t_target", "n", "NOT t.is_new AND " + noProduct, `
SELECT s.file, s.line, s.key
FROM t_member m
JOIN (
  SELECT file, line, key FROM s_product
  UNION ALL
  SELECT file, line, product_key FROM s_variant
  UNION ALL
  SELECT file, line, product_key FROM s_image
) AS s USING (key)
WHERE m.n = ANY (@lost::bigint[])`, lostProduct},
		{"t_variant", "seq", "t.variant_id IS NOT NULL AND EXISTS (SELECT FROM t_target o WHERE o.n = t.n) AND " + noVariant, `
SELECT s.file, s.line, s.product_key
FROM s_variant s
WHERE s.seq = ANY (@lost::bigint[])`, lostVariant},
	}}
	lockedLevels = lockable{"t_level", []lostRows{
		{"t_level", "seq", noProduct, stagedLevels, lostProduct},
		{"t_level", "seq", noVariant, stagedLevels, lostVariant},
	}}
	lockedReviews = lockable{"t_review", []lostRows{
		{"t_review", "seq", noProduct, `
SELECT s.file, s.line, s.product_key
FROM s_review s
WHERE s.seq = ANY (@lost::bigint[])`, lostProduct},
	}}
)

const stagedLevels = `
SELECT s.file, s.line, s.product_key
FROM s_level s
WHERE s.seq = ANY (@lost::bigint[])`

// lockProducts locks the products of a chunk, as every other writer does,
// before it reads anything that belongs to them. Otherwise a sum of stock could
// be read while someone changes the stock, and be stored without that change. What has
// been deleted since the run began is a fault, and the merge does not see it.
func lockProducts(ctx context.Context, tx pgx.Tx, rows lockable, chunk pgx.StrictNamedArgs) error {
	args := pgx.StrictNamedArgs{"first": chunk["first"], "last": chunk["last"]}
	if _, err := tx.Exec(ctx, `-- name: ImportLockProducts
SELECT
FROM products
WHERE id IN (SELECT t.product_id FROM `+rows.table+` t WHERE t.n BETWEEN @first AND @last)
ORDER BY id
FOR NO KEY UPDATE`, args); err != nil {
		return fmt.Errorf("lock products: %w", err)
	}
	for _, lost := range rows.lost {
		if err := rejectLost(ctx, tx, lost, args); err != nil {
			return fmt.Errorf("find what was deleted meanwhile: %w", err)
		}
	}
	return nil
}

func rejectLost(ctx context.Context, tx pgx.Tx, lost lostRows, chunk pgx.StrictNamedArgs) error {
	var keys []int64
	if err := tx.QueryRow(ctx, `-- name: ImportLost
SELECT coalesce(array_agg(t.`+lost.key+`::bigint), '{}')
FROM `+lost.table+` t
WHERE t.n BETWEEN @first AND @last AND `+lost.gone, chunk).Scan(&keys); err != nil || len(keys) == 0 {
		return err
	}
	for _, statement := range []string{`-- name: ImportLostFaults
INSERT INTO t_fault (file, line, value, reason)
SELECT DISTINCT ON (k.file, k.line) k.file, k.line, ` + keyShown + `, ` + lost.reason + `
FROM (` + lost.input + `) AS k (file, line, key)`, `-- name: ImportLostNone
DELETE FROM ` + lost.table + ` t
WHERE t.` + lost.key + ` = ANY (@lost::bigint[])`} {
		if _, err := tx.Exec(ctx, statement, pgx.StrictNamedArgs{"lost": keys}); err != nil {
			return err
		}
	}
	return nil
}
