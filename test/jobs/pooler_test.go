package jobs

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/dbtest"
	"souk/test/harness"
)

// documented is PgBouncer's configuration in docs/operations.md: what follows the address of
// the database, and the section [pgbouncer].
var documented = regexp.MustCompile("(?s)```ini\n\\[databases\\]\nsouk = host=\\S+ port=\\d+ dbname=\\w+ ([^\n]+)\n\n\\[pgbouncer\\]\n(.*?)```")

// poolSize is so small that sessions share connections.
const poolSize = "5"

// pooledShop is a shop that is also behind a PgBouncer.
type pooledShop struct {
	*dbtest.DB

	pooledURL, pooledReplicaURL string
}

// newPooledShop returns a shop behind a PgBouncer that is configured as docs/operations.md
// says.
func newPooledShop(t *testing.T) *pooledShop {
	t.Helper()
	text, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	found := documented.FindStringSubmatch(string(text))
	require.NotNil(t, found, "docs/operations.md has no configuration for PgBouncer")
	settings := strings.Replace(found[2], "default_pool_size = 20", "default_pool_size = "+poolSize, 1)
	require.Contains(t, settings, "default_pool_size = "+poolSize+"\n")
	shop := &pooledShop{DB: bigShopOf(t, enough)}
	shop.pooledURL, shop.pooledReplicaURL = shop.Pooled(t, found[1], settings)
	return shop
}

// serve starts a server behind the PgBouncer.
func (s *pooledShop) serve(t *testing.T, change ...func(*harness.Setup)) *harness.Server {
	t.Helper()
	return harness.Start(t, s.DB, append(change, harness.AsStaff(auth.CatalogueWrite, auth.JobsManage), func(setup *harness.Setup) {
		c := &setup.Config.Database
		c.DatabaseURL, c.ReplicaURLs, c.TransactionPooler = s.pooledURL, []string{s.pooledReplicaURL}, true
	})...)
}

// worker starts a worker behind the PgBouncer.
func (s *pooledShop) worker(t *testing.T) process {
	t.Helper()
	return startWorker(t, s.pooledURL, 1, childPooler+"=yes")
}

// TestBehindPgBouncer has requests and jobs share the few connections of a PgBouncer in
// transaction mode.
func TestBehindPgBouncer(t *testing.T) {
	t.Parallel()
	rename := func(t *testing.T, server *harness.Server) {
		t.Helper()
		quickly(t, server, renameVendor, input("id", vendorID(), "name", "Waldgeist"))
	}
	t.Run("a change of many products is made and followed by its job", func(t *testing.T) {
		t.Parallel()
		shop := newPooledShop(t)
		server := shop.serve(t, withWorker)
		rename(t, server)
		soonRefreshed(t, shop.PrimaryURL)
		require.NoError(t, shop.WaitReplica(t.Context()))
		require.Equal(t, enough, foundBy(t, server, "waldgeist"))
		for sql, want := range map[string]string{
			`SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`:                                "0",
			`SELECT (count(*) <= ` + poolSize + `)::text FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'souk%'`: "true",
		} {
			require.Equal(t, want, harness.Text(t, shop.PrimaryURL, sql), sql)
		}
		require.Equal(t, "10s 5s 30s", harness.Text(t, shop.pooledURL+"&default_query_exec_mode=exec",
			`SELECT concat_ws(' ', current_setting('statement_timeout'), current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout'))`))
	})
	t.Run("a running job is cancelled", func(t *testing.T) {
		t.Parallel()
		shop := newPooledShop(t)
		server := shop.serve(t, withWorker)
		unlock, end := lockMiddle(t, shop.PrimaryURL), lockAt(t, shop.PrimaryURL, 90)
		defer end()
		rename(t, server)
		stopsInTheMiddle(t, shop.PrimaryURL)
		answer := server.Query(t, cancelJob, input("id", jobID(t, shop.PrimaryURL)))
		require.Equal(t, "RUNNING", answer.At("jobCancel", "job", "state"))
		unlock()
		soon(t, shop.PrimaryURL, "cancelled 1", firstJob)
	})
	t.Run("another worker goes on for one that was killed", func(t *testing.T) {
		t.Parallel()
		shop := newPooledShop(t)
		server := shop.serve(t)
		unlock := lockMiddle(t, shop.PrimaryURL)
		first := shop.worker(t)
		rename(t, server)
		stopsInTheMiddle(t, shop.PrimaryURL)
		first.kill(t)
		unlock()
		shop.worker(t)
		soonRefreshed(t, shop.PrimaryURL)
		require.Equal(t, "completed 2", harness.Text(t, shop.PrimaryURL, firstJob))
	})
}
