package clients

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/config"
	"souk/internal/dbtest"
	"souk/test/harness"
	"souk/test/shop"
)

// startFor runs a server for pages of the origins.
func startFor(t *testing.T, db *dbtest.DB, env config.Env, origins ...string) *harness.Server {
	t.Helper()
	return harness.Start(t, db, func(s *harness.Setup) { s.Config.Env, s.Config.CORSOrigins = env, origins })
}

// TestWhichPagesMayCall makes the requests of a browser for a page of an origin: a preflight,
// a POST, and the bare GET of urql.
func TestWhichPagesMayCall(t *testing.T) {
	db := shop.New(t)
	servers := map[string]*harness.Server{
		"production":               startFor(t, db, config.Production),
		"production with a list":   startFor(t, db, config.Production, "https://shop.example", "https://*.shop.example"),
		"production for all":       startFor(t, db, config.Production, "*"),
		"development":              startFor(t, db, config.Development),
		"development with another": startFor(t, db, config.Development, "https://preview.example"),
	}
	for _, tc := range []struct {
		server, origin string
		allowed        string // Access-Control-Allow-Origin
		credentials    bool
	}{
		{"production", "https://shop.example", "", false},
		{"production", "http://localhost:3000", "", false},
		{"production with a list", "https://shop.example", "https://shop.example", true},
		{"production with a list", "https://www.shop.example", "https://www.shop.example", true},
		{"production with a list", "https://evilshop.example", "", false},
		{"production with a list", "https://shop.example.evil.example", "", false},
		{"production with a list", "http://shop.example", "", false},
		{"production with a list", "http://localhost:3000", "", false},
		{"production with a list", "null", "", false},
		{"production for all", "https://any.example", "*", false},
		{"development", "http://localhost:3000", "http://localhost:3000", true},
		{"development", "http://127.0.0.1:5173", "http://127.0.0.1:5173", true},
		{"development", "https://evil.example", "", false},
		{"development", "null", "", false},
		{"development with another", "https://preview.example", "https://preview.example", true},
		{"development with another", "http://localhost:3000", "", false},
	} {
		t.Run(tc.server+" and "+tc.origin, func(t *testing.T) {
			server := servers[tc.server]
			says := func(g got) {
				require.Equal(t, tc.allowed, g.Header.Get("Access-Control-Allow-Origin"))
				require.Equal(t, tc.credentials, g.Header.Get("Access-Control-Allow-Credentials") == "true")
				if tc.server != "production" {
					require.Contains(t, strings.Join(g.Header.Values("Vary"), ", "), "Origin", "caches keep an answer for each origin")
				}
			}
			preflight := send(t, server, request{method: http.MethodOptions, headers: []string{
				"Origin", tc.origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type,souk-consistency",
			}})
			require.Equal(t, http.StatusNoContent, preflight.StatusCode)
			says(preflight)
			if tc.allowed != "" {
				require.Contains(t, preflight.Header.Get("Access-Control-Allow-Methods"), "POST")
				require.Equal(t, "authorization,content-type,souk-consistency", preflight.Header.Get("Access-Control-Allow-Headers"))
				require.Equal(t, "7200", preflight.Header.Get("Access-Control-Max-Age"))
			}

			post := send(t, server, request{body: shopQuery, headers: []string{"Origin", tc.origin, "Sec-Fetch-Site", "cross-site", "Accept", acceptApollo}})
			says(post)
			get := send(t, server, request{address: inAddress("query", "{ shop { name } }"), headers: []string{"Origin", tc.origin, "Sec-Fetch-Site", "cross-site", "Accept", acceptUrql}})
			says(get)
			require.Equal(t, http.StatusOK, get.StatusCode, "a GET changes nothing: its answer is hidden from a page that may not read it")
			if tc.allowed == "" {
				require.Equal(t, http.StatusForbidden, post.StatusCode)
				require.Equal(t, "FORBIDDEN", post.code())
				require.Equal(t, graphqlJSON, post.Header.Get("Content-Type"))
				require.Contains(t, post.errors[0].Message, "SOUK_CORS_ORIGINS")
				return
			}
			require.Equal(t, http.StatusOK, post.StatusCode)
			for _, header := range []string{"souk-consistency", "etag", "retry-after", "ratelimit", "x-request-id"} {
				require.Contains(t, strings.ToLower(post.Header.Get("Access-Control-Expose-Headers")), header)
			}
			refused := send(t, server, request{body: shopQuery, headers: []string{"Origin", tc.origin, "Authorization", "Bearer x"}})
			require.Equal(t, http.StatusUnauthorized, refused.StatusCode)
			says(refused)
		})
	}
}

