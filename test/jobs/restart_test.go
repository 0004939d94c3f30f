package jobs

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/dbtest"
	"souk/test/harness"
)

// TestRunningJobsSurviveTheirWorkerAndTheDatabase has a worker killed with all its places
// full, and the primary crash under another one that goes on. All jobs are done, and each
// has had its effect once: the version of its product has risen by one.
func TestRunningJobsSurviveTheirWorkerAndTheDatabase(t *testing.T) {
	t.Parallel()
	jobs, limit := 60, 2*time.Minute
	if dbtest.Full() {
		jobs = 500
	}
	cluster := harness.StartCluster(t)
	harness.Execute(t, cluster.Primary, fmt.Sprintf(`
INSERT INTO products (id, slug, title)
SELECT ('01900000-0000-7000-9000-' || lpad(to_hex(i), 12, '0'))::uuid, 'product-' || i, 'Thing ' || i FROM generate_series(1, %[1]d) AS i;
SELECT refresh_products(array_agg(id)) FROM products;
INSERT INTO stale_products (batch, product_id, raises) SELECT id, id, true FROM products;
INSERT INTO river_job (kind, queue, args, max_attempts)
SELECT 'products_refresh', 'products_refresh', jsonb_build_object('version', 1, 'batch', id, 'total', 1), 25 FROM products;
CREATE TABLE versions AS SELECT id, version FROM products`, jobs))
	running := func() string {
		return harness.Text(t, cluster.Primary, `SELECT count(*)::text FROM river_job WHERE state = 'running'`)
	}
	// The marks are locked, so that every job begins and none ends.
	unlock := locked(t, cluster.Primary, "LOCK TABLE stale_products")
	first := startWorker(t, cluster.Primary, jobs)
	require.Eventually(t, func() bool { return running() == fmt.Sprint(jobs) }, doneLimit, 50*time.Millisecond)
	first.kill(t)
	killed := time.Now()
	startWorker(t, cluster.Primary, 20)
	unlock()
	cluster.StopPrimary(t, "immediate")
	cluster.StartPrimary(t, t.Cleanup)
	require.Eventually(t, func() bool {
		return harness.Text(t, cluster.Primary, `SELECT count(*)::text FROM river_job WHERE kind = 'products_refresh' AND state <> 'completed'`) == "0"
	}, limit, 100*time.Millisecond, "not all are done")
	t.Log(jobs, "jobs were done", time.Since(killed).Round(100*time.Millisecond), "after the end of their worker")
	require.Less(t, time.Since(killed), limit)
	require.Equal(t, "0", harness.Text(t, cluster.Primary, `SELECT count(*)::text FROM stale_products`))
	require.Equal(t, "0", harness.Text(t, cluster.Primary, `SELECT count(*)::text FROM products p JOIN versions v USING (id) WHERE p.version <> v.version + 1`),
		"an effect came twice, or not at all")
}
