// Package inflight bounds the memory of answers that wait for slow readers.
//
// An answer is complete in memory before its first byte is sent, and it stays
// there until the client has read it. A few hundred clients that read slowly, on
// purpose or on a train, would hold gigabytes. The [Ledger] knows the bytes of
// all answers that are being written. When a limit would be passed, it cuts the
// answers whose readers are slowest: their connections are closed, or for
// HTTP/2 their streams.
//
// The socket's send buffer is the kernel's memory and is not counted; on Linux
// it grows to 4 MB (net.ipv4.tcp_wmem): see [LimitSendBuffer].
package inflight

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	// The default limits fit a process with 1 GB of memory. 256 MiB are 32 of the
	// largest answers, or 7,000 listings of 37 KB.
	defaultProcessBytes = 256 << 20
	// A quarter leaves room for others, and is enough for a proxy that reads
	// quickly.
	defaultCallerPart = 4
	// defaultConnectionBytes are two of the largest answers. HTTP/1.1 has one at a
	// time; HTTP/2 has many.
	defaultConnectionBytes = 16 << 20

	// smallBytes is the size up to which an answer is not counted. It fits into
	// the buffers of a socket, so it does not wait, and there is one for each
	// connection: less than what the connection itself takes.
	smallBytes = 4 << 10

	// chunkBytes is how much is written at a time, so that progress is seen. 64
	// KiB are written in about 15 µs, and a reader of 1 Mbit/s needs half a second
	// for them.
	chunkBytes = 64 << 10

	// stall is the pause after which a reader's earlier speed does not count. A
	// socket with a full buffer asks for more when a third of it is free, which
	// takes a reader of 10 MB/s about 80 ms.
	stall = 100 * time.Millisecond

	// evidence is how long an answer is written before its reader is judged. At
	// first all are fast, since the socket's buffer takes what it can; then a slow
	// one stalls.
	evidence = 150 * time.Millisecond

	// maxWait is how long an answer waits for room before it is refused. Within
	// twice the evidence, the slow ones are known and cut.
	maxWait = 2 * evidence

	// waitingPart is the part of the process's limit that answers which wait may
	// have on top of it.
	waitingPart = 4
)

// Unlimited switches a limit off.
const Unlimited = -1

// Options are the limits, in bytes. For each, 0 means the default and Unlimited
// means none. A limit should be at least the largest answer: larger ones are
// refused.
type Options struct {
	// ProcessBytes bounds all answers together; 0 means 256 MiB. Answers that wait
	// for room, for at most 300 ms, may have a quarter of it on top.
	ProcessBytes int64
	// CallerBytes bounds the answers of one caller; 0 means a quarter of
	// ProcessBytes.
	CallerBytes int64
	// ConnectionBytes bounds the answers of one connection; 0 means 16 MiB.
	ConnectionBytes int64
}

// Scope says which limit was reached.
type Scope string

// The scopes.
const (
	Process    Scope = "process"
	Caller     Scope = "caller"
	Connection Scope = "connection"
)

// Cut is the error of an answer that was ended for others. Its client has a part
// of it. The handler must panic with http.ErrAbortHandler, which the error
// wraps, so that the part does not look complete.
type Cut struct{ Scope Scope }

// Error returns a message for a log.
func (c *Cut) Error() string { return fmt.Sprintf("answer cut: slowest reader of the %s", c.Scope) }

// Unwrap returns http.ErrAbortHandler.
func (c *Cut) Unwrap() error { return http.ErrAbortHandler }

// Full is the error of an answer that found no room. Nothing has been sent, so
// the handler can respond with 503 and Retry-After.
type Full struct{ Scope Scope }

// Error returns a message for a log.
func (f *Full) Error() string { return fmt.Sprintf("no room for the answer: limit of the %s", f.Scope) }

// Ledger knows the answers that are being written. It is safe for concurrent
// use, has no goroutine and need not be closed.
type Ledger struct {
	limits map[Scope]int64 // without those that are Unlimited

	mu          sync.Mutex
	entries     []*entry
	used        int64
	callers     map[string]int64
	connections map[string]int64
	allWaiting  int64            // bytes of answers that wait for room
	waiting     map[string]int64 // the same by caller
	changed     chan struct{}    // closed when there may be room; nil while nobody waits
	cuts, fulls map[Scope]int64
}

