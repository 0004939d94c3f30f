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
	db := bigShop(t)
	proxy := dbtest.NewProxy(t, db.PrimaryURL)
	through := *db
	through.PrimaryURL = proxy.URL
	server := harness.Start(t, &through, harness.AsStaff(auth.CatalogueWrite))
	count := func(sql string) string { return harness.Text(t, db.PrimaryURL, `SELECT count(*)::text FROM `+sql) }
	for name, cut := range map[string]dbtest.Cut{
		"the connection is whole":                      dbtest.NoCut,
		"the server sees no COMMIT":                    dbtest.BeforeCommit,
		"the server sees no COMMIT and waits for it":   dbtest.BeforeCommitUnnoticed,
		"the client does not see that it is committed": dbtest.AfterCommit,
	} {
		t.Run(name, func(t *testing.T) {
			harness.Execute(t, db.PrimaryURL, `DELETE FROM river_job; DELETE FROM stale_products; DELETE FROM audit_events`)
			proxy.Arm(cut)
			answer := server.Do(t, renameVendor, input("id", vendorID(), "name", "Renamed: "+name))
			require.Empty(t, answer.Errors, "it is sent again, or found to be there")
			require.Equal(t, "1", count("audit_events"))
			require.Equal(t, "1", count("river_job"))
			require.Equal(t, fmt.Sprint(many()), count("stale_products s JOIN river_job j ON j.args ->> 'batch' = s.batch::text"))
			require.Equal(t, fmt.Sprint(many()), count("stale_products"))
		})
	}
	t.Run("the change is refused", func(t *testing.T) {
		harness.Execute(t, db.PrimaryURL, `DELETE FROM river_job; DELETE FROM stale_products`)
		variables := input("id", vendorID(), "name", "Kleinert") // the name of the other one
		answer := server.Query(t, renameVendor, variables)
		require.NotEmpty(t, answer.At("vendorUpdate", "userErrors"))
		variables = input("id", vendorID(), "name", "Stale", "expectedVersion", 1)
		answer = server.Query(t, renameVendor, variables)
		require.NotEmpty(t, answer.At("vendorUpdate", "userErrors"))
		require.Equal(t, "0", count("river_job"))
		require.Equal(t, "0", count("stale_products"))
	})
}
