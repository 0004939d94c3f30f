package jobs

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/dbtest"
	"souk/test/harness"
)

// TestAJobExistsIfItsChangeDoes breaks the connection around the COMMIT of a change of many
// products. However it ends, there is a job and a batch of stale products exactly if the
// change was saved, and one of each.
func TestAJobExistsIfItsChangeDoes(t *testing.T) {
	t.Parallel()
	db := bigShopOf(t, enough)
	proxy := dbtest.NewProxy(t, db.PrimaryURL)
	through := *db
	through.PrimaryURL = proxy.URL
	server := harness.Start(t, &through, harness.AsStaff(auth.CatalogueWrite))
	for name, cut := range map[string]dbtest.Cut{
		"the connection is whole":                      dbtest.NoCut,
		"the server sees no COMMIT":                    dbtest.BeforeCommit,
		"the server sees no COMMIT and waits for it":   dbtest.BeforeCommitUnnoticed,
		"the client does not see that it is committed": dbtest.AfterCommit,
		"the client sees that and nothing more":        dbtest.AfterAnswer,
	} {
		t.Run(name, func(t *testing.T) {
			harness.Execute(t, db.PrimaryURL, `DELETE FROM river_job; DELETE FROM stale_products; DELETE FROM audit_events`)
			reached := proxy.Arm(cut)
			answer := server.Do(t, renameVendor, input("id", vendorID(), "name", "Renamed: "+name))
			require.Empty(t, answer.Errors, "it is sent again, or found to be there")
			if cut != dbtest.NoCut {
				<-reached
			}
			savedOnce(t, db.PrimaryURL)
		})
	}
	t.Run("the change is refused", func(t *testing.T) {
		harness.Execute(t, db.PrimaryURL, `DELETE FROM river_job; DELETE FROM stale_products; DELETE FROM audit_events`)
		variables := input("id", vendorID(), "name", "Kleinert") // the name of the other one
		answer := server.Query(t, renameVendor, variables)
		require.NotEmpty(t, answer.At("vendorUpdate", "userErrors"))
		variables = input("id", vendorID(), "name", "Stale", "expectedVersion", 1)
		answer = server.Query(t, renameVendor, variables)
		require.NotEmpty(t, answer.At("vendorUpdate", "userErrors"))
		notSaved(t, db.PrimaryURL)
	})
}

// savedOnce requires that the change was saved once, with its job.
func savedOnce(t testing.TB, url string) {
	t.Helper()
	require.Equal(t, fmt.Sprintf("1 1 %[1]d %[1]d", enough), harness.Text(t, url, `
SELECT concat_ws(' ', (SELECT count(*) FROM audit_events), (SELECT count(*) FROM river_job), (SELECT count(*) FROM stale_products),
  (SELECT count(*) FROM stale_products s JOIN river_job j ON j.args ->> 'batch' = s.batch::text))`))
}

// notSaved requires that a change was not saved, and left no job.
func notSaved(t testing.TB, url string) {
	t.Helper()
	require.Equal(t, "0 0 0", harness.Text(t, url, `
SELECT concat_ws(' ', (SELECT count(*) FROM audit_events), (SELECT count(*) FROM river_job), (SELECT count(*) FROM stale_products))`))
}

// atCommit makes the COMMIT of a change run a statement, after everything else.
func atCommit(t testing.TB, url, statement string) {
	t.Helper()
	harness.Execute(t, url, `
CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN `+statement+`; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON audit_events DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION at_commit()`)
}

// TestACommitThatIsRefusedEnqueuesNothing has the server refuse the COMMIT, when marks and
// job are written.
func TestACommitThatIsRefusedEnqueuesNothing(t *testing.T) {
	t.Parallel()
	db := bigShopOf(t, enough)
	server := harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite))
	atCommit(t, db.PrimaryURL, `RAISE 'no'`)
	answer := server.Do(t, renameVendor, input("id", vendorID(), "name", "Waldgeist"))
	require.NotEmpty(t, answer.Errors)
	notSaved(t, db.PrimaryURL)
}

// TestAConnectionThatBreaksDuringTheCommit breaks it when the server has the COMMIT and has not
// committed. The change is saved once: by that commit, or again if the commit was given up.
func TestAConnectionThatBreaksDuringTheCommit(t *testing.T) {
	t.Parallel()
	const commits = `SELECT coalesce(min(pid)::text, 'none') FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'`
	for name, then := range map[string]func(t *testing.T, url string, proxy *dbtest.Proxy, unlock func()){
		"the commit succeeds": func(t *testing.T, url string, proxy *dbtest.Proxy, unlock func()) {
			unlock()
			soon(t, url, "1", `SELECT count(*)::text FROM audit_events`)
			proxy.Refuse(false)
		},
		"the commit is given up": func(t *testing.T, url string, proxy *dbtest.Proxy, unlock func()) {
			first := harness.Text(t, url, commits)
			proxy.Refuse(false)
			soon(t, url, "true", `SELECT (found.pid NOT IN ('none', '`+first+`'))::text FROM (`+commits+`) AS found (pid)`)
			unlock()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := bigShopOf(t, enough)
			proxy := dbtest.NewProxy(t, db.PrimaryURL)
			through := *db
			through.PrimaryURL = proxy.URL
			server := harness.Start(t, &through, harness.AsStaff(auth.CatalogueWrite))
			atCommit(t, db.PrimaryURL, "PERFORM pg_advisory_xact_lock(1)")
			unlock := locked(t, db.PrimaryURL, "SELECT pg_advisory_xact_lock(1)")
			answered := make(chan *harness.Answer, 1)
			go func() {
				answered <- server.Do(t, renameVendor, input("id", vendorID(), "name", "Waldgeist"))
			}()
			soon(t, db.PrimaryURL, "true", `SELECT (found.pid <> 'none')::text FROM (`+commits+`) AS found (pid)`)
			proxy.Refuse(true)
			then(t, db.PrimaryURL, proxy, unlock)
			answer := <-answered
			require.Empty(t, answer.Errors)
			require.Equal(t, "Waldgeist", answer.At("vendorUpdate", "vendor", "name"))
			savedOnce(t, db.PrimaryURL)
		})
	}
}
