package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Config says where the databases are and how hard to use them.
type Config struct {
	// PrimaryURL is the database that takes writes. Required.
	PrimaryURL string
	// ReplicaURLs are streaming replicas of it. Empty: reads go to the primary.
	ReplicaURLs []string
	// MaxConns bounds each pool. 0: 4 for each core, at least 8.
	MaxConns int32
	// MaxReplicaLag is how far a replica may be behind and still be read.
	// 0: DefaultMaxReplicaLag.
	MaxReplicaLag time.Duration
	// StatementTimeout ends a statement that runs longer. 0: DefaultStatementTimeout.
	// A pooler's sessions cannot carry it: see TransactionPooler.
	StatementTimeout time.Duration
	// TransactionPooler tells that a pooler such as PgBouncer in transaction mode
	// stands in between: statements are described anew instead of prepared, and
	// time-outs are what the database gives the role.
	TransactionPooler bool
	// ReviewsPending makes what customers write wait for a moderator. Otherwise it is
	// published at once.
	ReviewsPending bool
	// Tracer, when set, is asked for the tracer of each pool: "primary",
	// "replica-1", …
	Tracer func(pool string) pgx.QueryTracer
	// OnFallback, when set, is told of each read that wanted a replica and went
	// to the primary. The reason is one of a few words.
	OnFallback func(ctx context.Context, reason string)
	// Log gets changes of the replicas' health. nil: discarded.
	Log *slog.Logger
}

const (
	// DefaultMaxReplicaLag keeps a replica in use through the bursts that an
	// import makes; a reader that must see a write brings a token instead.
	DefaultMaxReplicaLag = 10 * time.Second
	// DefaultStatementTimeout is far above any statement of ours (the slowest,
	// facets over a whole shop of 100,000 products, takes up to 2.5 s on a busy machine) and below
	// the time-out of a request.
	DefaultStatementTimeout = 10 * time.Second

	// connectTimeout is short: a database that does not answer a connection in
	// this time would not answer a shopper either.
	connectTimeout = 3 * time.Second
)

// Store reads and writes the shop. It is safe for concurrent use.
type Store struct {
	primary *server
	router  *router

	reviewsPending bool
}

// Open connects to the primary and starts to watch the replicas. A replica that
// cannot be reached is not an error: reads go elsewhere until it can.
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
	return s, nil
}

// Close stops the watch and closes the pools, waiting for their connections. It
// may be called twice.
func (s *Store) Close() {
	s.router.stop()
}

// Ping reports whether the primary answers.
func (s *Store) Ping(ctx context.Context) error {
	return s.primary.probe.Ping(ctx)
}

// Pools returns the pools by name, for metrics.
func (s *Store) Pools() map[string]*pgxpool.Pool {
	pools := map[string]*pgxpool.Pool{s.primary.name: s.primary.pool}
	for _, r := range s.router.replicas {
		pools[r.name] = r.pool
	}
	return pools
}

func newServer(ctx context.Context, cfg Config, name, url string) (*server, error) {
	pc, err := pgxpool.ParseConfig(url)
	if err != nil {
		// pgx's message may repeat the URL with its password.
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
	// Cursors carry times as text: all servers must write them alike.
	set["timezone"] = "UTC"
	set["datestyle"] = "ISO"
	if !cfg.TransactionPooler {
		set["statement_timeout"] = fmt.Sprint(timeout.Milliseconds())
		set["lock_timeout"] = "5000"
		set["idle_in_transaction_session_timeout"] = "30000"
	}
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
	return &server{name: name, pool: pool, probe: probe, giveUp: pool.Reset}, nil
}
