// Package config is what a Souk server can be told, by flag or by environment
// variable. Each field's tag holds both names, its default and its help, so that
// --help is the reference and nothing is written twice.
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

// Env says whom a server is for.
type Env string

// The environments.
const (
	// Development has GraphiQL, introspection and readable logs.
	Development Env = "development"
	// Production has none of these and says no more than it must.
	Production Env = "production"
)

// ReviewModeration says when a moderator looks at what customers write.
type ReviewModeration string

// The ways of moderation.
const (
	// ModerateAfter publishes reviews at once; "" does so too.
	ModerateAfter ReviewModeration = "after"
	// ModerateBefore publishes reviews when a moderator has.
	ModerateBefore ReviewModeration = "before"
)

// Database says where Postgres is.
type Database struct {
	DatabaseURL       string        `name:"database-url" env:"DATABASE_URL" placeholder:"URL" help:"The primary: postgres://user:password@host:5432/name."`
	ReplicaURLs       []string      `name:"database-replica-urls" env:"DATABASE_REPLICA_URLS" placeholder:"URL" help:"Streaming replicas to read from. Empty: reads go to the primary."`
	MaxConns          int32         `env:"SOUK_DATABASE_MAX_CONNS" default:"0" help:"Connections in each pool. 0: 4 for each core, at least 8."`
	MaxReplicaLag     time.Duration `env:"SOUK_MAX_REPLICA_LAG" default:"10s" help:"How far a replica may be behind and still be read."`
	TransactionPooler bool          `env:"SOUK_TRANSACTION_POOLER" help:"Set it behind PgBouncer in transaction mode: statements are then described anew instead of prepared."`
}

// Redis says where Redis is.
type Redis struct {
	RedisURL string `name:"redis-url" env:"REDIS_URL" placeholder:"URL" help:"Redis: redis://host:6379/0. Empty: each instance is on its own."`
}

// Log says what is logged.
type Log struct {
	LogLevel slog.Level `env:"SOUK_LOG_LEVEL" default:"info" help:"The least severe level that is logged: debug, info, warn, error."`
}

// Server is what `souk serve` can be told.
type Server struct {
	Database `embed:""`
	Redis    `embed:""`
	Log      `embed:""`
	Auth     `embed:""`

	Env              Env              `env:"SOUK_ENV" default:"production" enum:"production,development" help:"development serves GraphiQL and answers introspection; production does not."`
	Listen           string           `env:"SOUK_LISTEN" default:":8080" help:"Where the API listens. Port 0 takes a free one."`
	OpsListen        string           `env:"SOUK_OPS_LISTEN" default:"127.0.0.1:9090" help:"Where /metrics and /debug/pprof listen; keep it off the public network. Empty: nowhere."`
	RequestTimeout   time.Duration    `env:"SOUK_REQUEST_TIMEOUT" default:"30s" help:"How long a request may take."`
	DrainDelay       time.Duration    `env:"SOUK_DRAIN_DELAY" default:"0s" help:"How long /readyz fails before the listener closes at shutdown; give load balancers the time to notice."`
	ShutdownTimeout  time.Duration    `env:"SOUK_SHUTDOWN_TIMEOUT" default:"25s" help:"How long running requests may still take at shutdown."`
	ReviewModeration ReviewModeration `env:"SOUK_REVIEW_MODERATION" default:"after" enum:"after,before" help:"When moderators look at what customers write of products: after it is published, or before."`
	OTLPEndpoint     string           `name:"otlp-endpoint" env:"OTEL_EXPORTER_OTLP_ENDPOINT" placeholder:"URL" help:"An OpenTelemetry collector for traces: http://host:4318. Empty: no traces."`
	GraphiQLDir      string           `name:"graphiql-dir" env:"SOUK_GRAPHIQL_DIR" hidden:"" help:"The folder to bundle GraphiQL from, in a source checkout."`
}

// Check reports every fault of the configuration at once. Values that may
// hold a password are not repeated.
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
			faults = append(faults, fmt.Errorf("%s is %s; write a time such as 30s", name, limit))
		}
	}
	if c.MaxConns < 0 {
		faults = append(faults, errors.New("SOUK_DATABASE_MAX_CONNS is negative; 0 chooses by the number of cores"))
	}
	return errors.Join(append(faults, c.faults(c.Env)...)...)
}

func checkURL(value string, schemes ...string) error {
	if value == "" {
		return errors.New("is not set; `souk dev` starts a database of its own")
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
