package writes

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/store"
	"souk/test/harness"
	"souk/test/shop"
)

// eventually is how long a replica may take to follow, on a machine that does much
// else; poll is how often a test looks.
const (
	eventually = 10 * time.Second
	poll       = 10 * time.Millisecond
)

// sendInput runs a mutation that takes an input and returns its payload.
func sendInput(t testing.TB, server *harness.Server, mutation, selection string, input map[string]any) map[string]any {
	t.Helper()
	document := fmt.Sprintf(`mutation ($input: %sInput!) { %s(input: $input) { %s userErrors {
		__typename code field message ... on VersionConflict { currentVersion } ... on InsufficientStock { available } } } }`,
		strings.ToUpper(mutation[:1])+mutation[1:], mutation, selection)
	return server.Query(t, document, map[string]any{"input": input}).At(mutation).(map[string]any)
}

// refusals returns a payload's user errors as "CODE at path".
func refusals(payload map[string]any) []string {
	found := []string{}
	for _, e := range payload["userErrors"].([]any) {
		found = append(found, fmt.Sprint(harness.At(e, "code"), " at ", harness.Dotted(harness.At(e, "field").([]any))))
	}
	return found
}

// applied runs a mutation that must not be refused.
func applied(t testing.TB, server *harness.Server, mutation, selection string, input map[string]any) map[string]any {
	t.Helper()
	payload := sendInput(t, server, mutation, selection, input)
	require.Empty(t, payload["userErrors"])
	return payload
}

// poolOf connects to a test's database.
func poolOf(t testing.TB, url string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

// valueOf returns the only value of a query.
func valueOf[T any](t testing.TB, pool *pgxpool.Pool, sql string, values ...any) T {
	t.Helper()
	var v T
	require.NoError(t, pool.QueryRow(t.Context(), sql, values...).Scan(&v), sql)
	return v
}

// derivedRows is everything that moves and renames bring up to date.
const derivedRows = `SELECT coalesce(string_agg(line, E'\n' ORDER BY line), '') FROM (
  SELECT l::text FROM product_listings l
  UNION ALL
  SELECT concat_ws(' ', id, related_scope_id, search) FROM products) AS all_of_it (line)`

// requireDerived compares what is derived with what refresh_products makes of the
// same rows.
func requireDerived(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	got := valueOf[string](t, pool, derivedRows)
	tx, err := pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	_, err = tx.Exec(t.Context(), `SELECT refresh_products(array_agg(id)) FROM products`)
	require.NoError(t, err)
	var want string
	require.NoError(t, tx.QueryRow(t.Context(), derivedRows).Scan(&want))
	require.Equal(t, want, got)
}

// requireTree checks that each category's ancestors are the chain of its parents.
func requireTree(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	require.Zero(t, valueOf[int](t, pool, `
WITH RECURSIVE tree AS (
  SELECT id, '{}'::uuid[] AS way FROM categories WHERE parent_id IS NULL
  UNION ALL
  SELECT c.id, tree.way || tree.id FROM categories c JOIN tree ON c.parent_id = tree.id WHERE cardinality(tree.way) < 100
)
SELECT count(*) FROM categories c LEFT JOIN tree ON tree.id = c.id WHERE tree.way IS DISTINCT FROM c.ancestor_ids`))
}

func auditOf(t testing.TB, pool *pgxpool.Pool, action string) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), `
SELECT subject_kind || coalesce((SELECT string_agg(' ' || (c->>'field') || ': ' || coalesce(c->>'before', '-') || ' > ' || coalesce(c->>'after', '-'), ',')
                                 FROM jsonb_array_elements(changes) AS c), '')
FROM audit_events WHERE action = $1 ORDER BY id`, action)
	require.NoError(t, err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return lines
}

