package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// cleanUpBatch bounds what one clean-up removes of each kind, so that whoever
	// runs it by the way does not wait for it. It stands in the statements: a plan
	// that does not know it expects a tenth of the table and reads all of that.
	cleanUpBatch = "LIMIT 100"
	// keptAfter is how long what has expired stays, for who asks what happened.
	keptAfter = 24 * time.Hour
)

// CleanUp removes some of the sessions, tokens and idempotency keys that expired a
// day ago or more. Any number of instances may run it at once.
func (s *Store) CleanUp(ctx context.Context) error {
	batch := &pgx.Batch{}
	values := args{"kept": keptAfter}
	batch.Queue(`-- name: CleanUpSessions
DELETE FROM sessions
WHERE id IN (
  SELECT id
  FROM sessions
  WHERE expires_at < now() - @kept::interval
  ORDER BY expires_at
  `+cleanUpBatch+`
  FOR UPDATE SKIP LOCKED
)`, values)
	batch.Queue(`-- name: CleanUpTokens
DELETE FROM one_time_tokens
WHERE hash IN (
  SELECT hash
  FROM one_time_tokens
  WHERE expires_at < now() - @kept::interval
  ORDER BY expires_at
  `+cleanUpBatch+`
  FOR UPDATE SKIP LOCKED
)`, values)
	batch.Queue(`-- name: CleanUpIdempotencyKeys
DELETE FROM idempotency_keys
WHERE ctid IN (
  SELECT ctid
  FROM idempotency_keys
  WHERE created_at < now() - @lifetime::interval
  ORDER BY created_at
  `+cleanUpBatch+`
  FOR UPDATE SKIP LOCKED
)`, args{"lifetime": IdempotencyLifetime})
	if err := s.primary.pool.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("clean up: %w", writeFault(err))
	}
	return nil
}
