package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// cleanUpLimit is how many rows of each kind one clean-up removes, so that a
	// caller who runs it in passing does not wait long. It is part of the statement
	// text: without the number, the planner expects a tenth of the table and reads
	// all of that.
	cleanUpLimit = "LIMIT 100"
	// expiredRetention is how long expired rows are kept, so that people can find out
	// what happened.
	expiredRetention = 24 * time.Hour
	// importUndoTime is how long an import can be undone: the importer's UndoTime.
	importUndoTime = "interval '7 days'"
)

// CleanUp removes some of the sessions, tokens and idempotency keys that expired a
// day ago or more, and of the changes of imports that can no longer be undone. Any number
// of instances may run it at the same time.
func (s *Store) CleanUp(ctx context.Context) error {
	batch := &pgx.Batch{}
	values := args{"kept": expiredRetention}
	batch.Queue(`-- name: CleanUpSessions
DELETE FROM sessions
WHERE id IN (
  SELECT id
  FROM sessions
  WHERE expires_at < now() - @kept::interval
  ORDER BY expires_at
  `+cleanUpLimit+`
  FOR UPDATE SKIP LOCKED
)`, values)
	batch.Queue(`-- name: CleanUpTokens
DELETE FROM one_time_tokens
WHERE hash IN (
  SELECT hash
  FROM one_time_tokens
  WHERE expires_at < now() - @kept::interval
  ORDER BY expires_at
  `+cleanUpLimit+`
  FOR UPDATE SKIP LOCKED
)`, values)
	batch.Queue(`-- name: CleanUpIdempotencyKeys
DELETE FROM idempotency_keys
WHERE ctid IN (
  SELECT ctid
  FROM idempotency_keys
  WHERE created_at < now() - @lifetime::interval
  ORDER BY created_at
  `+cleanUpLimit+`
  FOR UPDATE SKIP LOCKED
)`, args{"lifetime": IdempotencyLifetime})
	batch.Queue(`-- name: CleanUpImportChanges
DELETE FROM import_changes
WHERE ctid IN (
  SELECT ctid
  FROM import_changes
  WHERE changed_at < now() - ` + importUndoTime + `
  ORDER BY changed_at
  ` + cleanUpLimit + `
  FOR UPDATE SKIP LOCKED
)`)
	if err := s.primary.pool.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("clean up: %w", writeFault(err))
	}
	return nil
}