func TestCategoryCreate(t *testing.T) {
	db := shop.New(t)
	server, pool := harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite)), poolOf(t, db.PrimaryURL)
	const shown = `category { id slug name parent { name } ancestors { name } version }`
	home := shop.ID[store.CategoryID]("301")

	got := applied(t, server, "categoryCreate", shown, map[string]any{"name": "  Bücher & Papier ", "parentId": home})["category"]
	require.Equal(t, "Bücher & Papier", harness.At(got, "name"))
	require.Equal(t, "bucher-and-papier", harness.At(got, "slug"))
	require.Equal(t, "Home", harness.At(got, "parent", "name"))
	require.Equal(t, []any{map[string]any{"name": "Home"}}, harness.At(got, "ancestors"))

	for _, want := range []string{"lighting-2", "lighting-3"} { // home > lighting is there
		parent := applied(t, server, "categoryCreate", shown, map[string]any{"name": "Branch " + want})["category"]
		got := applied(t, server, "categoryCreate", shown, map[string]any{"name": "Lighting", "parentId": harness.At(parent, "id")})["category"]
		require.Equal(t, want, harness.At(got, "slug"))
	}
	require.Contains(t, auditOf(t, pool, "categoryCreate"),
		"CATEGORY name: - > Bücher & Papier, slug: - > bucher-and-papier, parentId: - > "+shop.Key("301").String())

	keyedInput := map[string]any{"name": "Once", "idempotencyKey": "k1"}
	first := applied(t, server, "categoryCreate", shown, keyedInput)
	require.Equal(t, first, applied(t, server, "categoryCreate", shown, keyedInput))
	require.Equal(t, []string{"IDEMPOTENCY_CONFLICT at input.idempotencyKey"},
		refusals(sendInput(t, server, "categoryCreate", shown, map[string]any{"name": "Twice", "idempotencyKey": "k1"})))
	requireTree(t, pool)

	for name, tc := range map[string]struct {
		input map[string]any
		want  []string
	}{
		"an empty name":            {map[string]any{"name": " \t "}, []string{"REQUIRED at input.name"}},
		"a long name":              {map[string]any{"name": strings.Repeat("é", 256)}, []string{"TOO_LONG at input.name"}},
		"a sibling's name":         {map[string]any{"name": "LIGHTÎNG", "parentId": home}, []string{"TAKEN at input.name"}},
		"a name taken at the top":  {map[string]any{"name": "home"}, []string{"TAKEN at input.name"}},
		"a slug that is taken":     {map[string]any{"name": "New", "slug": "home"}, []string{"TAKEN at input.slug"}},
		"a slug with a blank":      {map[string]any{"name": "New", "slug": "no good"}, []string{"INVALID at input.slug"}},
		"an empty slug":            {map[string]any{"name": "New", "slug": ""}, []string{"REQUIRED at input.slug"}},
		"a long slug":              {map[string]any{"name": "New", "slug": strings.Repeat("x", 256)}, []string{"TOO_LONG at input.slug"}},
		"both at once":             {map[string]any{"name": "", "slug": "-"}, []string{"REQUIRED at input.name", "INVALID at input.slug"}},
		"a parent that is none":    {map[string]any{"name": "New", "parentId": shop.LoomID}, []string{"NOT_FOUND at input.parentId"}},
		"a parent nobody has":      {map[string]any{"name": "New", "parentId": shop.ID[store.CategoryID]("399")}, []string{"NOT_FOUND at input.parentId"}},
		"an endless idempotency":   {map[string]any{"name": "New", "idempotencyKey": strings.Repeat("k", 256)}, []string{"TOO_LONG at input.idempotencyKey"}},
		"a parent ID that is text": {map[string]any{"name": "New", "parentId": "home"}, []string{"NOT_FOUND at input.parentId"}},
	} {
		t.Run(name, func(t *testing.T) {
			payload := sendInput(t, server, "categoryCreate", shown, tc.input)
			require.Equal(t, tc.want, refusals(payload))
			require.Nil(t, payload["category"])
		})
	}
}

func TestManyCategoriesOfOneNameGetSlugsOfTheirOwn(t *testing.T) {
	db := shop.New(t)
	server, pool := harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite)), poolOf(t, db.PrimaryURL)
	var work sync.WaitGroup
	for i := range 20 {
		work.Go(func() {
			parent := applied(t, server, "categoryCreate", `category { id }`, map[string]any{"name": fmt.Sprint("Branch ", i)})["category"]
			applied(t, server, "categoryCreate", `category { id }`, map[string]any{"name": "Sale", "parentId": harness.At(parent, "id")})
		})
	}
	work.Wait()
	require.Equal(t, 20, valueOf[int](t, pool, `SELECT count(DISTINCT slug) FROM categories WHERE name = 'Sale'`))
}

