package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
)

// oneRowEach gives each table with a version a row; roles and shop have one.
const oneRowEach = `
INSERT INTO vendors (id, slug, name) VALUES (gen_random_uuid(), 'loom', 'Loom');
INSERT INTO categories (id, slug, name) VALUES (gen_random_uuid(), 'home', 'Home');
INSERT INTO products (id, slug, title) VALUES (gen_random_uuid(), 'mug', 'Mug');
INSERT INTO images (id, product_id, position, url) SELECT gen_random_uuid(), id, 1, '/a.svg' FROM products;
INSERT INTO variants (id, product_id, position, currency) SELECT gen_random_uuid(), id, 1, 'EUR' FROM products;
INSERT INTO locations (id, name) VALUES (gen_random_uuid(), 'Main');
INSERT INTO inventory_levels (variant_id, location_id) SELECT v.id, l.id FROM variants v, locations l;
INSERT INTO customers (id, display_name) VALUES (gen_random_uuid(), 'Ada');
INSERT INTO reviews (id, product_id, rating) SELECT gen_random_uuid(), id, 5 FROM products;
INSERT INTO addresses (id, customer_id, name, line1, city, country_code)
SELECT gen_random_uuid(), id, 'Ada', '1 Street', 'Town', 'DE' FROM customers;
INSERT INTO collections (id, slug, title) VALUES (gen_random_uuid(), 'gifts', 'Gifts');
INSERT INTO staff (id, email, display_name) VALUES (gen_random_uuid(), 'sam@example.com', 'Sam');`

// shown is a column of each table whose change somebody is shown, with another value.
var shown = map[string][2]string{
	"addresses": {"city", "city || 'x'"}, "categories": {"name", "name || 'x'"}, "collections": {"title", "title || 'x'"}, "customers": {"display_name", "display_name || 'x'"},
	"images": {"alt_text", "alt_text || 'x'"}, "inventory_levels": {"on_hand", "on_hand + 1"}, "locations": {"name", "name || 'x'"},
	"products": {"title", "title || 'x'"}, "reviews": {"body", "body || 'x'"}, "roles": {"name", "name || 'x'"},
	"shop":  {"name", "coalesce(name, '') || 'x'"},
	"staff": {"display_name", "display_name || 'x'"}, "variants": {"title", "title || 'x'"}, "vendors": {"name", "name || 'x'"},
}

// TestVersionAndUpdatedAtRiseTogether writes each table that has both, with plain
// SQL.
func TestVersionAndUpdatedAtRiseTogether(t *testing.T) {
	db := dbtest.New(t)
	conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	_, err = conn.Exec(t.Context(), oneRowEach)
	require.NoError(t, err)
	rows, err := conn.Query(t.Context(), `
SELECT table_name::text
FROM information_schema.columns
WHERE table_schema = 'public' AND column_name IN ('version', 'updated_at')
GROUP BY table_name
HAVING count(*) = 2
ORDER BY table_name`)
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Greater(t, len(tables), 10)

	for _, table := range tables {
		column := shown[table]
		require.NotEmpty(t, column[0], "say in shown what to change in %s, and give it a row in oneRowEach", table)
		kept := time.Date(2020, 2, 2, 0, 0, 0, 0, time.UTC)
		for name, tc := range map[string]struct {
			set   string
			check func(t *testing.T, before, after state)
		}{
			"when a statement changes what is shown":    {column[0] + " = " + column[1], bothRise},
			"when a statement raises the version alone": {"version = version + 1", bothRise},
			"when a statement sets updated_at alone":    {"updated_at = now()", bothRise},
			"and stay as a statement that sets both has it": {"version = 77, updated_at = '2020-02-02Z'", func(t *testing.T, _, after state) {
				require.Equal(t, int64(77), after.version)
				require.True(t, kept.Equal(after.updated), after.updated)
			}},
			"and stay when nothing changes": {column[0] + " = " + column[0], func(t *testing.T, before, after state) {
				require.Equal(t, before.version, after.version)
				require.True(t, before.updated.Equal(after.updated), after.updated)
			}},
		} {
			t.Run(table+" "+name, func(t *testing.T) {
				var before, after state
				read := fmt.Sprintf(`SELECT version, updated_at FROM %s`, table)
				require.NoError(t, conn.QueryRow(t.Context(), read).Scan(&before.version, &before.updated))
				_, err := conn.Exec(t.Context(), fmt.Sprintf(`UPDATE %s SET %s`, table, tc.set))
				require.NoError(t, err)
				require.NoError(t, conn.QueryRow(t.Context(), read).Scan(&after.version, &after.updated))
				tc.check(t, before, after)
			})
		}
	}
}

// state is what a row says of its last change.
type state struct {
	version int64
	updated time.Time
}

func bothRise(t *testing.T, before, after state) {
	t.Helper()
	require.Equal(t, before.version+1, after.version)
	require.True(t, after.updated.After(before.updated), "updated_at was %s and is %s", before.updated, after.updated)
}
