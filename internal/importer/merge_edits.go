package importer

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// fieldsOfInput returns the names of the fields that the run's files have.
func (r *run) fieldsOfInput(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	return []string{}, nil
}

// stamp notes for the products of a chunk that the run writes them.
func (m *merger) stamp(ctx context.Context, tx pgx.Tx, of string, chunk pgx.StrictNamedArgs) error {
	if m.run.record == nil {
		return nil
	}
	if _, err := tx.Exec(ctx, `-- name: ImportStamp
INSERT INTO import_stamps (product_id, run_id)
SELECT DISTINCT t.product_id, r.id
FROM (`+of+` WHERE t.n BETWEEN @first AND @last) AS t
JOIN import_runs r ON r.id = @run::uuid
WHERE NOT EXISTS (
  SELECT
  FROM import_stamps s
  JOIN import_runs o ON o.id = s.run_id
  WHERE s.product_id = t.product_id AND o.fields @> r.fields)
ON CONFLICT DO NOTHING`, pgx.StrictNamedArgs{"first": chunk["first"], "last": chunk["last"], "run": m.run.record.id.String()}); err != nil {
		return fmt.Errorf("note which products the run writes: %w", err)
	}
	return nil
}