func TestCategoryUpdate(t *testing.T) {
	db := shop.New(t)
	server, pool := harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite)), poolOf(t, db.PrimaryURL)
	lamps := shop.ID[store.CategoryID]("304")
	found := func(words string) any {
		require.NoError(t, db.WaitReplica(t.Context()))
		return server.Query(t, `query ($w: String!) { products(search: $w) { nodes { slug } } }`, map[string]any{"w": words}).At("products", "nodes", 0, "slug")
	}
	require.Nil(t, found("luminaire"))
	got := applied(t, server, "categoryUpdate", `category { name slug version }`, map[string]any{"id": lamps, "name": "Luminaire", "expectedVersion": 1})
	require.Equal(t, map[string]any{"name": "Luminaire", "slug": "desk-lamps", "version": 2.0}, got["category"])
	require.Equal(t, "desk-lamp", found("luminaire"))
	applied(t, server, "categoryUpdate", `category { name }`, map[string]any{"id": lamps, "slug": "luminaires"})
	require.Equal(t, []string{"CATEGORY name: Desk lamps > Luminaire", "CATEGORY slug: desk-lamps > luminaires"}, auditOf(t, pool, "categoryUpdate"))
	requireDerived(t, pool)

	for name, tc := range map[string]struct {
		input map[string]any
		want  []string
	}{
		"an old version":         {map[string]any{"id": lamps, "name": "X", "expectedVersion": 1}, []string{"VERSION_CONFLICT at input.expectedVersion"}},
		"null for what must be":  {map[string]any{"id": lamps, "name": nil, "slug": nil}, []string{"REQUIRED at input.name", "REQUIRED at input.slug"}},
		"a sibling's name":       {map[string]any{"id": shop.ID[store.CategoryID]("303"), "name": "empty SHELF"}, []string{"TAKEN at input.name"}},
		"a slug that is taken":   {map[string]any{"id": lamps, "slug": "home"}, []string{"TAKEN at input.slug"}},
		"what does not exist":    {map[string]any{"id": shop.ID[store.CategoryID]("399"), "name": "X"}, []string{"NOT_FOUND at input.id"}},
		"what is no category":    {map[string]any{"id": shop.ShirtID, "name": "X"}, []string{"NOT_FOUND at input.id"}},
		"a slug in capitals":     {map[string]any{"id": lamps, "slug": "Lamps"}, []string{"INVALID at input.slug"}},
		"a name of blanks alone": {map[string]any{"id": lamps, "name": "\t"}, []string{"REQUIRED at input.name"}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tc.want, refusals(sendInput(t, server, "categoryUpdate", `category { id }`, tc.input)))
		})
	}
}

