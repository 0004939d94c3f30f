//go:build linux

package load

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/door/hostile"
)

// The attack's variables, for its process.
const (
	attackVariable  = "SOUK_TEST_ATTACK" // what it sends
	clientsVariable = "SOUK_TEST_ATTACK_CLIENTS"
	targetVariable  = "SOUK_TEST_ATTACK_TARGET"
	lengthVariable  = "SOUK_TEST_ATTACK_LENGTH"
	rateVariable    = "SOUK_TEST_ATTACK_RATE" // requests a second, at most; 0: as fast as they can
)

// What an attack sends.
const (
	cheap       = "cheap"   // { __typename }
	hostileKind = "hostile" // the hostile documents, slow readers and slow writers
)

// attacker is the address of all of them.
const attacker = "198.51.100.66"

// politeness is the nice value of an attack: its clients must not keep the shoppers'
// from the processors that both have.
const politeness = 10

// sent is what an attack did.
type sent struct {
	Requests, Failed int64
	MiB              int64
	Statuses         map[int]int64
}

func (s sent) String() string {
	return fmt.Sprintf("%d requests, %d MiB, %d connections broken, %v", s.Requests, s.MiB, s.Failed, s.Statuses)
}

// TestAttackInAChild is no test: attack runs it as a process of its own.
func TestAttackInAChild(t *testing.T) {
	kind := os.Getenv(attackVariable)
	if kind == "" {
		t.Skip("is run by another test")
	}
	require.NoError(t, syscall.Setpriority(syscall.PRIO_PGRP, 0, politeness))
	clients, err := strconv.Atoi(os.Getenv(clientsVariable))
	require.NoError(t, err)
	length, err := time.ParseDuration(os.Getenv(lengthVariable))
	require.NoError(t, err)
	rate, err := strconv.ParseFloat(os.Getenv(rateVariable), 64)
	require.NoError(t, err)
	a := &mob{target: os.Getenv(targetVariable), until: time.Now().Add(length), documents: hostileBodies(), statuses: map[int]int64{}}
	slow := (clients + 4) / 5 // of each kind
	if kind == cheap {
		clients += 2 * slow // as many connections
		slow = 0
	}
	if rate > 0 {
		a.pause = time.Duration(float64(clients) / rate * float64(time.Second))
	}
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() { a.flood(i, kind) })
	}
	for range slow {
		all.Go(a.readSlowly)
		all.Go(a.writeSlowly)
	}
	all.Wait()
	report, err := json.Marshal(sent{a.requests.Load(), a.failed.Load(), a.bytes.Load() >> 20, a.statuses})
	require.NoError(t, err)
	fmt.Println("sent", string(report))
}

// attack runs a process that sends for a time. Its result is there when it ends.
func (s *site) attack(t *testing.T, v *server, kind string, clients int, rate float64, length time.Duration) (wait func() sent) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestAttackInAChild$", "-test.v")
	child.Env = append(os.Environ(), attackVariable+"="+kind, clientsVariable+"="+strconv.Itoa(clients),
		targetVariable+"="+v.API, lengthVariable+"="+length.String(), rateVariable+"="+fmt.Sprint(rate))
	child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var output bytes.Buffer
	child.Stdout, child.Stderr = &output, &output
	s.startOn(t, &s.ours, func() { require.NoError(t, child.Start()) })
	return func() sent {
		require.NoError(t, child.Wait(), "%s", &output)
		_, after, found := strings.Cut(output.String(), "sent ")
		require.True(t, found, "%s", &output)
		line, _, _ := strings.Cut(after, "\n")
		var did sent
		require.NoError(t, json.Unmarshal([]byte(line), &did))
		return did
	}
}

// mob sends until a time, each request as soon as the last is answered.
type mob struct {
	target    string
	until     time.Time
	documents [][]byte      // JSON strings without their quotes
	pause     time.Duration // from a client's request to its next; 0: none

	number, requests, failed, bytes atomic.Int64

	mu       sync.Mutex
	statuses map[int]int64
}

