package dbtest

import (
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Relay is a way to a server, of any protocol, that can be cut: to a client, the server
// was killed. It can be frozen: both sides have open connections, and hear nothing. It must be
// used by one goroutine.
type Relay struct {
	// URL leads through the relay to the server.
	URL string

	address  string
	listener net.Listener
	running  sync.WaitGroup

	mu     sync.Mutex
	target string
	cut    bool
	conns  []net.Conn
	thawed chan struct{} // closed while it is not frozen
	delay  time.Duration
	paced  chan struct{} // closed when delay changes
}

// NewRelay returns a relay to the server of a URL. It ends with the test.
func NewRelay(t testing.TB, target string) *Relay {
	t.Helper()
	u, err := url.Parse(target)
	require.NoError(t, err)
	r := &Relay{target: u.Host, address: "127.0.0.1:0", thawed: make(chan struct{}), paced: make(chan struct{})}
	close(r.thawed)
	r.Restore(t)
	u.Host = r.address
	r.URL = u.String()
	t.Cleanup(r.Cut)
	return r
}

// Restore listens again, at the same address.
func (r *Relay) Restore(t testing.TB) {
	t.Helper()
	listener, err := net.Listen("tcp", r.address)
	require.NoError(t, err)
	r.listener, r.address, r.cut = listener, listener.Addr().String(), false
	r.running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			r.running.Go(func() { r.connect(client) })
		}
	})
}

// Freeze lets nothing pass until Thaw, not even the end of a connection.
func (r *Relay) Freeze() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.thawed = make(chan struct{})
}

// Thaw ends a Freeze. What was sent meanwhile arrives.
func (r *Relay) Thaw() {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.thawed:
	default:
		close(r.thawed)
	}
}

// Slow makes whatever passes take so long in each direction; 0: as long as it takes.
func (r *Relay) Slow(delay time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.delay = delay
	close(r.paced)
	r.paced = make(chan struct{})
}

// Lead closes all connections, and leads new ones to another server.
func (r *Relay) Lead(t testing.TB, target string) {
	t.Helper()
	u, err := url.Parse(target)
	require.NoError(t, err)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.target = u.Host
	for _, conn := range r.conns {
		_ = conn.Close()
	}
	r.conns = nil
}

// Cut closes all connections, refuses new ones, and waits until nothing passes any more.
func (r *Relay) Cut() {
	_ = r.listener.Close()
	r.Thaw()
	r.Slow(0)
	r.mu.Lock()
	r.cut = true
	for _, conn := range r.conns {
		_ = conn.Close()
	}
	r.conns = nil
	r.mu.Unlock()
	r.running.Wait()
}

// connect passes on what a client and the server send, until one of them ends.
func (r *Relay) connect(client net.Conn) {
	if !r.keep(client) {
		return
	}
	defer client.Close()
	r.mu.Lock()
	target := r.target
	r.mu.Unlock()
	server, err := net.Dial("tcp", target)
	if err != nil || !r.keep(server) {
		return
	}
	defer server.Close()
	var back sync.WaitGroup
	back.Go(func() {
		r.pass(client, server)
		_ = client.Close()
	})
	r.pass(server, client)
	_ = server.Close()
	back.Wait()
}

// pass passes on what one side sends, and returns when it ends.
func (r *Relay) pass(to, from net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		r.mu.Lock()
		thawed, delay, changed := r.thawed, r.delay, r.paced
		r.mu.Unlock()
		<-thawed
		if delay > 0 {
			select {
			case <-time.After(delay):
			case <-changed:
			}
		}
		if _, failed := to.Write(buffer[:n]); err != nil || failed != nil {
			return
		}
	}
}

// keep notes a connection for Cut, or closes it if the relay has been cut meanwhile.
func (r *Relay) keep(conn net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cut {
		_ = conn.Close()
		return false
	}
	r.conns = append(r.conns, conn)
	return true
}
