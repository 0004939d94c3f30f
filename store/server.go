package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// checkRoles returns an error if the primary accepts no writes. A replica that is the
// primary under another address is only logged: after a failover the list still names
// the promoted server, or a name that moved to it, and the instances must be able to
// start before the configuration is tidy. Nothing reads such a replica. What can be
// seen without asking the servers is refused by the configuration's own check.
func (s *Store) checkRoles(ctx context.Context) error {
	primary, err := askIdentity(ctx, s.primary.probe)
	switch {
	case err != nil:
		return fmt.Errorf("ask the primary for its role: %w", err)
	case primary.Standby:
		return errors.New("DATABASE_URL is a standby, which accepts no writes; set it to the primary, and this server into DATABASE_REPLICA_URLS")
	}
	for _, replica := range s.router.replicas {
		if replica.fit.Load() {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		same, err := askIdentity(ctx, replica.probe)
		cancel()
		if err == nil && same == primary {
			s.router.log.Error("this replica is the primary itself, under another address, so nothing reads it; name a standby in DATABASE_REPLICA_URLS, or leave it out",
				"replica", replica.name, "address", replica.address)
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
