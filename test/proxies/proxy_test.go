package proxies

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/config"
	"souk/internal/dbtest"
	"souk/internal/devstack"
	"souk/test/harness"
)

// origin starts a server as it runs in production. It reads from the primary, so that what was
// changed is seen at once.
func origin(t testing.TB, db *dbtest.DB, change ...func(*harness.Setup)) *harness.Server {
	t.Helper()
	return harness.Start(t, db, append([]func(*harness.Setup){func(s *harness.Setup) {
		s.Config.Env, s.Config.ReplicaURLs = config.Production, nil
		s.Config.HTTPCacheMaxAge, s.Config.HTTPCacheTagBytes = time.Hour, 1200
	}}, change...)...)
}

// shortly lets pages be kept for a second.
func shortly(s *harness.Setup) { s.Config.HTTPCacheMaxAge = time.Second }

// kinds are the proxies, and how each is started in front of a server.
var kinds = map[string]func(testing.TB, *harness.Server) string{
	"nginx":   func(t testing.TB, s *harness.Server) string { return nginx(t, s, asDeployed) },
	"varnish": func(t testing.TB, s *harness.Server) string { return varnish(t, s, asDeployed) },
}

func asDeployed(text string) string { return text }

// replace replaces what is there exactly once.
func replace(t testing.TB, text, old, with string) string {
	t.Helper()
	require.Equal(t, 1, strings.Count(text, old), "%q", old)
	return strings.Replace(text, old, with, 1)
}

func deployed(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/proxies/" + file)
	require.NoError(t, err)
	return string(text)
}

// nginx starts nginx with docs/proxies/nginx.conf, after a change, and returns its address.
func nginx(t testing.TB, server *harness.Server, change func(string) string) string {
	t.Helper()
	text := replace(t, deployed(t, "nginx.conf"), "server 127.0.0.1:8080;", "server "+server.App.Addr()+";")
	text = replace(t, text, "worker_processes auto;", "worker_processes 1;")
	return started(t, func(ctx context.Context) (*devstack.Proxy, error) {
		return devstack.StartNginx(ctx, func(port int, dir string) string {
			own := replace(t, change(text), "listen 80;", fmt.Sprintf("listen 127.0.0.1:%d;", port))
			own = replace(t, own, "/var/cache/nginx/souk", dir+"/cache")
			folders := "http {\n  access_log off;\n"
			for _, name := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} { // root's by default
				folders += "  " + name + "_temp_path " + dir + "/" + name + ";\n"
			}
			return replace(t, own, "http {\n", folders)
		})
	})
}

// varnish starts Varnish with docs/proxies/varnish.vcl, after a change, and returns its address.
func varnish(t testing.TB, server *harness.Server, change func(string) string) string {
	t.Helper()
	host, port, ok := strings.Cut(server.App.Addr(), ":")
	require.True(t, ok)
	text := replace(t, deployed(t, "varnish.vcl"), `.port = "8080";`, `.port = "`+port+`";`)
	require.Contains(t, text, `.host = "`+host+`";`)
	return started(t, func(ctx context.Context) (*devstack.Proxy, error) { return devstack.StartVarnish(ctx, change(text)) })
}

// started starts a proxy, which ends with the test. Where none is installed, the test is skipped;
// in CI, it fails.
func started(t testing.TB, start func(context.Context) (*devstack.Proxy, error)) string {
	t.Helper()
	proxy, err := start(t.Context())
	if errors.Is(err, devstack.ErrNoProxy) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, proxy.Stop(context.Background())) })
	return proxy.URL
}

// forEachProxy runs a test with a server of its own behind each proxy.
func forEachProxy(t *testing.T, test func(t *testing.T, start func(*harness.Server) client)) {
	t.Helper()
	for kind, run := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			test(t, func(s *harness.Server) client { return newClient(t, run(t, s)) })
		})
	}
}

// client talks to an address as a browser does, but for compression.
type client struct {
	url  string
	http *http.Client
}

func newClient(t testing.TB, address string) client {
	t.Helper()
	c := client{address, &http.Client{Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 16}, Timeout: 30 * time.Second}}
	t.Cleanup(c.http.CloseIdleConnections)
	return c
}

// page is an answer.
type page struct {
	status int
	header http.Header
	body   string
}

// cached reports whether the proxy had it.
func (p page) cached() bool {
	switch p.header.Get("X-Cache") {
	case "HIT", "STALE", "UPDATING":
		return true
	}
	return false
}

// address is the path of a query.
func address(query string) string { return "/graphql?query=" + url.QueryEscape(query) }

// get asks for a query. headers are names and values in turn.
func (c client) get(t testing.TB, query string, headers ...string) page {
	t.Helper()
	return c.send(t, http.MethodGet, address(query), "", headers...)
}

func (c client) send(t testing.TB, method, path, body string, headers ...string) page {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, c.url+path, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := c.http.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return page{response.StatusCode, maps.Clone(response.Header), string(text)}
}

// tagsOf are the tags of what a server itself answers.
func tagsOf(t testing.TB, server client, query string) []string {
	t.Helper()
	return strings.Fields(server.get(t, query).header.Get("Surrogate-Key"))
}

// statuses counts the requests of a server's log that had a status.
func statuses(server *harness.Server, status int) int {
	return len(regexp.MustCompile(fmt.Sprintf(`"msg":"request".*"status":%d[,}]`, status)).FindAllString(server.Log.String(), -1))
}
