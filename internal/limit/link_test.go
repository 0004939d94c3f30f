package limit_test

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// link is a way to Redis that can be cut, which to its client is a Redis that
// was killed.
type link struct {
	url     string
	address string
	target  string

	mu       sync.Mutex
	listener net.Listener
	conns    []net.Conn
	wg       sync.WaitGroup
}

func newLink(t *testing.T, redisURL string) *link {
	t.Helper()
	u, err := url.Parse(redisURL)
	require.NoError(t, err)
	l := &link{target: u.Host, address: "127.0.0.1:0"}
	l.restore(t)
	u.Host = l.address
	l.url = u.String()
	t.Cleanup(func() {
		l.cut()
		l.wg.Wait()
	})
	return l
}

// restore listens again at the same address.
func (l *link) restore(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", l.address)
	require.NoError(t, err)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.listener, l.address = listener, listener.Addr().String()
	l.wg.Go(func() { l.accept(listener) })
}

func (l *link) accept(listener net.Listener) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", l.target)
		if err != nil {
			_ = client.Close()
			return
		}
		l.mu.Lock()
		l.conns = append(l.conns, client, server)
		l.mu.Unlock()
		for _, pair := range [][2]net.Conn{{client, server}, {server, client}} {
			l.wg.Go(func() {
				_, _ = io.Copy(pair[0], pair[1])
				_ = pair[0].Close()
			})
		}
	}
}

// cut closes all connections and refuses new ones.
func (l *link) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.listener.Close()
	for _, conn := range l.conns {
		_ = conn.Close()
	}
	l.conns = nil
}
