package follower

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"souk/internal/coherence"
)

const (
	// mostNotes is how many rows of the outbox one round reads. If there are more, the next
	// round follows at once, and until then nothing is proved.
	mostNotes = 1_000

	// lockTimeout is how long the server hears nothing of a leader until it gives the lock to
	// another: see walSenderTimeout.
	lockTimeout = "2s"

	// mostMarks is of how many rounds marks are kept, while a transaction stays open.
	mostMarks = 1_000
)

var (
	errPooler           = errors.New("the address leads to a pooler")
	errOutboxIncomplete = errors.New("the outbox lacks triggers")
)

// outbox is the time in which this process is the leader and reads the outbox, as the log cannot
// be decoded. It has no order of commits. Instead it knows a position that all commits before
// are visible at, and gives what it finds the position at the end.
type outbox struct {
	*follower
	server string
	fence  uint64

	next  coherence.Message // its From is what has been told
	told  []int64           // rows that were published and are removed in the next round
	marks []mark            // not yet safe
}

// mark is a place in the log. All commits before it have lower transaction numbers.
type mark struct {
	at     coherence.Position
	number uint64
}

// note is a row of the outbox.
type note struct {
	id       int64
	xid      uint64
	relation string
	place    *string
	keys     []*string
}

// finding is what a round has found.
type finding struct {
	mark
	facts
	notes []note
	end   coherence.Position // of the log, when all notes were visible
}

// turnOutbox becomes the leader, if there is none, and returns when it no longer is.
func (f *follower) turnOutbox(ctx context.Context, state OutboxState) error {
	if len(state.Missing) > 0 {
		return fmt.Errorf("%w: those of %s", errOutboxIncomplete, strings.Join(state.Missing, ", "))
	}
	s, err := f.newOutbox(ctx)
	if err != nil {
		return err
	}
	f.said = ""
	f.Observe.leads(true)
	defer f.Observe.leads(false)
	err = s.run(ctx)
	if ctx.Err() == nil {
		f.Log.Info("stopped following the outbox", "reason", err)
	}
	return err
}

// newOutbox takes the lock, finds out whether the last epoch goes on, or begins one.
func (f *follower) newOutbox(ctx context.Context) (*outbox, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	if err := f.lock(ctx); err != nil {
		return nil, err
	}
	last, ok, err := f.Feed.Last(ctx)
	if err != nil { // the lock ends with the connection
		return nil, fmt.Errorf("%w: %w", errFeed, err)
	}
	if err := f.dropOwnSlot(ctx); err != nil {
		return nil, err
	}
	s := &outbox{follower: f}
	if s.server, err = serverOf(ctx, f.primary); err != nil {
		return nil, err
	}
	facts, err := scanFacts(f.primary.QueryRow(ctx, readOutboxFacts, noteFunction))
	if err != nil {
		return nil, err
	}
	s.fence = facts.fence(s.server)
	held, err := f.toldBefore(ctx)
	if err != nil {
		return nil, err
	}
	marks, err := marksOf(ctx, f.primary)
	if err != nil {
		return nil, err
	}
	s.next = coherence.Message{Epoch: last.Epoch, Fence: s.fence, From: last.To, To: last.To, Unordered: true}
	reason := whyAnew(marks, held, last, ok, s.fence)
	if reason == "" {
		f.Log.Info("following the outbox", "epoch", last.Epoch)
		return s, nil
	}
	s.next.Begins = true
	s.next.Epoch, err = f.beginEpoch(ctx, "the outbox", reason)
	return s, err
}

// lock makes this process the leader. The server gives the lock up when the connection ends, or
// brings nothing for too long.
func (f *follower) lock(ctx context.Context) error {
	var backend uint32
	if err := f.primary.QueryRow(ctx, `SELECT pg_backend_pid()`).Scan(&backend); err != nil {
		return fmt.Errorf("find the backend: %w", err)
	}
	if backend != f.primary.PgConn().PID() {
		return errPooler
	}
	if _, err := f.primary.Exec(ctx, `SET idle_session_timeout = '`+lockTimeout+`'`); err != nil {
		return fmt.Errorf("bound the connection's silence: %w", err)
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(f.Slot))
	var leads bool
	if err := f.primary.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, int64(h.Sum64())).Scan(&leads); err != nil {
		return fmt.Errorf("take the lock of the leader: %w", err)
	}
	if !leads {
		return errAnotherLeads
	}
	return nil
}

