// Package follower reads the log of the primary and publishes what each commit has changed, as
// tags, and in the order of the log. It is the only source that caches are invalidated by: a
// change by psql or a restore counts like one of Souk's own.
//
// Where the log cannot be decoded, triggers write what changes to a table, the outbox: see
// EnableOutbox. While there are any, all followers read that.
//
// Every instance runs a follower. The leader is who holds the replication slot, or a
// lock; the others wait for it:
//
//	err := follower.Run(ctx, follower.Options{URL: primary, Feed: feed, Log: log})
//
// Package coherence has the rules that instances judge their caches by.
package follower

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"souk/internal/changefeed"
	"souk/internal/coherence"
)

// Options of a follower.
type Options struct {
	// URL is an address of the primary itself: a pooler such as PgBouncer does not pass on
	// the replication protocol. Its user must have REPLICATION and write the tables of the
	// epoch.
	URL string
	// Feed carries the messages. Without another process it may be a changefeed.Local.
	Feed changefeed.Feed
	// Slot names the replication slot; empty: SlotName of the database.
	Slot string
	Log  *slog.Logger
	// Observe is told what happens. Its functions may be nil.
	Observe Observer
}

// Observer is told what a follower does. Its functions must not wait for long.
type Observer struct {
	// Leads is called when this process becomes the leader, and when it no longer is.
	Leads func(bool)
	// Epoch is called when an epoch begins, which drops all that is cached. reason is one of
	// EpochReasons.
	Epoch func(reason string)
	// Published is called for each message. took is the feed's time.
	Published func(commits, tags int, took time.Duration)
	// Way is called at each attempt to lead: whether the outbox is followed, and not the log.
	Way func(outbox bool)
	// Unable is called when this process cannot lead; reason has the way out.
	Unable func(reason string)
}

func (o Observer) leads(yes bool) {
	if o.Leads != nil {
		o.Leads(yes)
	}
}

func (o Observer) published(commits, tags int, took time.Duration) {
	if o.Published != nil {
		o.Published(commits, tags, took)
	}
}

const (
	// retryInterval is how often a follower tries to become the leader. Together with
	// walSenderTimeout it bounds how long there is none: three seconds.
	retryInterval = 500 * time.Millisecond
	// feedPause is for a leader that cannot reach the feed. Others that can take over in it.
	feedPause = time.Second
	// setupPause is for what only an operator changes.
	setupPause = 3 * time.Second

	// connectTimeout bounds each step on the way to become the leader, except for the making of
	// the slot.
	connectTimeout = 5 * time.Second
)

var (
	errAnotherLeads = errors.New("another instance follows the log")
	errFeed         = errors.New("the feed cannot be reached")
)

type follower struct {
	Options
	primary *pgx.Conn // kept while another leads; nil: not connected
	said    string    // the last reason in the log why this process cannot lead
}

