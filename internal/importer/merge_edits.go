package importer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"souk/internal/money"
)

// An import keeps what staff have written since the run that wrote it: a field is
// protected if the audit log has an edit of it, made after a run stamped the product
// with that field, and if no run with Overwrite has written it since. The merge does
// not see protected fields: their bits are cleared in the masks of the staged rows.

// edited is a field that staff can edit and files can have. shop and file are its
// values as text: p is the product, t its target and s its staged row; e is the variant,
// m its match and s its staged row.
type edited struct {
	field string   // in fieldNames
	with  []string // other fields that follow from it
	audit []string // in the audit log
	shop  string
	file  string
	money bool // the values are minor units with a currency
}

func editedProduct(field, audit, column string) edited {
	return edited{field: field, audit: []string{audit}, shop: "p." + column, file: "s." + column}
}

func editedAmount(field, column string) edited {
	return edited{
		field: "variant." + field, audit: []string{field}, money: true,
		shop: "e." + column + " || ' ' || e.currency", file: "s." + column + " || ' ' || s.currency",
	}
}

// editedProducts and editedVariants are the coupling of this step with the staged rows.
var editedProducts = []edited{
	editedProduct("title", "title", "title"),
	editedProduct("slug", "slug", "slug"),
	editedProduct("descriptionHtml", "descriptionHtml", "description_html"),
	editedProduct("productType", "productType", "product_type"),
	{
		field: "status", with: []string{"hidden"}, audit: []string{"status"}, shop: "p.status",
		file: "CASE WHEN HAS(t.status) THEN s.status WHEN p.status = 'ACTIVE' THEN 'DRAFT' ELSE p.status END",
	},
	{field: "tags", audit: []string{"tags"}, shop: "array_to_string(p.tags, ', ')", file: "array_to_string(s.tags, ', ')"},
	{
		field: "vendor", audit: []string{"vendorId"}, shop: "(SELECT o.name FROM vendors o WHERE o.id = p.vendor_id)",
		file: "(SELECT o.name FROM t_vendor v JOIN vendors o ON o.id = v.id WHERE v.no = s.vendor)",
	},
	{
		field: "attributes", audit: []string{"attributes"}, shop: "p.attributes::text",
		file: "coalesce(" + mergedAttributes + ", p.attributes)::text",
	},
	{
		field: "options", audit: []string{"options"}, file: "array_to_string(s.options, ', ')",
		shop: "(SELECT string_agg(o.name, ', ' ORDER BY o.position) FROM product_options o WHERE o.product_id = p.id)",
	},
}

var editedVariants = []edited{
	{
		field: "variant.options", with: []string{"variant.title"}, audit: []string{"optionValues"},
		shop: "array_to_string(e.option_values, ' / ')", file: "array_to_string(s.option_values, ' / ')",
	},
	{field: "variant.sku", audit: []string{"sku"}, shop: "e.sku", file: "coalesce(s.sku, e.sku)"},
	{field: "variant.barcode", audit: []string{"barcode"}, shop: "e.barcode", file: "coalesce(s.barcode, e.barcode)"},
	editedAmount("price", "price_minor"),
	editedAmount("compareAtPrice", "compare_at_price_minor"),
	editedAmount("cost", "cost_minor"),
	{field: "variant.weightGrams", audit: []string{"weightGrams"}, shop: "e.weight_grams::text", file: "coalesce(s.weight_grams, e.weight_grams)::text"},
	{
		field: "variant.image", audit: []string{"imageId"}, shop: "(SELECT i.url FROM images i WHERE i.id = e.image_id)",
		file: "coalesce(s.image_url, (SELECT i.url FROM images i WHERE i.id = e.image_id))",
	},
	{
		field: "variant.sellWhenOutOfStock", audit: []string{"sellWhenOutOfStock"},
		shop: "e.sell_when_out_of_stock::text", file: "s.sell_when_out_of_stock::text",
	},
	{
		field: "variant.stock", audit: []string{"inventoryTracked", stockOf + "@location"}, shop: editedStock,
		// A total says nothing if stock is known at other locations.
		file: `CASE
  WHEN EXISTS (SELECT FROM inventory_levels o JOIN locations l ON l.id = o.location_id WHERE o.variant_id = e.id AND l.name <> @location) THEN ` + editedStock + `
  WHEN s.inventory_tracked THEN coalesce(s.available, e.available_quantity)::text
  ELSE 'not tracked'
END`,
	},
}

