package dbtest

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Cut is where a Proxy breaks a connection, once.
type Cut int

// The cuts.
const (
	// NoCut lets everything pass.
	NoCut Cut = iota
	// BeforeCommit breaks the connection when the client commits; the server does
	// not see the COMMIT.
	BeforeCommit
	// BeforeCommitUnnoticed is the same, and the server goes on to wait for it.
	BeforeCommitUnnoticed
	// AfterCommit breaks the connection when the server has committed; the client
	// does not see that.
	AfterCommit
	// AfterAnswer breaks the connection when the client has the answer to its COMMIT,
	// and nothing of what follows it.
	AfterAnswer
	// HoldCommit keeps the COMMIT back until Release or Drop.
	HoldCommit
	// HoldAnswer keeps the answer to the COMMIT back until Release or Drop.
	HoldAnswer
)

// Proxy stands between a client and Postgres and knows enough of their protocol
// to see a COMMIT.
type Proxy struct {
	// URL leads through the proxy to the database that it was made for.
	URL string

	target   string
	listener net.Listener
	running  sync.WaitGroup

	mu      sync.Mutex
	armed   Cut
	reached chan struct{}
	release chan bool // whether what was held goes on
	conns   []net.Conn
	trips   int
	// refusing tells that no connection is let through.
	refusing bool
}

// NewProxy returns a proxy in front of the server of a URL. It ends with the test.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	address, err := url.Parse(target)
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &Proxy{target: address.Host, listener: listener}
	address.Host = listener.Addr().String()
	query := address.Query()
	query.Set("sslmode", "disable")
	address.RawQuery = query.Encode()
	p.URL = address.String()
	p.running.Go(p.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		p.Drop()
		p.closeAll()
		p.running.Wait()
	})
	return p
}

// Arm sets the next cut; the channel is closed when it is reached.
func (p *Proxy) Arm(cut Cut) (reached <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed, p.reached, p.release = cut, make(chan struct{}), make(chan bool, 1)
	return p.reached
}

// Release lets go what was held.
func (p *Proxy) Release() { p.let(true) }

// Drop loses what was held, with the connection.
func (p *Proxy) Drop() { p.let(false) }

func (p *Proxy) let(pass bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.release != nil {
		p.release <- pass
		p.release = nil
	}
}

// Refuse breaks all connections and lets no new one through, until it is told
// otherwise.
func (p *Proxy) Refuse(refuse bool) {
	p.mu.Lock()
	p.refusing = refuse
	p.mu.Unlock()
	if refuse {
		p.closeAll()
	}
}

// RoundTrips returns how many times the transaction that was committed last has waited for
// the server, by what went over the wire: the times that the client asked for an answer on
// that connection since the commit before.
func (p *Proxy) RoundTrips() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.trips
}

func (p *Proxy) setRoundTrips(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trips = n
}

func (p *Proxy) closeAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.conns {
		_ = conn.Close()
	}
}

// take returns the cut if it is one of those, and disarms it.
func (p *Proxy) take(cuts ...Cut) (Cut, <-chan bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, cut := range cuts {
		if p.armed == cut && cut != NoCut {
			p.armed = NoCut
			close(p.reached)
			return cut, p.release
		}
	}
	return NoCut, nil
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, client, server)
		refusing := p.refusing
		p.mu.Unlock()
		if refusing {
			_, _ = client.Close(), server.Close()
			continue
		}
		p.running.Go(func() { p.toServer(client, server) })
		p.running.Go(func() { p.toClient(client, server) })
	}
}

// toServer passes on what the client sends, whole messages at a time.
func (p *Proxy) toServer(client, server net.Conn) {
	unnoticed := false
	defer func() {
		_ = client.Close()
		if !unnoticed {
			_ = server.Close()
		}
	}()
	if first, err := readStartup(client); err != nil || !written(server, first) {
		return
	}
	statements := map[string]string{}
	trips, committing := 0, false
	for {
		message, err := readMessage(client)
		if err != nil {
			return
		}
		if isCommit(message, statements) {
			committing = true
			switch cut, release := p.take(BeforeCommit, BeforeCommitUnnoticed, HoldCommit); cut {
			case BeforeCommit:
				return
			case BeforeCommitUnnoticed:
				unnoticed = true
				return
			case HoldCommit:
				if !<-release {
					return
				}
			}
		}
		if asks(message) {
			trips++
			if committing {
				p.setRoundTrips(trips)
				trips, committing = 0, false
			}
		}
		if !written(server, message) {
			return
		}
	}
}

// asks reports whether a client's message makes the server answer all that came before it:
// it is a Query or a Sync.
func asks(message []byte) bool { return message[0] == 'Q' || message[0] == 'S' }

// toClient passes on what the server sends.
func (p *Proxy) toClient(client, server net.Conn) {
	defer func() { _, _ = client.Close(), server.Close() }()
	for {
		message, err := readMessage(server)
		if err != nil {
			return
		}
		if message[0] == 'C' && bytes.Equal(message[5:], []byte("COMMIT\x00")) {
			switch cut, release := p.take(AfterCommit, AfterAnswer, HoldAnswer); cut {
			case AfterCommit:
				return
			case AfterAnswer:
				_ = written(client, message)
				return
			case HoldAnswer:
				if !<-release {
					return
				}
			}
		}
		if !written(client, message) {
			return
		}
	}
}

func written(to io.Writer, message []byte) bool {
	_, err := to.Write(message)
	return err == nil
}

// readStartup reads the first message of a client, which has no type.
func readStartup(from io.Reader) ([]byte, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(from, head); err != nil {
		return nil, err
	}
	message := append(head, make([]byte, binary.BigEndian.Uint32(head)-4)...)
	_, err := io.ReadFull(from, message[4:])
	return message, err
}

// readMessage reads a message: its type, its length, which counts itself, and the
// rest.
func readMessage(from io.Reader) ([]byte, error) {
	head := make([]byte, 5)
	if _, err := io.ReadFull(from, head); err != nil {
		return nil, err
	}
	message := append(head, make([]byte, binary.BigEndian.Uint32(head[1:])-4)...)
	_, err := io.ReadFull(from, message[5:])
	return message, err
}

// isCommit tells that a client's message commits: as a query, or by a statement
// that was prepared before.
func isCommit(message []byte, statements map[string]string) bool {
	parts := strings.SplitN(string(message[5:]), "\x00", 3)
	commits := func(sql string) bool { return strings.HasSuffix(strings.TrimSpace(sql), "COMMIT") }
	switch {
	case message[0] == 'Q':
		return commits(parts[0])
	case message[0] == 'P' && len(parts) > 1:
		statements[parts[0]] = parts[1]
	case message[0] == 'B' && len(parts) > 1:
		return commits(statements[parts[1]])
	}
	return false
}
