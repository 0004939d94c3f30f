package gql_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"souk/internal/edge/gql"
	"souk/internal/edge/inflight"
)

// TestABufferIsNotUsedAgainTooEarly lets clients read slowly while many others get answers
// of all sizes. Each gets its own answer.
func TestABufferIsNotUsedAgainTooEarly(t *testing.T) {
	t.Parallel()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: aShop})
	exec := executor.New(&graphql.ExecutableSchemaMock{
		SchemaFunc: func() *ast.Schema { return schema },
		ExecFunc: func(context.Context) graphql.ResponseHandler {
			return func(ctx context.Context) *graphql.Response {
				var letter string
				var size int
				_, err := fmt.Sscan(strings.ReplaceAll(graphql.GetOperationContext(ctx).OperationName, "_", " "), &letter, &size)
				if err != nil {
					panic(err)
				}
				out := gql.OutputOf(ctx)
				from := len(*out)
				*out = append(append(append(*out, '"'), strings.Repeat(letter, size)...), '"')
				return &graphql.Response{Data: (*out)[from:]}
			}
		},
	})
	handler := newServer(t, nil, aShop, func(_ *executor.Executor, o *gql.Options) { o.Executor = exec })
	server := httptest.NewUnstartedServer(handler)
	server.Config.ConnContext = inflight.LimitSendBuffer
	server.Start()
	t.Cleanup(server.Close)

	const large, slow = 900 << 10, 4 // more than the sockets hold, and few enough bytes to be kept
	request := func(letter string, size int) string {
		name := fmt.Sprintf("%s_%d", letter, size)
		return fmt.Sprintf(`{"query":"query %s { products }","operationName":"%s"}`, name, name)
	}
	want := func(letter string, size int) string { return `{"data":"` + strings.Repeat(letter, size) + `"}` }
	reading := make([]net.Conn, slow)
	for i := range reading {
		reading[i] = post(t, server.Listener.Addr().String(), request("s", large))
	}
	var fast sync.WaitGroup
	for i := range 8 {
		fast.Go(func() {
			for n := range 40 {
				letter, size := string(rune('A'+i)), []int{10, 5_000, 70_000, large}[n%4]
				response, err := http.Post(server.URL, "application/json", strings.NewReader(request(letter, size)))
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(response.Body)
				_ = response.Body.Close()
				if err != nil || string(body) != want(letter, size) || response.ContentLength != int64(len(body)) {
					t.Errorf("%d bytes of %s: got %d: %.20s… (%v)", size, letter, len(body), body, err)
				}
			}
		})
	}
	fast.Wait()
	for _, conn := range reading {
		all, err := io.ReadAll(conn)
		require.NoError(t, err)
		_, body, _ := bytes.Cut(all, []byte("\r\n\r\n"))
		require.True(t, string(body) == want("s", large), "a slow reader has another answer")
	}
}

// post sends a request and returns its connection, of which nothing is read yet.
func post(t *testing.T, address, body string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.(*net.TCPConn).SetReadBuffer(64<<10))
	_, err = fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: souk\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	require.NoError(t, err)
	_, err = conn.Read(make([]byte, 1)) // the answer has begun
	require.NoError(t, err)
	return conn
}
