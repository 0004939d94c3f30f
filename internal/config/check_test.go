package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/config"
	"souk/internal/door"
)

// working is a configuration without a fault.
func working() config.Server {
	return config.Server{
		Database:     config.Database{DatabaseURL: "postgres://souk:s3cret@db.example/souk"},
		Auth:         config.Auth{Signing: config.Signing{Issuer: "souk", Audience: "souk"}},
		AnswerMemory: 256 << 20, Limits: door.DefaultLimits(),
		Env: config.Development, Listen: ":8080", OpsListen: "127.0.0.1:9090",
	}
}

// TestWhatCannotWorkIsRefused has for each kind of setting what is refused, and beside
// it what is accepted.
func TestWhatCannotWorkIsRefused(t *testing.T) {
	texts := func(set func(*config.Server, string), values ...string) (changes []func(*config.Server)) {
		for _, value := range values {
			changes = append(changes, func(c *config.Server) { set(c, value) })
		}
		return changes
	}
	times := func(set func(*config.Server, time.Duration), values ...time.Duration) (changes []func(*config.Server)) {
		for _, value := range values {
			changes = append(changes, func(c *config.Server) { set(c, value) })
		}
		return changes
	}
	otlp := func(c *config.Server, v string) { c.OTLPEndpoint = v }
	primary := func(c *config.Server, v string) { c.DatabaseURL = v }
	replica := func(c *config.Server, v string) { c.ReplicaURLs = []string{"postgres://other.example/souk", v} }
	listen := func(c *config.Server, v string) { c.Listen = v }
	ops := func(c *config.Server, v string) { c.OpsListen = v }
	access := func(c *config.Server, v time.Duration) { c.AccessTokenLifetime = v }
	session := func(c *config.Server, v time.Duration) { c.SessionLifetime = v }
	lag := func(c *config.Server, v time.Duration) { c.MaxReplicaLag = v }
	request := func(c *config.Server, v time.Duration) { c.RequestTimeout = v }
	depth := func(value int) func(*config.Server) { return func(c *config.Server) { c.Limits.Depth = value } }
	tagBytes := func(value int) func(*config.Server) {
		return func(c *config.Server) { c.HTTPCacheTagBytes = value }
	}
	origins := func(c *config.Server, v string) { c.CORSOrigins = []string{"https://shop.example", v} }
	every := func(c *config.Server) { c.CORSOrigins = []string{"*"} }
	hosts := func(c *config.Server, v string) { c.Hosts = []string{v} }
	secure := func(cert, key string) func(*config.Server) {
		return func(c *config.Server) { c.TLSCertFile, c.TLSKeyFile = cert, key }
	}
	for name, tc := range map[string]struct {
		setting           string
		refused, accepted []func(*config.Server)
	}{
		"too few bytes for a tag": {
			"SOUK_HTTP_CACHE_TAG_BYTES", []func(*config.Server){tagBytes(-1), tagBytes(1), tagBytes(127), tagBytes(16<<10 + 1)}, []func(*config.Server){tagBytes(0), tagBytes(128), tagBytes(16 << 10)},
		},
		"what is no origin": {
			"SOUK_CORS_ORIGINS, number 2,", texts(origins, "", "shop.example", "https://shop.example/", "https://*.example", "https://*"),
			append(texts(origins, "http://localhost:3000", "https://*.shop.example", "app://desktop"), every),
		},
		"every origin beside one": {"SOUK_CORS_ORIGINS is *", texts(origins, "*"), []func(*config.Server){every}},
		"what is no name": {
			"SOUK_HOSTS, number 1,", texts(hosts, "", "https://shop.test", "*.shop.test"), texts(hosts, "shop.test", "Shop.Test", "shop.test:8080"),
		},
		"a certificate without its key": {
			"SOUK_TLS_KEY_FILE", []func(*config.Server){secure("cert.pem", ""), secure("", "key.pem")}, []func(*config.Server){secure("", "")},
		},
		"a certificate that is not there": {
			"cannot be used: open missing.pem", []func(*config.Server){secure("missing.pem", "missing.pem")}, []func(*config.Server){secure("", "")},
		},
		"a limit that lets nothing through": {
			"SOUK_MAX_DEPTH", []func(*config.Server){depth(0), depth(-1)}, []func(*config.Server){depth(1), depth(1000)},
		},
		"an OTLP endpoint without a scheme or a host": {
			"OTEL_EXPORTER_OTLP_ENDPOINT",
			texts(otlp, "localhost:4318", "collector", "127.0.0.1:4318", "grpc://collector:4317", "//collector:4318", "http://", "http:/collector", "https://:4318"),
			texts(otlp, "", "http://localhost:4318", "https://collector.example", "http://[::1]:4318/otlp"),
		},
		"a primary that is no Postgres URL": {
			"DATABASE_URL",
			texts(primary, "", "db.example/souk", "mysql://db.example/souk", "postgres://db.example:port/souk", "postgres://db.example/souk?sslmode=perhaps",
				"postgres://db.example/souk?connect_timeout=soon", "postgres://db.example/souk?pool_max_conns=5"),
			texts(primary, "postgresql://db.example:6432/souk?sslmode=disable", "postgres://a.example,b.example:6432/souk", "postgres:///souk?host=/run/postgresql"),
		},
		"the primary as its own replica": {
			"DATABASE_REPLICA_URLS, number 2,",
			texts(replica, "postgres://souk:s3cret@db.example/souk", "postgresql://reader@DB.example:5432/souk?sslmode=disable"),
			texts(replica, "postgres://souk@db.example:5433/souk", "postgres://souk@db2.example/souk"),
		},
		"an address that nobody can listen at": {
			"SOUK_LISTEN",
			texts(listen, "", "8080", "localhost", ":99999", ":-1", ":web-site"),
			texts(listen, ":0", "127.0.0.1:8080", "[::1]:8080", "localhost:http"),
		},
		"one port for API and metrics": {
			"SOUK_OPS_LISTEN have the same port",
			texts(ops, ":8080", "127.0.0.1:8080", "0.0.0.0:8080"),
			texts(ops, "", ":9090", "127.0.0.1:0"),
		},
		"a lifetime of access tokens that is a mistake": {
			"SOUK_ACCESS_TOKEN_LIFETIME",
			times(access, -time.Minute, time.Millisecond, 29*time.Second, 24*time.Hour+time.Second, 999*time.Hour),
			times(access, 0, 30*time.Second, 5*time.Minute, 24*time.Hour),
		},
		"a lifetime of sessions that is a mistake": {
			"SOUK_SESSION_LIFETIME",
			times(session, -time.Hour, time.Second, 9601*time.Hour),
			times(session, 0, time.Hour, 720*time.Hour, 9600*time.Hour),
		},
		"a session that ends before its access token": {
			"shorter than SOUK_ACCESS_TOKEN_LIFETIME",
			[]func(*config.Server){func(c *config.Server) { c.AccessTokenLifetime, c.SessionLifetime = 2*time.Hour, time.Hour }},
			[]func(*config.Server){func(c *config.Server) { c.AccessTokenLifetime, c.SessionLifetime = time.Hour, time.Hour }},
		},
		"a lag that says nothing": {
			"SOUK_MAX_REPLICA_LAG",
			times(lag, -time.Second, 25*time.Hour),
			times(lag, 0, time.Millisecond, 24*time.Hour),
		},
		"a request that never ends": {
			"SOUK_REQUEST_TIMEOUT",
			times(request, -1, time.Hour),
			times(request, 0, time.Second, 10*time.Minute),
		},
		"pools of no or too many connections": {
			"SOUK_DATABASE_MAX_CONNS",
			[]func(*config.Server){func(c *config.Server) { c.MaxConns = -1 }, func(c *config.Server) { c.MaxConns = 20_000 }},
			[]func(*config.Server){func(c *config.Server) { c.MaxConns = 0 }, func(c *config.Server) { c.MaxConns = 500 }},
		},
		"a Redis that is nowhere": {
			"REDIS_URL",
			texts(func(c *config.Server, v string) { c.RedisURL = v }, "localhost:6379", "redis://", "http://cache.example"),
			texts(func(c *config.Server, v string) { c.RedisURL = v }, "", "redis://cache.example:6379/0", "unix:///run/redis.sock"),
		},
		"a share of samples that is none": {
			"SOUK_CACHE_SAMPLE_ONE_IN",
			[]func(*config.Server){func(c *config.Server) { c.CacheSampleOneIn = -1 }},
			[]func(*config.Server){func(c *config.Server) { c.CacheSampleOneIn = 0 }, func(c *config.Server) { c.CacheSampleOneIn = 1 }},
		},
		"samples that are a load": {
			"SOUK_CACHE_SAMPLES_PER_SECOND",
			[]func(*config.Server){func(c *config.Server) { c.CacheSamplesPerSecond = -1 }, func(c *config.Server) { c.CacheSamplesPerSecond = 10_000 }},
			[]func(*config.Server){func(c *config.Server) { c.CacheSamplesPerSecond = 0 }, func(c *config.Server) { c.CacheSamplesPerSecond = 100 }},
		},
		"tokens without an issuer": {
			"SOUK_ISSUER",
			texts(func(c *config.Server, v string) { c.Issuer = v }, ""),
			texts(func(c *config.Server, v string) { c.Issuer = v }, "shop"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			for i, change := range tc.refused {
				cfg := working()
				change(&cfg)
				err := cfg.Check()
				require.ErrorContains(t, err, tc.setting, "refused %d", i)
				require.NotContains(t, err.Error(), "\n", "one fault, one line")
				require.NotContains(t, err.Error(), "s3cret")
			}
			for i, change := range tc.accepted {
				cfg := working()
				change(&cfg)
				require.NoError(t, cfg.Check(), "accepted %d", i)
			}
		})
	}
}

func TestAllFaultsComeAtOnce(t *testing.T) {
	cfg := working()
	cfg.OTLPEndpoint, cfg.AccessTokenLifetime, cfg.MaxConns = "collector:4318", 999*time.Hour, -1
	cfg.ReplicaURLs = []string{cfg.DatabaseURL}
	err := cfg.Check()
	require.Len(t, strings.Split(err.Error(), "\n"), 4)
	require.Contains(t, err.Error(), "SOUK_ACCESS_TOKEN_LIFETIME is 999h; write 30s to 24h")
}

func TestIntrospectionIsOnInDevelopmentUnlessSet(t *testing.T) {
	for introspection, want := range map[config.Introspection][2]bool{
		"": {true, false}, config.IntrospectionAuto: {true, false},
		config.IntrospectionOn: {true, true}, config.IntrospectionOff: {false, false},
	} {
		require.Equal(t, want[0], config.Server{Env: config.Development, Introspection: introspection}.Introspects(), introspection)
		require.Equal(t, want[1], config.Server{Env: config.Production, Introspection: introspection}.Introspects(), introspection)
	}
}