// hostileBodies are the texts as they are within a JSON string.
func hostileBodies() (bodies [][]byte) {
	for _, document := range hostile.Documents() {
		text, err := json.Marshal(document.Text)
		if err != nil {
			panic(err) // a string
		}
		bodies = append(bodies, text[1:len(text)-1])
	}
	return bodies
}

// flood begins with a document of its own, and goes through all.
func (a *mob) flood(first int, kind string) {
	conn := &connection{address: a.target}
	defer conn.close()
	var request []byte
	next := time.Now().Add(time.Duration(rand.Float64() * float64(a.pause)))
	for i := first * 7; time.Now().Before(a.until); i++ {
		if a.pause > 0 {
			time.Sleep(time.Until(next))
			next = next.Add(a.pause)
		}
		text := []byte("{ __typename }")
		if kind == hostileKind {
			text = a.documents[i%len(a.documents)]
		}
		// No two are the same, so that nothing is remembered.
		length := len(`{"query":"#`) + 12 + len(`\n`) + len(text) + len(`"}`)
		request = fmt.Appendf(request[:0], "POST /graphql HTTP/1.1\r\nHost: souk\r\nContent-Type: application/json\r\nX-Forwarded-For: %s\r\nContent-Length: %d\r\n\r\n"+`{"query":"#%012d\n`, attacker, length, a.number.Add(1))
		request = append(append(request, text...), `"}`...)
		answer, err := conn.do(request, a.until.Add(time.Second))
		a.note(answer, err, len(request))
	}
}

