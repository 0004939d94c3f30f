package faults

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/auth"
	"souk/internal/dbtest"
	"souk/test/harness"
	"souk/test/shop"
)

const shirtBySlug = `{ product(slug: "linen-shirt") { title } }`

// hold keeps what a statement locks until release is called.
func hold(t *testing.T, db *dbtest.DB, statement string) (release func()) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.PrimaryURL)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), `BEGIN; `+statement)
	require.NoError(t, err)
	release = func() { _ = conn.Close(context.WithoutCancel(t.Context())) }
	t.Cleanup(release)
	return release
}

// hurried is a server without a replica whose requests have little time.
func hurried(t *testing.T, db *dbtest.DB, limit time.Duration) *harness.Server {
	t.Helper()
	return harness.Start(t, db, harness.AsStaff(auth.CatalogueWrite), func(s *harness.Setup) {
		s.Config.ReplicaURLs, s.Config.RequestTimeout, s.Config.MaxConns = nil, limit, 2
	})
}

// failing sends a query and returns its status and its first error.
func failing(t *testing.T, server *harness.Server, query string, variables map[string]any) (status int, code, message string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/graphql", strings.NewReader(asked(query, variables)))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	if credential := server.Credential(); credential != "" {
		request.Header.Set("Authorization", "Bearer "+credential)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	var answer *harness.Answer
	require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
	require.NotNil(t, answer, "the answer is null")
	require.NotEmpty(t, answer.Errors)
	code, _ = answer.Errors[0].Extensions["code"].(string)
	return response.StatusCode, code, answer.Errors[0].Message
}

// TestTimeThatRanOutIsNotCalledADatabaseThatDoesNotAnswer lets each of a request's
// waits take longer than it may.
func TestTimeThatRanOutIsNotCalledADatabaseThatDoesNotAnswer(t *testing.T) {
	harness.LeaveNothing(t)
	db := shop.New(t)
	const soon = 400 * time.Millisecond
	rename := map[string]any{"input": map[string]any{"id": shop.ShirtID, "title": "toolate"}}
	never := func(*testing.T, *harness.Server) {}
	locked := func(statement string) func(*testing.T, *harness.Server) {
		return func(t *testing.T, _ *harness.Server) { t.Cleanup(hold(t, db, statement)) }
	}
	exhausted := func(t *testing.T, server *harness.Server) {
		pool := server.App.Store.Pools()["primary"]
		for range pool.Config().MaxConns {
			conn, err := pool.Acquire(t.Context())
			require.NoError(t, err)
			t.Cleanup(conn.Release)
		}
	}
	for name, tc := range map[string]struct {
		limit         time.Duration
		anonymous     bool
		inTheWay      func(*testing.T, *harness.Server)
		query         string
		status        int
		code, message string
	}{
		"a change that waits for a row": {
			soon, false, locked(`SELECT FROM products WHERE slug = 'linen-shirt' FOR UPDATE`), shop.ProductUpdate,
			http.StatusOK, "TIMEOUT", "The change took longer than the request's time limit (SOUK_REQUEST_TIMEOUT), and nothing was saved",
		},
		"a query that waits for a table": {
			soon, true, locked(`LOCK TABLE products IN ACCESS EXCLUSIVE MODE`), shirtBySlug,
			http.StatusOK, "TIMEOUT", "The request took longer than its time limit (SOUK_REQUEST_TIMEOUT)",
		},
		"a query that waits for a table for longer than the database allows": {
			30 * time.Second, true, locked(`LOCK TABLE products IN ACCESS EXCLUSIVE MODE`), shirtBySlug,
			http.StatusOK, "TIMEOUT", "(lock_timeout)",
		},
		"an authentication that waits for a table": {
			soon, false, locked(`LOCK TABLE staff IN ACCESS EXCLUSIVE MODE`), shirtBySlug,
			http.StatusServiceUnavailable, "TIMEOUT", "The request took longer than its time limit (SOUK_REQUEST_TIMEOUT)",
		},
		"a query that waits for a connection": {
			soon, true, exhausted, shirtBySlug,
			http.StatusOK, "UNAVAILABLE", "All connections to the shop's database were in use",
		},
		"an authentication that waits for a connection": {
			soon, false, exhausted, shop.ProductUpdate,
			http.StatusServiceUnavailable, "UNAVAILABLE", "All connections to the shop's database were in use",
		},
		"a query whose time is over when it begins": {
			time.Nanosecond, true, never, shirtBySlug,
			http.StatusServiceUnavailable, "TIMEOUT", "The request took longer than its time limit (SOUK_REQUEST_TIMEOUT)",
		},
		"an authentication whose time is over when it begins": {
			time.Nanosecond, false, never, shirtBySlug,
			http.StatusServiceUnavailable, "TIMEOUT", "The request took longer than its time limit (SOUK_REQUEST_TIMEOUT)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := hurried(t, db, tc.limit)
			if tc.anonymous {
				server = server.With("")
			}
			tc.inTheWay(t, server)
			var variables map[string]any
			if tc.query == shop.ProductUpdate {
				variables = rename
			}
			status, code, message := failing(t, server, tc.query, variables)
			require.Equal(t, tc.code, code, message)
			require.Contains(t, message, tc.message)
			require.Equal(t, tc.status, status)
			require.Regexp(t, `^[A-Z].*\.$`, message)
			require.NotContains(t, server.Log.String(), "does not answer")
			require.NotContains(t, server.Log.String(), "internal error")
		})
	}
	require.Zero(t, savedTimes(t, db.PrimaryURL, "toolate"))
}

// TestAClientThatLeavesIsNoAlarm leaves while the server waits for the database.
func TestAClientThatLeavesIsNoAlarm(t *testing.T) {
	harness.LeaveNothing(t)
	db := shop.New(t)
	for name, table := range map[string]string{"during authentication": "staff", "during a query": "products"} {
		t.Run(name, func(t *testing.T) {
			server := hurried(t, db, 30*time.Second)
			release := hold(t, db, `LOCK TABLE `+table+` IN ACCESS EXCLUSIVE MODE`)
			ctx, leave := context.WithCancel(t.Context())
			// Of a request without a body net/http notices at once that its client has left.
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/graphql?query="+url.QueryEscape(shirtBySlug), nil)
			require.NoError(t, err)
			request.Header.Set("Authorization", "Bearer "+server.Credential())
			done := make(chan error, 1)
			go func() {
				response, err := http.DefaultClient.Do(request)
				if err == nil {
					_ = response.Body.Close()
				}
				done <- err
			}()
			f := &faulty{Server: server, db: db}
			f.waitForLock(t, 1)
			leave()
			require.ErrorIs(t, <-done, context.Canceled)
			require.Eventually(t, func() bool { return strings.Contains(server.Log.String(), "client_left=true") }, harness.Patience, harness.Tick)
			release()
			for _, level := range []string{"level=WARN", "level=ERROR"} {
				require.NotContains(t, server.Log.String(), level)
			}
		})
	}
}