// TestWritesOfOtherSites makes the requests that a page, a form and a program can make.
func TestWritesOfOtherSites(t *testing.T) {
	db := shop.New(t)
	server := startFor(t, db, config.Production, "https://listed.example")
	host := strings.TrimPrefix(server.URL, "http://")
	for name, tc := range map[string]struct {
		headers []string
		status  int
	}{
		"a program":                        {nil, http.StatusOK},
		"the server's own page":            {[]string{"Origin", server.URL, "Sec-Fetch-Site", "same-origin"}, http.StatusOK},
		"its own page in an older browser": {[]string{"Origin", "http://" + host}, http.StatusOK},
		"somebody who types":               {[]string{"Sec-Fetch-Site", "none"}, http.StatusOK},
		"a listed page":                    {[]string{"Origin", "https://listed.example", "Sec-Fetch-Site", "cross-site"}, http.StatusOK},
		"a page of another site":           {[]string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		"one in an older browser":          {[]string{"Origin", "https://evil.example"}, http.StatusForbidden},
		"one of the same site":             {[]string{"Origin", "http://other.example", "Sec-Fetch-Site", "same-site"}, http.StatusForbidden},
		"one that hides":                   {[]string{"Origin", "null", "Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		"a form of another site":           {[]string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site", "Content-Type", "text/plain"}, http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			g := send(t, server, request{body: shopQuery, headers: tc.headers})
			require.Equal(t, tc.status, g.StatusCode, g.body)
		})
	}
	t.Run("a mutation by GET is never run, whoever sends it", func(t *testing.T) {
		for _, origin := range []string{"https://evil.example", "https://listed.example", server.URL} {
			g := send(t, server, request{address: inAddress("query", "mutation { __typename }"), headers: []string{"Origin", origin}})
			require.Equal(t, http.StatusMethodNotAllowed, g.StatusCode)
		}
	})
}

// TestANameThatLeadsHereIsNotThisServer is DNS rebinding: a page of a host whose name leads to
// the developer's machine is of the same origin as the server that answers there.
func TestANameThatLeadsHereIsNotThisServer(t *testing.T) {
	db := shop.New(t)
	development := harness.Start(t, db, func(s *harness.Setup) { s.Config.Hosts = []string{"Shop.Test"} })
	for host, status := range map[string]int{
		"localhost:8080": 200, "shop.localhost": 200, "127.0.0.1:8080": 200, "[::1]:8080": 200, "192.168.1.7:8080": 200, "souk:8080": 200,
		"shop.test": 200, "SHOP.TEST:8080": 200,
		"evil.example": 403, "evil.example:8080": 403, "127.0.0.1.evil.example": 403, "localhost.evil.example": 403, "www.shop.test": 403, "localhost.": 200,
	} {
		t.Run(host, func(t *testing.T) {
			for _, r := range []request{{body: shopQuery}, {address: "/"}, {address: inAddress("query", "{ shop { name } }")}, {address: "/schema.graphql"}} {
				r.headers = []string{"Host", host, "Origin", "http://" + host, "Sec-Fetch-Site", "same-origin"}
				g := send(t, development, r)
				require.Equal(t, status, g.StatusCode, g.body)
				if status == http.StatusForbidden {
					require.Contains(t, g.body, "SOUK_HOSTS")
				}
			}
		})
	}
	production := startFor(t, db, config.Production)
	require.Equal(t, http.StatusOK, send(t, production, request{body: shopQuery, headers: []string{"Host", "any.example"}}).StatusCode)
}

// TestEachAnswerTellsBrowsersToBeCareful looks at pages, answers, refusals and pictures.
func TestEachAnswerTellsBrowsersToBeCareful(t *testing.T) {
	server := harness.Start(t, shop.New(t))
	for _, r := range []request{
		{body: shopQuery},
		{body: "x"},
		{address: "/"},
		{address: "/nowhere"},
		{address: "/livez"},
		{address: "/schema.graphql"},
		{body: shopQuery, headers: []string{"Host", "evil.example"}},
		{body: shopQuery, headers: []string{"Origin", "https://evil.example"}},
	} {
		h := send(t, server, r).Header
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), r.address)
		require.Equal(t, "no-referrer", h.Get("Referrer-Policy"), r.address)
		if r.address == "/" { // GraphiQL's page, which a person uses
			require.Equal(t, "DENY", h.Get("X-Frame-Options"))
			require.Equal(t, "same-origin", h.Get("Cross-Origin-Opener-Policy"))
		}
		require.Equal(t, "same-origin", h.Get("Cross-Origin-Resource-Policy"), r.address)
		require.Empty(t, h.Get("Strict-Transport-Security"), "without TLS")
		policy := h.Get("Content-Security-Policy")
		require.Contains(t, policy, "default-src 'none'", r.address)
		require.Contains(t, policy, "frame-ancestors 'none'", r.address)
		for directive := range strings.SplitSeq(policy, ";") {
			if strings.HasPrefix(strings.TrimSpace(directive), "script-src") {
				require.Equal(t, "script-src 'self'", strings.TrimSpace(directive), "no inline script, no eval")
			}
		}
	}
}
