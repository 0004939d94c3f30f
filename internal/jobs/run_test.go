package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/fault"
)

func splitLines(text string) []string { return strings.Split(text, "\n") }

func containsAll(text string, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

// TestWhatStaffReadOfAFailure: what is worded for them, and nothing of what is not.
func TestWhatStaffReadOfAFailure(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	p := newProbes(func(_ context.Context, a probe) error {
		switch a.Name {
		case "panic":
			panic("a secret")
		case "fault":
			return fault.Unavailable(errors.New("a secret"), "the shop's database does not answer")
		}
		return errors.New("a secret")
	})
	s.worker(t, p.kind(0))
	for name, want := range map[string]string{
		"panic": "internal error", "fault": "the shop's database does not answer", "error": "internal error",
	} {
		s.add(t, probe{Version: 1, Name: name})
		s.soon(t, want, `SELECT coalesce(max(errors[1] ->> 'error'), '') FROM river_job WHERE args ->> 'name' = '`+name+`'`)
	}
	require.Equal(t, "0", s.value(t, `SELECT count(*)::text FROM river_job j WHERE j::text LIKE '%secret%'`))
	for _, line := range p.outcomes(s, "failed") {
		require.True(t, containsAll(line, `"job_id":`, `"kind":"probe"`, `"attempt":`, "a secret"), line)
	}
}

// TestWhoMeetsBusyRowsComesAgain: a run that met rows which somebody else is changing is
// repeated soon, and has not used an attempt.
func TestWhoMeetsBusyRowsComesAgain(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	busy := 3
	p := newProbes(func(ctx context.Context, _ probe) error {
		return repeat(ctx, func(context.Context) (bool, error) {
			if busy--; busy > 0 {
				return false, fault.Wrap(errors.New("lock timeout"), fault.CodeConflict, "somebody else is changing this")
			}
			return false, nil
		})
	})
	s.worker(t, p.kind(0))
	s.add(t, probe{Version: 1, Name: "busy"})
	s.soon(t, "probe completed 1", states)
	require.Equal(t, "0", s.value(t, `SELECT coalesce(cardinality(errors), 0)::text FROM river_job`))
}

// TestNothingIsEnqueuedByWhatIsRolledBack.
func TestNothingIsEnqueuedByWhatIsRolledBack(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	err := pgx.BeginFunc(t.Context(), s.pool, func(tx pgx.Tx) error {
		require.NoError(t, s.enqueuer.Enqueue(t.Context(), tx, probe{Version: 1}))
		return errors.New("rolled back")
	})
	require.Error(t, err)
	require.Equal(t, "none", s.value(t, states))
}

// TestScheduleRemembersItsLastRun: one job for all workers, none more for a worker that
// starts again, and one for all the times that nobody was there.
func TestScheduleRemembersItsLastRun(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	p := newProbes(func(context.Context, probe) error { return nil })
	hourly := p.kind(time.Hour)
	one, two := s.worker(t, hourly), s.worker(t, hourly)
	require.Equal(t, "scheduled", p.next(t))
	s.soon(t, "probe completed 1", states)
	require.NoError(t, one.enqueueDue(t.Context()))
	require.NoError(t, two.enqueueDue(t.Context()))
	require.NoError(t, one.Stop(t.Context()))
	again := s.worker(t, hourly)
	require.NoError(t, again.enqueueDue(t.Context()))
	require.Equal(t, "probe completed 1", s.value(t, states))

	s.execute(t, `UPDATE job_schedules SET enqueued_at = now() - interval '5 hours'`)
	errs := make(chan error, 20)
	for i := range cap(errs) {
		go func() { errs <- []*Worker{two, again}[i%2].enqueueDue(context.WithoutCancel(t.Context())) }()
	}
	for range cap(errs) {
		require.NoError(t, <-errs)
	}
	s.soon(t, "probe completed 1, probe completed 1", states)
}

// TestOneAtATimeIsEnough: a clean-up that has not ended keeps another from being added.
func TestOneAtATimeIsEnough(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for range 3 {
		s.add(t, ExpiredCleanUp{Version: 1})
	}
	require.Equal(t, "expired_clean_up available 0", s.value(t, states))
	s.execute(t, `UPDATE river_job SET state = 'completed', finalized_at = now()`)
	s.add(t, ExpiredCleanUp{Version: 1})
	require.Equal(t, "expired_clean_up completed 0, expired_clean_up available 0", s.value(t, states))
}

// TestLongWorkIsDoneInParts: a run ends after runTime and goes on, without an attempt
// more, until nothing is left.
func TestLongWorkGoesOn(t *testing.T) {
	began := time.Now()
	steps := 0
	err := repeat(t.Context(), func(context.Context) (bool, error) { steps++; return steps < 10, nil })
	require.NoError(t, err)
	require.Equal(t, 10, steps)
	require.Less(t, time.Since(began), runTime)

	ended, cancel := context.WithCancel(t.Context())
	err = repeat(ended, func(context.Context) (bool, error) { cancel(); return true, nil })
	require.ErrorIs(t, err, context.Canceled)
}

// TestQueuesAreThereAtZero.
func TestQueuesAreThereAtZero(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	queues, err := Queues(t.Context(), s.pool)
	require.NoError(t, err)
	require.Len(t, queues, len(Kinds())*len(queueStates))
	for _, q := range queues {
		require.Zero(t, q.Jobs)
		require.Zero(t, q.Waiting)
	}
	s.add(t, ExpiredCleanUp{Version: 1})
	s.execute(t, `UPDATE river_job SET scheduled_at = now() - interval '5 minutes'`)
	queues, err = Queues(t.Context(), s.pool)
	require.NoError(t, err)
	for _, q := range queues {
		if q.Kind == "expired_clean_up" && q.State == "available" {
			require.EqualValues(t, 1, q.Jobs)
			require.InDelta(t, 300, q.Waiting.Seconds(), 10)
		}
	}
}

// TestArgumentsAreStoredSo: a database has jobs of the version before. Who changes this
// raises the version.
func TestArgumentsAreStoredSo(t *testing.T) {
	for want, args := range map[string]Args{
		`{"version":1,"batch":"01900000-0000-7000-8000-000000000001","total":3}`: NewProductsRefresh(uuid.MustParse("01900000-0000-7000-8000-000000000001"), 3),
		`{"version":1}`: ExpiredCleanUp{Version: 1},
	} {
		text, err := json.Marshal(args)
		require.NoError(t, err)
		require.Equal(t, want, string(text))
	}
	require.Equal(t, []string{"expired_clean_up", "products_refresh"}, Kinds())
}
