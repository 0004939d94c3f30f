package importer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// recordedTable is a table whose changes by an import can be undone.
type recordedTable struct {
	name string
	key  []string // the primary key
	// scope is the kind of object that the rows belong to. of joins t, a row of the
	// table, to s, its object in t_scope: joins, because Postgres answers a condition
	// with IN by reading t_scope for each row of a table that it takes for empty.
	scope, of string
	// product is the expression for the product of t; empty if it has none.
	product string
	// derived are columns that follow from other rows: refresh_products and the sums
	// of stock write them.
	derived []string
}

// volatile are columns that change with every write. An undo does not bring them back.
var volatile = []string{"version", "updated_at"}

func ownRows(name, scope, product string, derived ...string) recordedTable {
	return recordedTable{
		name: name, key: []string{"id"}, scope: scope, of: "JOIN " + name + " t ON t.id = s.id", product: product, derived: derived,
	}
}

func partRows(name string, key ...string) recordedTable {
	return recordedTable{
		name: name, key: key, scope: "product", of: "JOIN " + name + " t ON t.product_id = s.id", product: "t.product_id",
	}
}

// recordedTables are in the order in which rows can be inserted: a row comes after
// those that it refers to.
var recordedTables = func() []recordedTable {
	levels := partRows("inventory_levels", "variant_id", "location_id")
	levels.of = "JOIN variants v ON v.product_id = s.id JOIN inventory_levels t ON t.variant_id = v.id"
	levels.product = "s.id"
	variants := partRows("variants", "id")
	variants.derived = []string{"available_quantity"}
	return []recordedTable{
		ownRows("vendors", "vendor", "", "name_key"),
		ownRows("categories", "category", "", "name_key"),
		ownRows("locations", "location", ""),
		ownRows("customers", "customer", ""),
		ownRows("products", "product", "t.id", "currency", "price_min_minor", "price_max_minor", "availability",
			"rating_average", "rating_count", "rating_histogram", "option_keys", "related_scope_id", "search"),
		partRows("images", "id"),
		variants,
		partRows("product_options", "product_id", "position"),
		partRows("product_slugs", "slug"),
		partRows("product_categories", "product_id", "category_id"),
		levels,
		ownRows("reviews", "review", "t.product_id"),
		partRows("import_releases", "product_id", "subject_id", "field"),
		// The run writes down itself which of these it removes.
		{name: "import_deletions", key: []string{"source", "source_key", "kind", "part"}},
	}
}()

func tableNamed(name string) *recordedTable {
	i := slices.IndexFunc(recordedTables, func(t recordedTable) bool { return t.name == name })
	if i < 0 {
		return nil
	}
	return &recordedTables[i]
}

// rowKey is the expression for the primary key of t.
func (t *recordedTable) rowKey() string {
	pairs := make([]string, len(t.key))
	for i, column := range t.key {
		pairs[i] = "'" + column + "', t." + column
	}
	return "jsonb_build_object(" + strings.Join(pairs, ", ") + ")"
}

// row is the expression for t without what is derived.
func (t *recordedTable) row() string {
	if len(t.derived) == 0 {
		return "to_jsonb(t)"
	}
	return "to_jsonb(t) - '{" + strings.Join(t.derived, ",") + "}'::text[]"
}

func (t *recordedTable) productID() string {
	if t.product == "" {
		return "NULL::uuid"
	}
	return t.product
}

// inScope is a query for the table's rows of the objects in t_scope.
func (t *recordedTable) inScope() string {
	return "SELECT " + t.rowKey() + " AS row_key, " + t.productID() + " AS product_id, " + t.row() + ` AS row
FROM t_scope s
` + t.of + `
WHERE s.of = '` + t.scope + "'"
}

// changeLog writes down what an import changes. It compares the rows of the objects
// that a transaction works on, before and after: the statements of the merge know
// nothing of it. A nil changeLog does nothing.
type changeLog struct {
	run uuid.UUID
	seq int64
	// watched are the tables that are compared at the end of the transaction.
	watched []*recordedTable
}

// scoped are objects that a transaction works on, by a statement that returns their
// keys. Keys of objects that do not exist yet belong to it too.
type scoped struct {
	scope, keys string
	args        pgx.StrictNamedArgs
}

