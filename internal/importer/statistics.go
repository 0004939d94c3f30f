package importer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// analyzeCatalogue updates the planner's statistics of what an import and an undo
// change.
const analyzeCatalogue = `-- name: ImportAnalyze
ANALYZE products, variants, images, product_categories, product_options, product_listings, categories,
  vendors, reviews, customers, inventory_levels, search_terms`

const (
	// analyzeRows is from how many new rows on an import or an undo updates the
	// statistics.
	analyzeRows = 1000
	// staleRows is below how many rows wrong statistics do no harm, and staleFactor how
	// far off they may be.
	staleRows   = 500
	staleFactor = 10
)

// analyze updates the planner's statistics, because autovacuum may be a minute
// late and the first visitors are not.
func (m *merger) analyze(ctx context.Context) error {
	report := m.run.report
	if m.outer != nil || report.Products.Stored+report.Reviews.Stored+report.Categories.Stored < analyzeRows {
		return nil
	}
	if _, err := m.conn.Exec(ctx, analyzeCatalogue); err != nil {
		return fmt.Errorf("analyze: %w", err)
	}
	return nil
}

// analyze does the same after an undo.
func (u *undo) analyze(ctx context.Context) error {
	if u.outer != nil || u.report.PutBack+u.report.Removed+u.report.Restored < analyzeRows {
		return nil
	}
	if _, err := u.conn.Exec(ctx, analyzeCatalogue); err != nil {
		return fmt.Errorf("analyze: %w", err)
	}
	return nil
}

// trustStatistics updates the statistics of the tables that by them have far fewer rows
// than the run has seen there. That is so after the shop was emptied, by an undo for
// example: Postgres then joins some thousand rows by reading a whole table for each of
// them. It does not wait for the transaction's end, which would come too late.
func (m *merger) trustStatistics(ctx context.Context, tx pgx.Tx) error {
	counts := m.run.report.Counts
	tables := map[string]Count{
		"products": counts.Products, "variants": counts.Variants, "images": counts.Images, "product_categories": counts.Filed,
		"inventory_levels": counts.Levels, "reviews": counts.Reviews, "customers": counts.Customers,
	}
	if m.run.record != nil {
		tables["import_stamps"] = counts.Products
	}
	names, seen := slices.Sorted(maps.Keys(tables)), make([]int64, 0, len(tables))
	for _, name := range names {
		c := tables[name]
		seen = append(seen, c.Stored+c.Changed+c.Unchanged)
	}
	// As the planner does it: the rows in a page, then, and the pages now.
	var stale []string
	if err := tx.QueryRow(ctx, `-- name: ImportStatisticsStale
SELECT coalesce(array_agg(k.name), '{}')
FROM unnest(@tables::text[], @seen::bigint[]) AS k(name, seen)
JOIN pg_class c ON c.oid = k.name::regclass
WHERE k.seen >= @rows::bigint AND c.relpages > 0 AND c.reltuples >= 0
  AND c.reltuples / c.relpages * (pg_relation_size(c.oid) / current_setting('block_size')::int) * @factor::int < k.seen`,
		pgx.StrictNamedArgs{"tables": names, "seen": seen, "rows": staleRows, "factor": staleFactor}).Scan(&stale); err != nil {
		return fmt.Errorf("look at the statistics: %w", err)
	}
	if len(stale) == 0 {
		return nil
	}
	return exec(ctx, tx, "-- name: ImportAnalyzeStale\nANALYZE "+strings.Join(stale, ", "))
}