// Run follows the log whenever no other process does, until ctx ends. What fails is tried again;
// meanwhile the instances trust no cache. An error means that the options cannot work.
func Run(ctx context.Context, o Options) error {
	config, err := pgconn.ParseConfig(o.URL)
	if err != nil {
		return errors.New("the address of the primary is not one of a Postgres") // the cause may contain the password
	}
	if o.Slot == "" {
		o.Slot = SlotName(config.Database)
	}
	f := &follower{Options: o}
	defer f.disconnect()
	for {
		err := f.turn(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if !errors.Is(err, errAnotherLeads) {
			f.disconnect()
		}
		if !sleep(ctx, f.pauseAfter(err)) {
			return nil
		}
	}
}

// pauseAfter logs why this process does not lead, once for each reason, and returns when it tries
// again.
func (f *follower) pauseAfter(err error) time.Duration {
	if errors.Is(err, errAnotherLeads) {
		f.said = ""
		return retryInterval
	}
	if errors.Is(err, errFence) {
		return 0
	}
	reason, setup := explain(err)
	if reason != f.said {
		f.said = reason
		f.Log.Warn("the caches are out: the database's log cannot be followed", "reason", reason)
		if f.Observe.Unable != nil {
			f.Observe.Unable(reason)
		}
	}
	switch {
	case setup:
		return setupPause
	case errors.Is(err, errFeed):
		return feedPause
	}
	return retryInterval
}

func (f *follower) disconnect() {
	if f.primary == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = f.primary.Close(ctx)
	f.primary = nil
}

// turn becomes the leader, if there is none, and returns when it no longer is.
func (f *follower) turn(ctx context.Context) error {
	outbox, err := f.reach(ctx)
	if err != nil {
		return err
	}
	if f.Observe.Way != nil {
		f.Observe.Way(outbox.On)
	}
	if outbox.On {
		return f.turnOutbox(ctx, outbox)
	}
	return f.turnLog(ctx)
}

// turnLog is turn where the log is read.
func (f *follower) turnLog(ctx context.Context) error {
	found, err := f.look(ctx)
	if err != nil {
		return err
	}
	conn, err := f.connect(ctx)
	if err != nil {
		return err
	}
	defer closeConnection(conn)
	server, err := f.identify(ctx, conn)
	if err != nil {
		return err
	}
	if !found.exists {
		if err := f.create(ctx, conn); err != nil {
			return err
		}
	}
	log, err := f.startLog(ctx, conn)
	if err != nil {
		return err
	}
	defer log.close()
	s, err := f.newSession(ctx, log, server, !found.exists)
	if err != nil {
		return err
	}
	f.said = ""
	f.Observe.leads(true)
	defer f.Observe.leads(false)
	err = s.run(ctx)
	if ctx.Err() == nil {
		f.Log.Info("stopped following the database's log", "reason", err)
	}
	return err
}

// reach connects to the primary, and finds out what is to be followed there.
func (f *follower) reach(ctx context.Context) (OutboxState, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	if f.primary == nil || f.primary.IsClosed() {
		conn, err := connectPrimary(ctx, f.URL)
		if err != nil {
			return OutboxState{}, err
		}
		f.primary = conn
	}
	return InspectOutbox(ctx, f.primary)
}

// look connects to the feed, and returns the slot if it is free.
func (f *follower) look(ctx context.Context) (slot, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	found, err := readSlot(ctx, f.primary, f.Slot)
	switch {
	case err != nil:
		return slot{}, err
	case found.exists && (found.plugin != plugin || found.database != f.primary.Config().Database):
		return slot{}, fmt.Errorf("%w: %s reads the database %q with %q", errForeignSlot, f.Slot, found.database, found.plugin)
	case found.active:
		return slot{}, errAnotherLeads
	}
	if _, _, err := f.Feed.Last(ctx); err != nil { // who cannot publish must not keep the slot from others
		return slot{}, fmt.Errorf("%w: %w", errFeed, err)
	}
	if found.lost {
		f.Log.Warn("the replication slot had lost its log, so it is made anew", "slot", f.Slot)
		return slot{}, dropSlot(ctx, f.primary, f.Slot)
	}
	return found, nil
}

func (f *follower) connect(ctx context.Context) (*pgconn.PgConn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	return connectReplication(ctx, f.URL)
}

// identify returns what tells the server and its timeline from others. Both connections must
// lead to it.
func (f *follower) identify(ctx context.Context, conn *pgconn.PgConn) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	system, err := pglogrepl.IdentifySystem(ctx, conn)
	if err != nil {
		return "", fmt.Errorf("identify the server: %w", err)
	}
	const began = `SELECT extract(epoch FROM pg_postmaster_start_time())::text`
	results, err := conn.Exec(ctx, began).ReadAll()
	if err != nil || len(results) != 1 || len(results[0].Rows) != 1 {
		return "", fmt.Errorf("identify the server: %w", err)
	}
	facts, err := factsOf(ctx, f.primary)
	if err != nil {
		return "", err
	}
	if facts.began != string(results[0].Rows[0][0]) {
		return "", errors.New("two connections to the primary's address led to different servers")
	}
	return fmt.Sprint(system.SystemID, " ", system.Timeline), nil
}