// watch remembers the rows of some objects. Call it when they are locked.
func (c *changeLog) watch(ctx context.Context, tx pgx.Tx, objects ...scoped) error {
	if c == nil {
		return nil
	}
	c.watched = c.watched[:0]
	if err := exec(ctx, tx, "-- name: ImportWatchNone\nTRUNCATE t_scope, t_before"); err != nil {
		return err
	}
	for _, o := range objects {
		if _, err := tx.Exec(ctx, `-- name: ImportScope
INSERT INTO t_scope (of, id)
SELECT '`+o.scope+`', k.id
FROM (`+o.keys+`) AS k (id)
WHERE k.id IS NOT NULL
ON CONFLICT DO NOTHING`, o.args); err != nil {
			return fmt.Errorf("find what the import may change: %w", err)
		}
		for i := range recordedTables {
			if t := &recordedTables[i]; t.scope == o.scope && !slices.Contains(c.watched, t) {
				c.watched = append(c.watched, t)
			}
		}
	}
	statements := []string{"-- name: ImportScopeAnalyze\nANALYZE t_scope"}
	for _, t := range c.watched {
		statements = append(statements, "-- name: ImportBefore\nINSERT INTO t_before (kind, row_key, product_id, row)\nSELECT '"+
			t.name+"', n.row_key, n.product_id, n.row\nFROM ("+t.inScope()+") AS n")
	}
	return exec(ctx, tx, append(statements, "-- name: ImportBeforeAnalyze\nANALYZE t_before")...)
}

// made writes down a row that the transaction has just added to a table.
func (c *changeLog) made(ctx context.Context, tx pgx.Tx, table string, id uuid.UUID) error {
	if c == nil {
		return nil
	}
	t := tableNamed(table)
	if !slices.Contains(c.watched, t) {
		c.watched = append(c.watched, t)
	}
	if _, err := tx.Exec(ctx, "-- name: ImportScopeMade\nINSERT INTO t_scope (of, id) VALUES ($1, $2::uuid)", t.scope, id.String()); err != nil {
		return fmt.Errorf("record a new row of %s: %w", table, err)
	}
	return nil
}

// note writes down what has changed since watch.
func (c *changeLog) note(ctx context.Context, tx pgx.Tx) error {
	if c == nil {
		return nil
	}
	for _, t := range c.watched {
		tag, err := tx.Exec(ctx, noteStatement(t), pgx.StrictNamedArgs{
			"run": c.run.String(), "seq": c.seq, "volatile": volatile,
		})
		if err != nil {
			return fmt.Errorf("record the changes of %s: %w", t.name, err)
		}
		c.seq += tag.RowsAffected()
	}
	return nil
}

// noteStatement compares the rows of a table. Of a row that was there and is there,
// only the columns that differ are kept.
func noteStatement(t *recordedTable) string {
	return `-- name: ImportNoteChanges
INSERT INTO import_changes (run_id, seq, kind, row_key, product_id, before, after)
SELECT @run::uuid, @seq + row_number() OVER (), '` + t.name + `', d.row_key, d.product_id,
       CASE WHEN d.was IS NULL OR d.is_now IS NULL THEN d.was ELSE
         (SELECT jsonb_object_agg(c.name, d.was -> c.name)
          FROM jsonb_object_keys(d.was) AS c(name)
          WHERE c.name <> ALL (@volatile::text[]) AND d.was -> c.name IS DISTINCT FROM d.is_now -> c.name) END,
       CASE WHEN d.was IS NULL OR d.is_now IS NULL THEN d.is_now - @volatile::text[] ELSE
         (SELECT jsonb_object_agg(c.name, d.is_now -> c.name)
          FROM jsonb_object_keys(d.is_now) AS c(name)
          WHERE c.name <> ALL (@volatile::text[]) AND d.was -> c.name IS DISTINCT FROM d.is_now -> c.name) END
FROM (
  SELECT coalesce(n.row_key, b.row_key) AS row_key, coalesce(n.product_id, b.product_id) AS product_id, b.row AS was, n.row AS is_now
  FROM (SELECT * FROM t_before WHERE kind = '` + t.name + `') AS b
  FULL JOIN (
    ` + t.inScope() + `
  ) AS n ON n.row_key = b.row_key
  WHERE b.row - @volatile::text[] IS DISTINCT FROM n.row - @volatile::text[]
) AS d`
}
