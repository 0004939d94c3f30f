package coherence

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// world is a primary with a log, a replica, a follower and an instance, all of which are
// late at random. Each commit moves one tag.
type world struct {
	*rand.Rand
	clock *Clock
	now   time.Duration
	epoch Epoch

	log       []Commit        // everything in the log
	visible   map[uint64]bool // by transaction: the primary shows it
	started   []uint64        // transactions that have not committed
	nextXID   uint64
	replayed  int // commits of the log that the replica shows
	published int // of the log that the follower has published
	messages  []Message
	consumed  int // messages that the instance has consumed
	kept      []kept

	// unordered says that the follower reads an outbox. told are the transactions that it has
	// told of, each with the place of the message, and marks where the log ended at its rounds.
	unordered bool
	told      map[uint64]int
	marks     []pending
}

// kept is a value in a cache: how many commits of a tag it includes.
type kept struct {
	tag     Tag
	version int
	entry   Entry
}

// read is a value between its read and its fill.
type reading struct {
	tag     Tag
	version int
	moment  Moment
	seen    Snapshot
}

const worldTags = 4

func newWorld(seed uint64, unordered bool) *world {
	w := &world{Rand: rand.New(rand.NewPCG(seed, 1)), visible: map[uint64]bool{}, nextXID: 100, epoch: Epoch{1}, unordered: unordered, told: map[uint64]int{}}
	w.clock = newClock(7, func() time.Duration { return w.now })
	w.publish(Message{Begins: true, Blind: 99, High: 99, From: 1000, To: 1000, Unordered: unordered})
	return w
}

func (w *world) at() Position {
	if len(w.log) == 0 {
		return 1000
	}
	return w.log[len(w.log)-1].To
}

func (w *world) publish(m Message) {
	m.Epoch = w.epoch
	w.messages = append(w.messages, m)
}

// version is how many commits of a tag some of the commits of the log include.
func (w *world) version(tag Tag, upTo int, shown func(xid uint64) bool) (n int) {
	for _, c := range w.log[:upTo] {
		if slices.Contains(c.Tags, tag) && shown(c.XID) {
			n++
		}
	}
	return n
}

func (w *world) step() {
	w.now += time.Millisecond
	switch w.IntN(8) {
	case 0: // a transaction begins
		w.started = append(w.started, w.nextXID)
		w.nextXID++
	case 1: // one commits: it is in the log, and the primary does not show it yet
		if len(w.started) > 0 {
			i := w.IntN(len(w.started))
			w.log = append(w.log, Commit{XID: w.started[i], To: w.at() + Position(10+w.IntN(100)), Tags: []Tag{Tag(w.IntN(worldTags))}})
			w.started = slices.Delete(w.started, i, i+1)
		}
	case 2: // the primary shows some
		for _, c := range w.log {
			if w.IntN(2) == 0 {
				w.visible[c.XID] = true
			}
		}
	case 3:
		if w.replayed < len(w.log) {
			w.replayed += 1 + w.IntN(len(w.log)-w.replayed)
		}
	case 4, 5:
		w.follow()
	default:
		if w.consumed < len(w.messages) {
			w.clock.Consume(w.messages[w.consumed], func(Epoch) bool { return true })
			w.consumed++
		}
	}
}

// follow publishes what is new in the log.
func (w *world) follow() {
	if w.unordered {
		w.readOutbox()
		return
	}
	if w.published == len(w.log) {
		return
	}
	to := w.published + 1 + w.IntN(len(w.log)-w.published)
	m := Message{From: 1000, Commits: w.log[w.published:to], To: w.log[to-1].To, High: w.nextXID - 1}
	if w.published > 0 {
		m.From = w.log[w.published-1].To
	}
	if w.IntN(3) == 0 {
		shown := w.snapshot()
		m.Shown = &shown
	}
	for _, c := range m.Commits {
		w.told[c.XID] = len(w.messages)
	}
	w.published = to
	w.publish(m)
}

// readOutbox publishes what the primary shows and was not told.
func (w *world) readOutbox() {
	w.marks = append(w.marks, pending{w.nextXID, w.at()})
	shown := w.snapshot()
	last := w.messages[len(w.messages)-1]
	m := Message{From: last.To, To: w.at(), High: w.nextXID - 1, Shown: &shown, Unordered: true, Fenced: last.Fenced}
	for _, mark := range w.marks {
		if mark.xid <= shown.Min {
			m.Fenced = mark.to
		}
	}
	for _, c := range w.log {
		if _, told := w.told[c.XID]; w.visible[c.XID] && !told {
			w.told[c.XID] = len(w.messages)
			m.Commits = append(m.Commits, Commit{c.XID, m.To, c.Tags})
		}
	}
	w.publish(m)
}