// create makes the slot.
func (f *follower) create(ctx context.Context, conn *pgconn.PgConn) error {
	err := createSlot(ctx, conn, f.Slot, func() {
		f.Log.Warn("the caches are out until all transactions that are open now have ended: the replication slot waits for them",
			"slot", f.Slot, "see", "pg_prepared_xacts and pg_stat_activity.backend_xid")
	})
	if err != nil && conn.PID() != 0 {
		// The server would go on to wait, with the slot's name.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		_, _ = f.primary.Exec(ctx, `SELECT pg_terminate_backend($1)`, int32(conn.PID()))
	}
	return err
}

func (f *follower) startLog(ctx context.Context, conn *pgconn.PgConn) (*logReader, error) {
	return startLog(ctx, conn, f.Slot)
}

// newSession finds out whether the last epoch goes on, or begins one. It is called with the
// slot held, so nobody else does.
func (f *follower) newSession(ctx context.Context, log *logReader, server string, created bool) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	facts, err := factsOf(ctx, f.primary)
	if err != nil {
		return nil, err
	}
	held, err := readSlot(ctx, f.primary, f.Slot)
	if err != nil {
		return nil, err
	}
	marks, err := marksOf(ctx, f.primary)
	if err != nil {
		return nil, err
	}
	last, ok, err := f.Feed.Last(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errFeed, err)
	}
	s := &session{
		follower: f, log: log, primary: f.primary, server: server, fence: facts.fence(server),
		decoder: newDecoder(), beats: newBeats(), reference: facts.shown.Max,
	}
	s.next = coherence.Message{
		Fence: s.fence, From: held.confirmed, To: held.confirmed,
		High: facts.shown.Max - 1, // no transaction before the slot's position has a higher number
	}
	reason := whyAnew(marks, held, last, ok, s.fence)
	if created {
		reason = slotIsNew
	}
	if reason == "" {
		s.next.Epoch, s.began = last.Epoch, true
		f.Log.Info("following the database's log", "epoch", last.Epoch)
		return s, nil
	}
	if s.next.Epoch, err = f.beginEpoch(ctx, "the database's log", reason); err != nil {
		return nil, err
	}
	return s, nil
}

// beginEpoch begins an epoch of what this process follows.
func (f *follower) beginEpoch(ctx context.Context, what, reason string) (coherence.Epoch, error) {
	epoch, err := writeEpoch(ctx, f.primary)
	if err != nil {
		return coherence.Epoch{}, err
	}
	f.Log.Info("following "+what+" in a new epoch", "epoch", epoch, "reason", reason)
	if f.Observe.Epoch != nil {
		f.Observe.Epoch(reason)
	}
	return epoch, nil
}

// whyAnew returns why a leader cannot go on with the epoch of the feed's last message; empty: it
// can. A slot that is behind this message makes it repeat some, which does no harm. One that is
// before it has been confirmed what the feed has not, so that is lost.
func whyAnew(m marks, held slot, last coherence.Message, published bool, fence uint64) string {
	switch {
	case !published:
		return feedIsEmpty
	case m.epoch == nil || *m.epoch != [16]byte(last.Epoch):
		return otherEpoch
	case m.life == nil || *m.life != *m.epoch:
		return restored
	case last.Fence != fence:
		return fenceChanged
	case held.confirmed > last.To:
		return feedLost
	case m.end < last.To:
		return logIsShorter
	}
	return ""
}

// Why an epoch begins.
const (
	slotIsNew    = "the replication slot is new"
	feedIsEmpty  = "the feed is empty"
	otherEpoch   = "the database has another epoch than the feed"
	restored     = "the database was restored from its log, or promoted"
	fenceChanged = "the server was restarted, or published tables were changed"
	feedLost     = "the feed has lost messages"
	logIsShorter = "the log ends before what was published"
)

// EpochReasons returns all reasons, for metrics.
func EpochReasons() []string {
	return []string{slotIsNew, feedIsEmpty, otherEpoch, restored, fenceChanged, feedLost, logIsShorter}
}
