package jobs

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/dbtest"
	"souk/test/harness"
)

// doneLimit is how long after the answer to a change of many products everything must be right.
const doneLimit = time.Minute

// answerLimit is how long that answer may take. It is a second where nothing else runs; the race
// detector, and other tests beside it, are three times as slow.
const answerLimit = 3 * time.Second

const (
	renameVendor   = `mutation ($input: VendorUpdateInput!) { vendorUpdate(input: $input) { vendor { name } userErrors { message } } }`
	renameCategory = `mutation ($input: CategoryUpdateInput!) { categoryUpdate(input: $input) { category { name } userErrors { message } } }`
	moveCategory   = `mutation ($input: CategoryMoveInput!) { categoryMove(input: $input) { category { parent { name } } userErrors { message } } }`
	deleteCategory = `mutation ($input: CategoryDeleteInput!) { categoryDelete(input: $input) { deletedCategoryId userErrors { message } } }`
)

// withWorker makes the server run jobs.
func withWorker(s *harness.Setup) {
	s.Config.WithWorker, s.Options.WorkerSilence = true, silence()
}

func input(pairs ...any) map[string]any {
	in := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		in[pairs[i].(string)] = pairs[i+1]
	}
	return map[string]any{"input": in}
}

// quickly sends a change that must succeed within the limit.
func quickly(t testing.TB, server *harness.Server, query string, variables map[string]any) *harness.Answer {
	t.Helper()
	began := time.Now()
	answer := server.Query(t, query, variables)
	took := time.Since(began)
	for _, payload := range answer.Data.(map[string]any) {
		require.Empty(t, harness.At(payload, "userErrors"))
	}
	require.Less(t, took, answerLimit, "the answer takes too long")
	t.Log("answered after", took.Round(time.Millisecond))
	return answer
}

// soonRefreshed waits until no product is stale, and requires that all that is derived is
// right and that all jobs are done.
func soonRefreshed(t testing.TB, url string) {
	t.Helper()
	soonRight(t, url)
	soon(t, url, "0", `SELECT count(*)::text FROM river_job WHERE kind = 'products_refresh' AND state <> 'completed'`)
}