// snapshot is one of the primary: what is not visible is running.
func (w *world) snapshot() Snapshot {
	s := Snapshot{Epoch: w.epoch, Min: w.nextXID, Max: w.nextXID}
	s.Running = slices.Clone(w.started)
	for _, c := range w.log {
		if !w.visible[c.XID] {
			s.Running = append(s.Running, c.XID)
		}
	}
	if len(s.Running) > 0 {
		s.Min = slices.Min(s.Running)
	}
	return s
}

func (w *world) read() reading {
	r := reading{tag: Tag(w.IntN(worldTags)), moment: w.clock.Now()}
	for range w.IntN(4) {
		w.step()
	}
	if w.IntN(2) == 0 {
		r.seen = Snapshot{Epoch: w.epoch, Standby: true, Replayed: 1000}
		if w.replayed > 0 {
			r.seen.Replayed = w.log[w.replayed-1].To
		}
		for range w.IntN(3) { // the value may be newer than the snapshot
			w.step()
		}
		r.version = w.version(r.tag, w.replayed, func(uint64) bool { return true })
		return r
	}
	r.seen = w.snapshot()
	r.version = w.version(r.tag, len(w.log), func(xid uint64) bool { return w.visible[xid] })
	return r
}

// wrong returns how many of the kept values pass for right and are missing a change that the
// instance has consumed.
func (w *world) wrong() (n, valid int) {
	consumed := func(xid uint64) bool {
		message, told := w.told[xid]
		return told && message < w.consumed
	}
	for _, k := range w.kept {
		if !w.clock.Valid(k.entry) {
			continue
		}
		valid++
		if k.version < w.version(k.tag, len(w.log), consumed) {
			n++
		}
	}
	return n, valid
}

// run reads and fills at random, and returns how many look-ups were wrong and right.
// distort changes a reading before its fill: a fault.
func run(seeds int, unordered bool, distort func(*reading)) (wrong, right, refused int) {
	for seed := range seeds {
		w := newWorld(uint64(seed), unordered)
		var under []reading
		for range 200 {
			w.step()
			if w.IntN(3) == 0 {
				under = append(under, w.read())
			}
			if len(under) > 0 && w.IntN(3) == 0 {
				r := under[0]
				under = under[1:]
				distort(&r)
				if e, ok := w.clock.Stamp(r.moment, []Snapshot{r.seen}, []Tag{r.tag}); ok {
					w.kept = append(w.kept, kept{r.tag, r.version, e})
				} else {
					refused++
				}
			}
			n, valid := w.wrong()
			wrong, right = wrong+n, right+valid-n
		}
	}
	return wrong, right, refused
}

func TestNoValueThatMissesAConsumedChangeIsValid(t *testing.T) {
	for _, unordered := range []bool{false, true} {
		wrong, right, refused := run(200, unordered, func(*reading) {})
		require.Zero(t, wrong)
		require.Greater(t, right, 100_000)
		t.Logf("unordered %v: %d right look-ups, %d fills refused", unordered, right, refused)
	}
}

// TestTheRulesAreNeeded takes them away, one at a time.
func TestTheRulesAreNeeded(t *testing.T) {
	for name, distort := range map[string]func(*reading){
		"commits that the primary does not show yet": func(r *reading) { r.seen.Running, r.seen.Min = nil, r.seen.Max },
		"the moment before the read": func(r *reading) {
			s := *r.moment.state
			s.pending = nil
			r.moment.state = &s
		},
		"what a replica has replayed": func(r *reading) { r.seen.Replayed = 1 << 40 },
	} {
		t.Run(name, func(t *testing.T) {
			wrong, _, _ := run(60, false, distort)
			require.NotZero(t, wrong)
		})
	}
	t.Run("up to where the primary shows what an outbox has not told", func(t *testing.T) {
		wrong, _, _ := run(60, true, func(r *reading) {
			s := *r.moment.state
			s.unordered = false
			r.moment.state = &s
		})
		require.NotZero(t, wrong)
	})
}

