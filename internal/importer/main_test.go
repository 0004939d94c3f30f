package importer

import (
	"context"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"souk/internal/dbtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shop is a test's own database with the means to look into it. Its currency is USD.
type shop struct {
	t    testing.TB
	url  string
	conn *pgx.Conn
}

func newShop(t testing.TB) *shop {
	t.Helper()
	db := dbtest.New(t)
	conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	_, err = conn.Exec(t.Context(), `UPDATE shop SET currency = 'USD'`)
	require.NoError(t, err)
	// The many statements of imports, in as many databases, would fill the table of
	// pg_stat_statements, which the tests beside these read again and again.
	untracked := "options=-c%20pg_stat_statements.track%3Dnone"
	return &shop{t: t, url: db.PrimaryURL + map[bool]string{true: "&", false: "?"}[strings.Contains(db.PrimaryURL, "?")] + untracked, conn: conn}
}

// sampled goes through all cases in full, and otherwise through every third.
func sampled[T any](cases map[string]T) iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		for i, name := range slices.Sorted(maps.Keys(cases)) {
			if (dbtest.Full() || i%3 == 0) && !yield(name, cases[name]) {
				return
			}
		}
	}
}

// run imports, and the import has to succeed.
func (s *shop) run(o Options) *Report {
	s.t.Helper()
	o.DatabaseURL = s.url
	report, err := Run(s.t.Context(), o)
	require.NoError(s.t, err)
	return report
}

// shopify imports a product CSV given as text.
func (s *shop) shopify(csv string) *Report {
	s.t.Helper()
	return s.run(Options{Format: FormatShopifyProducts, Paths: []string{s.file("products.csv", csv)}})
}

func (s *shop) file(name, content string) string {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), name)
	require.NoError(s.t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// one returns the single value of a query.
func one[T any](s *shop, sql string, args ...any) T {
	s.t.Helper()
	rows, err := s.conn.Query(s.t.Context(), sql, args...)
	require.NoError(s.t, err)
	value, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
	require.NoError(s.t, err)
	return value
}

// list returns the values of a query's one column.
func list[T any](s *shop, sql string, args ...any) []T {
	s.t.Helper()
	rows, err := s.conn.Query(s.t.Context(), sql, args...)
	require.NoError(s.t, err)
	values, err := pgx.CollectRows(rows, pgx.RowTo[T])
	require.NoError(s.t, err)
	return values
}

// hashes are a digest of each table's rows, versions and times included.
func (s *shop) hashes() map[string]string {
	s.t.Helper()
	// A run is written down even if it changes nothing.
	tables := list[string](s, `SELECT tablename::text FROM pg_tables
WHERE schemaname = 'public' AND tablename NOT IN ('import_runs', 'audit_events')`)
	require.NotEmpty(s.t, tables)
	digests := map[string]string{}
	for _, table := range tables {
		digests[table] = one[string](s, `SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, E'\n' ORDER BY t::text)), '') FROM `+
			pgx.Identifier{table}.Sanitize()+` AS t`)
	}
	return digests
}

// consistent asks that everything derived is what it would be if it were made
// anew, that sums match, and that places are unique.
func (s *shop) consistent() {
	s.t.Helper()
	before := s.hashes()
	_, err := s.conn.Exec(s.t.Context(), `SELECT refresh_products(ARRAY(SELECT id FROM products))`)
	require.NoError(s.t, err)
	require.Equal(s.t, before, s.hashes(), "derived columns were not up to date")
	require.Zero(s.t, one[int](s, `
		SELECT count(*)::int FROM variants v
		WHERE v.inventory_tracked AND v.available_quantity IS DISTINCT FROM
		      coalesce((SELECT sum(on_hand - committed - unavailable) FROM inventory_levels l WHERE l.variant_id = v.id), 0)`))
	require.Zero(s.t, one[int](s, `
		SELECT count(*)::int FROM (SELECT FROM variants GROUP BY product_id, position HAVING count(*) > 1) AS d`))
	require.Zero(s.t, one[int](s, `
		SELECT count(*)::int FROM categories c WHERE c.ancestor_ids IS DISTINCT FROM
		  CASE WHEN c.parent_id IS NULL THEN '{}' ELSE (SELECT p.ancestor_ids || p.id FROM categories p WHERE p.id = c.parent_id) END`))
}
