package importer

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
)

// dump is the content of the shop's tables without what changes with every write, and
// without words and labels, which are only added to.
func (s *shop) dump() map[string][]string {
	s.t.Helper()
	content := map[string][]string{}
	for _, table := range list[string](s, `SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'
  AND tablename NOT IN ('import_runs', 'import_changes', 'import_stamps', 'audit_events', 'search_terms', 'option_labels')`) {
		content[table] = list[string](s, `SELECT (to_jsonb(t) - '{version,updated_at}'::text[])::text AS row FROM `+
			pgx.Identifier{table}.Sanitize()+` t ORDER BY 1`)
	}
	return content
}

// exec runs statements that stand for what staff and customers do.
func (s *shop) exec(statements ...string) {
	s.t.Helper()
	for _, statement := range statements {
		_, err := s.conn.Exec(s.t.Context(), statement)
		require.NoError(s.t, err, statement)
	}
}

// seeds are some of the random shops of a test, or all of them in full.
func seeds(all uint64) uint64 {
	if dbtest.Full() {
		return all
	}
	return all / 3
}

// undo undoes a run, which has to succeed.
func (s *shop) undo(run string) *UndoReport {
	s.t.Helper()
	report, err := Undo(s.t.Context(), UndoOptions{DatabaseURL: s.url, Run: uuid.MustParse(run), Actor: "test"})
	require.NoError(s.t, err)
	return report
}

// randomProducts is a product CSV: products and values from a small pool, so that two
// of them meet in most of what they have.
func randomProducts(r *rand.Rand) string {
	pick := func(values ...string) string { return values[r.IntN(len(values))] }
	var text strings.Builder
	text.WriteString("Handle,Title,Body (HTML),Vendor,Type,Tags,Status,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Compare At Price,Variant Inventory Tracker,Variant Inventory Qty,Image Src,Image Alt Text,Product Category,Metafield: custom.maker\n")
	for i := range 12 {
		if r.IntN(3) == 0 {
			continue
		}
		handle := fmt.Sprintf("p%d", i)
		option := pick("Size", "Size", "Colour")
		images := r.Perm(4)
		for row := range 1 + r.IntN(3) {
			title, vendor, category := "", "", ""
			if row == 0 {
				title, vendor = pick("Mug", "Cup", "Bowl")+" "+handle, pick("", "Acme", "Bolt", "Cord", "Dune")
				category = pick("", "Home > Kitchen", "Home > Kitchen > Mugs", "Toys")
			}
			fmt.Fprintf(&text, "%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s\n", handle, title, pick("", "<p>Good</p>"), vendor, pick("", "Mugs"),
				pick("", "sale", "new"), pick("active", "draft"), option, []string{"S", "M", "L"}[row], pick("", handle+"-sku"),
				pick("1.50", "2.00", "9.90"), pick("", "12.00"), pick("", "shopify"), pick("0", "3", "8"),
				"https://img/"+handle+fmt.Sprint(images[row]), pick("", "A picture"), category, vendor)
		}
	}
	return text.String()
}

const stockHeader = "Handle,Title,Option1 Name,Option1 Value,SKU,Location,Available,On hand\n"

func randomInventory(r *rand.Rand) string {
	var text strings.Builder
	text.WriteString(stockHeader)
	for i := range 12 {
		for _, size := range []string{"S", "M", "L"} {
			if r.IntN(2) == 0 {
				fmt.Fprintf(&text, "p%d,,Size,%s,,%s,%d,%d\n", i, size, []string{"Attic", "Cellar"}[r.IntN(2)], r.IntN(9), r.IntN(9))
			}
		}
	}
	return text.String()
}

// partial leaves some columns of a file out.
func partial(t testing.TB, r *rand.Rand, text string) string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	var kept []int
	for i := range rows[0] {
		if i == 0 || r.IntN(4) > 0 {
			kept = append(kept, i)
		}
	}
	var out strings.Builder
	w := csv.NewWriter(&out)
	for _, row := range rows {
		some := make([]string, len(kept))
		for i, column := range kept {
			some[i] = row[column]
		}
		require.NoError(t, w.Write(some))
	}
	w.Flush()
	return out.String()
}

