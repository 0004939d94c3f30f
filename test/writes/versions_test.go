package writes

import (
	"fmt"
	"testing"

	"souk/test/harness"
	"souk/test/shop"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// fillVersionedTables gives the tables a row that the goldens' shop leaves empty.
const fillVersionedTables = `
INSERT INTO addresses (id, customer_id, name, line1, city, country_code)
SELECT gen_random_uuid(), id, 'Ada', '1 Street', 'Town', 'DE' FROM customers LIMIT 1;
INSERT INTO locations (id, name) VALUES (gen_random_uuid(), 'Main');
INSERT INTO inventory_levels (variant_id, location_id) SELECT v.id, l.id FROM variants v, locations l LIMIT 1;
INSERT INTO staff (id, email, display_name) VALUES (gen_random_uuid(), 'sam@example.com', 'Sam');
UPDATE roles SET permissions = '{CATALOGUE_READ}'`

// unversioned are columns that nobody is shown: where a row came from, and secrets.
var unversioned = map[string]bool{
	"categories.source": true, "categories.source_key": true, "customers.source": true, "customers.source_key": true,
	"customers.password_hash": true, "staff.password_hash": true,
}

// otherValues are new values of columns that cannot take just any of their type.
var otherValues = map[string]string{
	"products.status": `'DRAFT'`, "products.availability": `'BACKORDER'`,
	"products.attributes":                `'[{"key": "k", "name": "K", "value": "v"}]'`,
	"products.vendor_id":                 `(SELECT id FROM vendors v WHERE v.id IS DISTINCT FROM t.vendor_id LIMIT 1)`,
	"products.related_scope_id":          `gen_random_uuid()`,
	"products.imported_rating_average":   `2.5`,
	"products.imported_rating_histogram": `'{1,2,3,4,5}'`,
	"categories.parent_id":               `null, ancestor_ids = '{}'`,
	"categories.ancestor_ids":            `gen_random_uuid() || t.ancestor_ids`,
	"variants.image_id":                  `CASE WHEN t.image_id IS NULL THEN (SELECT id FROM images LIMIT 1) END`,
	"reviews.status":                     `'REJECTED'`,
	"reviews.rating":                     `6 - CASE t.rating WHEN 3 THEN 4 ELSE t.rating END`,
	"reviews.customer_id":                `CASE WHEN t.customer_id IS NULL THEN (SELECT id FROM customers LIMIT 1) END`,
	"addresses.country_code":             `'FR'`,
	"collections.filter":                 `'{"min_rating": 3}'`,
}

// otherOfType is a value unlike the one that a column has.
func otherOfType(kind, column string) string {
	was := "t." + column
	switch kind {
	case "text":
		return "coalesce(" + was + ", '') || 'x'"
	case "int8", "int4", "int2", "numeric":
		return "coalesce(" + was + ", 0) + 1"
	case "bool":
		return "NOT " + was
	case "timestamptz":
		return "coalesce(" + was + ", now()) + interval '1 second'"
	case "_text":
		return was + " || 'x'::text"
	case "_int4":
		return was + " || 1"
	case "tsvector":
		return was + " || 'x:1'"
	}
	return ""
}

type column struct{ Table, Name, Kind string }

// versionedColumns are what a statement can change in the tables whose rows have a
// version: not keys, times, the version itself, nor what the database computes.
func versionedColumns(t *testing.T, conn *pgx.Conn) []column {
	t.Helper()
	rows, err := conn.Query(t.Context(), `
SELECT c.table_name::text, c.column_name::text, c.udt_name::text
FROM information_schema.columns c
WHERE c.table_schema = 'public' AND c.is_generated = 'NEVER'
  AND EXISTS (SELECT FROM information_schema.columns v
              WHERE v.table_schema = 'public' AND v.table_name = c.table_name AND v.column_name = 'version')
  AND NOT EXISTS (SELECT FROM information_schema.key_column_usage k
                  JOIN information_schema.table_constraints p USING (constraint_schema, constraint_name)
                  WHERE p.constraint_type = 'PRIMARY KEY' AND p.table_name = c.table_name AND k.column_name = c.column_name)
  AND c.column_name NOT IN ('version', 'created_at', 'updated_at')
  AND (c.table_name, c.column_name) NOT IN (('variants', 'product_id'), ('images', 'product_id'), ('reviews', 'product_id'),
                                            ('addresses', 'customer_id')) -- what belongs to one never moves
ORDER BY 1, 2`)
	require.NoError(t, err)
	columns, err := pgx.CollectRows(rows, pgx.RowToStructByPos[column])
	require.NoError(t, err)
	return columns
}

// TestEachChangeOfARowRaisesItsVersion changes every column in turn.
func TestEachChangeOfARowRaisesItsVersion(t *testing.T) {
	db := shop.New(t)
	harness.Execute(t, db.PrimaryURL, fillVersionedTables)
	conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	columns := versionedColumns(t, conn)
	tables := map[string]bool{}
	for _, c := range columns {
		tables[c.Table] = true
		name := c.Table + "." + c.Name
		if unversioned[name] {
			continue
		}
		t.Run(name, func(t *testing.T) {
			value := otherValues[name]
			if value == "" {
				value = otherOfType(c.Kind, c.Name)
			}
			require.NotEmpty(t, value, "say in otherValues how to change it")
			require.Equal(t, int64(1), raisedBy(t, conn, c, value), "its version must rise by one")
			require.Zero(t, raisedBy(t, conn, c, "t."+c.Name), "nothing changed")
		})
	}
	require.Len(t, tables, 14, "a table with a version was added or lost: %v", tables)
	t.Log(len(columns), "columns")
}

// raisedBy changes a row, takes that back, and returns by how much its version rose.
func raisedBy(t *testing.T, conn *pgx.Conn, c column, value string) int64 {
	t.Helper()
	tx, err := conn.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(t.Context()) }()
	where := "true"
	if c.Table == "categories" { // a root has no parent to lose
		where = "parent_id IS NOT NULL"
	}
	var before, after int64
	var spot string
	require.NoError(t, tx.QueryRow(t.Context(), fmt.Sprintf(
		`SELECT version, ctid::text FROM %s WHERE %s LIMIT 1 FOR UPDATE`, c.Table, where)).Scan(&before, &spot))
	require.NoError(t, tx.QueryRow(t.Context(), fmt.Sprintf(
		`UPDATE %s t SET %s = %s WHERE ctid = '%s' RETURNING version`, c.Table, c.Name, value, spot)).Scan(&after))
	return after - before
}