// New returns a Ledger.
func New(o Options) (*Ledger, error) {
	if o.ProcessBytes == 0 {
		o.ProcessBytes = defaultProcessBytes
	}
	if o.CallerBytes == 0 {
		o.CallerBytes = Unlimited
		if o.ProcessBytes != Unlimited {
			o.CallerBytes = max(1, o.ProcessBytes/defaultCallerPart)
		}
	}
	if o.ConnectionBytes == 0 {
		o.ConnectionBytes = defaultConnectionBytes
	}
	l := &Ledger{
		limits:  map[Scope]int64{},
		callers: map[string]int64{}, connections: map[string]int64{}, waiting: map[string]int64{},
		cuts: map[Scope]int64{}, fulls: map[Scope]int64{},
	}
	for scope, limit := range map[Scope]int64{Process: o.ProcessBytes, Caller: o.CallerBytes, Connection: o.ConnectionBytes} {
		switch {
		case limit < Unlimited:
			return nil, fmt.Errorf("bytes in flight: the limit of the %s cannot be %d", scope, limit)
		case limit != Unlimited:
			l.limits[scope] = limit
		}
	}
	return l, nil
}

// Answer is what a handler sends.
type Answer struct {
	// Caller is whose limit counts: the address of the client, or its network.
	Caller string
	// Status is the HTTP status; 0 means 200.
	Status int
	// Body is sent in order. A part that has been sent is set to nil and is no longer
	// counted, so a body of many parts frees its memory on the way; one of a single part
	// is counted until its end. What counts is a part's capacity.
	Body [][]byte
}

func (a *Answer) size() (bytes int64) {
	for _, part := range a.Body {
		bytes += int64(cap(part)) // what it holds in memory
	}
	return bytes
}

// Write sends an answer whose headers are set. Its error is a *Full before
// anything was sent, a *Cut, or that of the connection.
func (l *Ledger) Write(w http.ResponseWriter, r *http.Request, a Answer) error {
	size := a.size()
	if size <= smallBytes {
		return send(w, a, func(int, int64) bool { return true })
	}
	e := &entry{
		caller: a.Caller, connection: r.RemoteAddr, held: size,
		setDeadline: http.NewResponseController(w).SetWriteDeadline,
	}
	if err := l.reserve(r.Context(), e); err != nil {
		return err
	}
	err := send(w, a, func(written int, released int64) bool { return l.progress(e, written, released) })
	return l.finish(e, err)
}

func (l *Ledger) enter(e *entry, now time.Time) {
	e.begin(now)
	e.index = len(l.entries)
	l.entries = append(l.entries, e)
	l.add(e, e.held)
}

func (l *Ledger) add(e *entry, bytes int64) {
	l.used += bytes
	addTo(l.callers, e.caller, bytes)
	addTo(l.connections, e.connection, bytes)
	if bytes < 0 && l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

func addTo(used map[string]int64, key string, bytes int64) {
	if left := used[key] + bytes; left != 0 {
		used[key] = left
	} else {
		delete(used, key)
	}
}

// cut ends the victims' answers. They are no longer counted: their goroutines
// return as soon as the deadline wakes them.
func (l *Ledger) cut(victims []victim) {
	for _, v := range victims {
		l.remove(v.entry)
		l.cuts[v.scope]++
		v.abort(v.scope)
	}
}

func (l *Ledger) remove(e *entry) {
	last := len(l.entries) - 1
	l.entries[e.index] = l.entries[last]
	l.entries[e.index].index = e.index
	l.entries[last] = nil
	l.entries = l.entries[:last]
	l.add(e, -e.held)
	e.held = 0
}

// progress counts what has been written, and what is no longer in memory. It
// reports whether to go on.
func (l *Ledger) progress(e *entry, written int, released int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.cutFor != "" {
		return false
	}
	e.wrote(written, time.Now())
	if released > 0 {
		e.held -= released
		l.add(e, -released)
	}
	return true
}

// finish takes e out of the ledger. After it, nothing touches e's connection.
func (l *Ledger) finish(e *entry, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.cutFor != "" {
		return &Cut{Scope: e.cutFor}
	}
	l.remove(e)
	return err
}

// Stat is a snapshot for metrics.
type Stat struct {
	// Answers are being written and have Bytes in memory. Waiting bytes are of
	// answers that wait for room.
	Answers        int
	Bytes, Waiting int64
	// Cuts and Fulls count the errors since the start, by the limit that was
	// reached.
	Cuts, Fulls map[Scope]int64
}

// Stat returns the current numbers.
func (l *Ledger) Stat() Stat {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := Stat{Answers: len(l.entries), Bytes: l.used, Waiting: l.allWaiting, Cuts: map[Scope]int64{}, Fulls: map[Scope]int64{}}
	for _, scope := range []Scope{Process, Caller, Connection} {
		s.Cuts[scope], s.Fulls[scope] = l.cuts[scope], l.fulls[scope]
	}
	return s
}
