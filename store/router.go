package store

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"souk/internal/fault"
)

// pollInterval bounds how long a dead or lagging replica is still tried; a read
// that fails marks it at once.
const pollInterval = 250 * time.Millisecond

// server is one Postgres with its pool.
type server struct {
	name string
	pool *pgxpool.Pool

	fit atomic.Bool  // for reads; of a replica
	lag atomic.Int64 // nanoseconds behind the primary; -1 when not known
}

// router knows which replicas are fit and picks one for each read.
type router struct {
	primary    *server
	replicas   []*server
	maxLag     time.Duration
	onFallback func(context.Context, string)
	log        *slog.Logger

	next     atomic.Uint64
	stopOnce sync.Once
	cancel   context.CancelFunc
	watching sync.WaitGroup
}

func newRouter(cfg Config, primary *server, replicas []*server) *router {
	onFallback := cfg.OnFallback
	if onFallback == nil {
		onFallback = func(context.Context, string) {}
	}
	return &router{
		primary: primary, replicas: replicas, maxLag: cfg.MaxReplicaLag,
		onFallback: onFallback, log: cfg.Log,
	}
}

// start looks at each replica once, so that the first read already has them,
// and then watches them in the background.
func (r *router) start(ctx context.Context) {
	watch, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r.cancel = cancel
	var first sync.WaitGroup
	for _, replica := range r.replicas {
		first.Go(func() { r.probe(ctx, replica) })
		r.watching.Go(func() { r.watch(watch, replica) })
	}
	first.Wait()
}

func (r *router) stop() {
	r.stopOnce.Do(func() {
		r.cancel()
		r.watching.Wait()
		for _, replica := range r.replicas {
			replica.pool.Close()
		}
		r.primary.pool.Close()
	})
}

func (r *router) watch(ctx context.Context, replica *server) {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			r.probe(ctx, replica)
		}
	}
}

// probe measures how far the replica is behind. The time since the last
// replayed transaction grows while nobody writes, so it counts only when the
// replica has received more than it has replayed, or has lost the primary. A role
// without pg_read_all_stats sees that there is a receiver and not its status.
func (r *router) probe(ctx context.Context, replica *server) {
	const statement = `-- name: ReplicaProgress
SELECT
  pg_is_in_recovery(),
  CASE
    WHEN NOT EXISTS (SELECT FROM pg_stat_wal_receiver WHERE coalesce(status, 'streaming') = 'streaming')
      OR pg_last_wal_replay_lsn() < pg_last_wal_receive_lsn()
    THEN coalesce(extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 0)
    ELSE 0
  END::float8`
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	var standby bool
	var seconds float64
	err := replica.pool.QueryRow(ctx, statement).Scan(&standby, &seconds)
	if ctx.Err() == context.Canceled {
		return
	}
	if err != nil {
		replica.lag.Store(-1)
		r.mark(replica, false, "unreachable")
		return
	}
	lag := time.Duration(seconds * float64(time.Second))
	replica.lag.Store(int64(lag))
	r.mark(replica, lag <= r.maxLag, "lagging")
}

func (r *router) mark(replica *server, fit bool, reason string) {
	if replica.fit.Swap(fit) == fit {
		return
	}
	if fit {
		r.log.Info("replica in use", "replica", replica.name)
	} else {
		r.log.Warn("replica left aside, reads go elsewhere", "replica", replica.name, "reason", reason)
	}
}

// pick returns a fit replica, each in turn, else the primary.
func (r *router) pick() *server {
	n := uint64(len(r.replicas))
	if n == 0 {
		return r.primary
	}
	start := r.next.Add(1)
	for i := range n {
		if replica := r.replicas[(start+i)%n]; replica.fit.Load() {
			return replica
		}
	}
	return r.primary
}

// read runs do on a fit replica, else on the primary. When the replica dies or
// cancels the statement for its replay's sake, do runs once more on the primary;
// it must therefore only read, and start over. When the primary is gone too, a
// replica that has fallen behind is better than no shop.
func (r *router) read(ctx context.Context, do func(*pgxpool.Pool) error) error {
	chosen := r.pick()
	reason := "none_fit"
	if chosen != r.primary {
		err := do(chosen.pool)
		if err == nil || ctx.Err() != nil {
			return err
		}
		switch {
		case isRecoveryConflict(err):
			reason = "recovery_conflict"
		case isUnreachable(err):
			r.mark(chosen, false, "unreachable")
			reason = "unreachable"
		default:
			return readFault(err)
		}
	}
	if len(r.replicas) > 0 {
		r.onFallback(ctx, reason)
	}
	err := do(r.primary.pool)
	if err != nil && ctx.Err() == nil && isUnreachable(err) {
		if behind := r.lagging(chosen); behind != nil {
			err = do(behind.pool)
		}
	}
	return readFault(err)
}

// lagging returns a replica other than the one just tried that answers, however
// far behind; nil when there is none.
func (r *router) lagging(tried *server) *server {
	for _, replica := range r.replicas {
		if replica != tried && replica.lag.Load() >= 0 {
			return replica
		}
	}
	return nil
}

// readFault takes the values out of a refusal (class 22, data exception), and
// makes the refusal of a text (22021) the caller's fault: Postgres keeps every
// character but NUL, which GraphQL allows, and bytes that are no UTF-8.
func readFault(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || !strings.HasPrefix(pg.Code, "22") {
		return err
	}
	err = refusal{pg}
	if pg.Code == "22021" {
		return fault.Wrap(err, fault.CodeBadUserInput, "a text holds a character that no text here has, such as NUL; remove it")
	}
	return err
}

// refusal is Postgres' refusal of a value without its message, which quotes the
// value: it is a client's, and errors go to the log.
type refusal struct{ cause *pgconn.PgError }

func (r refusal) Error() string { return "value refused (SQLSTATE " + r.cause.Code + ")" }

func (r refusal) Unwrap() error { return r.cause }

// isRecoveryConflict tells that a standby ended the statement because replay
// needed what it was reading (40001 with that text; 40P01 when it was deadlocked
// with replay).
func isRecoveryConflict(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// isUnreachable tells that the server is going, gone or not there yet: classes 08
// (connection) and 57P (shut-down, start-up), no connection left (53300), or an
// error that is neither the server's own nor one of reading its rows.
func isUnreachable(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "57P") || pg.Code == "53300"
	}
	var scan pgx.ScanArgError
	return !errors.Is(err, pgx.ErrNoRows) && !errors.Is(err, pgx.ErrTooManyRows) && !errors.As(err, &scan)
}

func defaultMaxConns() int32 { return int32(max(8, 4*runtime.NumCPU())) }

// ReplicaState is one replica as the router sees it.
type ReplicaState struct {
	Name string
	Fit  bool
	// Lag is how far behind it is; negative when that is not known.
	Lag time.Duration
}

// Replicas returns the replicas as the router sees them now.
func (s *Store) Replicas() []ReplicaState {
	states := make([]ReplicaState, len(s.router.replicas))
	for i, r := range s.router.replicas {
		states[i] = ReplicaState{r.name, r.fit.Load(), time.Duration(r.lag.Load())}
	}
	return states
}
