package inflight

import (
	"fmt"
	"net/http"
	"time"
)

// entry is an answer that is being written. The ledger's lock guards it.
type entry struct {
	caller, connection string
	held               int64 // bytes that are in memory
	index              int   // in the ledger's list
	setDeadline        func(time.Time) error
	cutFor             Scope // "" while it may go on

	// The reader's speed is measured from a mark that is between one and two times
	// the evidence old, as long as it reads.
	begun, last   time.Time // last is when a chunk was last written
	written       int64
	mark, newMark mark
	rate          float64 // bytes per second, when last judged
}

type mark struct {
	at      time.Time
	written int64
}

func (e *entry) begin(now time.Time) {
	e.begun, e.last = now, now
	e.mark = mark{at: now}
	e.newMark = e.mark
}

// wrote counts a chunk. After a pause, what was before it is forgotten: a socket
// that takes much at once says nothing about its reader.
func (e *entry) wrote(bytes int, now time.Time) {
	before := mark{at: e.last, written: e.written}
	e.written += int64(bytes)
	e.last = now
	switch {
	case now.Sub(before.at) >= stall:
		e.mark, e.newMark = before, mark{at: now, written: e.written}
	case now.Sub(e.newMark.at) >= evidence:
		e.mark, e.newMark = e.newMark, mark{at: now, written: e.written}
	}
}

// rateAt is the highest speed since the mark that fits what is known: the reader
// may have taken all but the last byte of the chunk that is being written. A
// reader that stalls has taken no more than that chunk in its pause.
func (e *entry) rateAt(now time.Time) float64 {
	rate := float64(e.written-e.mark.written+chunkBytes) / max(now.Sub(e.mark.at), time.Millisecond).Seconds()
	if pause := now.Sub(e.last); pause >= stall {
		rate = min(rate, chunkBytes/pause.Seconds())
	}
	return rate
}

// in reports whether a limit of the scope counts e and other together.
func (e *entry) in(scope Scope, other *entry) bool {
	switch scope {
	case Connection:
		return e.connection == other.connection
	case Caller:
		return e.caller == other.caller
	}
	return true
}

// abort wakes the goroutine that writes e, with an error. A writer without
// deadlines, such as that of a test, is stopped after its current chunk.
func (e *entry) abort(scope Scope) {
	e.cutFor = scope
	_ = e.setDeadline(time.Unix(1, 0)) // fails for such a writer, and for a connection that is closed
}

// send writes an answer in chunks until it ends, fails or wrote returns false.
func send(w http.ResponseWriter, a Answer, wrote func(written int, released int64) bool) error {
	if a.Status != 0 && a.Status != http.StatusOK {
		w.WriteHeader(a.Status)
	}
	for i, part := range a.Body {
		for rest := part; len(rest) > 0; {
			n, err := w.Write(rest[:min(len(rest), chunkBytes)])
			if err != nil {
				return fmt.Errorf("write answer: %w", err)
			}
			rest = rest[n:]
			released := int64(0)
			if len(rest) == 0 {
				a.Body[i] = nil
				released = int64(cap(part))
			}
			if !wrote(n, released) {
				return nil // finish knows why
			}
		}
	}
	return nil
}
