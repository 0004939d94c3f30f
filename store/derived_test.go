package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/dbtest"
	"souk/internal/fault"
)

// derivedRows selects everything that refresh_products writes.
const derivedRows = `SELECT line FROM (
  SELECT 'listing ' || l::text FROM product_listings l
  UNION ALL
  SELECT 'term ' || term FROM search_terms
  UNION ALL
  SELECT 'label ' || o::text FROM option_labels o
  UNION ALL
  SELECT concat_ws(' ', 'product', slug, currency, price_min_minor, price_max_minor, availability, rating_average, rating_count,
                   rating_histogram, option_keys, related_scope_id, search) FROM products
) AS all_of_it (line) ORDER BY line`

// shownProducts selects the products, each with everything that its version covers.
const shownProducts = `
SELECT p.slug, p.version, concat_ws(' | ', to_jsonb(p) - 'version' - 'updated_at',
  (SELECT jsonb_agg(to_jsonb(v) - 'version' - 'updated_at' ORDER BY v.id) FROM variants v WHERE v.product_id = p.id),
  (SELECT jsonb_agg(to_jsonb(l) - 'version' - 'updated_at' ORDER BY l.variant_id, l.location_id)
   FROM inventory_levels l JOIN variants v ON v.id = l.variant_id WHERE v.product_id = p.id),
  (SELECT jsonb_agg(to_jsonb(i) - 'version' - 'updated_at' ORDER BY i.id) FROM images i WHERE i.product_id = p.id),
  (SELECT jsonb_agg(to_jsonb(o) ORDER BY o.position) FROM product_options o WHERE o.product_id = p.id),
  (SELECT jsonb_agg(c.category_id ORDER BY c.category_id) FROM product_categories c WHERE c.product_id = p.id),
  (SELECT jsonb_agg(to_jsonb(r) - 'version' - 'updated_at' ORDER BY r.id) FROM reviews r WHERE r.product_id = p.id AND r.status = 'PUBLISHED')
) AS content
FROM products p`

type shownProduct struct {
	Slug    string
	Version int64
	Content string
}

// derivedShop is a shop in which the tests change data at random.
type derivedShop struct {
	store  *Store
	conn   *pgx.Conn
	random *rand.Rand
}

func newDerivedShop(t testing.TB, seed uint64) *derivedShop {
	db := dbtest.New(t)
	execute(t, db.PrimaryURL, `
INSERT INTO vendors (id, slug, name) SELECT gen_random_uuid(), 'vendor-' || n, 'Vendor ' || n FROM generate_series(1, 2) n;
INSERT INTO locations (id, name) SELECT gen_random_uuid(), 'Location ' || n FROM generate_series(1, 2) n;
INSERT INTO customers (id, display_name) SELECT gen_random_uuid(), 'Customer ' || n FROM generate_series(1, 3) n;
INSERT INTO categories (id, slug, name) SELECT gen_random_uuid(), 'top-' || n, 'Top ' || n FROM generate_series(1, 2) n;
INSERT INTO categories (id, slug, name, parent_id, ancestor_ids)
SELECT gen_random_uuid(), 'in-' || slug, 'In ' || name, id, ARRAY[id] FROM categories;
INSERT INTO products (id, slug, title, imported_rating_average, imported_rating_count, imported_rating_histogram)
SELECT gen_random_uuid(), 'product-' || n, 'Product ' || n, nullif(n, 1), 2 * (n - 1), CASE WHEN n > 1 THEN '{0,1,0,1,0}'::int[] END
FROM generate_series(1, 3) n;
INSERT INTO variants (id, product_id, position, currency, price_minor, inventory_tracked, available_quantity, option_values)
SELECT gen_random_uuid(), id, n, 'EUR', 1000, true, 0, ARRAY[n::text] FROM products, generate_series(1, 2) n;
INSERT INTO product_options (product_id, position, name, option_values) SELECT id, 1, 'Number', '{1,2,3,4}' FROM products;
INSERT INTO collections (id, slug, title) SELECT gen_random_uuid(), 'collection-' || n, 'Collection ' || n FROM generate_series(1, 2) n;
INSERT INTO collection_products (collection_id, product_id, position) SELECT c.id, p.id, 1 FROM collections c, products p WHERE p.slug = 'product-1';
SELECT refresh_products(array_agg(id)) FROM products`)
	conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return &derivedShop{store: openStore(t, db.PrimaryURL), conn: conn, random: rand.New(rand.NewPCG(seed, 0))}
}

func (s *derivedShop) lines(t testing.TB) []string {
	t.Helper()
	rows, err := s.conn.Query(t.Context(), derivedRows)
	require.NoError(t, err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return lines
}

// staleLines returns the derived rows that differ from what refresh_products makes.
func (s *derivedShop) staleLines(t testing.TB) []string {
	t.Helper()
	got := s.lines(t)
	tx, err := s.conn.Begin(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback(t.Context())) }()
	_, err = tx.Exec(t.Context(), `SELECT refresh_products(array_agg(id)) FROM products`)
	require.NoError(t, err)
	want := s.lines(t)
	var all []string
	for _, line := range got {
		if !slices.Contains(want, line) {
			all = append(all, "is: "+line)
		}
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			all = append(all, "should be: "+line)
		}
	}
	return all
}