// soon waits until a query answers so. It asks on one connection: the many that it would take
// otherwise keep a processor busy.
func soon(t testing.TB, url, want, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	deadline := time.Now().Add(doneLimit)
	for {
		var got string
		require.NoError(t, conn.QueryRow(t.Context(), sql).Scan(&got), sql)
		if got == want {
			return
		}
		require.True(t, time.Now().Before(deadline), "%s: %s, not %s", sql, got, want)
		select {
		case <-t.Context().Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// soonRight waits until no product is stale, and requires that all that is derived is right:
// that refreshing the products once more changes nothing. Of very many it refreshes a tenth,
// some of each part of a job.
func soonRight(t testing.TB, url string) {
	t.Helper()
	began := time.Now()
	soon(t, url, "true", `SELECT (NOT EXISTS (SELECT FROM stale_products))::text`)
	t.Log("right after", time.Since(began).Round(time.Millisecond))
	before := digest(t, url)
	harness.Execute(t, url, `
SELECT refresh_products(part.ids)
FROM (
  SELECT array_agg(p.id) AS ids
  FROM (SELECT id, row_number() OVER (ORDER BY id) AS n, count(*) OVER () AS products FROM products) AS p
  WHERE p.products < 10000 OR p.n % 10 = 0
  GROUP BY p.n / 500
) AS part`)
	require.Equal(t, before, digest(t, url), "a product was left stale")
}

func digest(t testing.TB, url string) string {
	t.Helper()
	return harness.Text(t, url, `SELECT concat(
  (SELECT md5(string_agg(p::text, ',' ORDER BY p.id)) FROM products p),
  (SELECT md5(string_agg(l::text, ',' ORDER BY l.product_id, l.scope_id)) FROM product_listings l))`)
}

// numberIn is how many products a list has: in the whole, by the table that all lists read.
func numberIn(t testing.TB, url string, scope fmt.Stringer) string {
	t.Helper()
	return harness.Text(t, url, `SELECT count(*)::text FROM product_listings WHERE scope_id = '`+scope.String()+`'`)
}

// foundBy is how many products a search finds; above 10,000 it is an estimate.
func foundBy(t testing.TB, server *harness.Server, words string) int {
	t.Helper()
	answer := server.Query(t, `query ($words: String!) { products(search: $words) { totalCount } }`, map[string]any{"words": words})
	return int(answer.At("products", "totalCount").(float64))
}

// TestChangesOfManyProducts makes each change that concerns the products of something
// large. The answer comes at once and has the change; what is derived follows.
func TestChangesOfManyProducts(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		products int
		query    string
		input    map[string]any
		raises   bool // the products' versions, also of those of which nothing else changes
		atOnce   func(*testing.T, *harness.Server, *harness.Answer)
		then     func(*testing.T, *harness.Server, string)
	}{
		"a vendor is renamed": {
			many(), renameVendor, input("id", vendorID(), "name", "Waldgeist"), true,
			func(t *testing.T, server *harness.Server, answer *harness.Answer) {
				require.Equal(t, "Waldgeist", answer.At("vendorUpdate", "vendor", "name"))
				first := server.Query(t, `{ products(first: 1, orderBy: {field: NEWEST, direction: ASC}) { nodes { vendor { name } } } }`, nil)
				require.Equal(t, "Waldgeist", first.At("products", "nodes", 0, "vendor", "name"), "the name is new at once")
			},
			func(t *testing.T, server *harness.Server, _ string) {
				require.GreaterOrEqual(t, foundBy(t, server, "waldgeist"), min(many(), 10_000))
				require.Zero(t, foundBy(t, server, "bergmann"))
			},
		},
		"a category is renamed": {
			enough, renameCategory, input("id", categoryID(), "name", "Kurzwaren"), true, nil,
			func(t *testing.T, server *harness.Server, _ string) {
				require.GreaterOrEqual(t, foundBy(t, server, "kurzwaren"), enough)
			},
		},
		"a category is moved": {
			enough, moveCategory, input("id", categoryID(), "parentId", otherID()), false,
			func(t *testing.T, _ *harness.Server, answer *harness.Answer) {
				require.Equal(t, "Elsewhere", answer.At("categoryMove", "category", "parent", "name"))
			},
			func(t *testing.T, _ *harness.Server, url string) {
				require.Equal(t, fmt.Sprint(enough), numberIn(t, url, otherTop))
				require.Equal(t, "0", numberIn(t, url, rootTop))
			},
		},
		"a category is deleted": {
			many(), deleteCategory, input("id", categoryID()), true,
			func(t *testing.T, server *harness.Server, answer *harness.Answer) {
				require.Equal(t, categoryID(), answer.At("categoryDelete", "deletedCategoryId"))
				gone := server.Query(t, `query ($id: ID!) { category(id: $id) { id } products(filter: {category: $id}) { totalCount } }`, map[string]any{"id": categoryID()})
				require.Nil(t, gone.At("category"))
				require.EqualValues(t, 0, gone.At("products", "totalCount"), "nobody lists what is not there")
			},
			func(t *testing.T, server *harness.Server, url string) {
				require.Equal(t, "0", numberIn(t, url, rootTop))
				require.Zero(t, foundBy(t, server, "haberdashery"))
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := bigShopOf(t, tc.products)
			server := harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite), withWorker)
			versions := harness.Text(t, db.PrimaryURL, `SELECT sum(version)::text FROM products`)
			answer := quickly(t, server, tc.query, tc.input)
			if tc.atOnce != nil {
				require.NoError(t, db.WaitReplica(t.Context()))
				tc.atOnce(t, server, answer)
			}
			soonRefreshed(t, db.PrimaryURL)
			require.NoError(t, db.WaitReplica(t.Context()))
			tc.then(t, server, db.PrimaryURL)
			rose := harness.Text(t, db.PrimaryURL, `SELECT (sum(version) - `+versions+`)::text FROM products`)
			if tc.raises {
				require.Equal(t, fmt.Sprint(tc.products), rose, "each version rises once")
			}
			require.Equal(t, "1", harness.Text(t, db.PrimaryURL, `SELECT count(*)::text FROM audit_events`))
			progress := `SELECT metadata -> 'progress' ->> 'done' FROM river_job WHERE kind = 'products_refresh'`
			require.Equal(t, fmt.Sprint(tc.products), harness.Text(t, db.PrimaryURL, progress))
		})
	}
}

