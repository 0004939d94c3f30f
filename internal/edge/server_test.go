package edge_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/edge"
	"souk/internal/telemetry"
)

const (
	waitTime = 5 * time.Second
	tick     = 2 * time.Millisecond
)

func ok(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"data":{}}`)) }

// newServer returns a server on a free port that the test starts and stops.
func newServer(t *testing.T, o edge.Options) *edge.Server {
	t.Helper()
	reports, err := telemetry.New(t.Context(), telemetry.Options{LogWriter: &lockedBuffer{}})
	require.NoError(t, err)
	o.Telemetry = reports
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	server, err := edge.NewServer(o)
	require.NoError(t, err)
	return server
}

func TestStartNamesTheSettingWhenThePortIsUsed(t *testing.T) {
	for setting, options := range map[string]func(address string) edge.Options{
		"SOUK_LISTEN":     func(a string) edge.Options { return edge.Options{Listen: a} },
		"SOUK_OPS_LISTEN": func(a string) edge.Options { return edge.Options{Listen: "127.0.0.1:0", OpsListen: a} },
	} {
		t.Run(setting, func(t *testing.T) {
			taken, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			defer taken.Close()
			o := options(taken.Addr().String())
			o.GraphQL = http.HandlerFunc(ok)
			server := newServer(t, o)
			err = server.Start(t.Context())
			require.ErrorContains(t, err, taken.Addr().String()+" is in use by another program")
			require.ErrorContains(t, err, setting)
			require.NotContains(t, err.Error(), "\n")
			require.NoError(t, server.Stop(t.Context()))
		})
	}
}

func TestTwoServersInOneProcessCountTheirOwnRequests(t *testing.T) {
	one, two := start(t, ok, nil), start(t, ok, nil)
	one.send(http.MethodPost, "/graphql", strings.NewReader("{}"))

	const series = `souk_http_request_duration_seconds_count{method="POST",route="/graphql",status="200"} 1`
	require.Eventually(t, func() bool { return strings.Contains(one.ops("/metrics").body, series) }, waitTime, tick)
	require.NotContains(t, two.ops("/metrics").body, series)
}

func TestStopFailsReadinessBeforeItCloses(t *testing.T) {
	server := newServer(t, edge.Options{GraphQL: http.HandlerFunc(ok), DrainDelay: time.Hour})
	require.NoError(t, server.Start(t.Context()))
	ctx, endDrain := context.WithCancel(t.Context())
	defer endDrain()
	stopped := make(chan error, 1)
	go func() { stopped <- server.Stop(ctx) }()

	ask := func(path string) answer {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+server.Addr()+path, nil)
		require.NoError(t, err)
		return do(t, request)
	}
	require.Eventually(t, func() bool {
		ready := ask("/readyz")
		return ready.StatusCode == http.StatusServiceUnavailable && strings.Contains(ready.body, "draining")
	}, waitTime, tick, "the listener is still open and says that it will close")
	require.Equal(t, http.StatusOK, ask("/livez").StatusCode)

	endDrain()
	<-stopped // nil, or that the connections of above were just being closed
	_, err := net.Dial("tcp", server.Addr())
	require.Error(t, err)
}

func TestStopLetsRunningRequestsEnd(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-release
		ok(w, r)
	}, nil)
	answered := make(chan answer, 1)
	go func() { answered <- s.send(http.MethodPost, "/graphql", strings.NewReader("{}")) }()
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- s.Stop(t.Context()) }()
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", s.Addr())
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	}, waitTime, tick, "the listener closes first")
	select {
	case <-stopped:
		t.Fatal("Stop did not wait for the request")
	default:
	}
	close(release)
	require.Equal(t, http.StatusOK, (<-answered).StatusCode)
	require.NoError(t, <-stopped)
}

func TestStopCutsWhatOutlivesTheShutdownTimeout(t *testing.T) {
	entered := make(chan struct{})
	server := newServer(t, edge.Options{
		ShutdownTimeout: 20 * time.Millisecond,
		GraphQL: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			close(entered)
			<-r.Context().Done()
		}),
	})
	require.NoError(t, server.Start(t.Context()))

	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	cut := make(chan error, 1)
	go func() {
		response, err := client.Get("http://" + server.Addr() + "/graphql")
		if err == nil {
			err = response.Body.Close()
		}
		cut <- err
	}()
	<-entered
	require.ErrorContains(t, server.Stop(t.Context()), "aborted after the shutdown timeout")
	require.Error(t, <-cut)
}

func TestRequestDeadlineReachesTheHandler(t *testing.T) {
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		_, _ = w.Write([]byte(r.Context().Err().Error()))
	}, func(o *edge.Options) { o.RequestTimeout = time.Millisecond })
	require.Equal(t, context.DeadlineExceeded.Error(), s.send(http.MethodPost, "/graphql", strings.NewReader("{}")).body)
}

func TestRoutes(t *testing.T) {
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("echo " + r.URL.Path)) })
	production := start(t, ok, func(o *edge.Options) { o.DemoImages, o.GraphiQL = echo, echo })
	development := start(t, ok, func(o *edge.Options) { o.GraphiQL, o.Development = echo, true })
	demo := start(t, ok, func(o *edge.Options) { o.DemoImages, o.Development = echo, true })

	for name, tc := range map[string]struct {
		server *running
		path   string
		status int
		body   string
	}{
		"production points to the API":           {production, "/", 200, "/graphql"},
		"production has no GraphiQL":             {production, "/graphiql/assets/x.js", 404, "NOT_FOUND"},
		"development has GraphiQL":               {development, "/", 200, "echo /"},
		"development has its assets":             {development, "/graphiql/assets/x.js", 200, "echo /graphiql/assets/x.js"},
		"the demo has its pictures":              {demo, "/demo/images/a.svg", 200, "echo /demo/images/a.svg"},
		"the demo leaves /images/ to the shop":   {demo, "/images/a.svg", 404, "NOT_FOUND"},
		"without a demo there are no pictures":   {development, "/demo/images/a.svg", 404, "NOT_FOUND"},
		"production has no pictures of the demo": {production, "/demo/images/a.svg", 404, "NOT_FOUND"},
		"production leaves /images/ to the shop": {production, "/images/a.svg", 404, "NOT_FOUND"},
		"an unknown path is a GraphQL error":     {production, "/wp-login.php", 404, `"code": "NOT_FOUND"`},
		"metrics are not public":                 {production, "/metrics", 404, "NOT_FOUND"},
		"profiles are not public":                {production, "/debug/pprof/", 404, "NOT_FOUND"},
	} {
		t.Run(name, func(t *testing.T) {
			got := tc.server.send(http.MethodGet, tc.path, nil)
			require.Equal(t, tc.status, got.StatusCode)
			require.Contains(t, got.body, tc.body)
		})
	}
	require.Contains(t, production.ops("/debug/pprof/").body, "goroutine")
	require.Contains(t, production.ops("/").body, "/metrics")
	require.Contains(t, production.ops("/metrics").body, "go_goroutines")
}
