package coherence

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// TrustFor is how long an instance trusts its caches after it has proved that it hears of
// all changes. It bounds how old a value can be that a reader gets who has not seen a newer
// one.
const TrustFor = time.Second

// Clock knows which tags have moved, and when. It is safe for concurrent use.
type Clock struct {
	now func() time.Duration // since some moment, monotonic

	consuming sync.Mutex
	state     atomic.Pointer[state]
	until     atomic.Int64 // what trust lasts until, on the scale of now

	instance uint64
	last     uint64                   // nonce
	set      map[uint64]time.Duration // when which nonce was set
}

// state is replaced after the positions of moved tags are raised, so who sees a state also
// sees these. Nothing else in it is ever changed.
type state struct {
	epoch Epoch
	known bool            // false before the first message
	moved []atomic.Uint64 // by tag: the position after the last commit that moved it
	at    Position        // up to which all is consumed
	floor Position        // what was read before it may be missing changes
	// fenced is the position up to which nothing has happened that the log does not tell.
	fenced Position
	// pending are commits that the primary may not show yet. What they changed, and whose
	// numbers are not above blind, is not known.
	pending []pending
	blind   uint64
	// unordered says that commits up to at may be neither consumed nor pending, but none up to
	// fenced.
	unordered bool
}

type pending struct {
	xid uint64
	to  Position
}

// NewClock returns a clock that trusts nothing. instance distinguishes it from the clocks
// of other instances.
func NewClock(instance uint64) *Clock {
	began := time.Now()
	return newClock(instance, func() time.Duration { return time.Since(began) })
}

func newClock(instance uint64, now func() time.Duration) *Clock {
	c := &Clock{now: now, instance: instance, set: map[uint64]time.Duration{}}
	c.state.Store(&state{})
	c.until.Store(-1)
	return c
}

// Moment is what a clock has consumed at some time.
type Moment struct {
	*state
	trusted bool
}

// Now returns what the clock has consumed. Call it before values are looked up or read.
func (c *Clock) Now() Moment {
	s := c.state.Load()
	return Moment{s, s.known && int64(c.now()) < c.until.Load()}
}

// Trusted reports whether values may be used that are looked up from this moment on: less than
// TrustFor ago, all changes had been consumed.
func (m Moment) Trusted() bool { return m.trusted }

// Reached reports whether everything up to a position in the log has been consumed, or up to the
// last position before it at which a commit can end, and whether it is known that nothing has
// happened there that the log does not tell.
func (m Moment) Reached(token Position) bool {
	least := reachable(token)
	return m.known && m.at >= least && m.fenced >= least
}

// At is the position up to which all is consumed.
func (m Moment) At() Position { return m.at }

// Epoch is the epoch of the moment.
func (m Moment) Epoch() Epoch { return m.epoch }

// reachable returns a position for one at which a commit may have ended, and which the end of the
// log may stay behind: that of the first record of a page is after the page's header.
func reachable(p Position) Position {
	const page, segment, header, longHeader = 8192, 16 << 20, 24, 40
	switch {
	case p%segment == longHeader:
		return p - longHeader
	case p%page == header:
		return p - header
	}
	return p
}

// Heard returns how long ago the newest nonce was set that has come back: everything older has been
// consumed. ok is false if none has come back since the clock was made, or was distrusted.
func (c *Clock) Heard() (ago time.Duration, ok bool) {
	until := c.until.Load()
	return c.now() - (time.Duration(until) - TrustFor), until >= 0
}

// Valid reports whether the value of an entry is right. Call it after the value was got.
func (c *Clock) Valid(e Entry) bool {
	s := c.state.Load()
	if !s.known || e.Epoch != s.epoch || e.At < s.floor {
		return false
	}
	for _, tag := range e.Tags {
		if Position(s.moved[tag].Load()) > e.At {
			return false
		}
	}
	return true
}

// Stamp returns the entry of a value that was read after the moment m. seen are the snapshots
// of the reads that it was made from, each taken before its read. ok is false if the value may
// be missing a change: then it must not be kept.
func (c *Clock) Stamp(m Moment, seen []Snapshot, tags []Tag) (e Entry, ok bool) {
	at, known := m.positionOf(seen)
	e = Entry{Epoch: m.epoch, At: at, Tags: tags}
	return e, known && c.Valid(e)
}

