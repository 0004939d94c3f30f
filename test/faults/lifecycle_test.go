package faults

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/require"

	"souk/internal/app"
	"souk/internal/config"
	"souk/internal/dbtest"
	"souk/internal/devstack"
	"souk/internal/door"
	"souk/migrations"
	"souk/test/harness"
	"souk/test/shop"
)

func vendorName(t testing.TB, server *harness.Server) any {
	t.Helper()
	return server.Query(t, `{ vendor(slug: "loom") { name } }`, nil).At("vendor", "name")
}

func TestTwoServersInOneProcessKnowNothingOfEachOther(t *testing.T) {
	harness.LeaveNothing(t)
	ours, theirs := shop.New(t), shop.New(t)
	harness.Execute(t, theirs.PrimaryURL, `UPDATE vendors SET name = 'Another Loom' WHERE slug = 'loom'`)
	require.NoError(t, theirs.WaitReplica(t.Context()))
	one, two := harness.Start(t, ours), harness.Start(t, theirs)
	var done sync.WaitGroup
	for range 4 {
		done.Go(func() {
			for range 20 {
				require.Equal(t, "Loom & Thread", vendorName(t, one))
				require.Equal(t, "Another Loom", vendorName(t, two))
			}
		})
	}
	done.Wait()
	const counted = `souk_http_request_duration_seconds_count{method="POST",route="/graphql",status="200"} 80`
	for _, server := range []*harness.Server{one, two} {
		require.Eventually(t, func() bool {
			_, metrics := server.Get(t, server.OpsURL+"/metrics")
			return strings.Contains(metrics, counted)
		}, harness.Patience, harness.Tick, "each counts its own")
	}

	require.NoError(t, one.App.Stop(t.Context()))
	require.Equal(t, "Another Loom", vendorName(t, two), "the other serves on")
	_, err := net.Dial("tcp", one.App.Addr())
	require.Error(t, err)
}

// serverConfig is the configuration of a server over the database.
func serverConfig(db *dbtest.DB) config.Server {
	return config.Server{
		Database:     config.Database{DatabaseURL: db.PrimaryURL, ReplicaURLs: []string{db.ReplicaURL}},
		Redis:        config.Redis{RedisURL: db.RedisURL},
		Auth:         config.Auth{Signing: config.Signing{Issuer: "souk", Audience: "souk"}},
		AnswerMemory: 256 << 20, Limits: door.DefaultLimits(),
		Env: config.Development, Listen: "127.0.0.1:0", OpsListen: "127.0.0.1:0",
	}
}

func TestStopMayComeTwiceAndBeforeStart(t *testing.T) {
	harness.LeaveNothing(t)
	db := shop.New(t)
	quiet := app.Options{LogWriter: &harness.Log{}}
	for name, start := range map[string]bool{"before a start": false, "after a start": true} {
		t.Run(name, func(t *testing.T) {
			server, err := app.New(t.Context(), serverConfig(db), quiet)
			require.NoError(t, err)
			if start {
				require.NoError(t, server.Start(t.Context()))
			}
			require.NoError(t, server.Stop(t.Context()))
			require.NoError(t, server.Stop(t.Context()))
		})
	}
}

// TestStopLetsARequestEnd holds a query in a resolver while the server stops.
func TestStopLetsARequestEnd(t *testing.T) {
	harness.LeaveNothing(t)
	held, release := make(chan struct{}), make(chan struct{})
	server := harness.Start(t, shop.New(t), func(s *harness.Setup) {
		s.Config.DrainDelay = time.Second
		s.Options.AroundFields = func(ctx context.Context, next graphql.Resolver) (any, error) {
			if graphql.GetFieldContext(ctx).Field.Alias == "slow" {
				close(held)
				<-release
			}
			return next(ctx)
		}
	})
	answered := make(chan *harness.Reply, 1)
	go func() {
		answered <- harness.Fetch(t, server, "/graphql", asked(`{ slow: vendor(slug: "loom") { name } }`, nil))
	}()
	<-held
	stopped := make(chan error, 1)
	go func() { stopped <- server.App.Stop(t.Context()) }()

	require.Eventually(t, func() bool {
		state := readyz(t, server)
		return state.code == http.StatusServiceUnavailable && state.Status == "draining"
	}, harness.Patience, harness.Tick, "it says that it will go while it still answers")
	require.Equal(t, "Loom & Thread", vendorName(t, server))

	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", server.App.Addr())
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	}, harness.Patience, harness.Tick, "then new connections are refused")
	select {
	case err := <-stopped:
		t.Fatal("it did not wait for the request: ", err)
	default:
	}
	close(release)
	got := <-answered
	require.Equal(t, "Loom & Thread", got.At("slow", "name"), "its database was still there: %s", got.Body)
	require.NoError(t, <-stopped)
}

