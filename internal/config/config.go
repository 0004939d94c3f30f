// Package config holds the settings of a Souk server, given by flag or
// environment variable. Each field's tag has both names, the default and the
// help text, so that --help is the reference and nothing is written twice.
package config

import (
	"log/slog"
	"time"

	"souk/internal/documents"
	"souk/internal/door"
)

// Env is the environment that a server runs in.
type Env string

// The environments.
const (
	// Development has GraphiQL, readable logs and, by default, introspection.
	Development Env = "development"
	// Production has none of these, and its error messages reveal no details.
	Production Env = "production"
)

// ReviewModeration says when moderators check reviews.
type ReviewModeration string

// The kinds of moderation.
const (
	// ModerateAfter publishes reviews immediately. "" means the same.
	ModerateAfter ReviewModeration = "after"
	// ModerateBefore publishes reviews after a moderator approved them.
	ModerateBefore ReviewModeration = "before"
)

// Introspection says whether clients can ask for the schema.
type Introspection string

// The values of Introspection.
const (
	// IntrospectionAuto is on in development and off in production. "" means the same.
	IntrospectionAuto Introspection = "auto"
	// IntrospectionOn is on.
	IntrospectionOn Introspection = "on"
	// IntrospectionOff is off.
	IntrospectionOff Introspection = "off"
)

// Introspects reports whether clients can ask for the schema.
func (c Server) Introspects() bool {
	switch c.Introspection {
	case IntrospectionOn:
		return true
	case IntrospectionOff:
		return false
	}
	return c.Env == Development
}

// Database configures the connection to Postgres.
type Database struct {
	DatabaseURL       string        `name:"database-url" env:"DATABASE_URL" placeholder:"URL" help:"The primary: postgres://user:password@host:5432/name."`
	ReplicaURLs       []string      `name:"database-replica-urls" env:"DATABASE_REPLICA_URLS" placeholder:"URL" help:"Streaming replicas to read from. Empty: reads go to the primary."`
	MaxConns          int32         `env:"SOUK_DATABASE_MAX_CONNS" default:"0" help:"Connections in each pool. 0: 4 per core, at least 8."`
	MaxReplicaLag     time.Duration `env:"SOUK_MAX_REPLICA_LAG" default:"10s" help:"Maximum lag of a replica that is read, at most 24h."`
	TransactionPooler bool          `env:"SOUK_TRANSACTION_POOLER" help:"Set it behind PgBouncer in transaction mode. Statements are then described each time instead of prepared."`
}

// Redis configures the connection to Redis.
type Redis struct {
	RedisURL string `name:"redis-url" env:"REDIS_URL" placeholder:"URL" help:"Redis: redis://host:6379/0. Empty: each instance counts for itself."`
}

// Cache configures what an instance keeps of what it has read.
type Cache struct {
	CacheBytes            int64 `name:"cache-memory-bytes" env:"SOUK_CACHE_MEMORY_BYTES" default:"134217728" help:"Memory for what was read from the databases. Values are dropped when the primary's log shows that they changed, so wal_level must be logical. 0: nothing is kept, here or in Redis."`
	CacheSampleOneIn      int   `name:"cache-sample-one-in" env:"SOUK_CACHE_SAMPLE_ONE_IN" default:"1000" help:"One in so many values from caches is compared with the primary, to export how many differ. 0: none."`
	CacheSamplesPerSecond int   `name:"cache-samples-per-second" env:"SOUK_CACHE_SAMPLES_PER_SECOND" default:"5" help:"Values from caches that an instance compares with the primary in a second, at most."`

	ReplicationURL string `name:"replication-url" env:"SOUK_REPLICATION_URL" placeholder:"URL" help:"The primary, for the connection that follows its log: a direct address, if PgBouncer is in between. Empty: DATABASE_URL."`
}

// HTTPCache configures what caches in front of a server may keep.
type HTTPCache struct {
	HTTPCacheMaxAge   time.Duration `name:"http-cache-max-age" env:"SOUK_HTTP_CACHE_MAX_AGE" default:"1h" help:"For how long caches in front of the server can keep a public answer to a GET, at most; the schema's @cacheControl says less for most. 0: they keep none."`
	HTTPCacheTagBytes int           `name:"http-cache-tag-bytes" env:"SOUK_HTTP_CACHE_TAG_BYTES" default:"1200" help:"Length of Surrogate-Key, and of Cache-Tag, at most. Both together must fit in the headers that the proxy reads; nginx reads 4 KB by default. At least 128. 0: the headers are not sent."`
}

