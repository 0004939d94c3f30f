package follower

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"souk/internal/coherence"
)

const (
	// Commits are gathered in a message while more of the log is there to be read, up to so
	// many. A tag has three bytes.
	mostCommits     = 1_000
	mostTagsGrouped = 5_000

	// silence is how long the log may bring nothing, not even a beat. The server then
	// has given up this connection long ago, or the network has.
	silence = 5 * time.Second
)

// session is the time in which this process is the leader.
type session struct {
	*follower
	log     *logReader
	primary *pgx.Conn
	server  string // which server it is, and its timeline
	fence   uint64

	decoder *decoder
	beats   *beats
	// lastBeat is the position after the last beat of this leader; 0: there was none.
	lastBeat coherence.Position
	// reference is a recent transaction number with its epoch: the log has only the lower
	// half of each.
	reference uint64

	// next is the message that is gathered. Its From is confirmed to the server.
	next  coherence.Message
	began bool // the log has been read up to the epoch's beginning
	tags  int
	due   bool // it is published even without a commit
}

// run reads the log and publishes until ctx ends or something fails.
func (s *session) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.beat(ctx) })
	group.Go(func() error { return s.follow(ctx) })
	return group.Wait()
}

func (s *session) follow(ctx context.Context) error {
	quiet := time.NewTimer(silence)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-quiet.C:
			return errors.New("the log has brought nothing for too long")
		case data, ok := <-s.log.messages:
			if !ok {
				return s.log.err
			}
			quiet.Reset(silence)
			if err := s.take(ctx, data); err != nil {
				return err
			}
		}
		if !s.complete() {
			continue
		}
		if err := s.publish(ctx); err != nil {
			return err
		}
	}
}

// complete reports whether the message that is gathered is to be published now.
func (s *session) complete() bool {
	if !s.began || len(s.next.Commits) == 0 && !s.due {
		return false
	}
	return len(s.log.messages) == 0 || len(s.next.Commits) >= mostCommits || s.tags >= mostTagsGrouped
}

// take takes a message of the replication protocol.
func (s *session) take(ctx context.Context, data []byte) error {
	if len(data) == 0 {
		return errors.New("an empty message of the replication protocol")
	}
	switch data[0] {
	case pglogrepl.PrimaryKeepaliveMessageByteID:
		k, err := pglogrepl.ParsePrimaryKeepaliveMessage(data[1:])
		if err != nil {
			return err
		}
		return s.keepalive(coherence.Position(k.ServerWALEnd), k.ReplyRequested)
	case pglogrepl.XLogDataByteID:
		x, err := pglogrepl.ParseXLogData(data[1:])
		if err != nil {
			return err
		}
		tx, err := s.decoder.take(x.WALData)
		if err != nil || tx == nil {
			return err
		}
		s.ended(tx)
	}
	return nil
}

// keepalive takes how far the server has read its log. Within a transaction, that is not a
// position up to which all has been sent. A server that shuts down waits until all is
// confirmed, so what it asks for is published.
func (s *session) keepalive(end coherence.Position, reply bool) error {
	if s.began && s.decoder.current == nil {
		s.next.To = max(s.next.To, end)
	}
	if !reply {
		return nil
	}
	s.due = s.due || s.began && s.next.To > s.next.From
	return s.log.confirm(s.next.From)
}

// ended adds a transaction of the log to the message.
func (s *session) ended(tx *transaction) {
	xid := s.wide(tx.xid)
	s.next.High = max(s.next.High, xid)
	if !s.began {
		s.begin(tx)
		return
	}
	s.next.To = max(s.next.To, tx.end)
	if moved := tx.moved(); len(moved) > 0 {
		s.next.Commits = append(s.next.Commits, coherence.Commit{XID: xid, To: tx.end, Tags: moved})
		s.tags += len(moved)
	}
	if tx.beat == "" {
		return
	}
	if b, ok := s.beats.decoded(tx.beat); ok {
		s.next.Nonces, s.next.Shown = b.nonces, &b.shown
		s.next.Fenced, s.lastBeat = s.lastBeat, tx.end // the fence was looked at between the two
		s.reference = b.shown.Max
		s.due = true
	}
}

// begin looks for the transaction that began the epoch. A transaction with a higher number may
// have committed before it, and not be visible yet, so what is not known goes up to the highest.
func (s *session) begin(tx *transaction) {
	if tx.epoch != s.next.Epoch.String() {
		return
	}
	s.began, s.due = true, true
	s.next.Begins, s.next.Blind = true, s.next.High
	s.next.From, s.next.To = tx.end, tx.end
}

// wide returns a transaction's number with its epoch. It is within two thousand million of the
// reference, before or after it.
func (s *session) wide(xid uint32) uint64 {
	return s.reference + uint64(int64(int32(xid-uint32(s.reference))))
}

// publish publishes the message, and then tells the server that it needs this log no more.
func (s *session) publish(ctx context.Context) error {
	m := s.next
	started := time.Now()
	if err := s.Feed.Publish(ctx, m); err != nil {
		return fmt.Errorf("%w: publish: %w", errFeed, err)
	}
	if err := s.log.confirm(m.To); err != nil {
		return fmt.Errorf("confirm the log: %w", err)
	}
	s.Observe.published(len(m.Commits), s.tags, time.Since(started))
	s.next = coherence.Message{Epoch: m.Epoch, Fence: m.Fence, From: m.To, To: m.To, High: m.High}
	s.tags, s.due = 0, false
	return nil
}
