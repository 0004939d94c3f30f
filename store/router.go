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

// pollInterval is the longest time that a dead or lagging replica is still used,
// unless a read fails on it: then the router stops using it at once.
const pollInterval = 250 * time.Millisecond

// server is a Postgres server with its pool.
type server struct {
	name string
	// address is host, port and database, for logs: the URL may contain a password.
	address string
	pool    *pgxpool.Pool
	// probe is a pool with a single connection of its own, so that a server whose
	// other connections are all in use does not look dead.
	probe *pgxpool.Pool
	// reset closes the connections of the pool. Otherwise, after a server restarts,
	// each old connection would fail in turn, and each failure would mark the server
	// as unfit again.
	reset func()
	// plansOnce: a connection plans a statement once, unless it is told otherwise.
	plansOnce bool

	silence    silence      // of a replica
	lagTracker lagTracker   // of a replica; used only by its monitoring goroutine
	fit        atomic.Bool  // whether a replica may serve reads, by the last probe
	probed     atomic.Int64 // when it was probed last, in nanoseconds since the process began
	lag        atomic.Int64 // nanoseconds behind the primary; -1 if not known
	// replayed is the log position that a replica had replayed at the last probe. It
	// is 0 if the replica cannot be reached, because after a restart it may begin at
	// an earlier position.
	replayed atomic.Uint64
}

// acquire takes a connection from a pool. When the request's time runs out while it
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

// staleProbe is the age at which a probe says nothing of a replica any more: this process, or
// the replica, was frozen.
const staleProbe = 4 * pollInterval

// usable reports whether a replica may serve reads.
func (s *server) usable() bool {
	return s.fit.Load() && sinceStart()-time.Duration(s.probed.Load()) < staleProbe
}

var processStart = time.Now()

func sinceStart() time.Duration { return time.Since(processStart) }

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

// router tracks which replicas are fit and chooses one for each read.
type router struct {
	primary    *server
	replicas   []*server
	maxLag     time.Duration
	onFallback func(context.Context, string)
	log        *slog.Logger

	statements positional // of all reads

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
// monitors them in the background. The log has the state of each at the start:
// without that, a replica that is dead from the beginning would never be mentioned.
func (r *router) start(ctx context.Context) {
	watch, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r.cancel = cancel
	var first sync.WaitGroup
	first.Add(len(r.replicas))
	for _, replica := range r.replicas {
		r.watching.Go(func() {
			if fit, reason, known := r.assess(watch, replica); known {
				replica.fit.Store(fit)
				r.report(replica, fit, reason, "replica in use")
			}
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
	soon := make(chan struct{}, 1)
	r.watching.Go(func() { r.listen(ctx, replica, soon) })
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-soon:
		}
		r.probe(ctx, replica)
	}
}

// try reads from a server. Only a replica's silence ends a read: there is nobody to read from
// instead of the primary.
func (r *router) try(ctx context.Context, from *server, read func(context.Context, *server) error) error {
	if from == r.primary {
		return read(ctx, from)
	}
	ctx, done := from.silence.reading(ctx)
	return done(read(ctx, from))
}

// FallbackReasons returns the reasons with which Config.OnFallback is called.
func FallbackReasons() []string {
	return []string{noneFit, behindToken, recoveryConflict, behindSchema, unreachable}
}

// The reasons for which a read goes to the primary, beside unreachable.
const (
	noneFit          = "none_fit"
	behindToken      = "behind_token"
	recoveryConflict = "recovery_conflict"
	behindSchema     = "behind_schema"
)

// The reasons for which a replica is left aside.
const (
	// unreachable is the reason for which mark resets the pool of a replica.
	unreachable = "unreachable"
	// noStandby is a promoted replica or another server: it does not follow the
	// primary.
	noStandby = "no_standby"
	lagging   = "lagging"
)

// probe reads the progress of a replica and marks it as fit or not.
func (r *router) probe(ctx context.Context, replica *server) {
	if fit, reason, known := r.assess(ctx, replica); known {
		r.mark(replica, fit, reason)
	}
}

// assess reads the progress of a replica and decides whether it may serve reads, and
// if not, why. known is false if the store is closing.
func (r *router) assess(ctx context.Context, replica *server) (fit bool, reason string, known bool) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	answered := replica.silence.probing()
	seen, err := askProgress(ctx, replica.probe)
	answered(err == nil)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return false, "", false
	case err != nil:
		replica.lag.Store(-1)
		replica.replayed.Store(0)
		return false, unreachable, true
	case !seen.Standby:
		replica.lag.Store(-1)
		replica.replayed.Store(0)
		return false, noStandby, true
	}
	replica.probed.Store(int64(sinceStart()))
	lag := replica.lagTracker.observe(seen, time.Now())
	replica.lag.Store(int64(lag))
	replica.replayed.Store(uint64(seen.Replayed))
	return lag <= r.maxLag, lagging, true
}

func (r *router) mark(replica *server, fit bool, reason string) {
	if replica.fit.Swap(fit) == fit {
		return
	}
	if !fit && reason == unreachable {
		replica.resetPool()
	}
	r.report(replica, fit, reason, "neighbour returned")
}

// report logs the state of a replica; whenFit is the message for one that is fit. A
// server that is no standby is worse than a dead one: if it was promoted, somebody may
// be writing to it.
func (r *router) report(replica *server, fit bool, reason, whenFit string) {
	log := r.log.With("name", replica.name, "address", replica.address)
	switch {
	case fit:
		log.Info(whenFit)
	case reason == noStandby:
		log.Error("neighbour lost", "error", reason,
			"advice", "it is no standby, so it may have been promoted; follow the primary with it again, or remove it from DATABASE_REPLICA_URLS")
	default:
		log.Warn("neighbour lost", "error", reason, "advice", "reads go elsewhere")
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
	reason := noneFit
	for i := range n {
		replica := r.replicas[(start+i)%n]
		if !replica.usable() {
			continue
		}
		if LSN(replica.replayed.Load()) >= after {
			return replica
		}
		reason = behindToken
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
		if replica := r.laggingReplica(after); replica != nil {
			return replica
		}
		if isLost(err) {
			failed.resetPool()
			return failed // another server may have its place already
		}
		return nil
	case failed == r.primary && isRecoveryConflict(err):
		return failed // it was in a deadlock with a change of tables
	case failed == r.primary:
		return nil
	case isRecoveryConflict(err):
		r.onFallback(ctx, recoveryConflict)
	case isBehindSchema(err):
		r.onFallback(ctx, behindSchema)
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