// Documents configures the documents that clients name instead of sending their text. The
// zero value is the mode off.
type Documents struct {
	Documents            documents.Mode `name:"documents" env:"SOUK_DOCUMENTS" default:"apq" enum:"off,apq,prefer,only" help:"Which documents run. off: texts. apq: also those that clients or souk documents push registered. prefer: the same, and what only would refuse is marked and counted. only: what souk documents push registered, and texts of staff who may manage documents."`
	DocumentsMemory      int64          `name:"documents-memory-bytes" env:"SOUK_DOCUMENTS_MEMORY_BYTES" default:"16777216" help:"Memory for the texts of registered documents; their parsed form is in that of SOUK_DOCUMENT_CACHE_BYTES."`
	DocumentsTableBytes  int64          `name:"documents-table-bytes" env:"SOUK_DOCUMENTS_TABLE_BYTES" default:"67108864" help:"Bytes in the database of documents that clients registered. What was used longest ago is removed. Those of souk documents push do not count."`
	DocumentsClientBytes int64          `name:"documents-client-bytes" env:"SOUK_DOCUMENTS_CLIENT_BYTES" default:"4194304" help:"The part of SOUK_DOCUMENTS_TABLE_BYTES that one client can have: an API key, a staff member, or everybody else at one address."`
}

// Log configures logging.
type Log struct {
	LogLevel slog.Level `env:"SOUK_LOG_LEVEL" default:"info" help:"Minimum level that is logged: debug, info, warn or error."`
}

// Jobs configures the work behind the requests.
type Jobs struct {
	JobsDatabaseURL string `name:"jobs-database-url" env:"SOUK_JOBS_DATABASE_URL" placeholder:"URL" help:"The primary, for the connections with which a worker takes jobs. Behind PgBouncer in transaction mode, a direct address lets it hear of new jobs at once. Empty: DATABASE_URL, and behind PgBouncer a worker looks for jobs every second."`
	JobsConcurrency int    `name:"jobs-concurrency" env:"SOUK_JOBS_CONCURRENCY" default:"2" help:"Jobs of one kind that a worker runs at once."`
}

// Worker holds the settings of `souk worker`.
type Worker struct {
	Database `embed:""`
	Log      `embed:""`
	Jobs     `embed:""`

	Env          Env    `env:"SOUK_ENV" default:"production" enum:"production,development" help:"development has readable logs."`
	OpsListen    string `env:"SOUK_OPS_LISTEN" default:"127.0.0.1:9091" help:"Address of /metrics, /livez, /readyz and /debug/pprof; keep it off the public network. Empty: not served."`
	OTLPEndpoint string `name:"otlp-endpoint" env:"OTEL_EXPORTER_OTLP_ENDPOINT" placeholder:"URL" help:"An OpenTelemetry collector for traces: http://host:4318. Empty: no traces."`
}

// Attrs are the settings that tell an operator how a worker runs, for its log.
func (c Worker) Attrs() []slog.Attr {
	return []slog.Attr{
		slog.String("env", string(c.Env)),
		slog.Bool("traces", c.OTLPEndpoint != ""),
		slog.Bool("transaction_pooler", c.TransactionPooler),
		slog.Int("jobs_concurrency", c.JobsConcurrency),
		slog.Int64("database_max_conns", int64(c.MaxConns)),
	}
}

