package jobs

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Queue is the number of jobs of one kind in one state.
type Queue struct {
	Kind  string
	State string
	Jobs  int64
	// Waiting is how long the oldest job that could run has been waiting. It is 0 in other
	// states than available.
	Waiting time.Duration
}

// queueStates are the states of jobs that somebody may have to act on. The others are kept
// for a day and are many.
var queueStates = []string{"available", "running", "retryable", "scheduled", "discarded"}

// Queues returns the number of jobs of each known kind in each of the states that matter
// to operators, also where it is 0.
func Queues(ctx context.Context, pool *pgxpool.Pool) ([]Queue, error) {
	const statement = `-- name: JobQueues
SELECT kind.name, state.name, coalesce(found.jobs, 0), coalesce(extract(epoch FROM now() - found.since), 0)::float8
FROM unnest(@kinds::text[]) AS kind (name)
CROSS JOIN unnest(@states::text[]) AS state (name)
LEFT JOIN (
  SELECT j.kind, j.state, count(*) AS jobs, min(j.scheduled_at) FILTER (WHERE j.state = 'available') AS since
  FROM river_job j
  WHERE j.state = ANY (@states::text[]::river_job_state[])
  GROUP BY j.kind, j.state
) AS found ON found.kind = kind.name AND found.state = state.name::river_job_state`
	rows, err := pool.Query(ctx, statement, pgx.StrictNamedArgs{"kinds": Kinds(), "states": queueStates})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (q Queue, err error) {
		var seconds float64
		err = row.Scan(&q.Kind, &q.State, &q.Jobs, &seconds)
		q.Waiting = max(time.Duration(seconds*float64(time.Second)), 0)
		return q, err
	})
}
