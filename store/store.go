package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"souk/internal/jobs"
)

// Config holds the addresses of the databases and the limits for their use.
type Config struct {
	// PrimaryURL is the database that takes writes. Required.
	PrimaryURL string
	// ReplicaURLs are streaming replicas of the primary. If empty, reads go to the
	// primary.
	ReplicaURLs []string
	// MaxConns is the maximum number of connections of each pool. 0 means 4 for each
	// core, at least 8.
	MaxConns int32
	// MaxReplicaLag is the largest lag at which a replica still serves reads. 0 means
	// DefaultMaxReplicaLag.
	MaxReplicaLag time.Duration
	// StatementTimeout cancels a statement that runs longer. 0 means
	// DefaultStatementTimeout. It has no effect behind a transaction pooler: see
	// TransactionPooler.
	StatementTimeout time.Duration
	// TransactionPooler must be set if a pooler such as PgBouncer in transaction mode
	// is between the store and the database. Statements are then described each time
	// instead of prepared, and the time-outs are those that the database sets for the
	// role.
	TransactionPooler bool
	// ReviewsPending makes new and changed reviews wait for a moderator. If false,
	// they are published at once.
	ReviewsPending bool
	// Tracer, if set, returns the tracer for the pool with the given name: "primary",
	// "replica-1", …
	Tracer func(pool string) pgx.QueryTracer
	// OnFallback, if set, is called for each read that should have used a replica and
	// went to the primary. reason is one of a small set of words.
	OnFallback func(ctx context.Context, reason string)
	// Log receives changes in the health of replicas. If nil, they are discarded.
	Log *slog.Logger
}

const (
	// DefaultMaxReplicaLag is long enough to keep a replica in use during an import.
	// A reader that must see a write passes a token instead.
	DefaultMaxReplicaLag = 10 * time.Second
	// DefaultStatementTimeout is far above the duration of any statement of the store
	// (the slowest, facets over a whole shop of 100,000 products, takes up to 2.5 s
	// on a busy machine) and below the time-out of a request.
	DefaultStatementTimeout = 10 * time.Second

	// connectTimeout is short: a database that needs longer to accept a connection
	// could not serve a shopper either.
	connectTimeout = 3 * time.Second
)

// Store reads and writes the shop. It is safe for concurrent use.
type Store struct {
	primary *server
	router  *router
	jobs    *jobs.Enqueuer

	reviewsPending bool
}

// Open connects to the primary and starts to monitor the replicas. A replica that
// cannot be reached is not an error: reads go to other servers until it can.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.MaxReplicaLag == 0 {
		cfg.MaxReplicaLag = DefaultMaxReplicaLag
	}
	if cfg.PrimaryURL == "" {
		return nil, errors.New("open store: no database URL; set DATABASE_URL")
	}
	primary, err := newServer(ctx, cfg, "primary", cfg.PrimaryURL)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if err := primary.pool.Ping(ctx); err != nil {
		primary.close()
		return nil, fmt.Errorf("open store: reach primary: %w", err)
	}
	replicas := make([]*server, 0, len(cfg.ReplicaURLs))
	for i, url := range cfg.ReplicaURLs {
		replica, err := newServer(ctx, cfg, fmt.Sprintf("replica-%d", i+1), url)
		if err != nil {
			primary.close()
			for _, r := range replicas {
				r.close()
			}
			return nil, fmt.Errorf("open store: %w", err)
		}
		replicas = append(replicas, replica)
	}
	s := &Store{primary: primary, router: newRouter(cfg, primary, replicas), reviewsPending: cfg.ReviewsPending}
	s.router.start(ctx)
	if err := s.checkRoles(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("open store: %w", err)
	}
	if s.jobs, err = jobs.NewEnqueuer(ctx, primary.probe, cfg.Log); err != nil {
		s.Close()
		return nil, fmt.Errorf("open store: %w", err)
	}
	return s, nil
}

// Close stops the monitoring and closes the pools. It waits until all connections are
// returned. It may be called twice.
func (s *Store) Close() {
	s.router.stop()
}

// Ping returns an error if the primary does not answer.
func (s *Store) Ping(ctx context.Context) error {
	return s.primary.probe.Ping(ctx)
}

