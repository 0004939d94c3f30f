package inflight_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/edge"
	"souk/internal/edge/inflight"
	"souk/internal/telemetry"
)

const (
	mb       = 1 << 20
	waitTime = 20 * time.Second
	tick     = 10 * time.Millisecond
	slow     = 30 // readers
)

// largest is an answer of 8 MB that gzip makes only a quarter smaller.
var largest = sync.OnceValue(func() []byte {
	raw := make([]byte, 6*mb)
	_, _ = rand.NewChaCha8([32]byte{}).Read(raw)
	return []byte(base64.StdEncoding.EncodeToString(raw))
})

// handler answers each request with a copy of the largest answer, as if it had
// just been built. Without a ledger it only writes it.
type handler struct {
	t       *testing.T
	ledger  *inflight.Ledger
	answers atomic.Int64
	cuts    atomic.Int64
	fulls   atomic.Int64
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := [][]byte{bytes.Clone(largest())}
	h.answers.Add(1)
	w.Header().Set("Content-Type", "application/json")
	if h.ledger == nil {
		_, _ = w.Write(body[0])
		return
	}
	err := h.ledger.Write(w, r, inflight.Answer{Caller: r.Header.Get("Caller"), Body: body})
	var cut *inflight.Cut
	var full *inflight.Full
	switch {
	case errors.As(err, &cut):
		h.cuts.Add(1)
		panic(http.ErrAbortHandler)
	case errors.As(err, &full):
		h.fulls.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

// slowReader asks for an answer and does not read it.
func slowReader(t *testing.T, address, path string, headers ...string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).SetReadBuffer(64<<10))
	t.Cleanup(func() { _ = conn.Close() })
	_, err = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: souk\r\n"+strings.Join(append(headers, "\r\n"), "\r\n"))
	require.NoError(t, err)
	return conn
}

// heap is the memory in use after a collection.
func heap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapInuse)
}

func fetch(t *testing.T, client *http.Client, url string) (status int, body []byte, err error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	request.Header.Set("Caller", "fast")
	response, err := client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	body, err = io.ReadAll(response.Body)
	return response.StatusCode, body, err
}

// These tests share the process's heap, so they do not run in parallel.
func TestMemoryOfSlowReaders(t *testing.T) {
	run := func(t *testing.T, h *handler) *httptest.Server {
		server := httptest.NewUnstartedServer(h)
		server.Config.ConnContext = inflight.LimitSendBuffer
		server.Start()
		t.Cleanup(server.Close)
		before := h.answers.Load()
		for range slow {
			slowReader(t, server.Listener.Addr().String(), "/", "Caller: slow")
		}
		require.Eventually(t, func() bool { return h.answers.Load()-before == slow }, waitTime, tick)
		return server
	}
	base := heap() + int64(len(largest()))

	t.Run("grows without a ledger", func(t *testing.T) {
		run(t, &handler{t: t})
		require.Greater(t, heap()-base, int64(slow*7*mb))
	})
	t.Run("is bounded, and fast readers are served", func(t *testing.T) {
		ledger, err := inflight.New(inflight.Options{ProcessBytes: 64 * mb, CallerBytes: inflight.Unlimited})
		require.NoError(t, err)
		h := &handler{t: t, ledger: ledger}
		server := run(t, h)
		most := int64(0)
		for range 20 {
			most = max(most, heap()-base)
			status, body, err := fetch(t, server.Client(), server.URL)
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, status)
			require.Len(t, body, len(largest()))
		}
		require.Eventually(t, func() bool { return h.cuts.Load()+h.fulls.Load() >= slow-8 }, waitTime, tick)
		t.Logf("at most %d MB more; %d cut, %d refused", most/mb, h.cuts.Load(), h.fulls.Load())
		// On top of the limit: a quarter of it for those that wait, the fast
		// reader's copy on both sides, and what a collection has not swept.
		require.Less(t, most, int64((64+16+24)*mb))
		require.Positive(t, h.cuts.Load())
		require.Equal(t, h.cuts.Load(), ledger.Stat().Cuts[inflight.Process])
		server.CloseClientConnections()
		require.Eventually(t, func() bool { return ledger.Stat().Answers == 0 }, waitTime, tick)
	})
}

// TestACutReachesTheConnection goes through the middleware of the API: its
// wrappers of the writer, with and without compression.
func TestACutReachesTheConnection(t *testing.T) {
	for name, encoding := range map[string]string{"plain": "identity", "gzip": "gzip"} {
		t.Run(name, func(t *testing.T) {
			ledger, err := inflight.New(inflight.Options{ProcessBytes: 64 * mb, CallerBytes: 10 * mb})
			require.NoError(t, err)
			h := &handler{t: t, ledger: ledger}
			reports, err := telemetry.New(t.Context(), telemetry.Options{LogWriter: io.Discard})
			require.NoError(t, err)
			defer func() { _ = reports.Stop(context.Background()) }()
			server, err := edge.NewServer(edge.Options{Listen: "127.0.0.1:0", Telemetry: reports, GraphQL: h, ShutdownTimeout: time.Second})
			require.NoError(t, err)
			require.NoError(t, server.Start(t.Context()))
			defer func() { _ = server.Stop(context.Background()) }()

			first := slowReader(t, server.Addr(), "/graphql", "Caller: slow", "Accept-Encoding: "+encoding)
			require.Eventually(t, func() bool { return ledger.Stat().Answers == 1 }, waitTime, tick)
			slowReader(t, server.Addr(), "/graphql", "Caller: slow", "Accept-Encoding: "+encoding)
			require.Eventually(t, func() bool { return h.cuts.Load() == 1 }, waitTime, tick)
			require.Equal(t, 1, ledger.Stat().Answers)

			// Its client gets what the kernel has, and then sees that it is not all.
			require.NoError(t, first.SetReadDeadline(time.Now().Add(waitTime)))
			got, err := io.Copy(io.Discard, first)
			require.Less(t, got, int64(len(largest())*3/4))
			if err != nil {
				require.NotErrorIs(t, err, context.DeadlineExceeded)
				var timeout net.Error
				require.False(t, errors.As(err, &timeout) && timeout.Timeout())
			}
			require.Zero(t, h.fulls.Load())
		})
	}
}

func TestACutEndsOneStreamOfHTTP2(t *testing.T) {
	ledger, err := inflight.New(inflight.Options{})
	require.NoError(t, err)
	h := &handler{t: t, ledger: ledger}
	server := httptest.NewUnstartedServer(h)
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	client := server.Client()
	client.Transport.(*http.Transport).TLSClientConfig.MinVersion = tls.VersionTLS13

	var unread []*http.Response
	for range 2 { // as many as a connection may have
		response, err := client.Get(server.URL)
		require.NoError(t, err)
		require.Equal(t, 2, response.ProtoMajor)
		unread = append(unread, response)
	}
	require.Eventually(t, func() bool { return ledger.Stat().Answers == 2 }, waitTime, tick)
	status, body, err := fetch(t, client, server.URL)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	require.Len(t, body, len(largest()))
	require.EqualValues(t, 1, ledger.Stat().Cuts[inflight.Connection])

	failed := 0
	for _, response := range unread {
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			failed++
		}
		_ = response.Body.Close()
	}
	require.Equal(t, 1, failed)
}
