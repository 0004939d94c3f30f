package edge_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/edge"
)

func TestReadyz(t *testing.T) {
	up := func(context.Context) (string, error) { return "42 ms behind", nil }
	down := func(context.Context) (string, error) {
		return "", errors.New("dial tcp 10.0.0.7:5432: connection refused")
	}
	hangs := func(ctx context.Context) (string, error) { <-ctx.Done(); return "", ctx.Err() }
	type probe = func(context.Context) (string, error)

	for name, tc := range map[string]struct {
		primary, replica probe
		development      bool
		code             int
		status, failure  string
	}{
		"all well":                                {up, up, false, 200, "ready", ""},
		"a dead replica degrades":                 {up, down, false, 200, "degraded", "failed; see the log for the cause"},
		"a developer sees why":                    {up, down, true, 200, "degraded", "connection refused"},
		"a dead primary is not ready":             {down, up, false, 503, "unready", "failed; see the log for the cause"},
		"a probe that hangs is given up":          {up, hangs, false, 200, "degraded", "no response in time"},
		"a dead primary outweighs a dead replica": {down, down, false, 503, "unready", "failed; see the log for the cause"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, ok, func(o *edge.Options) {
				o.Development = tc.development
				o.Checks = []edge.Check{{Name: "primary", Critical: true, Probe: tc.primary}, {Name: "replica-1", Probe: tc.replica}}
			})
			got := s.send(http.MethodGet, "/readyz", nil)
			require.Equal(t, tc.code, got.StatusCode)
			require.Equal(t, "no-store", got.Header.Get("Cache-Control"))
			require.Equal(t, http.StatusOK, s.send(http.MethodGet, "/livez", nil).StatusCode, "it lives all the same")
			require.Equal(t, tc.code, s.ops("/readyz").StatusCode)

			var state struct {
				Status string
				Checks []struct {
					Name, Detail, Error string
					OK, Critical        bool
				}
			}
			require.NoError(t, json.Unmarshal([]byte(got.body), &state))
			require.Equal(t, tc.status, state.Status)
			require.Len(t, state.Checks, 2)
			for _, check := range state.Checks {
				require.Equal(t, check.Name == "primary", check.Critical)
				if check.OK {
					require.Equal(t, "42 ms behind", check.Detail)
				} else {
					require.Contains(t, check.Error, tc.failure)
				}
			}
			lost := 0
			for _, check := range state.Checks {
				if !check.OK {
					lost++
				}
			}
			require.Len(t, s.log.lines(t, "neighbour lost"), lost, "many probes, one change")
			require.Empty(t, s.log.lines(t, "neighbour returned"))
		})
	}
}

func TestReadyzSharesOneRunAmongThoseWhoAskMeanwhile(t *testing.T) {
	var runs atomic.Int32
	entered, release := make(chan struct{}), make(chan struct{})
	s := start(t, ok, func(o *edge.Options) {
		o.Checks = []edge.Check{{Name: "primary", Critical: true, Probe: func(context.Context) (string, error) {
			if runs.Add(1) == 1 {
				close(entered)
			}
			<-release
			return "", nil
		}}}
	})
	const callers = 20
	codes := make(chan int, callers)
	ask := func() { codes <- s.send(http.MethodGet, "/readyz", nil).StatusCode }
	go ask()
	<-entered
	for range callers - 1 {
		go ask()
	}
	require.Eventually(t, func() bool {
		return strings.Contains(s.ops("/metrics").body, "souk_http_requests_in_flight 20")
	}, waitTime, tick)
	close(release)
	for range callers {
		require.Equal(t, http.StatusOK, <-codes)
	}
	require.Less(t, runs.Load(), int32(callers))
}
