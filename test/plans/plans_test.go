package plans

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
	"souk/store"
	"souk/test/catalogue"
	"souk/test/harness"
)

// planProducts is the size of the shop whose plans are looked at: below some ten
// thousand rows a scan is often the best plan. The cut leaves out
// what only tables of a million rows show.
func planProducts() int {
	if dbtest.Full() {
		return 100_000
	}
	return 25_000
}

func largeShop(t *testing.T) *dbtest.DB {
	t.Helper()
	began := time.Now()
	db := catalogue.New(t, planProducts())
	t.Logf("a shop of %d products after %.1f s", planProducts(), time.Since(began).Seconds())
	return db
}

// TestPlans runs every read of the store over a large shop and judges the plans
// that its statements had, both with plans made for the values at hand and with
// the generic ones that a prepared statement gets after a while.
func TestPlans(t *testing.T) {
	t.Parallel()
	db := largeShop(t)
	conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	sizes, err := readTableSizes(t.Context(), conn)
	require.NoError(t, err)
	require.Greater(t, sizes["product_listings"], float64(5*planProducts()))
	keys := readPlanKeys(t, conn)

	seen := map[string]bool{}
	var plain, other []planCall
	for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
		s := openExplained(t, db.PrimaryURL, mode)
		if plain == nil {
			plain = slices.Concat(plainLists(t, s.Reader(store.View{}, 0), keys), batches(keys), lengths(keys), collectionReads(t, s.Reader(store.View{}, 0), keys), peopleLists(t, s.Store, keys), peopleBatches(keys), peopleLengths(keys))
			other = slices.Concat(searches(t, s.Reader(store.View{}, 0)), filtered(keys), smartCollections(keys))
		} else {
			// They take the time of all the rest, and have no index to miss.
			other = slices.DeleteFunc(other, func(c planCall) bool { return c.rule.scans })
		}
		t.Run(mode, func(t *testing.T) {
			for _, call := range plain {
				judge(t, s, call, sizes, seen)
			}
			t.Logf("%d calls", len(plain))
		})
		t.Run(mode+" of searches, filters and facets", func(t *testing.T) {
			for _, call := range other {
				judge(t, s, call, sizes, seen)
			}
			t.Logf("%d calls", len(other))
		})
		t.Run(mode+" of changes and credentials", func(t *testing.T) {
			calls := slices.Concat(credentials(t, conn, keys, mode), changes(keys, mode))
			for _, call := range calls {
				judge(t, s, call, sizes, seen)
			}
			t.Logf("%d calls", len(calls))
		})
	}
	t.Run("every statement of the store was looked at", func(t *testing.T) {
		require.Empty(t, unexplained(t, seen), "have these statements run in this test")
		t.Logf("%d statements", len(seen))
	})
	t.Run("every read of the store was looked at", func(t *testing.T) {
		require.Empty(t, unseen(seen), "call these methods of the store in this test")
	})
	t.Run("a dropped index is noticed", func(t *testing.T) {
		noticesDroppedIndexes(t, db, conn, keys, sizes)
	})
}

// judge makes the call and fails the test for each fault in its plans.
func judge(t *testing.T, s *explained, call planCall, sizes tableSizes, seen map[string]bool) {
	t.Helper()
	faults, plans := faultsOf(t, s, call, sizes)
	for _, p := range plans {
		seen[p.name()] = true
	}
	if len(faults) > 0 {
		t.Errorf("%s:\n%s", call.name, strings.Join(faults, "\n"))
	}
}

func faultsOf(t *testing.T, s *explained, call planCall, sizes tableSizes) (faults []string, plans []plan) {
	t.Helper()
	began := time.Now()
	plans = s.during(t, func() error {
		if call.write != nil {
			return call.write(t.Context(), s.Store)
		}
		return call.do(t.Context(), s.Reader(call.view, 0))
	})
	took := time.Since(began)
	require.NotEmpty(t, plans, "%s: no plan came", call.name)
	for _, p := range plans {
		if os.Getenv("SOUK_TEST_PLANS") != "" {
			t.Logf("%s: %s, %.0f rows, %d buffers, %.1f ms\n%s", call.name, p.name(), p.Root.Rows, p.buffers(), took.Seconds()*1e3, p.Root)
		}
		for _, fault := range call.rule.faults(p, sizes) {
			faults = append(faults, fmt.Sprintf("%s %s\n%s", p.name(), fault, p.Root))
		}
	}
	return faults, plans
}

// unseen lists the reads of the store whose statement, which bears the method's
// name, has not been explained.
func unseen(seen map[string]bool) []string {
	return slices.DeleteFunc(harness.ReaderMethods(), func(name string) bool { return seen[name] })
}
