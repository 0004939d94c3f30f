package app

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"souk/internal/auth/token"
	"souk/internal/config"
	"souk/internal/dbtest"
	"souk/internal/door"
)

// BenchmarkRequests measures all that the server does for small requests, without the
// socket and net/http: the middleware, the door, the executor, the log and the metrics.
func BenchmarkRequests(b *testing.B) {
	db := dbtest.New(b)
	conn, err := pgx.Connect(b.Context(), db.PrimaryURL)
	require.NoError(b, err)
	_, err = conn.Exec(b.Context(), `INSERT INTO products (id, slug, title, status) VALUES (gen_random_uuid(), 'mug', 'Mug', 'ACTIVE')`)
	require.NoError(b, err)
	require.NoError(b, conn.Close(b.Context()))

	keys, err := token.New()
	require.NoError(b, err)
	private, err := keys.MarshalPrivate()
	require.NoError(b, err)
	server, err := New(b.Context(), config.Server{
		Database:       config.Database{DatabaseURL: db.PrimaryURL},
		Auth:           config.Auth{Signing: config.Signing{Keys: config.Secret(private), Issuer: "souk", Audience: "souk"}},
		MaxConcurrency: 256, AnswerMemory: 256 << 20, Limits: door.DefaultLimits(),
		Env: config.Production, Listen: "127.0.0.1:0",
	}, Options{LogWriter: io.Discard})
	require.NoError(b, err)
	defer func() { require.NoError(b, server.Stop(context.Background())) }()
	handler := server.edge.Handler()

	for name, body := range map[string]string{
		"typename": `{"operationName":"Typename","query":"query Typename { __typename }","variables":null}`,
		"product":  `{"operationName":"Product","query":"query Product($slug: String!) { product(slug: $slug) { id title vendor { name } categories(first: 1) { nodes { name } } } }","variables":{"slug":"mug"}}`,
	} {
		b.Run(name, func(b *testing.B) {
			client := &discarding{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				clear(client.header)
				request, _ := http.NewRequestWithContext(b.Context(), http.MethodPost, "/graphql", bytes.NewReader([]byte(body)))
				request.RemoteAddr = "127.0.0.1:50000"
				request.Header.Set("Content-Type", "application/json")
				handler.ServeHTTP(client, request)
			}
			require.Zero(b, client.status) // 200, without WriteHeader
		})
	}
}

// discarding is a client that reads nothing.
type discarding struct {
	header http.Header
	status int
}

func (d *discarding) Header() http.Header         { return d.header }
func (d *discarding) Write(p []byte) (int, error) { return len(p), nil }
func (d *discarding) WriteHeader(status int)      { d.status = status }
