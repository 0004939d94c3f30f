// Package harness runs a whole server inside a test, over a database of the
// test's own, and talks to it as a client does: over HTTP.
package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/app"
	"souk/internal/auth"
	"souk/internal/auth/token"
	"souk/internal/config"
	"souk/internal/dbtest"
	"souk/internal/documents"
	"souk/internal/door"
)

// Server is a running server.
type Server struct {
	// URL is the API's address: http://127.0.0.1:port.
	URL string
	// OpsURL is the address of metrics.
	OpsURL string
	// App is the server itself.
	App *app.App
	// Log is what it logs.
	Log *Log

	client     *http.Client
	primaryURL string
	keys       *token.KeySet
	callers    *callers
	credential string
}

// Setup is what a test may change before the server starts.
type Setup struct {
	Config  config.Server
	Options app.Options

	as auth.Principal
}

// Start runs a server over the database: writes go to its primary, reads to its
// replica. It stops when the test ends.
func Start(t testing.TB, db *dbtest.DB, change ...func(*Setup)) *Server {
	t.Helper()
	s := &Server{Log: &Log{}, client: &http.Client{Transport: &http.Transport{}, Timeout: 60 * time.Second}}
	setup := Setup{
		Config: config.Server{
			Database: config.Database{
				DatabaseURL: db.PrimaryURL, ReplicaURLs: []string{db.ReplicaURL}, MaxReplicaLag: 10 * time.Second,
			},
			Redis:  config.Redis{RedisURL: db.RedisURL},
			Auth:   config.Auth{Signing: config.Signing{Keys: Keys(t), Issuer: "souk", Audience: "souk"}},
			Limits: door.DefaultLimits(),
			Documents: config.Documents{
				Documents: documents.APQ, DocumentsMemory: 16 << 20, DocumentsTableBytes: 64 << 20, DocumentsClientBytes: 4 << 20,
			},
			Env:    config.Development,
			Listen: "127.0.0.1:0", OpsListen: "127.0.0.1:0",
			// Without admission: what tests do at once is no overload, however slow they are.
			RequestTimeout: 30 * time.Second, AnswerMemory: 256 << 20, SlowOperation: time.Second,
			// A connection that a client opened and has not used holds a server for 5 s.
			ShutdownTimeout: 10 * time.Second,
		},
		Options: app.Options{LogWriter: s.Log},
	}
	for _, c := range change {
		c(&setup)
	}
	ctx := context.Background()
	var err error
	s.App, err = app.New(ctx, setup.Config, setup.Options)
	require.NoError(t, err)
	t.Cleanup(func() {
		s.client.CloseIdleConnections()
		require.NoError(t, s.App.Stop(ctx))
	})
	require.NoError(t, s.App.Start(ctx))
	s.keys, err = setup.Config.KeySet(setup.Config.Env)
	require.NoError(t, err)
	s.primaryURL, s.callers = db.PrimaryURL, &callers{credentials: map[string]string{}}
	s.credential = s.As(t, setup.as).credential
	s.URL, s.OpsURL = "http://"+s.App.Addr(), "http://"+s.App.OpsAddr()
	return s
}

// WithoutLimits lets requests ask for as much as they like, for tests that look at
// something else.
func WithoutLimits(s *Setup) {
	const much = 1 << 30
	l := &s.Config.Limits
	l.Tokens, l.Depth, l.Fields, l.Aliases, l.RootFields, l.Mutations, l.Errors = much, much, much, much, much, much, much
	l.Cost, l.Objects, l.AnswerBytes = much, much, much
	s.Config.AnswerMemory = 4 * much
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Raw    []byte
	Data   any
	Errors []Error
}

// Error is an error of an answer.
type Error struct {
	Message    string
	Path       []any
	Extensions map[string]any
}

// Do posts a query.
func (s *Server) Do(t testing.TB, query string, variables map[string]any) *Answer {
	t.Helper()
	return s.Send(t, nil, map[string]any{"query": query, "variables": variables})
}

// Send posts a body with headers of its own, which may replace the server's
// credential.
func (s *Server) Send(t testing.TB, header http.Header, body any) *Answer {
	t.Helper()
	text, err := json.Marshal(body)
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/graphql", bytes.NewReader(text))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	if s.credential != "" {
		request.Header.Set("Authorization", "Bearer "+s.credential)
	}
	maps.Copy(request.Header, header)
	response, err := s.client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	answer := &Answer{Status: response.StatusCode, Header: response.Header}
	answer.Raw, err = io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(answer.Raw, answer), string(answer.Raw))
	return answer
}

// Query posts a query that must succeed and returns its data.
func (s *Server) Query(t testing.TB, query string, variables map[string]any) *Answer {
	t.Helper()
	answer := s.Do(t, query, variables)
	require.Empty(t, answer.Errors, "%s\n%v", query, variables)
	require.Equal(t, http.StatusOK, answer.Status)
	return answer
}

// At follows names and indexes into the data: At("products", "nodes", 0).
func (a *Answer) At(path ...any) any { return At(a.Data, path...) }

// At follows names and indexes into decoded JSON. What is not there is nil.
func At(value any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value = object[step]
		case int:
			list, _ := value.([]any)
			if step >= len(list) {
				return nil
			}
			value = list[step]
		}
	}
	return value
}

// Get fetches a path of the API and returns its status and body.
func (s *Server) Get(t testing.TB, url string) (int, string) {
	t.Helper()
	response, err := s.client.Get(url)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(body)
}

// Log keeps what a server logs.
type Log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write appends a line.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// String returns everything so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
