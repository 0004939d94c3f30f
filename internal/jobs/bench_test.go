package jobs

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/stretchr/testify/require"
)

// benchJobs is how many jobs a round has: enough for the start not to count.
const benchJobs = 10_000

// BenchmarkEmptyJobs does jobs that do nothing: with a worker of ours, with its lease, its
// guard and its log, and with River's own client with the same settings. Both have a
// hundred places. A job a second is what "jobs/s" counts.
func BenchmarkEmptyJobs(b *testing.B) {
	const places = 100
	b.Run("souk", func(b *testing.B) {
		s := newShop(b)
		p := newProbes(func(context.Context, probe) error { return nil })
		empty := kind{name: "probe", register: func(workers *river.Workers, _ Services) {
			addWorker(workers, 1, p.run)
		}}
		for b.Loop() {
			s.fill(b)
			w, err := newWorker(b.Context(), Config{DatabaseURL: s.url, Concurrency: places, Log: s.logger()}, []kind{empty})
			require.NoError(b, err)
			require.NoError(b, w.Start(b.Context()))
			s.drain(b)
			require.NoError(b, w.Stop(context.Background()))
		}
		b.ReportMetric(benchJobs*float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
	})
	b.Run("river", func(b *testing.B) {
		s := newShop(b)
		for b.Loop() {
			s.fill(b)
			pool, err := pgxpool.New(b.Context(), fmt.Sprint(s.url, "&pool_max_conns=", maxPoolConns))
			require.NoError(b, err)
			workers := river.NewWorkers()
			river.AddWorker(workers, river.WorkFunc(func(context.Context, *river.Job[probe]) error { return nil }))
			client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
				Workers: workers, Queues: map[string]river.QueueConfig{"probe": {MaxWorkers: places}}, FetchCooldown: fetchCooldown, Logger: warnings(s.logger()),
			})
			require.NoError(b, err)
			require.NoError(b, client.Start(b.Context()))
			s.drain(b)
			require.NoError(b, client.Stop(context.Background()))
			pool.Close()
		}
		b.ReportMetric(benchJobs*float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
	})
}

func (s *shop) fill(b *testing.B) {
	b.StopTimer()
	defer b.StartTimer()
	s.execute(b, `TRUNCATE river_job`)
	s.execute(b, fmt.Sprintf(`INSERT INTO river_job (kind, queue, args) SELECT 'probe', 'probe', '{"version": 1}' FROM generate_series(1, %d)`, benchJobs))
	s.execute(b, `VACUUM ANALYZE river_job`)
}

func (s *shop) drain(b *testing.B) {
	b.Helper()
	s.soon(b, "0", `SELECT count(*)::text FROM river_job WHERE state IN ('available', 'running')`)
}