// toldBefore returns up to where leaders before this one had told when they removed rows.
func (f *follower) toldBefore(ctx context.Context) (told slot, err error) {
	err = f.primary.QueryRow(ctx, `SELECT coalesce(max(at), 0) FROM cache_outbox_told`).Scan(&told.confirmed)
	if err != nil {
		return slot{}, fmt.Errorf("find what was told: %w", err)
	}
	return told, nil
}

// dropOwnSlot removes the slot of a leader that read the log: the server would keep all of it.
func (f *follower) dropOwnSlot(ctx context.Context) error {
	held, err := readSlot(ctx, f.primary, f.Slot)
	if err != nil || !held.exists || held.plugin != plugin || held.database != f.primary.Config().Database {
		return err
	}
	return dropSlot(ctx, f.primary, f.Slot)
}

// run reads the outbox and publishes until ctx ends or something fails.
func (s *outbox) run(ctx context.Context) error {
	for {
		more, err := s.round(ctx)
		if err != nil {
			return err
		}
		if !more && !sleep(ctx, beatInterval) {
			return ctx.Err()
		}
	}
}

// round tells what has come since the last one. more reports whether there is more already. The
// nonces are read first: what was committed before an instance set its nonce is then visible.
func (s *outbox) round(ctx context.Context) (more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, beatTimeout)
	defer cancel()
	nonces, err := s.Feed.Nonces(ctx)
	if err != nil {
		return false, fmt.Errorf("%w: read nonces: %w", errFeed, err)
	}
	got, err := s.find(ctx)
	if err != nil {
		return false, err
	}
	if got.fence(s.server) != s.fence {
		return false, errFence
	}
	more = len(got.notes) == mostNotes
	m := s.message(got, nonces, more)
	started := time.Now()
	if err := s.Feed.Publish(ctx, m); err != nil {
		return false, fmt.Errorf("%w: publish: %w", errFeed, err)
	}
	tags := 0
	for _, c := range m.Commits {
		tags += len(c.Tags)
	}
	s.Observe.published(len(m.Commits), tags, time.Since(started))
	s.told = s.told[:0]
	for _, n := range got.notes {
		s.told = append(s.told, n.id)
	}
	s.next = coherence.Message{
		Epoch: m.Epoch, Fence: m.Fence, From: m.To, To: m.To, High: m.High, Unordered: true, Fenced: m.Fenced,
	}
	return more, nil
}

// message returns what a round tells.
func (s *outbox) message(got *finding, nonces []coherence.Nonce, more bool) coherence.Message {
	m := s.next
	m.To, m.High = got.end, max(m.High, got.number)
	if m.Begins {
		m.From, m.Blind = m.To, m.High
	}
	m.Commits = commitsOf(got.notes, m.To)
	m.Shown = &got.shown
	if more {
		return m
	}
	s.marks = append(s.marks, got.mark)
	m.Fenced, m.Nonces = max(m.Fenced, s.safe(&got.shown)), nonces
	return m
}

// safe returns the last of the marks before which a snapshot shows all commits, and forgets those
// before it; 0: none. A commit is in the log before it is visible, for as long as synchronous
// replication waits; a number below which no transaction runs tells.
func (s *outbox) safe(shown *coherence.Snapshot) (at coherence.Position) {
	n := 0
	for n < len(s.marks) && s.marks[n].number <= shown.Min {
		at = s.marks[n].at
		n++
	}
	s.marks = s.marks[n:]
	if len(s.marks) > mostMarks { // a transaction stays open
		s.marks = slices.Delete(s.marks, 1, 2)
	}
	return at
}