func TestCategoryMoveTakesItsBranchAndItsListings(t *testing.T) {
	db := shop.New(t)
	server, pool := harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite)), poolOf(t, db.PrimaryURL)
	home, apparel, lighting := shop.ID[store.CategoryID]("301"), shop.ID[store.CategoryID]("302"), shop.ID[store.CategoryID]("303")
	slugs := func(category string) (all []any) {
		for _, node := range server.Query(t, `query ($c: ID!) { category(id: $c) { products(orderBy: {field: TITLE}) { nodes { slug } } } }`,
			map[string]any{"c": category}).At("category", "products", "nodes").([]any) {
			all = append(all, harness.At(node, "slug"))
		}
		return all
	}
	waitFor := func(category string, want ...any) { // reads go to the replica
		t.Helper()
		require.Eventually(t, func() bool { return reflect.DeepEqual(slugs(category), want) }, eventually, poll)
	}
	require.Equal(t, []any{"desk-lamp", "enamel-mug", "floor-lamp"}, slugs(home))

	got := applied(t, server, "categoryMove", `category { parent { id } ancestors { id } children { nodes { slug ancestors { slug } } } }`,
		map[string]any{"id": lighting, "parentId": apparel, "expectedVersion": 1})["category"]
	require.Equal(t, apparel, harness.At(got, "parent", "id"))
	require.Equal(t, []any{map[string]any{"slug": "apparel"}, map[string]any{"slug": "lighting"}}, harness.At(got, "children", "nodes", 0, "ancestors"))
	waitFor(home, "enamel-mug")
	waitFor(apparel, "desk-lamp", "enamel-mug", "floor-lamp", "hemp-shirt", "linen-shirt")
	requireDerived(t, pool)
	requireTree(t, pool)

	applied(t, server, "categoryMove", `category { id }`, map[string]any{"id": lighting, "parentId": nil})
	waitFor(apparel, "enamel-mug", "hemp-shirt", "linen-shirt")
	waitFor(lighting, "desk-lamp", "floor-lamp")
	requireDerived(t, pool)
	requireTree(t, pool)
	require.Equal(t, []string{
		"CATEGORY parentId: " + shop.Key("301").String() + " > " + shop.Key("302").String(),
		"CATEGORY parentId: " + shop.Key("302").String() + " > -",
	}, auditOf(t, pool, "categoryMove"))

	before := valueOf[int64](t, pool, `SELECT sum(version) FROM categories`)
	applied(t, server, "categoryMove", `category { id }`, map[string]any{"id": lighting, "parentId": nil})
	require.Equal(t, before, valueOf[int64](t, pool, `SELECT sum(version) FROM categories`), "where it is already")

	applied(t, server, "categoryCreate", `category { id }`, map[string]any{"name": "lighting", "parentId": home})
	for name, tc := range map[string]struct {
		input map[string]any
		want  string
	}{
		"below itself":           {map[string]any{"id": lighting, "parentId": lighting}, "CYCLE at input.parentId"},
		"below its child":        {map[string]any{"id": lighting, "parentId": shop.ID[store.CategoryID]("304")}, "CYCLE at input.parentId"},
		"to a sibling's name":    {map[string]any{"id": lighting, "parentId": home}, "TAKEN at input.parentId"},
		"without a place":        {map[string]any{"id": lighting}, "REQUIRED at input.parentId"},
		"below nothing":          {map[string]any{"id": lighting, "parentId": shop.ID[store.CategoryID]("399")}, "NOT_FOUND at input.parentId"},
		"of nothing":             {map[string]any{"id": shop.ID[store.CategoryID]("399"), "parentId": nil}, "NOT_FOUND at input.id"},
		"of what has changed":    {map[string]any{"id": lighting, "parentId": apparel, "expectedVersion": 1}, "VERSION_CONFLICT at input.expectedVersion"},
		"below what is a vendor": {map[string]any{"id": lighting, "parentId": shop.LoomID}, "NOT_FOUND at input.parentId"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, []string{tc.want}, refusals(sendInput(t, server, "categoryMove", `category { id }`, tc.input)))
		})
	}
	requireDerived(t, pool)
	requireTree(t, pool)
}

// A product that is filed twice in a branch, deep here and less deep there, changes
// the category that its related products come from.
func TestCategoryMoveKeepsWhatIsFiledTwice(t *testing.T) {
	db := shop.New(t)
	harness.Execute(t, db.PrimaryURL, `
INSERT INTO product_categories SELECT '01900000-0000-7000-8000-000000000108', id FROM categories WHERE slug IN ('desk-lamps', 'empty');
INSERT INTO product_categories SELECT '01900000-0000-7000-8000-000000000101', id FROM categories WHERE slug = 'home';
SELECT refresh_products(array_agg(id)) FROM products;`)
	server, pool := harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite)), poolOf(t, db.PrimaryURL)
	related := `SELECT c.slug FROM products p JOIN categories c ON c.id = p.related_scope_id WHERE p.slug = 'hemp-shirt'`
	require.Equal(t, "desk-lamps", valueOf[string](t, pool, related))
	version := valueOf[int64](t, pool, `SELECT version FROM products WHERE slug = 'hemp-shirt'`)
	applied(t, server, "categoryMove", `category { id }`, map[string]any{"id": shop.ID[store.CategoryID]("304"), "parentId": nil})
	require.Equal(t, "empty", valueOf[string](t, pool, related))
	require.Equal(t, version+1, valueOf[int64](t, pool, `SELECT version FROM products WHERE slug = 'hemp-shirt'`))
	requireDerived(t, pool)
	applied(t, server, "categoryMove", `category { id }`, map[string]any{"id": shop.ID[store.CategoryID]("305"), "parentId": shop.ID[store.CategoryID]("306")})
	requireDerived(t, pool)
	applied(t, server, "categoryMove", `category { id }`, map[string]any{"id": shop.ID[store.CategoryID]("301"), "parentId": shop.ID[store.CategoryID]("302")})
	requireDerived(t, pool)
	requireTree(t, pool)
}

