package dbtest

import (
	"context"
	"errors"
	"os"
	"testing"

	"souk/internal/devstack"
)

// Pooled returns the addresses of the primary and the replica behind a PgBouncer of the test's
// own, which has settings for each connection and for itself. Where none is installed, the test
// is skipped; in CI, which sets the variable CI, it fails.
func (db *DB) Pooled(t testing.TB, connection, settings string) (primaryURL, replicaURL string) {
	t.Helper()
	const replica = "replica"
	pooler, err := devstack.StartPooler(t.Context(), devstack.PoolerOptions{
		Databases:  map[string]string{db.Name: db.PrimaryURL, replica: db.ReplicaURL},
		Connection: connection, Settings: settings,
	})
	if errors.Is(err, devstack.ErrNoPgBouncer) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
		defer cancel()
		if err := pooler.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return pooler.URL(db.Name), pooler.URL(replica)
}
