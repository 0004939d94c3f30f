// Package config holds the settings of a Souk server, given by flag or
// environment variable. Each field's tag has both names, the default and the
// help text, so that --help is the reference and nothing is written twice.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"
)

// Env is the environment that a server runs in.
type Env string

// The environments.
const (
	// Development has GraphiQL, introspection and readable logs.
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

// Database configures the connection to Postgres.
type Database struct {
	DatabaseURL       string        `name:"database-url" env:"DATABASE_URL" placeholder:"URL" help:"The primary: postgres://user:password@host:5432/name."`
	ReplicaURLs       []string      `name:"database-replica-urls" env:"DATABASE_REPLICA_URLS" placeholder:"URL" help:"Streaming replicas to read from. Empty: reads go to the primary."`
	MaxConns          int32         `env:"SOUK_DATABASE_MAX_CONNS" default:"0" help:"Connections in each pool. 0: 4 per core, at least 8."`
	MaxReplicaLag     time.Duration `env:"SOUK_MAX_REPLICA_LAG" default:"10s" help:"Maximum lag of a replica that is read."`
	TransactionPooler bool          `env:"SOUK_TRANSACTION_POOLER" help:"Set it behind PgBouncer in transaction mode. Statements are then described each time instead of prepared."`
}

// Redis configures the connection to Redis.
type Redis struct {
	RedisURL string `name:"redis-url" env:"REDIS_URL" placeholder:"URL" help:"Redis: redis://host:6379/0. Empty: each instance counts for itself."`
}

// Log configures logging.
type Log struct {
	LogLevel slog.Level `env:"SOUK_LOG_LEVEL" default:"info" help:"Minimum level that is logged: debug, info, warn or error."`
}

// Server holds the settings of `souk serve`.
type Server struct {
	Database `embed:""`
	Redis    `embed:""`
	Log      `embed:""`
	Auth     `embed:""`

	Env              Env              `env:"SOUK_ENV" default:"production" enum:"production,development" help:"development serves GraphiQL and answers introspection; production does not."`
	Listen           string           `env:"SOUK_LISTEN" default:":8080" help:"Address of the API. Port 0 selects a free port."`
	OpsListen        string           `env:"SOUK_OPS_LISTEN" default:"127.0.0.1:9090" help:"Address of /metrics and /debug/pprof; keep it off the public network. Empty: not served."`
	RequestTimeout   time.Duration    `env:"SOUK_REQUEST_TIMEOUT" default:"30s" help:"Maximum duration of a request."`
	DrainDelay       time.Duration    `env:"SOUK_DRAIN_DELAY" default:"0s" help:"How long /readyz fails before the listener closes at shutdown, so that load balancers can notice."`
	ShutdownTimeout  time.Duration    `env:"SOUK_SHUTDOWN_TIMEOUT" default:"25s" help:"How long running requests can take to finish at shutdown."`
	ReviewModeration ReviewModeration `env:"SOUK_REVIEW_MODERATION" default:"after" enum:"after,before" help:"When moderators check reviews: after or before they are published."`
	OTLPEndpoint     string           `name:"otlp-endpoint" env:"OTEL_EXPORTER_OTLP_ENDPOINT" placeholder:"URL" help:"An OpenTelemetry collector for traces: http://host:4318. Empty: no traces."`
	GraphiQLDir      string           `name:"graphiql-dir" env:"SOUK_GRAPHIQL_DIR" placeholder:"FOLDER" help:"The folder of GraphiQL's bundle, which make graphiql builds; only used in development. Empty: graphiql, beside the binary."`
}

// Check reports all errors of the configuration at once. It does not repeat
// values that may contain a password.
func (c Server) Check() error {
	var faults []error
	if err := checkURL(c.DatabaseURL, "postgres", "postgresql"); err != nil {
		faults = append(faults, fmt.Errorf("DATABASE_URL %w", err))
	}
	for i, replica := range c.ReplicaURLs {
		if err := checkURL(replica, "postgres", "postgresql"); err != nil {
			faults = append(faults, fmt.Errorf("DATABASE_REPLICA_URLS, number %d, %w", i+1, err))
		}
	}
	if c.RedisURL != "" {
		if err := checkURL(c.RedisURL, "redis", "rediss", "unix"); err != nil {
			faults = append(faults, fmt.Errorf("REDIS_URL %w", err))
		}
	}
	for name, address := range map[string]string{"SOUK_LISTEN": c.Listen, "SOUK_OPS_LISTEN": c.OpsListen} {
		if _, _, err := net.SplitHostPort(address); err != nil && (address != "" || name == "SOUK_LISTEN") {
			faults = append(faults, fmt.Errorf("%s is %q; write host:port, such as :8080", name, address))
		}
	}
	for name, limit := range map[string]time.Duration{
		"SOUK_MAX_REPLICA_LAG": c.MaxReplicaLag, "SOUK_REQUEST_TIMEOUT": c.RequestTimeout,
		"SOUK_DRAIN_DELAY": c.DrainDelay, "SOUK_SHUTDOWN_TIMEOUT": c.ShutdownTimeout,
		"SOUK_ACCESS_TOKEN_LIFETIME": c.AccessTokenLifetime, "SOUK_SESSION_LIFETIME": c.SessionLifetime,
	} {
		if limit < 0 {
			faults = append(faults, fmt.Errorf("%s is %s; write a duration such as 30s", name, limit))
		}
	}
	if c.MaxConns < 0 {
		faults = append(faults, errors.New("SOUK_DATABASE_MAX_CONNS is negative; 0 selects it by the number of cores"))
	}
	return errors.Join(append(faults, c.faults(c.Env)...)...)
}

func checkURL(value string, schemes ...string) error {
	if value == "" {
		return errors.New("is not set; `souk dev` starts its own database")
	}
	parsed, err := url.Parse(value)
	if err != nil {
		return errors.New("is not a URL")
	}
	for _, scheme := range schemes {
		if parsed.Scheme == scheme {
			return nil
		}
	}
	return fmt.Errorf("does not start with %s://", strings.Join(schemes, ":// or "))
}