// importRandom imports a file over the shop, with all of its columns or some.
func (s *shop) importRandom(r *rand.Rand) *Report {
	s.t.Helper()
	if r.IntN(3) == 0 {
		return s.run(Options{Format: FormatShopifyInventory, Paths: []string{s.file("stock.csv", randomInventory(r))}})
	}
	text := randomProducts(r)
	if r.IntN(2) == 0 {
		text = partial(s.t, r, text)
	}
	return s.run(Options{
		Format: FormatShopifyProducts, Paths: []string{s.file("products.csv", text)}, ChunkProducts: 1 + r.IntN(5), Prune: r.IntN(2) == 0,
	})
}

func TestUndoBringsBackTheShopAsItWas(t *testing.T) {
	for seed := range seeds(15) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			s := newShop(t)
			states := []map[string][]string{s.dump()}
			var runs []string
			for range 4 {
				report := s.importRandom(r)
				require.True(t, report.Undoable)
				runs, states = append(runs, report.RunID), append(states, s.dump())
			}
			require.NotEqual(t, states[0], states[len(states)-1], "an undo of nothing proves nothing")
			for i, run := range slices.Backward(runs) {
				report := s.undo(run)
				require.Empty(t, report.Left)
				require.Equal(t, states[i], s.dump(), "after the undo of run %d", i)
				s.consistent()
			}
		})
	}
}

func TestUndoKeepsWhatHasBeenChangedSince(t *testing.T) {
	for seed := range seeds(10) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 2))
			s := newShop(t)
			s.shopify(randomProducts(r))
			before := s.dump()
			run := s.importRandom(r).RunID
			changed := list[string](s, `SELECT c.product_id::text FROM import_changes c
WHERE c.kind = 'variants' AND c.before ? 'price_minor' AND c.after ? 'price_minor' AND c.run_id = $1 ORDER BY 1`, run)
			s.exec(`UPDATE variants SET price_minor = 4711 WHERE id IN (SELECT (row_key ->> 'id')::uuid FROM import_changes
WHERE kind = 'variants' AND before ? 'price_minor' AND after ? 'price_minor' AND run_id = '`+run+`')`,
				`SELECT refresh_products(ARRAY(SELECT id FROM products))`)
			report := s.undo(run)
			require.EqualValues(t, len(changed), report.LeftCount)
			for _, left := range report.Left {
				require.Equal(t, "price", left.Field)
			}
			require.Equal(t, len(changed), one[int](s, `SELECT count(*)::int FROM variants WHERE price_minor = 4711`))
			s.consistent()
			after := s.dump()
			for _, table := range []string{"products", "variants", "product_listings"} { // where the price is
				before[table], after[table] = without(t, before[table]), without(t, after[table])
			}
			require.Equal(t, before, after)
		})
	}
}

// without removes what follows from prices.
func without(t *testing.T, rows []string) []string {
	t.Helper()
	kept := make([]string, len(rows))
	for i, row := range rows {
		var fields map[string]json.RawMessage
		require.NoError(t, json.Unmarshal([]byte(row), &fields))
		for _, field := range []string{"price_minor", "price_min_minor", "price_max_minor"} {
			delete(fields, field)
		}
		text, err := json.Marshal(fields)
		require.NoError(t, err)
		kept[i] = string(text)
	}
	slices.Sort(kept)
	return kept
}

const undoHeader = "Handle,Title,Vendor,Option1 Name,Option1 Value,Variant Price,Image Src,Product Category\n"