// Server holds the settings of `souk serve`.
type Server struct {
	Database  `embed:""`
	Redis     `embed:""`
	Cache     `embed:""`
	HTTPCache `embed:""`
	Documents `embed:""`
	Log       `embed:""`
	Auth      `embed:""`
	Jobs      `embed:""`
	Browser   `embed:""`

	// Limits bound what one request may ask for.
	Limits door.Limits `embed:""`

	Env              Env              `env:"SOUK_ENV" default:"production" enum:"production,development" help:"development serves GraphiQL, answers introspection and lets web pages on this machine call the API; production does not."`
	Listen           string           `env:"SOUK_LISTEN" default:":8080" help:"Address of the API. Port 0 selects a free port."`
	OpsListen        string           `env:"SOUK_OPS_LISTEN" default:"127.0.0.1:9090" help:"Address of /metrics and /debug/pprof; keep it off the public network. Empty: not served."`
	RequestTimeout   time.Duration    `env:"SOUK_REQUEST_TIMEOUT" default:"30s" help:"Maximum duration of a request, at most 10m."`
	DrainDelay       time.Duration    `env:"SOUK_DRAIN_DELAY" default:"0s" help:"How long /readyz fails before the listener closes at shutdown, so that load balancers can notice; at most 10m."`
	ShutdownTimeout  time.Duration    `env:"SOUK_SHUTDOWN_TIMEOUT" default:"25s" help:"How long running requests can take to finish at shutdown, at most 10m."`
	MaxConcurrency   int              `env:"SOUK_MAX_CONCURRENCY" default:"256" help:"Operations that run at once, at most. The server finds by itself how many are best, and refuses what is over that with 503. 0: it never refuses."`
	AnswerMemory     int64            `env:"SOUK_ANSWER_MEMORY_BYTES" default:"268435456" help:"Memory of answers that clients have not read yet. Past it, the slowest readers are cut. One address can have a quarter of it."`
	SlowOperation    time.Duration    `env:"SOUK_SLOW_OPERATION" default:"1s" help:"Operations that take longer are logged with their statements. 0: none."`
	ReviewModeration ReviewModeration `env:"SOUK_REVIEW_MODERATION" default:"after" enum:"after,before" help:"When moderators check reviews: after or before they are published."`
	Introspection    Introspection    `env:"SOUK_INTROSPECTION" default:"auto" enum:"auto,on,off" help:"Whether clients can ask for the schema, and messages suggest names of it: on, off, or auto, which is on in development only."`
	Executor         Executor         `env:"SOUK_EXECUTOR" default:"breadth-first" enum:"breadth-first,gqlgen" help:"What runs operations. gqlgen's own executor is several times slower and has the same answers; it is there to compare with."`
	OTLPEndpoint     string           `name:"otlp-endpoint" env:"OTEL_EXPORTER_OTLP_ENDPOINT" placeholder:"URL" help:"An OpenTelemetry collector for traces: http://host:4318. Empty: no traces."`
	WithWorker       bool             `name:"with-worker" env:"SOUK_WITH_WORKER" help:"Run jobs as well, as souk worker does."`
	GraphiQLDir      string           `name:"graphiql-dir" env:"SOUK_GRAPHIQL_DIR" placeholder:"FOLDER" help:"The folder of GraphiQL's bundle, which make graphiql builds; only used in development. Empty: graphiql, beside the binary."`
}

// Executor is what runs operations.
type Executor string

// The executors.
const (
	BreadthFirst Executor = "breadth-first"
	Gqlgen       Executor = "gqlgen"
)

// Attrs are the settings that tell an operator how a server runs, for its log. Addresses of
// databases may contain a password, so only their number is among them.
func (c Server) Attrs() []slog.Attr {
	return []slog.Attr{
		slog.String("env", string(c.Env)),
		slog.Int("replicas", len(c.ReplicaURLs)),
		slog.Bool("redis", c.RedisURL != ""),
		slog.Bool("traces", c.OTLPEndpoint != ""),
		slog.Bool("identity_provider", c.OIDCIssuer != ""),
		slog.Int("trusted_proxies", len(c.TrustedProxies)),
		slog.Bool("introspection", c.Introspects()),
		slog.Int("cors_origins", len(c.CORSOrigins)),
		slog.Bool("tls", c.TLSCertFile != ""),
		slog.Int64("max_cost", c.Limits.Cost),
		slog.Int("max_concurrency", c.MaxConcurrency),
		slog.Int64("answer_memory_bytes", c.AnswerMemory),
		slog.Bool("transaction_pooler", c.TransactionPooler),
		slog.Bool("worker", c.WithWorker),
		slog.Int64("database_max_conns", int64(c.MaxConns)),
		slog.String("max_replica_lag", c.MaxReplicaLag.String()),
		slog.String("request_timeout", c.RequestTimeout.String()),
		slog.String("drain_delay", c.DrainDelay.String()),
		slog.String("shutdown_timeout", c.ShutdownTimeout.String()),
		slog.String("access_token_lifetime", c.AccessTokenLifetime.String()),
		slog.String("session_lifetime", c.SessionLifetime.String()),
		slog.String("executor", string(c.Executor)),
		slog.String("documents", string(c.Documents.Documents)),
		slog.String("review_moderation", string(c.ReviewModeration)),
		slog.String("http_cache_max_age", c.HTTPCacheMaxAge.String()),
	}
}