func TestAGapMakesEverythingBeforeItWrong(t *testing.T) {
	c := newClock(1, func() time.Duration { return 0 })
	ours := func(Epoch) bool { return true }
	c.Consume(Message{Begins: true, From: 100, To: 100}, ours)
	entry, ok := c.Stamp(c.Now(), []Snapshot{{Standby: true, Replayed: 100}}, []Tag{5})
	require.True(t, ok)
	require.True(t, c.Valid(entry))
	c.Consume(Message{From: 150, To: 200, High: 40}, ours)
	require.False(t, c.Valid(entry))
	_, ok = c.Stamp(c.Now(), []Snapshot{{Min: 40, Max: 40}}, nil)
	require.False(t, ok, "a transaction of the gap may not be visible yet")
	_, ok = c.Stamp(c.Now(), []Snapshot{{Min: 41, Max: 41}}, nil)
	require.True(t, ok)
}

func TestTrustIsProvedThroughTheLog(t *testing.T) {
	var now time.Duration
	c := newClock(1, func() time.Duration { return now })
	consume := func(nonces ...Nonce) {
		c.Consume(Message{Begins: true, From: 100, To: 100, Nonces: nonces}, func(Epoch) bool { return true })
	}
	consume()
	require.False(t, c.Now().Trusted())
	_, heard := c.Heard()
	require.False(t, heard)
	old := c.Nonce()
	consume(Nonce{2, old.Number})
	require.False(t, c.Now().Trusted(), "another instance's")
	now = 900 * time.Millisecond
	fresh := c.Nonce()
	consume(old)
	require.True(t, c.Now().Trusted())
	now = TrustFor
	require.False(t, c.Now().Trusted(), "a second after it was set, not after it came back")
	consume(fresh)
	require.True(t, c.Now().Trusted())
	ago, heard := c.Heard()
	require.True(t, heard)
	require.Equal(t, TrustFor-900*time.Millisecond, ago, "since it was set")
	consume(old)
	require.True(t, c.Now().Trusted(), "an older one that comes twice changes nothing")
	now = 900*time.Millisecond + TrustFor
	require.False(t, c.Now().Trusted())
	c.Distrust()
	_, heard = c.Heard()
	require.False(t, heard)
}

func TestAnotherEpoch(t *testing.T) {
	c := newClock(1, func() time.Duration { return 0 })
	isOurs := func(e Epoch) bool { return e == Epoch{2} }
	seen := []Snapshot{{Epoch: Epoch{2}, Standby: true, Replayed: 500}}
	c.Consume(Message{Epoch: Epoch{1}, Begins: true, From: 100, To: 100}, isOurs)
	_, ok := c.Stamp(c.Now(), seen, nil)
	require.False(t, ok, "an epoch that the primary does not have")
	c.Consume(Message{Epoch: Epoch{2}, Begins: true, From: 50, To: 50}, isOurs)
	entry, ok := c.Stamp(c.Now(), seen, []Tag{1})
	require.True(t, ok)
	c.Consume(Message{Epoch: Epoch{1}, From: 100, To: 900, Commits: []Commit{{To: 900, Tags: []Tag{1}}}}, isOurs)
	require.True(t, c.Valid(entry), "a late message of a former leader")
	require.EqualValues(t, 50, c.Now().At(), "the log may have gone back")
}

func TestATokenBehindAPageHeaderIsReached(t *testing.T) {
	for token, at := range map[Position]Position{
		8192*3 + 24: 8192 * 3, 16<<20 + 40: 16 << 20, 8192*3 + 40: 8192*3 + 40, 5000: 5000,
	} {
		require.Equal(t, at, reachable(token))
	}
}

func TestTagsSpread(t *testing.T) {
	seen := map[Tag]bool{}
	for i := range 10_000 {
		seen[TagOf("product", string([]byte{byte(i), byte(i >> 8), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}))] = true
	}
	require.Greater(t, len(seen), 9900, "of 10,000 among 1,048,576, some 48 coincide")
}

func BenchmarkValid(b *testing.B) {
	c := NewClock(1)
	c.Consume(Message{Begins: true, To: 100}, func(Epoch) bool { return true })
	e := Entry{At: 100}
	for i := range 52 {
		e.Tags = append(e.Tags, TagOf("product", string(rune(i))))
	}
	b.ReportAllocs()
	for b.Loop() {
		if !c.Valid(e) {
			b.Fatal("not valid")
		}
	}
}
