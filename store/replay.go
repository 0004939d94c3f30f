package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// progress is the progress of a replica, as it reports it. Positions are bytes of the
// log.
type progress struct {
	Standby   bool
	Streaming bool
	Received  int64
	Replayed  int64
	// Age is the time since the commit of the newest replayed transaction, in
	// seconds.
	Age float64 // seconds
}

// askProgress reads the progress of a replica. A role without pg_read_all_stats sees
// that there is a WAL receiver, but not its status.
func askProgress(ctx context.Context, pool *pgxpool.Pool) (progress, error) {
	const statement = `-- name: ReplicaProgress
SELECT
  pg_is_in_recovery() AS standby,
  EXISTS (SELECT FROM pg_stat_wal_receiver WHERE coalesce(status, 'streaming') = 'streaming') AS streaming,
  coalesce(pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0'), 0)::bigint AS received,
  coalesce(pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0'), 0)::bigint AS replayed,
  coalesce(extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 0)::float8 AS age`
	rows, err := pool.Query(ctx, statement)
	if err != nil {
		return progress{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[progress])
}

// lagTracker measures how long a replica needs to replay what it receives. The age of
// the newest replayed transaction is not a measure of lag: it grows while nobody
// writes, and a checkpoint record in transit made the replica of an idle shop look
// hours late.
type lagTracker struct {
	waiting       []arrival // received but not yet replayed, oldest first
	lastStreaming time.Time // when the replica was last seen connected
	last          time.Time // of the last observation
}

// arrival is a log position and the time when it was first seen as received.
type arrival struct {
	position int64
	at       time.Time
}

// maxArrivals limits the memory for a replica that has stopped replaying: an hour of
// probes. At that point the lag is above any limit.
const maxArrivals = 15_000

// observe adds an observation and returns the lag of the replica: the time since it
// received the oldest part of the log that it has not replayed, or the time since it
// lost the primary, if that is longer.
func (r *lagTracker) observe(seen progress, now time.Time) time.Duration {
	arrived := now
	if !r.last.IsZero() && now.Sub(r.last) > staleProbe {
		arrived = r.last // nobody has looked since
	}
	r.last = now
	if n := len(r.waiting); n < maxArrivals && (n == 0 || r.waiting[n-1].position < seen.Received) {
		r.waiting = append(r.waiting, arrival{seen.Received, arrived})
	}
	for len(r.waiting) > 0 && r.waiting[0].position <= seen.Replayed {
		r.waiting = r.waiting[1:]
	}
	var waited time.Duration
	if len(r.waiting) > 0 {
		waited = now.Sub(r.waiting[0].at)
	}
	if seen.Streaming {
		r.lastStreaming = now
		return waited
	}
	if r.lastStreaming.IsZero() {
		return max(waited, time.Duration(seen.Age*float64(time.Second)))
	}
	return max(waited, now.Sub(r.lastStreaming))
}