// CacheEpoch returns the epoch that the primary says caches are in; zero: none. It uses the
// connection of the probes.
func (s *Store) CacheEpoch(ctx context.Context) (epoch uuid.UUID, err error) {
	const statement = `-- name: CacheEpoch
SELECT e.id FROM cache_epoch e`
	err = s.primary.probe.QueryRow(ctx, statement).Scan(&epoch)
	if errors.Is(err, pgx.ErrNoRows) {
		return uuid.Nil, nil
	}
	return epoch, err
}

// JobQueues returns how many jobs there are, for metrics. It uses the connection of the
// probes: what operators ask must not wait for requests.
func (s *Store) JobQueues(ctx context.Context) ([]jobs.Queue, error) {
	return jobs.Queues(ctx, s.primary.probe)
}

// Address is host, port and database of the primary, for logs.
func (s *Store) Address() string { return s.primary.address }

// Database is the name of the primary's database.
func (s *Store) Database() string { return s.primary.pool.Config().ConnConfig.Database }

// Pools returns the pools by name, for metrics.
func (s *Store) Pools() map[string]*pgxpool.Pool {
	pools := map[string]*pgxpool.Pool{s.primary.name: s.primary.pool}
	for _, r := range s.router.replicas {
		pools[r.name] = r.pool
	}
	return pools
}

// planning is what plans depend on. With the settings that servers have from the start, an
// index that is in memory counts as slower than a scan, and short statements are compiled.
var planning = map[string]string{
	"plan_cache_mode":  "force_generic_plan", // but see query.varied
	"random_page_cost": "1.1",
	"jit":              "off",
}

// plan adds to a connection's settings those of planning that its URL does not have. It
// reports whether statements are planned once a connection.
func plan(set map[string]string) (once bool) {
	for name, value := range planning {
		if set[name] != "" || strings.Contains(set["options"], name) {
			continue
		}
		set[name] = value
		once = once || name == "plan_cache_mode"
	}
	return once
}

func newServer(ctx context.Context, cfg Config, name, url string) (*server, error) {
	pc, err := pgxpool.ParseConfig(url)
	if err != nil {
		// pgx's error message may contain the URL with its password.
		return nil, fmt.Errorf("the URL of %s is not a Postgres URL", name)
	}
	pc.MaxConns = cfg.MaxConns
	if pc.MaxConns == 0 {
		pc.MaxConns = defaultMaxConns()
	}
	pc.MinIdleConns = min(2, pc.MaxConns)
	pc.MaxConnLifetime = time.Hour
	pc.MaxConnLifetimeJitter = 10 * time.Minute
	pc.MaxConnIdleTime = 10 * time.Minute
	pc.PingTimeout = time.Second
	pc.ConnConfig.ConnectTimeout = connectTimeout
	if cfg.TransactionPooler {
		pc.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	timeout := cfg.StatementTimeout
	if timeout == 0 {
		timeout = DefaultStatementTimeout
	}
	set := pc.ConnConfig.RuntimeParams
	set["application_name"] = "souk"
	// Cursors contain times as text, so all servers must format them the same way.
	set["timezone"] = "UTC"
	set["datestyle"] = "ISO"
	if !cfg.TransactionPooler {
		set["statement_timeout"] = fmt.Sprint(timeout.Milliseconds())
		set["lock_timeout"] = "5000"
		set["idle_in_transaction_session_timeout"] = "30000"
	}
	plansOnce := !cfg.TransactionPooler && plan(set)
	if cfg.Tracer != nil {
		pc.ConnConfig.Tracer = cfg.Tracer(name)
	}
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, fmt.Errorf("make pool of %s: %w", name, err)
	}
	probing := pc.Copy()
	probing.MaxConns, probing.MinIdleConns, probing.ConnConfig.Tracer = 1, 0, nil
	probe, err := pgxpool.NewWithConfig(ctx, probing)
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("make pool of %s: %w", name, err)
	}
	address := fmt.Sprintf("%s/%s", net.JoinHostPort(pc.ConnConfig.Host, fmt.Sprint(pc.ConnConfig.Port)), pc.ConnConfig.Database)
	return &server{name: name, address: address, pool: pool, probe: probe, plansOnce: plansOnce, reset: pool.Reset}, nil
}
