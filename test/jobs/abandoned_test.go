package jobs

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"souk/graph/relay"
	"souk/internal/auth"
	"souk/store"
	"souk/test/harness"
)

const cancelJob = `mutation ($input: JobCancelInput!) { jobCancel(input: $input) { job { state } userErrors { message } } }`

// firstJob is how the job of a change has ended.
const firstJob = `SELECT (array_agg(state || ' ' || attempt ORDER BY id))[1] FROM river_job WHERE kind = 'products_refresh'`

// jobID is the global ID of the only job of its kind.
func jobID(t testing.TB, url string) string {
	t.Helper()
	return relay.ID(store.JobID(uuid.MustParse(harness.Text(t, url,
		`SELECT lpad(to_hex(id), 32, '0')::uuid::text FROM river_job WHERE kind = 'products_refresh'`))))
}

// TestNoJobLeavesProductsStale ends the job of a change before all of its products are
// refreshed, in each way that a job can end. A new job does the rest.
func TestNoJobLeavesProductsStale(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		end  func(*testing.T, *harness.Server, string)
		ends string
	}{
		"it is cancelled while it waits": {func(t *testing.T, server *harness.Server, url string) {
			answer := server.Query(t, cancelJob, input("id", jobID(t, url)))
			require.Equal(t, "CANCELLED", answer.At("jobCancel", "job", "state"))
		}, "cancelled 0"},
		"it is cancelled while it runs": {func(t *testing.T, server *harness.Server, url string) {
			unlock := lockMiddle(t, url)
			end := lockAt(t, url, 90) // it cannot come to its end before it has heard of it
			defer end()
			startWorker(t, url, 1)
			stopsInTheMiddle(t, url)
			answer := server.Query(t, cancelJob, input("id", jobID(t, url)))
			require.Equal(t, "RUNNING", answer.At("jobCancel", "job", "state"))
			unlock()
			soon(t, url, "cancelled 1", firstJob)
		}, "cancelled 1"},
		"it fails in its last attempt": {func(t *testing.T, _ *harness.Server, url string) {
			harness.Execute(t, url, `
UPDATE river_job SET max_attempts = 1;
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no disk'; END $$;
CREATE TRIGGER fail BEFORE DELETE ON stale_products FOR EACH STATEMENT EXECUTE FUNCTION fail()`)
			startWorker(t, url, 1)
			soon(t, url, "discarded 1", firstJob)
			harness.Execute(t, url, `DROP TRIGGER fail ON stale_products`)
		}, "discarded 1"},
		"it is removed": {func(t *testing.T, _ *harness.Server, url string) {
			harness.Execute(t, url, `DELETE FROM river_job`)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := bigShopOf(t, enough)
			server := harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite, auth.JobsManage))
			quickly(t, server, renameVendor, input("id", vendorID(), "name", "Waldgeist"))
			tc.end(t, server, db.PrimaryURL)
			require.NotEqual(t, "0", harness.Text(t, db.PrimaryURL, `SELECT count(*)::text FROM stale_products`))
			startWorker(t, db.PrimaryURL, 1)
			if tc.ends != "" {
				soon(t, db.PrimaryURL, tc.ends, firstJob)
			}
			// Half a minute goes by.
			harness.Execute(t, db.PrimaryURL, `UPDATE job_schedules SET enqueued_at = enqueued_at - interval '30 seconds'`)
			soonRight(t, db.PrimaryURL)
			soon(t, db.PrimaryURL, "1", `SELECT count(*)::text FROM river_job WHERE kind = 'products_refresh' AND state = 'completed'`)
		})
	}
}
