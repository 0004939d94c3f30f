//go:build linux

package load

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/test/harness"
)

// patience is how long a client waits for an answer. Shoppers wait for two seconds and
// do not for ten.
const patience = 5 * time.Second

// connection is a client's connection. It writes its requests itself: net/http's client
// costs as much as the server's part of a refusal.
type connection struct {
	address string
	conn    net.Conn
	answers *bufio.Reader
	body    bytes.Buffer
}

// answer is what came back.
type answer struct {
	status     int
	retryAfter bool // it says when to come again
	overloaded bool // its code is OVERLOADED
	bytes      int
}

// do sends a request and waits for its answer until the deadline. After an error the
// next request has a new connection.
func (c *connection) do(request []byte, deadline time.Time) (a answer, err error) {
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	if c.conn == nil {
		if c.conn, err = net.DialTimeout("tcp", c.address, time.Until(deadline)); err != nil {
			c.conn = nil
			return a, err
		}
		c.answers = bufio.NewReaderSize(c.conn, 16<<10)
	}
	if err := c.conn.SetDeadline(deadline); err != nil {
		return a, err
	}
	if _, err := c.conn.Write(request); err != nil {
		return a, err
	}
	response, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		return a, err
	}
	c.body.Reset()
	if _, err := io.Copy(&c.body, response.Body); err != nil {
		return a, err
	}
	if response.Close {
		c.close()
	}
	return answer{
		response.StatusCode, response.Header.Get("Retry-After") != "",
		bytes.Contains(c.body.Bytes(), []byte(`"OVERLOADED"`)), c.body.Len(),
	}, nil
}

func (c *connection) close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// post is a request of somebody at an address.
func post(address string, body []byte) []byte {
	return fmt.Appendf(nil, "POST /graphql HTTP/1.1\r\nHost: souk\r\nContent-Type: application/json\r\n"+
		"X-Forwarded-For: %s\r\nContent-Length: %d\r\n\r\n%s", address, len(body), body)
}

func query(text string) []byte {
	body, err := json.Marshal(map[string]any{"query": text})
	if err != nil {
		panic(err) // a string
	}
	return body
}

// listing is what shoppers ask for: a page of products with what belongs to them.
func listing(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "internal", "door", "testdata", "legitimate", *document+".graphql"))
	require.NoError(t, err)
	return string(text)
}

// shoppers are the listing's requests, from as many addresses.
func shoppers(t testing.TB, addresses int) [][]byte {
	t.Helper()
	var requests [][]byte
	for i := range addresses {
		requests = append(requests, post(fmt.Sprintf("10.%d.%d.1", i/250, i%250), query(listing(t))))
	}
	return requests
}

// crowd sends the requests of many clients.
type crowd struct {
	server   *server
	requests [][]byte
}

// outcome is what a crowd got.
type outcome struct {
	took     time.Duration
	offered  int
	accepted []sample      // what was answered in full
	refused  []sample      // what was refused
	wrong    []string      // refusals without what they must have, and other answers
	lost     int           // had no answer in time
	late     int           // sent more than lateness after its time: the generator's fault
	memory   int           // MiB, the most
	server   time.Duration // CPU
	database time.Duration
}

// sample is an answer: when it was asked for, since the crowd began, and how long it took.
type sample struct{ at, took time.Duration }

// lateness is how much later than planned a request may be sent.
const lateness = 20 * time.Millisecond

func (o *outcome) goodput() float64 { return float64(len(o.accepted)) / o.took.Seconds() }
func (o *outcome) rate() float64    { return float64(o.offered) / o.took.Seconds() }

// perCPU is the goodput of a second of the server's and the database's processors. On a
// machine that others use too, the goodput of a second says how much they left.
func (o *outcome) perCPU() float64 {
	return float64(len(o.accepted)) / (o.server + o.database).Seconds()
}

