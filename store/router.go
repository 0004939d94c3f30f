package store

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

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
	// probe has one connection of its own, so that a pool whose connections are
	// all in use does not look like a dead server.
	probe *pgxpool.Pool
	// giveUp closes the pool's connections. Those to a server that went away would
	// be found dead one after the other once it is back, each a reason to leave it
	// aside again.
	giveUp func()

	replay replay       // of a replica; the watch's own
	fit    atomic.Bool  // for reads; of a replica
	lag    atomic.Int64 // nanoseconds behind the primary; -1 when not known
	// replayed is how far a replica had come when it was last looked at; 0 when it
	// cannot be reached, since one that starts again may start further back.
	replayed atomic.Uint64
}

// acquire takes a connection of a pool. When the request's time runs out while it
// waits, the error says what it waited for.
func acquire(ctx context.Context, pool *pgxpool.Pool) (*pgxpool.Conn, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	conn, err := pool.Acquire(ctx)
	if err == nil || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return conn, err
	}
	stat := pool.Stat()
	switch {
	case stat.ConstructingConns() > 0:
		return nil, fault.Unavailable(err, notAnswering)
	case stat.AcquiredConns() < stat.MaxConns():
		return nil, err
	}
	return nil, fault.Unavailable(err, "all connections to the shop's database were in use until the request's time limit (SOUK_REQUEST_TIMEOUT) ran out; "+
		"try again in a moment, and if it happens often, ask the operators to raise SOUK_DATABASE_MAX_CONNS")
}

// abandon gives the connections up, where a server has a way to.
func (s *server) abandon() {
	if s.giveUp != nil {
		s.giveUp()
	}
}

func (s *server) close() {
	s.pool.Close()
	s.probe.Close()
}

// unreachable is the reason for which a server's connections are given up.
const unreachable = "unreachable"

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
	first.Add(len(r.replicas))
	for _, replica := range r.replicas {
		r.watching.Go(func() {
			r.probe(watch, replica)
			first.Done()
			r.watch(watch, replica)
		})
	}
	first.Wait()
}

func (r *router) stop() {
	r.stopOnce.Do(func() {
		r.cancel()
		r.watching.Wait()
		for _, replica := range r.replicas {
			replica.close()
		}
		r.primary.close()
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

// probe asks the replica how far it is and marks it.
func (r *router) probe(ctx context.Context, replica *server) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	seen, err := askProgress(ctx, replica.probe)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return
	case err != nil:
		replica.lag.Store(-1)
		replica.replayed.Store(0)
		r.mark(replica, false, unreachable)
		return
	case !seen.Standby:
		// A promoted replica, or an address of something else: it follows nobody.
		replica.lag.Store(-1)
		replica.replayed.Store(0)
		r.mark(replica, false, "no_standby")
		return
	}
	lag := replica.replay.lag(seen, time.Now())
	replica.lag.Store(int64(lag))
	replica.replayed.Store(uint64(seen.Replayed))
	r.mark(replica, lag <= r.maxLag, "lagging")
}

func (r *router) mark(replica *server, fit bool, reason string) {
	if replica.fit.Swap(fit) == fit {
		return
	}
	if fit {
		r.log.Info("replica in use", "replica", replica.name)
	} else {
		if reason == unreachable {
			replica.abandon()
		}
		r.log.Warn("replica left aside, reads go elsewhere", "replica", replica.name, "reason", reason)
	}
}

// pick returns a fit replica that has replayed as far as after, each in turn, else
// the primary.
func (r *router) pick(ctx context.Context, after LSN) *server {
	n := uint64(len(r.replicas))
	if n == 0 {
		return r.primary
	}
	start := r.next.Add(1)
	reason := "none_fit"
	for i := range n {
		replica := r.replicas[(start+i)%n]
		if !replica.fit.Load() {
			continue
		}
		if LSN(replica.replayed.Load()) >= after {
			return replica
		}
		reason = "behind_token"
	}
	r.onFallback(ctx, reason)
	return r.primary
}

// instead returns where a read that must see after goes on when it has failed on a
// server; nil when the failure is the statement's own.
func (r *router) instead(ctx context.Context, failed *server, err error, after LSN) *server {
	switch {
	case failed == r.primary && isUnreachable(err):
		return r.behind(after)
	case failed == r.primary:
		return nil
	case isRecoveryConflict(err):
		r.onFallback(ctx, "recovery_conflict")
	case isBehindSchema(err):
		r.onFallback(ctx, "behind_schema")
	case isUnreachable(err):
		failed.replayed.Store(0)
		r.mark(failed, false, unreachable)
		r.onFallback(ctx, unreachable)
	default:
		return nil
	}
	return r.primary
}

// behind returns a replica that answers and has replayed as far as after, however
// far behind the rest is; nil when there is none.
func (r *router) behind(after LSN) *server {
	for _, replica := range r.replicas {
		if replica.lag.Load() >= 0 && LSN(replica.replayed.Load()) >= after {
			return replica
		}
	}
	return nil
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
