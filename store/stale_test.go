package store

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// TestAbandonedRefreshes has a batch of two products for each state that a job can be in,
// and one without a job.
func TestAbandonedRefreshes(t *testing.T) {
	t.Parallel()
	s, pool, _ := openForJobs(t)
	none, err := s.AbandonedRefreshes(t.Context())
	require.NoError(t, err)
	require.Empty(t, none)
	_, err = pool.Exec(t.Context(), `
WITH batches AS (
  SELECT gen_random_uuid() AS batch, state::river_job_state
  FROM unnest(enum_range(NULL::river_job_state)::text[] || '{NULL}'::text[]) AS state
), marks AS (
  INSERT INTO stale_products (batch, product_id, raises)
  SELECT batch, gen_random_uuid(), true FROM batches, generate_series(1, 2)
)
INSERT INTO river_job (kind, queue, args, max_attempts, state, finalized_at)
SELECT 'products_refresh', 'products_refresh', jsonb_build_object('version', 1, 'batch', batch, 'total', 2), 25, state,
       CASE WHEN state IN ('completed', 'cancelled', 'discarded') THEN now() END
FROM batches
WHERE state IS NOT NULL`)
	require.NoError(t, err)
	abandoned, err := s.AbandonedRefreshes(t.Context())
	require.NoError(t, err)
	var states []string
	for _, a := range abandoned {
		require.Equal(t, 2, a.Total)
		states = append(states, stateOfBatch(t, s, a.Batch))
	}
	slices.Sort(states)
	require.Equal(t, "cancelled, completed, discarded, no job", strings.Join(states, ", "))
}

func stateOfBatch(t *testing.T, s *Store, batch uuid.UUID) (state string) {
	t.Helper()
	require.NoError(t, s.primary.pool.QueryRow(t.Context(), `
SELECT coalesce((SELECT state::text FROM river_job WHERE args ->> 'batch' = $1::text), 'no job')`, batch.String()).Scan(&state))
	return state
}