func TestUndoLeavesWhatOthersNeed(t *testing.T) {
	for name, c := range map[string]struct {
		since []string
		left  []string // subjects with fields
		stays string   // a query that returns true
	}{
		"an added product that a customer has reviewed": {
			[]string{`INSERT INTO reviews (id, product_id, rating) SELECT gen_random_uuid(), id, 5 FROM products WHERE slug = 'cup'`},
			[]string{"cup"},
			`SELECT count(*) = 1 FROM variants v JOIN products p ON p.id = v.product_id WHERE p.slug = 'cup'`,
		},
		"an added product in a collection": {
			[]string{
				`INSERT INTO collections (id, slug, title) VALUES (gen_random_uuid(), 'c', 'C')`,
				`INSERT INTO collection_products SELECT c.id, p.id, 1 FROM collections c, products p WHERE p.slug = 'cup'`,
			},
			[]string{"cup"},
			`SELECT count(*) = 1 FROM products WHERE slug = 'cup'`,
		},
		"an added product with another title": {
			[]string{`UPDATE products SET title = 'Beaker' WHERE slug = 'cup'`},
			[]string{"cup, title"},
			`SELECT count(*) = 1 FROM images i JOIN products p ON p.id = i.product_id WHERE p.slug = 'cup'`,
		},
		"an added variant with stock, and so the options": {
			[]string{
				`INSERT INTO locations (id, name) VALUES (gen_random_uuid(), 'Shop')`,
				`INSERT INTO inventory_levels (variant_id, location_id, on_hand) SELECT v.id, l.id, 3 FROM variants v, locations l WHERE v.title = 'M'`,
			},
			[]string{"mug option Size", "mug variant M"},
			`SELECT option_values = '{S,M}' FROM product_options o JOIN products p ON p.id = o.product_id WHERE p.slug = 'mug'`,
		},
		"options that a new variant needs": {
			[]string{`INSERT INTO variants (id, product_id, position, title, currency, option_values, created_at)
SELECT gen_random_uuid(), id, 9, 'M', 'USD', '{M}', now() FROM products WHERE slug = 'mug'`},
			[]string{"mug option Size"},
			`SELECT option_values = '{S,M}' FROM product_options o JOIN products p ON p.id = o.product_id WHERE p.slug = 'mug'`,
		},
		"an added image that a variant shows": {
			[]string{`UPDATE variants v SET image_id = i.id FROM images i WHERE i.url = 'https://img/new' AND v.title = 'S' AND v.product_id = i.product_id`},
			[]string{"mug image https://img/new"},
			`SELECT count(*) = 1 FROM images WHERE url = 'https://img/new'`,
		},
		"a vendor and a category that staff use": {
			[]string{
				`INSERT INTO products (id, slug, title, vendor_id) SELECT gen_random_uuid(), 'own', 'Own', id FROM vendors WHERE name = 'Bolt'`,
				`INSERT INTO product_categories SELECT p.id, c.id FROM products p, categories c WHERE p.slug = 'own' AND c.name = 'Kitchen'`,
			},
			[]string{"vendor Bolt", "category Kitchen", "category Home"},
			`SELECT count(*) = 2 FROM categories`,
		},
		"a vendor with another name": {
			[]string{`UPDATE vendors SET name = 'Bolt & Sons' WHERE name = 'Bolt'`},
			[]string{"vendor Bolt & Sons, name"},
			`SELECT true`,
		},
		"a slug that somebody else has now": {
			[]string{`DELETE FROM product_slugs WHERE slug = 'bowl'`, `INSERT INTO products (id, slug, title) VALUES (gen_random_uuid(), 'bowl', 'Other')`},
			[]string{"salad-bowl"},
			`SELECT slug = 'salad-bowl' FROM products WHERE title = 'Salad bowl'`,
		},
		"a product that was deleted": {
			[]string{
				`INSERT INTO audit_events (id, actor_kind, actor_id, action, subject_kind, subject_id, request_id, changes)
SELECT gen_random_uuid(), 'STAFF', gen_random_uuid(), 'productDelete', 'PRODUCT', id, 'r', '[{"field": "slug", "before": "mug"}]' FROM products WHERE slug = 'mug'`,
				`DELETE FROM products WHERE slug = 'mug'`,
			},
			[]string{"mug"},
			`SELECT count(*) = 0 FROM products WHERE slug = 'mug'`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.shopify(undoHeader + "mug,Mug,Acme,Size,S,5,https://img/mug,\nbowl-key,Bowl,Acme,Title,Default Title,3,,\n")
			s.exec(`UPDATE products SET slug = 'bowl', title = 'Bowl' WHERE source_key = 'bowl-key'`)
			run := s.run(Options{Format: FormatShopifyProducts, Paths: []string{s.file("b.csv", undoHeader+
				"mug,Mug,Acme,Size,S,6,https://img/mug,\nmug,,,,M,7,https://img/new,\ncup,Cup,Bolt,Title,Default Title,2,https://img/cup,Home > Kitchen\n")}}).RunID
			s.exec(`UPDATE products SET slug = 'salad-bowl', title = 'Salad bowl' WHERE source_key = 'bowl-key'`,
				`INSERT INTO import_changes (run_id, seq, kind, row_key, product_id, before, after)
SELECT '`+run+`', 900, 'products', jsonb_build_object('id', id), id, '{"slug": "bowl"}', '{"slug": "salad-bowl"}' FROM products WHERE source_key = 'bowl-key'`)
			s.exec(c.since...)
			s.exec(`SELECT refresh_products(ARRAY(SELECT id FROM products))`)
			report := s.undo(run)
			var left []string
			for _, l := range report.Left {
				require.NotEmpty(t, l.Reason)
				left = append(left, strings.TrimSuffix(l.Subject+", "+l.Field, ", "))
			}
			require.Subset(t, left, c.left, "%v", report.Left)
			require.True(t, one[bool](s, c.stays))
			s.exec(`UPDATE variants v SET available_quantity = 0 WHERE inventory_tracked AND available_quantity IS NULL`)
			s.consistent()
		})
	}
}