func TestWrongSetUpsAreToldInOneLine(t *testing.T) {
	harness.LeaveNothing(t)
	db := shop.New(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	nobody := closed.Addr().String()
	require.NoError(t, closed.Close())

	for name, tc := range map[string]struct {
		change func(*config.Server)
		want   string
	}{
		"a used port":           {func(c *config.Server) { c.Listen = taken.Addr().String() }, "is in use by another program: stop that program, or set SOUK_LISTEN"},
		"a used ops port":       {func(c *config.Server) { c.OpsListen = taken.Addr().String() }, "set SOUK_OPS_LISTEN"},
		"no database URL":       {func(c *config.Server) { c.DatabaseURL = "" }, "DATABASE_URL is not set"},
		"a URL of another kind": {func(c *config.Server) { c.DatabaseURL = "mysql://shop:s3cret@host/shop" }, "DATABASE_URL does not start with postgres://"},
		"a URL that is none":    {func(c *config.Server) { c.DatabaseURL = "postgres://shop:s3cret@host:port/shop" }, "DATABASE_URL is not a URL"},
		"a bad parameter":       {func(c *config.Server) { c.DatabaseURL = "postgres://shop:s3cret@host/shop?sslmode=perhaps" }, "DATABASE_URL cannot be used"},
		"nobody there":          {func(c *config.Server) { c.DatabaseURL = "postgres://shop:s3cret@" + nobody + "/shop" }, "reach primary"},
		"no such database": {func(c *config.Server) {
			c.DatabaseURL = strings.Replace(db.PrimaryURL, "/"+db.Name, "/no_such_shop", 1)
		}, `database "no_such_shop" does not exist`},
		"a bad replica URL":     {func(c *config.Server) { c.ReplicaURLs = []string{"postgres://shop:s3cret@host/shop?sslmode=perhaps"} }, "DATABASE_REPLICA_URLS, number 1, cannot be used"},
		"no keys in production": {func(c *config.Server) { c.Env = config.Production }, "souk keys new"},
		"keys that are none":    {func(c *config.Server) { c.Keys = `{"keys": ["s3cret"]}` }, "SOUK_KEYS: parse the key set"},
		"a missing key file":    {func(c *config.Server) { c.KeysFile = "/nowhere/keys.json" }, "SOUK_KEYS_FILE"},
		"half a provider":       {func(c *config.Server) { c.OIDCIssuer = "https://id.example" }, "SOUK_OIDC_JWKS_URL"},
		"a proxy that is none":  {func(c *config.Server) { c.TrustedProxies = []string{"10.0.0.0/8", "lb"} }, "SOUK_TRUSTED_PROXIES, number 2"},
		"a standby as primary":  {func(c *config.Server) { c.DatabaseURL, c.ReplicaURLs = db.ReplicaURL, nil }, "DATABASE_URL is a standby"},
		"the primary as replica": {func(c *config.Server) {
			c.ReplicaURLs = []string{db.ReplicaURL, strings.Replace(db.PrimaryURL, "127.0.0.1", "localhost", 1)}
		}, "DATABASE_REPLICA_URLS, number 2, is the primary itself"},
		"a bad Redis URL": {func(c *config.Server) { c.RedisURL = "http://:s3cret@host" }, "REDIS_URL does not start with redis://"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := serverConfig(db)
			tc.change(&cfg)
			log := &harness.Log{}
			server, err := app.New(t.Context(), cfg, app.Options{LogWriter: log})
			if err == nil {
				err = server.Start(t.Context())
				defer func() { require.NoError(t, server.Stop(t.Context())) }()
			}
			require.ErrorContains(t, err, tc.want)
			require.NotContains(t, err.Error(), "\n")
			require.NotContains(t, err.Error()+log.String(), "s3cret")
		})
	}
}