// TestFewProductsNeedNoJob renames the vendor of as many products as are refreshed with
// the change, and then of one more.
func TestFewProductsNeedNoJob(t *testing.T) {
	t.Parallel()
	db := bigShopOf(t, enough)
	server := harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite)) // without a worker
	const inline = 200
	harness.Execute(t, db.PrimaryURL, fmt.Sprintf(`UPDATE products SET vendor_id = NULL WHERE id IN (
  SELECT id FROM products WHERE vendor_id = '%s' ORDER BY id OFFSET %d)`, bigVendor, inline))
	enqueued := func() string { return harness.Text(t, db.PrimaryURL, `SELECT count(*)::text FROM river_job`) }
	quickly(t, server, renameVendor, input("id", vendorID(), "name", "Few"))
	require.Equal(t, "0", enqueued())
	require.NoError(t, db.WaitReplica(t.Context()))
	require.Equal(t, inline, foundBy(t, server, "few"))

	harness.Execute(t, db.PrimaryURL, fmt.Sprintf(`UPDATE products SET vendor_id = '%s' WHERE id = (SELECT id FROM products WHERE vendor_id IS NULL LIMIT 1)`, bigVendor))
	quickly(t, server, renameVendor, input("id", vendorID(), "name", "Oneover"))
	require.Equal(t, "1", enqueued())
	require.Equal(t, fmt.Sprint(inline+1), harness.Text(t, db.PrimaryURL, `SELECT count(*)::text FROM stale_products`))
}

// lockMiddle locks the product in the middle of those that a job refreshes, so that the job
// stops there with half of the work done.
func lockMiddle(t testing.TB, url string) (unlock func()) {
	t.Helper()
	return lockAt(t, url, 50)
}

// lockAt locks the product that a job comes to when that percentage of the work is done.
func lockAt(t testing.TB, url string, percent int) (unlock func()) {
	t.Helper()
	return locked(t, url, fmt.Sprintf(`
SELECT FROM products WHERE id = (
  SELECT id FROM products WHERE vendor_id = '%[1]s' ORDER BY id OFFSET (SELECT count(*) * %[2]d / 100 FROM products WHERE vendor_id = '%[1]s') LIMIT 1
) FOR UPDATE`, bigVendor, percent))
}

// stopsInTheMiddle waits until a job has come to what lockMiddle locked.
func stopsInTheMiddle(t testing.TB, url string) {
	t.Helper()
	soon(t, url, "1", `SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)
}

// locked runs a statement that locks, and keeps what it locked until unlock is called.
func locked(t testing.TB, url, statement string) (unlock func()) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "BEGIN;"+statement)
	require.NoError(t, err)
	return func() { _ = conn.Close(context.WithoutCancel(t.Context())) }
}

// TestWorkersThatAreKilled kills the worker when half of the products are refreshed. Another
// one, which runs already or is started then, does the rest.
func TestWorkersThatAreKilled(t *testing.T) {
	t.Parallel()
	type killed struct{ products, others int }
	cases := map[string]killed{"a second worker does the rest": {many(), 1}}
	if dbtest.Full() { // in a short run, only TestBehindPgBouncer starts a worker after the other's end
		cases["a new worker does the rest"] = killed{enough, 0}
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := bigShopOf(t, tc.products)
			server := harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite))
			versions := harness.Text(t, db.PrimaryURL, `SELECT sum(version)::text FROM products`)
			unlock := lockMiddle(t, db.PrimaryURL)
			first := startWorker(t, db.PrimaryURL, 1)
			quickly(t, server, renameVendor, input("id", vendorID(), "name", "Waldgeist"))
			stopsInTheMiddle(t, db.PrimaryURL)
			for range tc.others {
				startWorker(t, db.PrimaryURL, 1)
			}
			left := harness.Text(t, db.PrimaryURL, `SELECT count(*)::text FROM stale_products`)
			require.NotEqual(t, fmt.Sprint(tc.products), left)
			require.NotEqual(t, "0", left)
			first.kill(t)
			unlock()
			began := time.Now()
			if tc.others == 0 {
				startWorker(t, db.PrimaryURL, 1)
			}
			soonRefreshed(t, db.PrimaryURL)
			t.Log("all of it", time.Since(began).Round(time.Millisecond), "after the end of the worker")
			require.Equal(t, fmt.Sprint(tc.products), harness.Text(t, db.PrimaryURL, `SELECT (sum(version) - `+versions+`)::text FROM products`), "each version rises once")
			require.Equal(t, "completed 2", harness.Text(t, db.PrimaryURL, `SELECT state || ' ' || attempt FROM river_job WHERE kind = 'products_refresh'`))
		})
	}
}