func TestRunsThatCannotBeUndoneSayWhy(t *testing.T) {
	s := newShop(t)
	text := undoHeader + "mug,Mug,,Title,Default Title,5,,\n"
	undo := func(run string) error {
		_, err := Undo(t.Context(), UndoOptions{DatabaseURL: s.url, Run: uuid.MustParse(run)})
		return err
	}
	_, err := Undo(t.Context(), UndoOptions{DatabaseURL: s.url})
	require.ErrorContains(t, err, "no import run to undo")

	run := s.shopify(text).RunID
	s.undo(run)
	require.ErrorContains(t, undo(run), "was undone already")
	require.ErrorContains(t, undo("019a0000-0000-7000-8000-000000000001"), "souk import runs")

	options := Options{Format: FormatShopifyProducts, Paths: []string{s.file("p.csv", text)}, Undoable: new(false)}
	report := s.run(options)
	require.False(t, report.Undoable)
	require.ErrorContains(t, undo(report.RunID), "--undoable")

	run = s.shopify(undoHeader + "mug,Mug,,Title,Default Title,6,,\n").RunID
	s.exec(`UPDATE import_runs SET started_at = now() - interval '8 days' WHERE id = '` + run + `'`)
	require.ErrorContains(t, undo(run), "seven days")

	require.Zero(t, s.run(Options{Format: FormatShopifyProducts, Paths: options.Paths, DryRun: true}).RunID)
}

func TestKilledRunAndKilledUndoAreTakenBack(t *testing.T) {
	s := newShop(t)
	before := s.dump()
	var text strings.Builder
	text.WriteString("Handle,Title,Vendor,Variant Price\n")
	for i := range 1200 {
		fmt.Fprintf(&text, "mug-%d,Mug %d,Acme,1.50\n", i, i)
	}
	ctx, cancel := context.WithCancel(t.Context())
	report, err := Run(ctx, Options{
		DatabaseURL: s.url, Format: FormatShopifyProducts, Paths: []string{s.file("products.csv", text.String())}, ChunkProducts: 400,
		afterChunk: func(chunk int) {
			if chunk == 2 {
				cancel()
			}
		},
	})
	require.ErrorIs(t, err, context.Canceled)
	s.exec(`UPDATE import_runs SET status = 'RUNNING'`) // as a kill leaves it
	require.Eventually(t, func() bool {                 // the server notices that the session has ended
		runs, err := ListRuns(t.Context(), s.url, 10)
		return err == nil && runs[0].Status == "KILLED"
	}, 5*time.Second, 50*time.Millisecond)

	ctx, cancel = context.WithCancel(t.Context())
	_, err = Undo(ctx, UndoOptions{DatabaseURL: s.url, Run: uuid.MustParse(report.RunID), afterPart: func(int) { cancel() }})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 300, one[int](s, `SELECT count(*)::int FROM products`))
	require.Empty(t, s.undo(report.RunID).Left)
	require.Equal(t, before, s.dump())
	require.Equal(t, []string{"souk import undo"}, list[string](s, `SELECT action FROM audit_events WHERE action LIKE '%undo'`))
}

func TestRunIsWrittenDownWithItsCounts(t *testing.T) {
	s := newShop(t)
	report := s.run(Options{
		Format: FormatShopifyProducts, Overwrite: true, Actor: "ann@till",
		Paths: []string{s.file("p.csv", undoHeader+"mug,Mug,Acme,Title,Default Title,5,,\nx,X,,Title,Default Title,five,,\n")},
	})
	require.Equal(t, "DONE OVERWRITE ann@till 2 1", one[string](s,
		`SELECT concat_ws(' ', status, mode, actor, row_count, rejected) FROM import_runs WHERE id = $1`, report.RunID))
	require.Equal(t, "OPERATOR souk import IMPORT_RUN", one[string](s,
		`SELECT concat_ws(' ', actor_kind, action, subject_kind) FROM audit_events WHERE subject_id = $1`, report.RunID))
	require.Contains(t, one[string](s, `SELECT changes::text FROM audit_events`), `"field": "products"`)
	require.Contains(t, one[string](s, `SELECT counts::text FROM import_runs`), `"kind": "VENDORS"`)
}