const editedStock = "CASE WHEN e.inventory_tracked THEN e.available_quantity::text ELSE 'not tracked' END"

// stockOf begins the name of a field in t_edit: the stock at the location that follows.
const stockOf = "onHand at "

// bits is the mask of a field with those that follow from it.
func (f *edited) bits() (mask Fields) {
	for _, name := range append([]string{f.field}, f.with...) {
		mask |= fieldNames[name]
	}
	return mask
}

// auditNames is the list of the field's names in t_edit, as SQL.
func (f *edited) auditNames() string {
	names := make([]string, len(f.audit))
	for i, name := range f.audit {
		if before, ok := strings.CutSuffix(name, "@location"); ok {
			names[i] = "'" + before + "' || @location::text"
		} else {
			names[i] = "'" + name + "'"
		}
	}
	return "ARRAY[" + strings.Join(names, ", ") + "]"
}

// editsStatement fills t_edit with the protected fields of a chunk's products, by the
// field that a file calls so. A variant that staff created is not an edit of it.
const editsStatement = `-- name: ImportEdits
INSERT INTO t_edit (product_id, subject_id, field)
SELECT DISTINCT x.product_id, x.subject_id, x.field
FROM (
  SELECT t.product_id, e.subject_id, e.occurred_at, n.import_field,
         CASE
           WHEN c.field = 'onHand' THEN '` + stockOf + `' || (
             SELECT l.after FROM jsonb_to_recordset(e.changes) AS l(field text, after text) WHERE l.field = 'location')
           ELSE c.field
         END AS field
  FROM (SELECT DISTINCT product_id FROM (OF WHERE t.n BETWEEN @first AND @last) AS t) AS t
  JOIN audit_events e ON coalesce(e.under_id, e.subject_id) = t.product_id AND e.subject_kind IN ('PRODUCT', 'VARIANT', 'IMAGE')
  LEFT JOIN variants v ON v.id = e.subject_id
  CROSS JOIN LATERAL jsonb_to_recordset(e.changes) AS c(field text)
  JOIN unnest(@audit::text[], @imported::text[]) AS n(audit_field, import_field) ON n.audit_field = e.subject_kind || ' ' || c.field
  WHERE NOT (coalesce(v.source_key = '', false) AND NOT EXISTS (SELECT FROM audit_events o WHERE o.subject_id = e.subject_id AND o.id < e.id))
) AS x
WHERE EXISTS (
    SELECT
    FROM import_stamps s
    JOIN import_runs r ON r.id = s.run_id
    WHERE s.product_id = x.product_id AND s.stamped_at < x.occurred_at AND x.import_field = ANY (r.fields))
  AND NOT EXISTS (
    SELECT
    FROM import_releases r
    WHERE r.product_id = x.product_id AND r.subject_id = x.subject_id AND r.field = x.field AND r.released_at > x.occurred_at)`

// auditFields pairs the names of fields in the audit log, behind their subjects, with
// the names by which runs say that they wrote them.
func auditFields() (audit, imported []string) {
	add := func(subject, name, field string) {
		audit, imported = append(audit, subject+" "+name), append(imported, field)
	}
	for _, f := range editedProducts {
		for _, name := range f.audit {
			add("PRODUCT", name, f.field)
		}
	}
	for _, f := range editedVariants {
		for _, name := range f.audit {
			name, _, _ = strings.Cut(name, " at ")
			add("VARIANT", name, f.field)
		}
	}
	add("PRODUCT", "categories", "categories")
	add("IMAGE", "altText", "images")
	add("IMAGE", "position", "images")
	return audit, imported
}

