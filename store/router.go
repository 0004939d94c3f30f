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
)

// pollInterval is the longest time that a dead or lagging replica is still used,
// unless a read fails on it: then the router stops using it at once.
const pollInterval = 250 * time.Millisecond

// server is a Postgres server with its pool.
type server struct {
	name string
	pool *pgxpool.Pool
	// probe is a pool with a single connection of its own, so that a server whose
	// other connections are all in use does not look dead.
	probe *pgxpool.Pool
	// reset closes the connections of the pool. Otherwise, after a server restarts,
	// each old connection would fail in turn, and each failure would mark the server
	// as unfit again.
	reset func()

	lagTracker lagTracker   // of a replica; used only by its monitoring goroutine
	fit        atomic.Bool  // whether a replica may serve reads
	lag        atomic.Int64 // nanoseconds behind the primary; -1 if not known
	// replayed is the log position that a replica had replayed at the last probe. It
	// is 0 if the replica cannot be reached, because after a restart it may begin at
	// an earlier position.
	replayed atomic.Uint64
}

// resetPool closes the connections of the pool, if reset is set.
func (s *server) resetPool() {
	if s.reset != nil {
		s.reset()
	}
}

func (s *server) close() {
	s.pool.Close()
	s.probe.Close()
}

// unreachable is the reason for which mark resets the pool of a replica.
const unreachable = "unreachable"

// router tracks which replicas are fit and chooses one for each read.
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

// start probes each replica once, so that the first read can use them, and then
// monitors them in the background.
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

// probe reads the progress of a replica and marks it as fit or not.
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
		// This is a promoted replica or another server: it does not follow the
		// primary.
		replica.lag.Store(-1)
		replica.replayed.Store(0)
		r.mark(replica, false, "no_standby")
		return
	}
	lag := replica.lagTracker.observe(seen, time.Now())
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
			replica.resetPool()
		}
		r.log.Warn("replica left aside, reads go elsewhere", "replica", replica.name, "reason", reason)
	}
}

// pick returns a fit replica that has replayed the log up to after, in round-robin
// order. If there is none, it returns the primary.
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

// fallback returns the server on which to repeat a read that failed on another one.
// The server must have replayed the log up to after. fallback returns nil if the
// statement itself is the cause of the failure, or if no server is left.
func (r *router) fallback(ctx context.Context, failed *server, err error, after LSN) *server {
	switch {
	case failed == r.primary && isUnreachable(err):
		return r.laggingReplica(after)
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

// laggingReplica returns a replica that answers and has replayed the log up to after,
// whatever its lag, or nil if there is none.
func (r *router) laggingReplica(after LSN) *server {
	for _, replica := range r.replicas {
		if replica.lag.Load() >= 0 && LSN(replica.replayed.Load()) >= after {
			return replica
		}
	}
	return nil
}

func defaultMaxConns() int32 { return int32(max(8, 4*runtime.NumCPU())) }

// ReplicaState is the state of a replica as the router sees it.
type ReplicaState struct {
	Name string
	Fit  bool
	// Lag is how far the replica is behind the primary. It is negative if not known.
	Lag time.Duration
}

// Replicas returns the current state of the replicas.
func (s *Store) Replicas() []ReplicaState {
	states := make([]ReplicaState, len(s.router.replicas))
	for i, r := range s.router.replicas {
		states[i] = ReplicaState{r.name, r.fit.Load(), time.Duration(r.lag.Load())}
	}
	return states
}
