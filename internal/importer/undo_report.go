package importer

import (
	"context"
	"fmt"
	"io"
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
		report.count(row)
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
	for _, product := range slices.Sorted(maps.Keys(gone)) { // with all of its parts
		p.undo.leave(Left{Table: "products", Subject: gone[product], Reason: deletedSince})
	}
	for _, row := range left {
		if _, listed := gone[row.product]; listed {
			continue
		}
		p.list(row, slugs[row.product])
	}
	return nil
}

// undoName is what people call the rows of a table.
type undoName struct{ table, one, many string }

// undoNames are in the order of a report. Rows without one are the import's own
// notes, and not counted.
var undoNames = []undoName{
	{"products", "product", "products"},
	{"variants", "variant", "variants"},
	{"images", "image", "images"},
	{"product_options", "option", "options"},
	{"product_slugs", "earlier slug", "earlier slugs"},
	{"product_categories", "place in a category", "places in categories"},
	{"inventory_levels", "stock level", "stock levels"},
	{"reviews", "review", "reviews"},
	{"vendors", "vendor", "vendors"},
	{"categories", "category", "categories"},
	{"locations", "location", "locations"},
	{"customers", "customer", "customers"},
}

// count counts what an undo did with a row.
func (r *UndoReport) count(row *undoRow) {
	named := slices.ContainsFunc(undoNames, func(n undoName) bool { return n.table == row.table.name })
	if !named || row.unchanged() {
		return
	}
	kind := r.Rows[row.table.name]
	for _, c := range []*UndoCount{&r.UndoCount, &kind} {
		switch {
		case row.goes():
			c.Removed++
		case row.returns():
			c.Restored++
		default:
			c.PutBack++
		}
	}
	r.Rows[row.table.name] = kind
}

// Render writes the report for people.
func (r *UndoReport) Render(w io.Writer) error {
	var b strings.Builder
	verb := "Undid"
	if r.DryRun {
		verb = "Dry run (nothing was stored): would undo"
	}
	fmt.Fprintf(&b, "%s the import run %s of %s, %s.\n", verb, r.RunID, fileNames(r.Files), r.Started.Format("2006-01-02 15:04 MST"))
	for _, line := range []struct {
		title string
		of    func(UndoCount) int64
	}{
		{"removed", func(c UndoCount) int64 { return c.Removed }},
		{"put back", func(c UndoCount) int64 { return c.PutBack }},
		{"restored", func(c UndoCount) int64 { return c.Restored }},
	} {
		if names := r.listRows(line.of); names != "" {
			fmt.Fprintf(&b, "  %s: %s\n", line.title, names)
		}
	}
	if r.UndoCount == (UndoCount{}) {
		b.WriteString("  nothing was changed back\n")
	}
	r.renderLeft(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// listRows is a list such as "5 products, 1 variant".
func (r *UndoReport) listRows(of func(UndoCount) int64) string {
	var names []string
	for _, kind := range undoNames {
		if n := of(r.Rows[kind.table]); n > 0 {
			names = append(names, amount(n, kind.one, kind.many))
		}
	}
	return strings.Join(names, ", ")
}

func (r *UndoReport) renderLeft(b *strings.Builder) {
	if r.LeftCount == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s:\n", amount(r.LeftCount, "item stays as it is", "items stay as they are"))
	for _, l := range r.Left[:min(len(r.Left), shownFaults)] {
		fmt.Fprintf(b, "  %s", l.Subject)
		if l.Field != "" {
			fmt.Fprintf(b, ", %s", l.Field)
		}
		fmt.Fprintf(b, ": %s\n", l.Reason)
	}
	if shown := int64(min(len(r.Left), shownFaults)); r.LeftCount > shown {
		fmt.Fprintf(b, "  … and %s more; --json lists %s of them\n", thousands(r.LeftCount-shown), thousands(int64(len(r.Left))))
	}
}

// ExitCode is that of a command: 3 if something stays.
func (r *UndoReport) ExitCode() int {
	if r.LeftCount > 0 {
		return 3
	}
	return 0
}

// list lists what is left of one row.
func (p *undoPart) list(row *undoRow, slug string) {
	subject := strings.TrimSpace(slug + " " + row.label())
	fields := slices.Sorted(maps.Keys(row.left))
	if _, whole := row.left[""]; whole || (row.wasAdded && row.next != nil) {
		fields = fields[:1] // the row, or one column of an added row that stays: that is enough
	}
	for _, field := range fields {
		p.undo.leave(Left{Table: row.table.name, Subject: subject, Field: fieldName(field), Reason: row.left[field]})
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
