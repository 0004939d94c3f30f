package importer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// report counts what the part does, and lists what it leaves.
func (p *undoPart) report(ctx context.Context, tx pgx.Tx) error {
	report := p.undo.report
	var left []*undoRow
	for _, row := range p.order {
		switch {
		case row.unchanged():
		case row.goes():
			report.Removed++
		case row.returns():
			report.Restored++
		default:
			report.PutBack++
		}
		if len(row.left) > 0 {
			left = append(left, row)
		}
	}
	if len(left) == 0 {
		return nil
	}
	slugs, err := p.slugs(ctx, tx, left)
	if err != nil {
		return err
	}
	gone, err := p.deleted(ctx, tx, left)
	if err != nil {
		return err
	}
	later, err := p.laterRuns(ctx, tx)
	if err != nil {
		return err
	}
	for _, product := range slices.Sorted(maps.Keys(gone)) { // with all of its parts
		p.undo.leave(Left{Table: "products", Subject: gone[product], Reason: deletedSince})
	}
	for _, row := range left {
		if _, listed := gone[row.product]; listed {
			continue
		}
		p.list(row, slugs[row.product], later[row.table.name+row.key])
	}
	return nil
}

// list lists what is left of one row. later is the newest later run that changed it.
func (p *undoPart) list(row *undoRow, slug, later string) {
	subject := strings.TrimSpace(slug + " " + row.label())
	fields := slices.Sorted(maps.Keys(row.left))
	if _, whole := row.left[""]; whole || (row.wasAdded && row.next != nil) {
		fields = fields[:1] // the row, or one column of an added row that stays: that is enough
	}
	for _, field := range fields {
		reason := row.left[field]
		if later != "" {
			reason += "; the later import " + later + " changed it: undo that one first, before this one"
		}
		p.undo.leave(Left{Table: row.table.name, Subject: subject, Field: fieldName(field), Reason: reason})
	}
}

// fieldName is the API's name for a column.
func fieldName(column string) string { return camel(strings.TrimSuffix(column, "_minor")) }

// label names a row within its product.
func (r *undoRow) label() string {
	row := r.now
	if row == nil {
		row = r.next
	}
	if row == nil {
		row = r.was
	}
	switch r.table.name {
	case "products":
		return ""
	case "variants":
		for _, column := range []string{"title", "sku", "source_key"} {
			if text := row.text(column); text != "" {
				return "variant " + text
			}
		}
		return "variant"
	case "images":
		return "image " + row.text("url")
	case "product_options":
		return "option " + row.text("name")
	case "product_slugs":
		return "earlier slug " + row.text("slug")
	case "product_categories":
		return "category"
	case "inventory_levels":
		return "stock"
	case "reviews":
		return "review " + row.text("source_key")
	}
	for _, column := range []string{"name", "display_name"} {
		if text := row.text(column); text != "" {
			return r.table.scope + " " + text
		}
	}
	return r.table.scope
}

func (p *undoPart) slugs(ctx context.Context, tx pgx.Tx, left []*undoRow) (map[string]string, error) {
	return texts(ctx, tx, `-- name: UndoSlugs
SELECT p.id::text, p.slug
FROM products p
WHERE p.id = ANY (@products::uuid[])`, pgx.StrictNamedArgs{"products": productsOf(left)})
}

// deleted returns the products that no longer exist, with their slugs if the audit log
// has them.
func (p *undoPart) deleted(ctx context.Context, tx pgx.Tx, left []*undoRow) (map[string]string, error) {
	return texts(ctx, tx, `-- name: UndoDeletedProducts
SELECT k.id::text, coalesce(
         (SELECT c.change ->> 'before'
          FROM audit_events e
          CROSS JOIN jsonb_array_elements(e.changes) AS c(change)
          WHERE e.subject_id = k.id AND c.change ->> 'field' = 'slug' AND c.change ->> 'after' IS NULL
          ORDER BY e.id DESC
          LIMIT 1), 'product ' || k.id)
FROM unnest(@products::uuid[]) AS k(id)
WHERE NOT EXISTS (SELECT FROM products p WHERE p.id = k.id)`, pgx.StrictNamedArgs{"products": productsOf(left)})
}

func productsOf(rows []*undoRow) (ids []string) {
	for _, row := range rows {
		if row.product != "" {
			ids = append(ids, row.product)
		}
	}
	return ids
}

// laterRuns returns for each row that later runs changed the newest of them.
func (p *undoPart) laterRuns(ctx context.Context, tx pgx.Tx) (map[string]string, error) {
	return texts(ctx, tx, `-- name: UndoLaterRuns
SELECT c.kind || c.row_key::text, max(c.run_id::text)
FROM import_changes c
WHERE c.run_id > @run::uuid
  AND CASE WHEN @names THEN c.product_id IS NULL ELSE c.product_id = ANY (@products::uuid[]) END
GROUP BY 1`, pgx.StrictNamedArgs{"run": p.undo.run.String(), "products": p.products, "names": p.products == nil})
}

// texts runs a statement that returns pairs of texts.
func texts(ctx context.Context, tx pgx.Tx, statement string, args pgx.StrictNamedArgs) (map[string]string, error) {
	rows, err := tx.Query(ctx, statement, args)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", nameOf(statement), err)
	}
	found := map[string]string{}
	var key, value string
	if _, err := pgx.ForEachRow(rows, []any{&key, &value}, func() error { found[key] = value; return nil }); err != nil {
		return nil, fmt.Errorf("%s: %w", nameOf(statement), err)
	}
	return found, nil
}