func TestAllFaultsOfASetUpAreToldAtOnce(t *testing.T) {
	_, err := app.New(t.Context(), config.Server{
		Database: config.Database{DatabaseURL: "x", ReplicaURLs: []string{"y"}, MaxConns: -1},
		Redis:    config.Redis{RedisURL: "z"}, Listen: "nowhere",
	}, app.Options{LogWriter: &harness.Log{}})
	for _, setting := range []string{"DATABASE_URL", "DATABASE_REPLICA_URLS", "REDIS_URL", "SOUK_LISTEN", "SOUK_DATABASE_MAX_CONNS"} {
		require.ErrorContains(t, err, setting)
	}
}

// TestAPromotedReplicaDoesNotKeepAnInstanceFromStarting names the primary a second time
// by an address that only the network knows to be the same: what a list looks like
// after a failover.
func TestAPromotedReplicaDoesNotKeepAnInstanceFromStarting(t *testing.T) {
	harness.LeaveNothing(t)
	db := shop.New(t)
	server := harness.Start(t, db, func(s *harness.Setup) {
		s.Config.ReplicaURLs = []string{dbtest.NewProxy(t, db.PrimaryURL).URL}
	})
	require.Empty(t, server.Query(t, `{ products(first: 1) { nodes { id } } }`, nil).Errors)
	require.Regexp(t, `level=ERROR msg="this replica is the primary itself.*replica=replica-1`, server.Log.String())
}

// TestWhatIsDeadAtTheStartIsLogged wants a line for each server that does not respond,
// with its address and without its password.
func TestWhatIsDeadAtTheStartIsLogged(t *testing.T) {
	harness.LeaveNothing(t)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	nobody := closed.Addr().String()
	require.NoError(t, closed.Close())
	server := harness.Start(t, shop.New(t), func(s *harness.Setup) {
		s.Config.ReplicaURLs = append(s.Config.ReplicaURLs, "postgres://shop:s3cret@"+nobody+"/shop")
		s.Config.RedisURL = "redis://shop:s3cret@" + nobody + "/0"
	})
	require.Eventually(t, func() bool { return strings.Contains(server.Log.String(), "name=redis") }, harness.Patience, harness.Tick)
	log := server.Log.String()
	require.Regexp(t, `level=WARN msg="neighbour lost" name=replica-2 address=`+nobody+`/shop error=unreachable`, log)
	require.Regexp(t, `level=WARN msg="neighbour lost" name=redis address=`+nobody+` critical=false status=degraded error=".*refused`, log)
	require.Regexp(t, `level=INFO msg="replica in use" name=replica-1`, log)
	require.NotContains(t, log, "s3cret")
	require.Equal(t, "Loom & Thread", vendorName(t, server), "neither is needed for an answer")
}

// TestAPromotedReplicaIsLeftAsideLoudly starts over a replica that takes writes itself.
func TestAPromotedReplicaIsLeftAsideLoudly(t *testing.T) {
	harness.LeaveNothing(t)
	stack, err := devstack.Start(t.Context(), devstack.Options{Dir: harness.Folder(t), Fast: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stack.Stop(context.Background())) })
	env := stack.Env()
	db := &dbtest.DB{PrimaryURL: env["DATABASE_URL"], ReplicaURL: env["DATABASE_REPLICA_URLS"]}
	require.NoError(t, migrations.Up(t.Context(), db.PrimaryURL))
	harness.Execute(t, db.ReplicaURL, `SELECT pg_promote()`)
	server := harness.Start(t, db)
	require.Regexp(t, `level=ERROR msg="neighbour lost" name=replica-1 address=.* error=no_standby advice="it is no standby`, server.Log.String())
}

// readiness is what /readyz says.
type readiness struct {
	code   int
	Status string
	Checks []struct {
		Name, Detail, Error string
		OK                  bool
	}
}

func readyz(t testing.TB, server *harness.Server) readiness {
	t.Helper()
	code, body := server.Get(t, server.URL+"/readyz")
	r := readiness{code: code}
	require.NoError(t, json.Unmarshal([]byte(body), &r), body)
	return r
}