// positionOf returns a position up to which all of the snapshots show all changes.
func (m Moment) positionOf(seen []Snapshot) (at Position, known bool) {
	if !m.known || len(seen) == 0 {
		return 0, false
	}
	at = math.MaxUint64
	for i := range seen {
		if seen[i].Epoch != m.epoch {
			return 0, false
		}
		at = min(at, m.shownBy(&seen[i]))
	}
	return at, true
}

// shownBy returns a position up to which a snapshot shows all changes. A standby shows commits
// in the order of the log. A primary shows a commit later than the log does.
func (m Moment) shownBy(s *Snapshot) Position {
	if s.Standby {
		return s.Replayed
	}
	if s.Min <= m.blind {
		return 0
	}
	at := m.at
	if m.unordered {
		at = min(at, m.fenced)
	}
	for _, p := range m.pending {
		if !s.shows(p.xid) {
			at = min(at, p.to-1)
		}
	}
	return at
}

// Nonce returns a number that the instance sets now. When it comes back in a message, all
// that was committed before has been consumed.
func (c *Clock) Nonce() Nonce {
	c.consuming.Lock()
	defer c.consuming.Unlock()
	c.last++
	c.set[c.last] = c.now()
	return Nonce{c.instance, c.last}
}

// Consume takes a message. isOurs says whether the primary has an epoch; it is asked only about
// one that the clock does not know. Messages that came before, or twice, do no harm.
func (c *Clock) Consume(m Message, isOurs func(Epoch) bool) {
	c.consuming.Lock()
	defer c.consuming.Unlock()
	s := c.state.Load()
	if !s.known || m.Epoch != s.epoch {
		if !isOurs(m.Epoch) {
			return
		}
		s = begin(m)
	}
	next := *s
	if m.From > s.at { // something between is missing
		next.floor, next.blind = m.To, m.High
	}
	for _, commit := range m.Commits {
		for _, tag := range commit.Tags {
			raise(&s.moved[tag], uint64(commit.To))
		}
	}
	next.at, next.fenced = max(s.at, m.To), max(s.fenced, m.Fenced)
	next.unordered = m.Unordered
	next.pending = pendingAfter(s.pending, m)
	c.state.Store(&next)
	c.prove(m.Nonces)
}

// begin returns the state in which a clock begins with a message: that of an epoch, or the
// first that it gets.
func begin(m Message) *state {
	s := &state{epoch: m.Epoch, known: true, moved: make([]atomic.Uint64, 1<<tagBits)}
	if m.Begins {
		s.at, s.floor, s.blind = m.To, m.To, m.Blind
	} else {
		s.at, s.floor, s.blind = m.From, m.From, m.High
	}
	return s
}

func raise(at *atomic.Uint64, to uint64) {
	if at.Load() < to { // only one consumes at a time
		at.Store(to)
	}
}

// pendingAfter returns the commits that the primary may not show after a message.
func pendingAfter(before []pending, m Message) []pending {
	after := slices.Clip(before)
	for _, commit := range m.Commits {
		after = append(after, pending{commit.XID, commit.To})
	}
	if m.Shown == nil {
		return after
	}
	left := make([]pending, 0, len(after))
	for _, p := range after {
		if !m.Shown.shows(p.xid) {
			left = append(left, p)
		}
	}
	return left
}

// prove trusts the caches for a while from when a nonce was set that has come back.
func (c *Clock) prove(nonces []Nonce) {
	for _, n := range nonces {
		at, ours := c.set[n.Number]
		if n.Instance != c.instance || !ours {
			continue
		}
		for number := range c.set {
			if number <= n.Number {
				delete(c.set, number)
			}
		}
		if until := int64(at + TrustFor); until > c.until.Load() {
			c.until.Store(until)
		}
	}
}

// Distrust makes the clock trust nothing, and forget what it has consumed, until it has
// heard of an epoch again.
func (c *Clock) Distrust() {
	c.consuming.Lock()
	defer c.consuming.Unlock()
	c.until.Store(-1)
	c.state.Store(&state{})
}
