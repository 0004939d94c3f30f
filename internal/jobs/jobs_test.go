package jobs

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"souk/internal/dbtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	// silence is short, so that a test need not wait for a worker to be taken for dead.
	silence  = 1500 * time.Millisecond
	patience = 20 * time.Second
	tick     = 5 * time.Millisecond
)

// probe is a job whose run the test holds.
type probe struct {
	Version int    `json:"version"`
	Name    string `json:"name"`
}

func (probe) Kind() string                 { return "probe" }
func (probe) InsertOpts() river.InsertOpts { return onQueue("probe") }
func (p probe) version() int               { return p.Version }

// probes tells what the runs of probes do, and what they did.
type probes struct {
	began chan string // a name for each run that began
	run   func(ctx context.Context, p probe) error
}

func newProbes(run func(context.Context, probe) error) *probes {
	return &probes{began: make(chan string, 1000), run: run}
}

// kind is the kind of probes; named lets it pass for a kind that another version knows.
func (p *probes) kind(every time.Duration) kind {
	return kind{
		name: "probe", every: every,
		due: func(context.Context, Services) ([]Args, error) {
			return []Args{probe{Version: 1, Name: "scheduled"}}, nil
		},
		register: func(workers *river.Workers, _ Services) {
			addWorker(workers, 1, func(ctx context.Context, a probe) error {
				p.began <- a.Name
				return p.run(ctx, a)
			})
		},
	}
}

// next waits for the next run to begin.
func (p *probes) next(t testing.TB) string {
	t.Helper()
	select {
	case name := <-p.began:
		return name
	case <-time.After(patience):
		require.Fail(t, "no job began")
		return ""
	}
}

// log collects what workers log.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// shop is a database with jobs, and the workers on it.
type shop struct {
	url      string
	pool     *pgxpool.Pool
	enqueuer *Enqueuer
	log      *log
}

func newShop(t testing.TB) *shop {
	t.Helper()
	s := &shop{url: dbtest.New(t).PrimaryURL, log: &log{}}
	var err error
	s.pool, err = pgxpool.New(t.Context(), s.url)
	require.NoError(t, err)
	t.Cleanup(s.pool.Close)
	s.enqueuer, err = NewEnqueuer(t.Context(), s.pool, s.logger())
	require.NoError(t, err)
	return s
}

func (s *shop) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(s.log, nil)) }

// worker starts a worker that knows the kinds, and runs one job of each at once. It stops
// when the test ends.
func (s *shop) worker(t testing.TB, known ...kind) *Worker {
	t.Helper()
	w, err := newWorker(t.Context(), Config{DatabaseURL: s.url, Silence: silence, Concurrency: 1, Log: s.logger()}, known)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Stop(context.Background())) })
	require.NoError(t, w.Start(t.Context()))
	return w
}

// add enqueues jobs in a transaction of their own.
func (s *shop) add(t testing.TB, all ...Args) {
	t.Helper()
	require.NoError(t, pgx.BeginFunc(t.Context(), s.pool, func(tx pgx.Tx) error { return s.enqueuer.Enqueue(t.Context(), tx, all...) }))
}

// value is the only value of a query's answer.
func (s *shop) value(t testing.TB, sql string) string {
	t.Helper()
	var value string
	require.NoError(t, s.pool.QueryRow(t.Context(), sql).Scan(&value))
	return value
}

func (s *shop) execute(t testing.TB, sql string) {
	t.Helper()
	_, err := s.pool.Exec(t.Context(), sql)
	require.NoError(t, err)
}

// soon waits until a query answers so.
func (s *shop) soon(t testing.TB, want, sql string) {
	t.Helper()
	require.Eventually(t, func() bool { return s.value(t, sql) == want }, patience, tick, "%s: %s", sql, want)
}

const states = `SELECT coalesce(string_agg(kind || ' ' || state || ' ' || attempt, ', ' ORDER BY id), 'none') FROM river_job`
