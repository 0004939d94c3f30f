package jobs

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"souk/graph/relay"
	"souk/internal/auth"
	"souk/internal/dbtest"
	"souk/store"
	"souk/test/harness"
)

// TestChangesBesideJobsLeaveNothingStale has staff change single products, their vendor and
// their categories, while the same products are refreshed by two workers after one change
// of many after the other. No change fails, and in the end everything that is derived is
// what the rows say.
func TestChangesBesideJobsLeaveNothingStale(t *testing.T) {
	t.Parallel()
	db := bigShopOf(t, enough) // no more, so that all changes meet the same ones
	var servers [2]*harness.Server
	for i := range servers {
		servers[i] = harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite, auth.InventoryWrite), withWorker)
	}
	product := func() string {
		n := rand.N(enough)
		return relay.ID(store.ProductID(uuid.MustParse(fmt.Sprintf("01900000-0000-7000-9000-%012x", n+1))))
	}
	large := []func(n int) (string, map[string]any){
		func(n int) (string, map[string]any) {
			return renameVendor, input("id", vendorID(), "name", fmt.Sprint("Vendor ", n))
		},
		func(n int) (string, map[string]any) {
			return renameCategory, input("id", categoryID(), "name", fmt.Sprint("Category ", n))
		},
		func(n int) (string, map[string]any) {
			return moveCategory, input("id", categoryID(), "parentId", []any{rootID(), otherID(), nil}[n%3])
		},
	}
	const (
		retitle  = `mutation ($input: ProductUpdateInput!) { productUpdate(input: $input) { userErrors { code message } } }`
		file     = `mutation ($input: ProductCategoriesSetInput!) { productCategoriesSet(input: $input) { userErrors { code message } } }`
		retitles = `mutation ($input: ProductBulkUpdateInput!) { productBulkUpdate(input: $input) { results { userErrors { code message } } } }`
	)
	small := []func(n int) (string, map[string]any){
		func(n int) (string, map[string]any) {
			return retitle, input("id", product(), "title", fmt.Sprint("Title ", n))
		},
		func(int) (string, map[string]any) {
			return retitle, input("id", product(), "vendorId", []any{vendorID(), nil}[rand.N(2)])
		},
		func(int) (string, map[string]any) {
			return file, input("productId", product(), "categoryIds", [][]string{{}, {categoryID()}, {categoryID(), otherID()}}[rand.N(3)])
		},
		func(n int) (string, map[string]any) {
			items := []any{}
			seen := map[string]bool{}
			for range 10 {
				if id := product(); !seen[id] {
					seen[id] = true
					items = append(items, map[string]any{"id": id, "title": fmt.Sprint("Bulk ", n), "tags": []string{fmt.Sprint("b", n%7)}})
				}
			}
			return retitles, input("items", items)
		},
	}
	end := time.Now().Add(map[bool]time.Duration{false: 2 * time.Second, true: 30 * time.Second}[dbtest.Full()])
	var done sync.WaitGroup
	var mu sync.Mutex
	made := map[string]int{}
	run := func(server *harness.Server, changes []func(int) (string, map[string]any)) {
		done.Go(func() {
			for n := 0; time.Now().Before(end); n++ {
				query, variables := changes[rand.N(len(changes))](n)
				answer := server.Do(t, query, variables)
				mu.Lock()
				made[query]++
				mu.Unlock()
				for _, e := range answer.Errors {
					// Two changes of the tree that wait for each other are the one thing that
					// may be refused: a client sends it again.
					require.Equal(t, "CONFLICT", e.Extensions["code"], "%v", answer.Errors)
				}
			}
		})
	}
	for i := range 6 {
		run(servers[i%2], small)
	}
	run(servers[0], large)
	run(servers[1], large)
	done.Wait()
	for query, n := range made {
		t.Log(n, query)
	}
	require.Equal(t, "0", harness.Text(t, db.PrimaryURL, `SELECT deadlocks::text FROM pg_stat_database WHERE datname = current_database()`),
		"all lock in one order; deadlocks are retried, and take a second each")
	soonRefreshed(t, db.PrimaryURL)
}