func (a *mob) note(answer answer, err error, size int) {
	a.requests.Add(1)
	a.bytes.Add(int64(size))
	if err != nil {
		a.failed.Add(1)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.statuses[answer.status]++
}

// large is a document whose answer does not fit into a socket.
const large = `{ products(first: 100) { nodes { id slug title description variants(first: 100) { nodes { id sku title price { amount currencyCode } availableQuantity } } reviews(first: 20) { nodes { id rating title body } } } } }`

// readSlowly asks for much, and takes it a kilobyte at a time.
func (a *mob) readSlowly() {
	for time.Now().Before(a.until) {
		a.on(func(conn *net.TCPConn) error {
			if err := conn.SetReadBuffer(4096); err != nil {
				return err
			}
			if _, err := conn.Write(post(attacker, query(large))); err != nil {
				return err
			}
			piece := make([]byte, 1024)
			for {
				if _, err := conn.Read(piece); err != nil {
					return err
				}
				time.Sleep(50 * time.Millisecond)
			}
		})
	}
}

// writeSlowly sends a request a byte at a time.
func (a *mob) writeSlowly() {
	for time.Now().Before(a.until) {
		a.on(func(conn *net.TCPConn) error {
			for _, b := range post(attacker, query("{ __typename }")) {
				if _, err := conn.Write([]byte{b}); err != nil {
					return err
				}
				time.Sleep(50 * time.Millisecond)
			}
			return nil
		})
	}
}

// on opens a connection for a slow client, and counts it as a request.
func (a *mob) on(do func(*net.TCPConn) error) {
	a.requests.Add(1)
	conn, err := net.DialTimeout("tcp", a.target, time.Second)
	if err == nil {
		_ = conn.SetDeadline(a.until)
		err = do(conn.(*net.TCPConn))
		_ = conn.Close()
	}
	if err != nil && time.Now().Before(a.until) {
		a.failed.Add(1)
		time.Sleep(50 * time.Millisecond)
	}
}

// What a server may have after an attack, or under one.
const (
	mostMemory     = 512 // MiB
	mostGoroutines = 20  // more than before
	mostHeap       = 96  // MiB more than before: the memory of documents, which is full
)

// attackers has clients at one address send what harms most, while others shop from
// their own. They may wait as much longer as under as many clients with cheap requests.
func attackers(t *testing.T, s *site, b bounds) {
	v := s.serve(t)
	c := &crowd{v, shoppers(t, 20)}
	c.hurry(2, b.phase/2)
	// A server that has worked for a while has its memory of documents full. One that has
	// just begun fits into the processor's cache, and is faster than it will ever be.
	s.attack(t, v, hostileKind, b.clients[len(b.clients)-1], 0, b.attack)()
	before := c.hurry(2*s.theirs.Count(), b.phase)
	base := 0.3 * before.goodput()
	lines := newTable(t, v)
	alone := c.offer(base, b.attack)
	lines.add("alone", alone)
	rested := c.settled(t)
	for _, clients := range b.clients {
		t.Run(fmt.Sprintf("%d clients", clients), func(t *testing.T) {
			again(t, func() error {
				var beside struct{ cheap, hostile, paced outcome }
				under := func(o *outcome, kind string, rate float64) float64 {
					wait := s.attack(t, v, kind, clients, rate, b.attack+time.Second)
					time.Sleep(time.Second)
					this := c.offer(base, b.attack)
					o.add(this)
					lines.add(fmt.Sprint(clients, " ", kind), this)
					did := wait()
					t.Log(kind, did)
					return float64(did.Requests) / (b.attack + time.Second).Seconds()
				}
				for range b.rounds { // in turn: what else this machine does changes
					under(&beside.cheap, cheap, 0)
					rate := under(&beside.hostile, hostileKind, 0)
					if *long {
						under(&beside.paced, cheap, rate)
					}
				}
				if *long {
					t.Logf("p99 of others: %s ms alone, %s under as many cheap clients, %s under hostile ones, %s under as many cheap requests",
						ms(quantile(alone.accepted, 0.99)), ms(quantile(beside.cheap.accepted, 0.99)),
						ms(quantile(beside.hostile.accepted, 0.99)), ms(quantile(beside.paced.accepted, 0.99)))
				}
				return beside.hostile.harmed(&beside.cheap, b.harm)
			})
		})
	}
	lines.print()
	again(t, func() error {
		after := c.hurry(2*s.theirs.Count(), b.phase)
		t.Logf("%.1f answers per CPU s before and %.1f after", before.perCPU(), after.perCPU())
		if after.perCPU() < b.after*before.perCPU() {
			return fmt.Errorf("the server does %.2f of what it did", after.perCPU()/before.perCPU())
		}
		return nil
	})
	now := c.settled(t)
	t.Logf("at rest %+v before and %+v after", rested, now)
	require.LessOrEqual(t, now.goroutines, rested.goroutines+mostGoroutines)
	require.LessOrEqual(t, now.heap, rested.heap+mostHeap)
}

// add pools the answers of two outcomes.
func (o *outcome) add(other *outcome) {
	o.accepted = append(o.accepted, other.accepted...)
	o.refused = append(o.refused, other.refused...)
	o.lost += other.lost
	o.offered += other.offered
	o.memory = max(o.memory, other.memory)
}

// harmed compares shoppers beside hostile clients with those beside cheap ones.
func (o *outcome) harmed(cheap *outcome, most float64) error {
	times := ratio(quantile(o.accepted, 0.99), quantile(cheap.accepted, 0.99))
	switch {
	case times > most:
		return fmt.Errorf("the p99 of others is %.1f times that under cheap requests: %s and %s ms", times, ms(quantile(o.accepted, 0.99)), ms(quantile(cheap.accepted, 0.99)))
	case o.memory > mostMemory:
		return fmt.Errorf("%d MiB of memory", o.memory)
	case len(o.accepted) < o.offered*9/10 && len(o.accepted) < len(cheap.accepted)*9/10:
		return fmt.Errorf("of %d requests of others %d were answered, and %d under cheap requests", o.offered, len(o.accepted), len(cheap.accepted))
	}
	return nil
}

// settled returns what the server has when its connections are closed.
func (c *crowd) settled(t *testing.T) (r rest) {
	t.Helper()
	last := 0
	require.Eventually(t, func() bool {
		r = c.server.rest(t)
		same := r.goroutines == last
		last = r.goroutines
		return same
	}, 40*time.Second, 500*time.Millisecond)
	return r
}