// commitsOf returns what the notes' transactions have moved. Where in the log they were committed
// is not known, but that it was before the end.
func commitsOf(notes []note, end coherence.Position) (commits []coherence.Commit) {
	transactions := map[uint64]*transaction{}
	for i := range notes {
		n := &notes[i]
		tx := transactions[n.xid]
		if tx == nil {
			tx = newTransaction(0)
			transactions[n.xid] = tx
		}
		n.move(tx)
	}
	for _, xid := range slices.Sorted(maps.Keys(transactions)) {
		commits = append(commits, coherence.Commit{XID: xid, To: end, Tags: transactions[xid].moved()})
	}
	return commits
}

// move adds the tags of what a note says has changed.
func (n *note) move(tx *transaction) {
	whole := generation(n.relation)
	tx.generations[whole] = struct{}{}
	list, known := taggings[n.relation]
	if n.place == nil || !known {
		tx.whole[whole] = struct{}{}
		return
	}
	for _, t := range list {
		if t.column == "" {
			tx.add(coherence.TagOf(t.what, ""))
		}
		if t.column != *n.place {
			continue
		}
		for _, value := range n.keys {
			if key, ok := t.keyOf(value); ok {
				tx.add(coherence.TagOf(t.what, key))
			}
		}
	}
}

// keyOf returns the key of the tag of a value; nil: NULL.
func (t *tagging) keyOf(value *string) (key string, ok bool) {
	switch {
	case value == nil:
		return "", t.roots
	case t.text:
		return *value, true
	}
	return rawUUID([]byte(*value)), true
}

// The statements of a round, in this order and in one transaction. The number of the transaction
// is higher than that of each that had written its commit to the log at the position before.
const (
	removeNotes = `-- name: RemoveNotes
DELETE FROM cache_outbox
WHERE id = ANY($1)`
	noteTold = `-- name: NoteTold
INSERT INTO cache_outbox_told (at)
VALUES ($1)
ON CONFLICT ((true)) DO UPDATE SET at = EXCLUDED.at`
	readInsertPosition = `-- name: ReadInsertPosition
SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint`
	readNumber = `-- name: ReadNumber
SELECT pg_current_xact_id()::text::bigint`
	// As the outbox has no publication: the tables with their triggers. A trigger that was off
	// for a while has another xmin, and so has a function that was another one.
	readOutboxFacts = `-- name: ReadOutboxFence
SELECT pg_is_in_recovery(), extract(epoch FROM pg_postmaster_start_time())::text, pg_current_snapshot()::text,
  coalesce(string_agg(concat_ws(' ', 'outbox', c.oid, c.relname, c.relfilenode, c.relpersistence, c.relnatts,
                                t.oid, t.xmin, t.tgenabled, p.xmin), E'\n' ORDER BY c.oid, t.oid), '')
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_proc p ON p.oid = t.tgfoid
WHERE p.proname = $1 AND t.tgenabled = 'A'`
	readNotes = `-- name: ReadNotes
SELECT id, xid::text::bigint, relation, place, keys
FROM cache_outbox
ORDER BY id
LIMIT $1`
)

// find removes the notes that were told and reads those that are there, in one round trip.
func (s *outbox) find(ctx context.Context) (*finding, error) {
	f := &finding{}
	var b pgx.Batch
	number := func(statement string, to any) {
		b.Queue(statement).QueryRow(func(row pgx.Row) error { return row.Scan(to) })
	}
	b.Queue(removeNotes, s.told)
	b.Queue(noteTold, int64(s.next.From))
	number(readInsertPosition, &f.at)
	number(readNumber, &f.number)
	b.Queue(readOutboxFacts, noteFunction).QueryRow(func(row pgx.Row) (err error) {
		f.facts, err = scanFacts(row)
		return err
	})
	b.Queue(readNotes, mostNotes).Query(func(rows pgx.Rows) error {
		var n note
		_, err := pgx.ForEachRow(rows, []any{&n.id, &n.xid, &n.relation, &n.place, &n.keys}, func() error {
			f.notes = append(f.notes, n)
			n = note{}
			return nil
		})
		return err
	})
	number(readInsertPosition, &f.end)
	if err := s.primary.SendBatch(ctx, &b).Close(); err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	return f, nil
}