func (s *derivedShop) products(t testing.TB) map[string]shownProduct {
	t.Helper()
	rows, err := s.conn.Query(t.Context(), shownProducts)
	require.NoError(t, err)
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[shownProduct])
	require.NoError(t, err)
	bySlug := map[string]shownProduct{}
	for _, p := range all {
		bySlug[p.Slug] = p
	}
	return bySlug
}

// TestDerivedDataEqualsARefresh makes changes of every kind.
func TestDerivedDataEqualsARefresh(t *testing.T) {
	seeds := uint64(3)
	if !dbtest.Full() {
		seeds = 1
	}
	succeeded := map[string]int{}
	for seed := range seeds {
		t.Run(fmt.Sprint("with changes of seed ", seed), func(t *testing.T) {
			s := newDerivedShop(t, seed)
			for step := range 250 {
				before := s.products(t)
				change := derivedChanges[s.random.IntN(len(derivedChanges))]
				err := change.do(s, t)
				_, refused := fault.Rejected(err)
				require.True(t, err == nil || refused, "%s: %v", change.name, err)
				if err == nil {
					succeeded[change.name]++
				}
				require.Empty(t, s.staleLines(t), "step %d: %s", step, change.name)
				for slug, after := range s.products(t) {
					switch was, known := before[slug]; {
					case known && was.Content == after.Content:
						require.Equal(t, was.Version, after.Version, "step %d: %s changed nothing of %s", step, change.name, slug)
					case known:
						require.Greater(t, after.Version, was.Version, "step %d: %s\n%s\n%s", step, change.name, was.Content, after.Content)
					}
				}
			}
		})
	}
	if dbtest.Full() { // one sequence of changes alone may miss a kind
		for _, change := range derivedChanges {
			require.Positive(t, succeeded[change.name], "%s: never succeeded", change.name)
		}
	}
}

// TestStaleDerivedDataIsNoticed shows that staleLines can fail.
func TestStaleDerivedDataIsNoticed(t *testing.T) {
	s := newDerivedShop(t, 0)
	require.Empty(t, s.staleLines(t))
	product := pick[ProductID](s, t, `SELECT id FROM products WHERE slug <> 'product-1'`)
	for name, change := range map[string]struct{ statement, wrong string }{
		"search words":   {`UPDATE products SET product_type = 'Unheard-of' WHERE id = @id`, "product "},
		"titles":         {`UPDATE products SET title = 'Other', search = product_words(id, 'Other', vendor_id, product_type, tags, description) WHERE id = @id`, "listing "},
		"search terms":   {`UPDATE products SET title = 'Else', search = product_words(id, 'Else', vendor_id, product_type, tags, description) WHERE id = @id`, "term "},
		"prices":         {`INSERT INTO variants (id, product_id, position, currency, price_minor) VALUES (gen_random_uuid(), @id, 1, 'EUR', 7)`, "product "},
		"ratings":        {`INSERT INTO reviews (id, product_id, rating) VALUES (gen_random_uuid(), @id, 1)`, "product "},
		"options":        {`INSERT INTO product_options (product_id, position, name, option_values) VALUES (@id, 2, 'Size', '{S}')`, "label "},
		"listings":       {`UPDATE products SET created_at = now() WHERE id = @id`, "listing "},
		"collections":    {`INSERT INTO collection_products (collection_id, product_id, position) SELECT id, @id, 2 FROM collections ON CONFLICT DO NOTHING`, "listing "},
		"category pages": {`INSERT INTO product_categories (product_id, category_id) SELECT @id, id FROM categories`, "listing "},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, s.writer(auth.Principal{}).inTx(t.Context(), func(tx *Tx) error {
				tx.changed(SubjectImage, uuid.Nil, nil, partOf(product, derivedNothing))
				_, err := tx.exec(t.Context(), change.statement, args{"id": product})
				return err
			}))
			wrong := s.staleLines(t)
			require.True(t, slices.ContainsFunc(wrong, func(line string) bool { return strings.Contains(line, ": "+change.wrong) }), "%v", wrong)
			require.NoError(t, s.writer(auth.Principal{}).inTx(t.Context(), func(tx *Tx) error {
				tx.changed(SubjectProduct, product, nil, changesProducts(product))
				return nil
			}))
			require.Empty(t, s.staleLines(t))
		})
	}
}

func (s *derivedShop) writer(by auth.Principal) *Writer {
	return s.store.Writer(s.store.Reader(View{}, 0), Origin{By: by, Action: "test"})
}

func (s *derivedShop) staff() *Writer {
	return s.writer(auth.Principal{Kind: auth.Staff, ID: uuid.Max, Permissions: auth.AllPermissions()})
}

// pick returns one of the keys that a query selects, or the zero key if there is
// none.
func pick[K ~[16]byte](s *derivedShop, t testing.TB, query string) K {
	t.Helper()
	rows, err := s.conn.Query(t.Context(), query+` ORDER BY 1`)
	require.NoError(t, err)
	all, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	require.NoError(t, err)
	if len(all) == 0 {
		return K{}
	}
	return K(all[s.random.IntN(len(all))])
}

// oneOf returns one of the values.
func oneOf[T any](s *derivedShop, values ...T) T { return values[s.random.IntN(len(values))] }
