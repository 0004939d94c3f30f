package jobs

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"
)

// hold returns a run that waits until it is let go, or its context ends.
func hold() (run func(context.Context, probe) error, letGo func()) {
	gate := make(chan struct{})
	return func(ctx context.Context, _ probe) error {
		select {
		case <-gate:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}, func() { close(gate) }
}

// TestAFrozenWorkerLosesItsJob freezes a worker: it renews its lease no more, and its run
// goes on. Another worker gets the job, and the end of the first run must not end the
// second.
func TestAFrozenWorkerLosesItsJob(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	firstRun, endFirst := hold()
	secondRun, endSecond := hold()
	first, second := newProbes(firstRun), newProbes(secondRun)
	frozen := s.worker(t, first.kind(0), ownKind())
	s.add(t, probe{Version: 1, Name: "one"})
	require.Equal(t, "one", first.next(t))
	frozen.stopBeats()
	frozen.beating.Wait()

	began := time.Now()
	s.worker(t, second.kind(0))
	require.Equal(t, "one", second.next(t))
	require.Less(t, time.Since(began), 4*silence, "silence, a beat, and a second for the queue to be looked at")
	require.Equal(t, "probe running 2", s.value(t, states))

	endFirst()
	require.Eventually(t, func() bool { return len(first.outcomes(s, "lost")) == 1 }, patience, tick)
	// River reports the ends of jobs in the order in which they came.
	s.add(t, own{probe{Version: 1}})
	s.soon(t, "completed", `SELECT state FROM river_job WHERE kind = 'own'`)
	require.Equal(t, "running 2", s.value(t, `SELECT state || ' ' || attempt FROM river_job WHERE kind = 'probe'`))
	endSecond()
	s.soon(t, "completed 2", `SELECT state || ' ' || attempt FROM river_job WHERE kind = 'probe'`)
}

// own is a job that only one of several workers knows.
type own struct{ probe }

func (own) Kind() string                 { return "own" }
func (own) InsertOpts() river.InsertOpts { return onQueue("own") }

func ownKind() kind {
	return kind{name: "own", register: func(workers *river.Workers, _ Services) {
		addWorker(workers, 1, func(context.Context, own) error { return nil })
	}}
}

// outcomes are the lines of the log about runs with an outcome.
func (p *probes) outcomes(s *shop, outcome string) (lines []string) {
	for _, line := range splitLines(s.log.String()) {
		if containsAll(line, `"msg":"job"`, `"outcome":"`+outcome+`"`) {
			lines = append(lines, line)
		}
	}
	return lines
}

// TestALiveWorkerKeepsItsJob runs a job for longer than the silence, beside another worker
// that looks for jobs of the dead.
func TestALiveWorkerKeepsItsJob(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	run, letGo := hold()
	p := newProbes(run)
	s.worker(t, p.kind(0))
	s.add(t, probe{Version: 1, Name: "long"})
	p.next(t)
	s.worker(t, p.kind(0))
	s.soon(t, "true", `SELECT (bool_and(seen_at > started_at + interval '3 seconds') AND count(*) = 2)::text FROM job_workers`)
	require.Equal(t, "probe running 1", s.value(t, states))
	letGo()
	s.soon(t, "probe completed 1", states)
}

// TestAStoppedWorkerGivesItsJobBack stops a worker whose job takes too long.
func TestAStoppedWorkerGivesItsJobBack(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	run, _ := hold()
	p := newProbes(run)
	w := s.worker(t, p.kind(0))
	s.add(t, probe{Version: 1, Name: "long"})
	p.next(t)
	require.NoError(t, w.Stop(t.Context()))
	require.Equal(t, "probe available 0", s.value(t, states), "it has not used an attempt")
	require.Equal(t, "0", s.value(t, `SELECT count(*)::text FROM job_workers`))
}

// TestJobsOfTheDeadEndAsRiverWouldEndThem has jobs of a worker that is gone: one that was
// told to stop, one in its last attempt, and one that may run again.
func TestJobsOfTheDeadEndAsRiverWouldEndThem(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.execute(t, `
INSERT INTO river_job (id, kind, queue, args, state, attempt, max_attempts, attempted_at, attempted_by, metadata) VALUES
  (1, 'unknown', 'unknown', '{}', 'running', 1, 25, now() - interval '2 hours', '{gone}', '{"cancel_attempted_at": "2026-01-01T00:00:00Z"}'),
  (2, 'unknown', 'unknown', '{}', 'running', 25, 25, now() - interval '2 hours', '{gone}', '{}'),
  (3, 'unknown', 'unknown', '{}', 'running', 1, 25, now() - interval '2 hours', '{other,gone}', '{}')`)
	s.soon(t, "true", `SELECT (pg_postmaster_start_time() < now() - interval '10 seconds')::text`) // longSilences of them
	s.worker(t, newProbes(nil).kind(0))                                                            // which frees them before River looks: it would throw away the kind that it does not know
	require.Equal(t, "unknown cancelled 1, unknown discarded 25, unknown available 1", s.value(t, states))
	require.Equal(t, "the worker ended before the job did", s.value(t, `SELECT errors[1] ->> 'error' FROM river_job WHERE id = 3`))
}

// TestAnEndThatWasNotReportedIsFound has a job that its own worker does not run.
func TestAnEndThatWasNotReportedIsFound(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	p := newProbes(func(context.Context, probe) error { return nil })
	w := s.worker(t, p.kind(0))
	_, err := s.pool.Exec(t.Context(), `
INSERT INTO river_job (kind, queue, args, state, attempt, max_attempts, attempted_at, attempted_by)
VALUES ('probe', 'probe', '{"version": 1, "name": "lost"}', 'running', 1, 25, now() - interval '1 minute', ARRAY[$1])`, w.lease.id)
	require.NoError(t, err)
	require.Equal(t, "lost", p.next(t))
	s.soon(t, "probe completed 2", states)
}

// TestAWorkerOfAnOldVersionLosesNothing runs a worker that does not know a kind, alone and
// so as River's leader, beside jobs of that kind: one that waits, and one whose worker died.
func TestAWorkerOfAnOldVersionLosesNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	known := newProbes(func(context.Context, probe) error { return nil })
	s.worker(t, known.kind(0))
	s.execute(t, `
INSERT INTO river_job (kind, queue, args, state, attempt, max_attempts, attempted_at, attempted_by) VALUES
  ('expired_clean_up', 'expired_clean_up', '{"version": 1}', 'available', 0, 25, NULL, NULL),
  ('expired_clean_up', 'expired_clean_up', '{"version": 1}', 'running', 1, 25, now(), '{died}')`)
	s.soon(t, "2", `SELECT count(*)::text FROM river_job WHERE state = 'available'`)
	s.soon(t, "1", `SELECT count(*)::text FROM river_leader`)
	s.add(t, probe{Version: 1, Name: "after"})
	s.soon(t, "expired_clean_up available 0, expired_clean_up available 1, probe completed 1", states)

	removed := 0
	w, err := NewWorker(t.Context(), Config{DatabaseURL: s.url, Silence: silence, Log: s.logger(), Services: Services{
		Expired: removerFunc(func(context.Context) (int, error) { removed++; return 0, nil }), Products: noProducts{},
	}, Concurrency: 1})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Stop(context.Background())) })
	require.NoError(t, w.Start(t.Context()))
	s.soon(t, "0", `SELECT count(*)::text FROM river_job WHERE kind = 'expired_clean_up' AND state <> 'completed'`)
}

type removerFunc func(context.Context) (int, error)

func (f removerFunc) RemoveExpired(ctx context.Context) (int, error) { return f(ctx) }

// noProducts has no stale products.
type noProducts struct{ ProductRefresher }

func (noProducts) AbandonedRefreshes(context.Context) ([]ProductsRefresh, error) { return nil, nil }

// TestNewerArgumentsAreLeftToOthers has arguments of a version that the worker does not
// know.
func TestNewerArgumentsAreLeftToOthers(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	p := newProbes(func(context.Context, probe) error { return errors.New("it must not run") })
	s.worker(t, p.kind(0))
	s.add(t, probe{Version: 2, Name: "newer"})
	s.soon(t, "probe scheduled 0", states)
	require.Empty(t, p.began)
}
