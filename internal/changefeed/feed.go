// Package changefeed carries what the follower of the log finds out to all instances: over
// a stream in Redis, or within one process.
package changefeed

import (
	"context"

	"souk/internal/coherence"
)

// Feed carries messages from one follower to all instances, and their nonces to the follower. It is
// safe for concurrent use.
type Feed interface {
	// Publish appends a message. It returns when the message cannot get lost any more by a
	// failure of the follower.
	Publish(ctx context.Context, m coherence.Message) error
	// Last returns the newest message. ok is false if there is none.
	Last(ctx context.Context) (m coherence.Message, ok bool, err error)
	// Follow calls take with the messages that are kept, oldest first, and with each new one,
	// until ctx ends or the feed fails.
	Follow(ctx context.Context, take func(coherence.Message)) error
	// SetNonce says that an instance waits for its nonce. It replaces the instance's last one.
	SetNonce(ctx context.Context, n coherence.Nonce) error
	// Nonces returns the nonces that instances have set.
	Nonces(ctx context.Context) ([]coherence.Nonce, error)
}