func TestOppositeMovesMakeNoCycle(t *testing.T) {
	db := shop.New(t)
	server, pool := harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite)), poolOf(t, db.PrimaryURL)
	home, apparel := shop.ID[store.CategoryID]("301"), shop.ID[store.CategoryID]("302")
	for range 20 {
		results := make([][]string, 2)
		var work sync.WaitGroup
		for i, input := range []map[string]any{{"id": home, "parentId": apparel}, {"id": apparel, "parentId": home}} {
			work.Go(func() {
				results[i] = refusals(sendInput(t, server, "categoryMove", `category { id }`, input))
			})
		}
		work.Wait()
		require.ElementsMatch(t, [][]string{{}, {"CYCLE at input.parentId"}}, results)
		requireTree(t, pool)
		for _, id := range []string{home, apparel} {
			applied(t, server, "categoryMove", `category { id }`, map[string]any{"id": id, "parentId": nil})
		}
	}
	requireDerived(t, pool)
}

// A move waits for whoever files a product in the branch, and then lists it too.
func TestCategoryMoveSeesWhatIsBeingFiled(t *testing.T) {
	db := shop.New(t)
	server, pool := harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite)), poolOf(t, db.PrimaryURL)
	filing, err := pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = filing.Exec(t.Context(), `
INSERT INTO product_categories SELECT p.id, c.id FROM products p, categories c WHERE p.slug = 'mystery-rug' AND c.slug = 'desk-lamps';
SELECT refresh_products(array_agg(id)) FROM products WHERE slug = 'mystery-rug'`)
	require.NoError(t, err)
	var work sync.WaitGroup
	work.Go(func() {
		applied(t, server, "categoryMove", `category { id }`, map[string]any{"id": shop.ID[store.CategoryID]("303"), "parentId": shop.ID[store.CategoryID]("302")})
	})
	require.Eventually(t, func() bool {
		return valueOf[bool](t, pool, `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`)
	}, 4*time.Second, poll)
	require.NoError(t, filing.Commit(t.Context()))
	work.Wait()
	require.Equal(t, 1, valueOf[int](t, pool, `SELECT count(*) FROM product_listings l JOIN categories c ON c.id = l.scope_id
JOIN products p ON p.id = l.product_id WHERE p.slug = 'mystery-rug' AND c.slug = 'apparel'`))
	requireDerived(t, pool)
}

func TestCategoryDelete(t *testing.T) {
	db := shop.New(t)
	server, pool := harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite)), poolOf(t, db.PrimaryURL)
	lamps, lighting := shop.ID[store.CategoryID]("304"), shop.ID[store.CategoryID]("303")
	const gone = `deletedCategoryId`
	refused := sendInput(t, server, "categoryDelete", gone, map[string]any{"id": lighting})
	require.Equal(t, []string{"IN_USE at input.id"}, refusals(refused))
	require.Nil(t, refused[gone])
	require.Equal(t, []string{"VERSION_CONFLICT at input.expectedVersion"},
		refusals(sendInput(t, server, "categoryDelete", gone, map[string]any{"id": lamps, "expectedVersion": 9})))

	version := valueOf[int64](t, pool, `SELECT version FROM products WHERE slug = 'desk-lamp'`)
	require.Equal(t, lamps, applied(t, server, "categoryDelete", gone, map[string]any{"id": lamps})[gone])
	require.Greater(t, valueOf[int64](t, pool, `SELECT version FROM products WHERE slug = 'desk-lamp'`), version)
	require.Zero(t, valueOf[int](t, pool, `SELECT count(*) FROM product_listings l LEFT JOIN categories c ON c.id = l.scope_id
LEFT JOIN vendors v ON v.id = l.scope_id LEFT JOIN collections m ON m.id = l.scope_id
WHERE c.id IS NULL AND v.id IS NULL AND m.id IS NULL AND l.scope_id <> '00000000-0000-0000-0000-000000000000'`))
	requireDerived(t, pool)
	require.Equal(t, []string{"NOT_FOUND at input.id"}, refusals(sendInput(t, server, "categoryDelete", gone, map[string]any{"id": lamps})))
	applied(t, server, "categoryDelete", gone, map[string]any{"id": lighting})
	require.Equal(t, []string{"CATEGORY name: Desk lamps > -, slug: desk-lamps > -", "CATEGORY name: Lighting > -, slug: lighting > -"}, auditOf(t, pool, "categoryDelete"))
	requireDerived(t, pool)
}