// fieldsOfInput returns the names of the fields that the run's files have.
func (r *run) fieldsOfInput(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	var mask Fields
	var images, levels, filed bool
	if err := conn.QueryRow(ctx, `-- name: ImportFieldsOfInput
SELECT coalesce((SELECT bit_or(has) FROM s_product), 0) | coalesce((SELECT bit_or(has) FROM s_variant), 0),
       EXISTS (SELECT FROM s_image), EXISTS (SELECT FROM s_level), EXISTS (SELECT FROM s_filed)`).
		Scan((*int64)(&mask), &images, &levels, &filed); err != nil {
		return nil, fmt.Errorf("list the fields of the input: %w", err)
	}
	fields := []string{}
	for name, bit := range fieldNames {
		if mask&bit != 0 {
			fields = append(fields, name)
		}
	}
	for name, has := range map[string]bool{"images": images, "variant.stock": levels, "categories": filed} {
		if has && !slices.Contains(fields, name) {
			fields = append(fields, name)
		}
	}
	slices.Sort(fields)
	return fields, nil
}

// stamp notes for the products of a chunk that the run writes them. The time is that of
// the clock: an edit that waits for this transaction comes after it.
func (m *merger) stamp(ctx context.Context, tx pgx.Tx, of string, chunk pgx.StrictNamedArgs) error {
	if m.run.record == nil {
		return nil
	}
	if _, err := tx.Exec(ctx, `-- name: ImportStamp
INSERT INTO import_stamps (product_id, run_id, stamped_at)
SELECT DISTINCT t.product_id, r.id, clock_timestamp()
FROM (`+of+` WHERE t.n BETWEEN @first AND @last) AS t
JOIN products p ON p.id = t.product_id
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

// findEdits finds what is protected of a chunk's products, and whether there is
// anything.
func (m *merger) findEdits(ctx context.Context, tx pgx.Tx, of string, chunk pgx.StrictNamedArgs) (bool, error) {
	if m.run.options.Format == FormatRecords {
		return false, nil
	}
	if err := exec(ctx, tx, "-- name: ImportEditsNone\nTRUNCATE t_edit"); err != nil {
		return false, err
	}
	audit, imported := auditFields()
	tag, err := tx.Exec(ctx, strings.Replace(editsStatement, "OF", of, 1), pgx.StrictNamedArgs{
		"first": chunk["first"], "last": chunk["last"], "audit": audit, "imported": imported,
	})
	if err != nil {
		return false, fmt.Errorf("find what staff have changed: %w", err)
	}
	return tag.RowsAffected() > 0, nil
}

// keepProductEdits hides from the merge what staff have written of a chunk's products,
// their images and their categories.
func (m *merger) keepProductEdits(ctx context.Context, tx pgx.Tx, chunk pgx.StrictNamedArgs) error {
	found, err := m.findEdits(ctx, tx, `SELECT t.product_id FROM t_target t`, chunk)
	if err != nil || !found {
		return err
	}
	for _, f := range editedProducts {
		if err := m.keepField(ctx, tx, f, productEdits, chunk); err != nil {
			return err
		}
	}
	for _, rule := range []editRule{keptAltTexts, keptOrder, keptCategories} {
		if err := m.keepRows(ctx, tx, rule, chunk); err != nil {
			return err
		}
	}
	return nil
}

// keepVariantEdits does the same for the variants, when they are matched.
func (m *merger) keepVariantEdits(ctx context.Context, tx pgx.Tx, chunk pgx.StrictNamedArgs) error {
	var found bool
	if err := tx.QueryRow(ctx, "-- name: ImportAnyEdit\nSELECT EXISTS (SELECT FROM t_edit)").Scan(&found); err != nil || !found {
		return err
	}
	for _, f := range editedVariants {
		if err := m.keepField(ctx, tx, f, variantEdits, chunk); err != nil {
			return err
		}
	}
	return nil
}

// editSource says where the protected fields of products or of variants are found, and
// which mask hides them.
type editSource struct{ rows, subject, label, mask, key string }

var (
	productEdits = editSource{
		rows: `t_target t
JOIN products p ON p.id = t.product_id
JOIN s_product s ON s.seq = t.product_seq
WHERE t.n BETWEEN @first AND @last AND NOT t.is_new`,
		subject: "p.id", label: "''", mask: "t_target", key: "t.n",
	}
	variantEdits = editSource{
		rows: `t_match t
JOIN products p ON p.id = t.product_id
JOIN variants e ON e.id = t.variant_id
JOIN s_variant s ON s.seq = t.seq
WHERE NOT t.is_new AND t.copy = 1 AND t.fault IS NULL AND @first <= @last`,
		subject: "e.id", label: "'variant ' || coalesce(nullif(e.title, ''), e.sku, '')", mask: "t_match", key: "t.seq",
	}
)

// keepField hides one field where it is protected, or releases it if the run
// overwrites.
func (m *merger) keepField(ctx context.Context, tx pgx.Tx, f edited, source editSource, chunk pgx.StrictNamedArgs) error {
	args := pgx.StrictNamedArgs{"first": chunk["first"], "last": chunk["last"], "bits": int64(f.bits())}
	text := withFields(f.shop + " IS DISTINCT FROM " + f.file)
	if strings.Contains(f.auditNames()+f.shop+f.file, "@location") {
		args["location"] = m.run.options.Location
	}
	statement := `-- name: ImportKeepField
WITH kept AS (
  SELECT t.ctid AS row, p.id AS product_id, ` + source.subject + ` AS subject_id, p.slug, ` + source.label + ` AS label,
         ` + withFields(f.shop) + ` AS shop, ` + withFields(f.file) + ` AS file, ` + text + ` AS differs
  FROM ` + source.rows + ` AND t.has & @bits <> 0
    AND EXISTS (SELECT FROM t_edit d WHERE d.subject_id = ` + source.subject + ` AND d.field = ANY (` + f.auditNames() + `))
)`
	if m.run.options.Overwrite {
		return m.release(ctx, tx, statement, f.auditNames(), args)
	}
	statement += `, hidden AS (
  UPDATE ` + source.mask + ` t
  SET has = t.has & ~@bits::bigint
  FROM kept k
  WHERE t.ctid = k.row
)
SELECT slug, label, shop, file
FROM kept
WHERE differs`
	return m.listKept(ctx, tx, f, statement, args)
}

// release notes that the run writes over protected fields: the edits from before no
// longer count.
func (m *merger) release(ctx context.Context, tx pgx.Tx, kept, names string, args pgx.StrictNamedArgs) error {
	if _, err := tx.Exec(ctx, kept+`
INSERT INTO import_releases (product_id, subject_id, field, released_at)
SELECT DISTINCT k.product_id, d.subject_id, d.field, clock_timestamp()
FROM kept k
JOIN t_edit d ON d.subject_id = k.subject_id AND d.field = ANY (`+names+`)
ON CONFLICT (product_id, subject_id, field) DO UPDATE SET released_at = EXCLUDED.released_at`, args); err != nil {
		return fmt.Errorf("note what is written over: %w", err)
	}
	return nil
}

// listKept runs a statement that returns the fields that stay, and reports them.
func (m *merger) listKept(ctx context.Context, tx pgx.Tx, f edited, statement string, args pgx.StrictNamedArgs) error {
	rows, err := tx.Query(ctx, statement, args)
	if err != nil {
		return fmt.Errorf("keep %s: %w", f.field, err)
	}
	var product, label string
	var shop, file *string
	if _, err := pgx.ForEachRow(rows, []any{&product, &label, &shop, &file}, func() error {
		m.run.report.keep(KeptEdit{
			Product: product, Part: label, Field: strings.TrimPrefix(f.field, "variant."), Shop: f.value(shop), File: f.value(file),
		})
		return nil
	}); err != nil {
		return fmt.Errorf("keep %s: %w", f.field, err)
	}
	return nil
}

// value is a value for people.
func (f *edited) value(text *string) string {
	switch {
	case text == nil:
		return ""
	case f.money:
		amount := money.Amount{}
		if _, err := fmt.Sscan(*text, &amount.Minor, &amount.Currency); err == nil {
			return amount.Decimal() + " " + amount.Currency
		}
	}
	return cut(*text)
}