// between returns the answers to what was asked from one time to another.
func between(of []sample, from, to time.Duration) (some []sample) {
	for _, s := range of {
		if from <= s.at && s.at < to {
			some = append(some, s)
		}
	}
	return some
}

// quantile returns a quantile of the times; 0 of none.
func quantile(of []sample, q float64) time.Duration {
	if len(of) == 0 {
		return 0
	}
	var took []time.Duration
	for _, s := range of {
		took = append(took, s.took)
	}
	slices.Sort(took)
	return took[min(len(took)-1, int(q*float64(len(took))))]
}

// recorder collects what many clients get.
type recorder struct {
	began time.Time
	mu    sync.Mutex
	outcome
}

func (r *recorder) note(a answer, err error, at time.Time) {
	this := sample{at.Sub(r.began), time.Since(at)}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err != nil:
		r.lost++
	case a.status == http.StatusOK:
		r.accepted = append(r.accepted, this)
	default:
		r.refused = append(r.refused, this)
		if a.status != http.StatusServiceUnavailable || !a.retryAfter || !a.overloaded {
			r.wrong = append(r.wrong, fmt.Sprintf("%d, Retry-After: %v, OVERLOADED: %v", a.status, a.retryAfter, a.overloaded))
		}
	}
}

// connections of a crowd that offers at a rate: enough that one is free when the
// answers take a second.
const connections = 600

// offer sends requests at a rate, whatever becomes of them, at random times: a crowd
// does not wait for each other. A request's time begins when it was to be sent.
func (c *crowd) offer(perSecond float64, lasts time.Duration) *outcome {
	r := &recorder{began: time.Now()}
	done := c.watch(r)
	due := make(chan time.Time, int(perSecond*lasts.Seconds()*2)+1000)
	var clients sync.WaitGroup
	for range connections {
		clients.Go(func() {
			conn := &connection{address: c.server.API}
			defer conn.close()
			for {
				at, more := <-due
				if !more {
					return
				}
				deadline := at.Add(patience)
				if time.Now().After(deadline) {
					r.note(answer{}, os.ErrDeadlineExceeded, at)
					continue
				}
				a, err := conn.do(c.requests[rand.IntN(len(c.requests))], deadline)
				r.note(a, err, at)
			}
		})
	}
	end := r.began.Add(lasts)
	for at := r.began; at.Before(end); at = at.Add(time.Duration(rand.ExpFloat64() / perSecond * float64(time.Second))) {
		if wait := time.Until(at); wait > 0 {
			time.Sleep(wait)
		} else if -wait > lateness {
			r.late++
		}
		r.offered++
		due <- at
	}
	close(due)
	clients.Wait()
	r.took = lasts
	done()
	return &r.outcome
}

// hurry has so many clients send one request after the other.
func (c *crowd) hurry(clients int, lasts time.Duration) *outcome {
	r := &recorder{began: time.Now()}
	done := c.watch(r)
	var all sync.WaitGroup
	end := r.began.Add(lasts)
	var offered atomic.Int64
	for range clients {
		all.Go(func() {
			conn := &connection{address: c.server.API}
			defer conn.close()
			for time.Now().Before(end) {
				at := time.Now()
				a, err := conn.do(c.requests[rand.IntN(len(c.requests))], at.Add(patience))
				offered.Add(1)
				r.note(a, err, at)
			}
		})
	}
	all.Wait()
	r.took, r.offered = time.Since(r.began), int(offered.Load())
	done()
	return &r.outcome
}

// watch samples the memory, and counts the time of the processors, until the function
// that it returns is called.
func (c *crowd) watch(r *recorder) (done func()) {
	server, database := harness.CPU(c.server.PID), c.server.site.databaseCPU()
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			r.memory = max(r.memory, c.server.memory())
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	}()
	return func() {
		close(stop)
		<-ended
		r.server, r.database = harness.CPU(c.server.PID)-server, c.server.site.databaseCPU()-database
	}
}
