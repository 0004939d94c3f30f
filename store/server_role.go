package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// checkRoles returns an error if the primary accepts no writes, or if a replica is the
// primary under another address: then every read would fall back, and nobody would
// know why the replica does nothing. A replica that is any other server without a
// primary is no error: it is never read, and the log says so. After a failover the
// instances must be able to start before the configuration is tidy.
func (s *Store) checkRoles(ctx context.Context) error {
	primary, err := askIdentity(ctx, s.primary.probe)
	switch {
	case err != nil:
		return fmt.Errorf("ask the primary for its role: %w", err)
	case primary.Standby:
		return errors.New("DATABASE_URL is a standby, which accepts no writes; set it to the primary, and this server into DATABASE_REPLICA_URLS")
	}
	for i, replica := range s.router.replicas {
		if replica.fit.Load() {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		same, err := askIdentity(ctx, replica.probe)
		cancel()
		if err == nil && same == primary {
			return fmt.Errorf("DATABASE_REPLICA_URLS, number %d, is the primary itself; leave it out, since reads go to the primary without a replica", i+1)
		}
	}
	return nil
}

// identity distinguishes running servers: a copy of a database has the same files, but
// was not started in the same microsecond.
type identity struct {
	Standby bool
	Started string
	// Port is where the server listens, whatever the address that it was reached by.
	Port string
}

func askIdentity(ctx context.Context, pool *pgxpool.Pool) (identity, error) {
	const statement = `-- name: ServerIdentity
SELECT
  pg_is_in_recovery() AS standby,
  pg_postmaster_start_time()::text AS started,
  current_setting('port') AS port`
	rows, err := pool.Query(ctx, statement)
	if err != nil {
		return identity{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[identity])
}
