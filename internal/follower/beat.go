package follower

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"souk/internal/coherence"
)

const (
	// beatInterval is how often the nonces of the instances go through the log. They trust
	// their caches for a second, so several beats may be late. A beat is 170 bytes of log
	// and a flush.
	beatInterval = 100 * time.Millisecond
	// beatTimeout bounds what a beat asks the server and the feed.
	beatTimeout = 2 * time.Second
)

// errFence means that something has changed that the log does not tell, such as a table that
// was rewritten.
var errFence = errors.New("the published tables, or the server, have changed")

// beats are the beats that were written to the log and not yet read from it. It is safe for
// concurrent use.
type beats struct {
	prefix string // of this leader's

	mu   sync.Mutex
	sent map[string]beat
}

// beat is what becomes true when the beat is read from the log.
type beat struct {
	number uint64
	nonces []coherence.Nonce // read before the beat was written
	shown  coherence.Snapshot
}

func newBeats() *beats { return &beats{prefix: rand.Text() + " ", sent: map[string]beat{}} }

func (b *beats) send(next beat) (content string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	content = b.prefix + strconv.FormatUint(next.number, 10)
	b.sent[content] = next
	return content
}

// decoded returns the beat with a content, and forgets it with all before it. ok is false if
// it is another leader's.
func (b *beats) decoded(content string) (found beat, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	found, ok = b.sent[content]
	if !ok {
		return beat{}, false
	}
	for other, sent := range b.sent {
		if sent.number <= found.number {
			delete(b.sent, other)
		}
	}
	return found, true
}

// beat writes beats until ctx ends or one fails.
func (s *session) beat(ctx context.Context) error {
	for number := uint64(1); ; number++ {
		if err := s.beatOnce(ctx, number); err != nil {
			return err
		}
		if !sleep(ctx, beatInterval) {
			return ctx.Err()
		}
	}
}

// beatOnce reads the nonces first: whatever had happened when an instance set its nonce is then
// in what the facts show, and before the beat in the log.
func (s *session) beatOnce(ctx context.Context, number uint64) error {
	ctx, cancel := context.WithTimeout(ctx, beatTimeout)
	defer cancel()
	nonces, err := s.Feed.Nonces(ctx)
	if err != nil {
		return fmt.Errorf("%w: read nonces: %w", errFeed, err)
	}
	f, err := factsOf(ctx, s.primary)
	if err != nil {
		return err
	}
	if f.fence(s.server) != s.fence {
		return errFence
	}
	return emitBeat(ctx, s.primary, s.beats.send(beat{number, nonces, f.shown}))
}
